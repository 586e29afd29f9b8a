"""A procedure of one kind of step after another, for tests of the step machine."""

from mmcockpit.core.decide import command as commands
from mmcockpit.core.model.cockpit import Allowed
from mmcockpit.core.model.procedure import Cluster, Procedure, Step
from mmcockpit.core.model.states import StepState
from mmcockpit.core.state.procedure_runs import StepRun
from tests.core.sessions import Story, number, plan, sensed

LAST = Step("last", "Last")


def opened(*steps: Step, **more: object) -> Story:
    """Return a session with this procedure open, and a manual step at its end."""
    others = more.pop("others", ())
    procedures = (Procedure("go", "Go", (*steps, LAST)), *others)  # type: ignore[misc]
    story = Story(
        plan(
            sensed("errors"),
            signals=(number("errors"),),
            procedures=procedures,
            allow=Allowed(procedures=True),
            cluster=Cluster("kube", "prod", "https://api"),
            vars={"mode": "canary"} | more.pop("vars", {}),  # type: ignore[operator]
        )
    )
    story.do(commands.OpenProcedure("ana", "go"))
    return story


def step_run(story: Story, step: str) -> StepRun:
    return story.session.procedures["go"].steps[step]


def state(story: Story, step: str) -> StepState:
    return step_run(story, step).state


def run(step: str, *argv: str, typed: tuple[str, ...] = ()) -> commands.RunStep:
    return commands.RunStep("ana", "go", step, argv, "https://api", typed)

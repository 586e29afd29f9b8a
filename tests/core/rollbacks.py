"""A session with a rollback procedure: list the revisions, choose one, undo, report."""

from typing import Any

import msgspec

from mmcockpit.core.decide import command as commands
from mmcockpit.core.facts import event as facts
from mmcockpit.core.facts.event import StepState
from mmcockpit.core.model.cockpit import Allowed
from mmcockpit.core.model.procedure import Capture, Cluster, Danger, Message, Procedure, Step
from tests.core.sessions import Story, number, plan, sensed
from tests.shapes import shape

HISTORY = Step("history", "History", argv=("list", "${cluster.context}"), captures=(Capture("revision", r"^(\d+)"),))
UNDO = Step(
    "undo",
    "Undo",
    argv=("undo", "${values.revision}"),
    danger=Danger.DANGEROUS,
    target="muxer",
    signal="errors",
    hold=3.0,
)


TELL = Step("tell", "Tell")
BACK = Procedure("back", "Back", (HISTORY, UNDO, TELL), aborts=("errors",))
LATER = Procedure("later", "Later", (TELL,), alerts=({"alertname": "Slow|Down"},), after=("back",))


def night(allowed: bool = True, **more: Any) -> Story:
    listing = number("alerts")
    alerts = type(listing)("alerts", "Alerts", "alertmanager", "alerts", rule=type(listing.rule)("value.all(a, false)"))
    alerts = msgspec.structs.replace(alerts, shape=shape("alertmanager", "alerts"))
    return Story(
        plan(
            sensed("errors"),
            signals=(number("errors"), alerts, *more.pop("more", ())),
            procedures=more.pop("procedures", (BACK, LATER)),
            allow=Allowed(procedures=allowed),
            cluster=Cluster("kube", "prod", "https://api"),
            messages=(Message("status", "Status", "${advice} in ${phase}: ${nothing}"),),
            webhook={"env": "HOOK"},
            **more,
        )
    )


def run(story: Story, step: str, *argv: str, typed: tuple[str, ...] = ()) -> commands.RunStep:
    return commands.RunStep("ana", "back", step, argv, "https://api", typed)


def state(story: Story, step: str) -> StepState:
    return story.session.procedures["back"].steps[step].state


def ended(story: Story, step: str, code: int, **more: Any) -> None:
    now = StepState.FAILED if code else StepState.RUNNING if step == "undo" else StepState.OK
    story.tell(facts.StepChanged("back", step, now, exit=code, ms=5.0, **more))
    story.settle()


def listed(story: Story) -> None:
    story.do(commands.OpenProcedure("ana", "back"))
    story.do(run(story, "history", "list", "prod"))
    ended(story, "history", 0, found={"revision": ("40", "41")})

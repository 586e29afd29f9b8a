"""No commands, outcomes, kills and resumes run a step that was not confirmed, or show one done that was not."""

from typing import Any

from hypothesis import HealthCheck, event, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from mmcockpit.core.decide import command as commands
from mmcockpit.core.decide.elapse import elapse
from mmcockpit.core.facts import event as facts
from mmcockpit.core.model.cockpit import Allowed
from mmcockpit.core.model.procedure import Cluster, Danger, Procedure, Step, StepQuestion, StepRetry, StepWait
from mmcockpit.core.model.states import StepState
from mmcockpit.core.rules.steps.retries import attempts_left
from mmcockpit.core.state.evolve import evolve, fold
from mmcockpit.core.state.procedure_runs import OVER
from mmcockpit.core.state.session import Session
from mmcockpit.core.state.step_command import resolved
from tests.core.procedures.step_model import ANSWERED, CALM, FAILING, StepHistory, StepModel
from tests.core.sessions import BAD, GONE, GOOD, WARNS, Story, number, plan, sensed

WHERE = "https://api"
KINDS = ("command", "dangerous", "effect", "dangerous", "signal", "wait", "until", "ask", "manual")
IDS = ("a", "b", "c", "d", "e")
LIVE = (StepState.RUNNING, StepState.RETRYING)

steps = st.integers(0, 12)
"""A step by number: mostly one whose turn it is."""
people = st.sampled_from(["ana", "bo"])
reasons = st.sampled_from(["", "", "because"])


def made(name: str, kind: str, when: str, retry: int, on_fail: str) -> Step:
    more: dict[str, Any] = {"when": when, "on_fail": on_fail, "timeout": 20.0}
    if kind in ("command", "dangerous", "effect"):
        more["argv"] = ("do", name, "${cluster.context}")
        more["retry"] = StepRetry(retry, 2.0) if retry else None
    if kind == "dangerous":
        more |= {"danger": Danger.DANGEROUS, "target": "muxer"}
    if kind in ("effect", "signal"):
        more |= {"signal": "errors", "hold": 2.0}
    if kind == "manual":
        more |= {"manual": True, "argv": ("dig", name)}
    if kind == "ask":
        more["ask"] = StepQuestion("colour", choices=("blue", "green"))
    if kind in ("wait", "until"):
        more["wait"] = StepWait(for_s=5.0) if kind == "wait" else StepWait(until=CALM)
    return Step(name, name.upper(), **more)


@st.composite
def procedures(draw: st.DrawFn) -> Procedure:
    """Return up to five steps; two commands next to each other may be a group."""
    count = draw(st.integers(1, len(IDS)))
    whens = st.sampled_from(["", "", "", "", "", FAILING, CALM, ANSWERED])
    kinds = st.sampled_from(KINDS)
    each = [
        made(name, draw(kinds), draw(whens), draw(st.integers(0, 2)), draw(st.sampled_from(["stop", "ask", "back"])))
        for name in IDS[:count]
    ]
    if count > 1 and draw(st.booleans()):
        first = draw(st.integers(0, count - 2))
        pair = [made(name, draw(st.sampled_from(KINDS[:3])), "", 1, "stop") for name in IDS[first : first + 2]]
        each[first : first + 2] = [
            Step(**{key: getattr(one, key) for key in one.__struct_fields__} | {"group": "g"}) for one in pair
        ]
    return Procedure("go", "Go", tuple(each))


class StepMachine(RuleBasedStateMachine):
    """A session with a random procedure; the test plays the engine: it ends the commands that were started."""

    @initialize(procedure=procedures(), well=st.booleans())
    def begin(self, procedure: Procedure, well: bool) -> None:
        back = Procedure("back", "Back", (Step("undo", "Undo"),))
        self.story = Story(
            plan(
                sensed("errors"),
                signals=(number("errors"),),
                procedures=(procedure, back),
                allow=Allowed(procedures=True),
                cluster=Cluster("kube", "prod", WHERE),
            )
        )
        self.model = StepModel({step.id: StepHistory(step) for step in procedure.steps})
        self.replayed = Session()
        self.heard = 0
        if well:
            self.story.see("errors", GOOD)
        self.story.do(commands.OpenProcedure("ana", "go"))

    def _id(self, step: int) -> str:
        run = self.story.session.procedures["go"]
        present = [one.step.id for one in run.present]
        names = present if present and step < 10 else list(run.steps)
        return names[step % len(names)]

    @rule(
        by=people,
        step=steps,
        right=st.sampled_from([True, True, True, False]),
        typed=st.sampled_from([True, True, True, False]),
    )
    def somebody_runs(self, by: str, step: int, right: bool, typed: bool) -> None:
        self.story.settle()
        run, name = self.story.session.procedures["go"], self._id(step)
        known = run.steps[name].step
        argv, _ = resolved(known, run.values, self.story.session.cockpit.cluster_of)
        command = commands.RunStep(
            by, "go", name, argv if right else (*argv, "-f"), WHERE, known.typed if typed else ()
        )
        (body,) = self.story.do(command)
        if isinstance(body, facts.StepChanged) and body.now is StepState.RUNNING and body.argv:
            assert right
            assert typed or not known.typed
            event(f"started {known.danger}")

    @rule(by=people, step=steps, ok=st.booleans(), reason=reasons)
    def somebody_records_an_outcome(self, by: str, step: int, ok: bool, reason: str) -> None:
        self.story.do(commands.SettleStep(by, "go", self._id(step), ok, reason))

    @rule(by=people, step=steps, reason=reasons)
    def somebody_skips(self, by: str, step: int, reason: str) -> None:
        self.story.do(commands.SkipStep(by, "go", self._id(step), reason))

    @rule(by=people, step=steps, value=st.sampled_from(["blue", "green", "red", "-f", ""]))
    def somebody_answers(self, by: str, step: int, value: str) -> None:
        self.story.do(commands.AnswerStep(by, "go", self._id(step), value))

    @rule(by=people, step=steps, reason=reasons)
    def somebody_repeats(self, by: str, step: int, reason: str) -> None:
        self.story.do(commands.RepeatSteps(by, "go", self._id(step), reason))

    @rule(by=people, step=steps)
    def somebody_stops(self, by: str, step: int) -> None:
        self.story.do(commands.StopStep(by, "go", self._id(step)))

    @rule(by=people, opens=st.sampled_from([True, True, False]), reason=reasons)
    def somebody_abandons_or_opens(self, by: str, opens: bool, reason: str) -> None:
        self.story.do(commands.OpenProcedure(by, "go") if opens else commands.AbandonProcedure(by, "go", reason))

    @rule(step=st.integers(0, 1), code=st.sampled_from([0, 0, 1]))
    def a_command_ends(self, step: int, code: int) -> None:
        working = [one for one in self.story.session.procedures["go"].steps.values() if one.working]
        if not working:
            return
        one = working[step % len(working)]
        if code:
            now = StepState.RETRYING if attempts_left(one.step, one.attempt) else StepState.FAILED
        else:
            now = StepState.RUNNING if one.step.signal else StepState.OK
        self.story.tell(facts.StepChanged("go", one.step.id, now, because="it ended", exit=code, ms=5.0))
        event(f"ended {now}")

    @rule(values=st.lists(st.sampled_from([GOOD, GOOD, BAD, WARNS, GONE]), min_size=1, max_size=6))
    def errors_answers(self, values: list[Any]) -> None:
        self.story.see("errors", *values)

    @rule(wait=st.sampled_from([0.5, 2.0, 6.0, 30.0]))
    def time_passes(self, wait: float) -> None:
        self.story.wait(wait)

    @rule(by=people, away=st.sampled_from([0.0, 1.0, 10.0, 60.0]))
    def the_cockpit_dies_and_is_resumed(self, by: str, away: float) -> None:
        self.story.wait(away)
        live = [one.step.id for one in self.story.session.procedures["go"].steps.values() if one.state in LIVE]
        self.story.tell(facts.Resumed(by, "here", away))
        before = len(self.model.started)
        self.every_fact_is_as_it_should_be()
        assert len(self.model.started) == before, "a resumed session started a command by itself"
        run = self.story.session.procedures["go"]
        assert all(run.closed or run.steps[name].state in (StepState.UNKNOWN, StepState.FAILED) for name in live)

    @invariant()
    def every_fact_is_as_it_should_be(self) -> None:
        if not hasattr(self, "story"):
            return
        self.story.settle()
        assert elapse(self.story.session, self.story.now) == []
        for fact in self.story.events[self.heard :]:
            evolve(self.replayed, fact)
            self.model.record(fact)
            if isinstance(fact.body, facts.StepChanged):
                event(f"{fact.body.now} by {'a person' if fact.body.by else 'itself'}")
        self.heard = len(self.story.events)
        assert self.replayed == self.story.session
        run = self.story.session.procedures["go"]
        for name, one in run.steps.items():
            history = self.model.steps[name]
            assert one.working == history.runs, f"{name} is shown as {one.state}"
            assert (one.state is StepState.WAITING) == (history.waits_since is not None and not run.closed)
            if run.closed is None:
                assert (one.state in OVER) == bool(history.over), f"{name} is shown as {one.state}"

    def teardown(self) -> None:
        if hasattr(self, "story"):
            assert fold(self.story.events) == self.story.session


TestStepMachine = StepMachine.TestCase
TestStepMachine.settings = settings(
    max_examples=100, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)

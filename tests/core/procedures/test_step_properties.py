"""No commands, outcomes, kills and resumes run a step that was not confirmed, or show one done that was not."""

from collections import Counter
from typing import Any, ClassVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from mmcockpit.core.decide import command as commands
from mmcockpit.core.decide.elapse import elapse
from mmcockpit.core.facts import event as facts
from mmcockpit.core.model.cockpit import Allowed
from mmcockpit.core.model.procedure import Cluster, Danger, Procedure, Step, StepQuestion, StepRetry, StepWait
from mmcockpit.core.model.states import StepState
from mmcockpit.core.rules.steps.retries import attempts_left
from mmcockpit.core.state.evolve import evolve, fold
from mmcockpit.core.state.procedure_runs import OVER, StepRun
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
colours = st.sampled_from(["blue", "green"])
often_none = st.sampled_from([0, 0, 0, 1, 2, 3, 4])
ends = st.sampled_from(["works", "works", "still runs", "is killed", "fails and is killed", "fails and is stopped"])
reasons = st.sampled_from(["", "", "because"])


def made(name: str, kind: str, when: str, retry: int, on_fail: str, asked: bool) -> Step:
    """Return a step; `asked` is whether an earlier one asks for the colour, which its command then names."""
    more: dict[str, Any] = {"when": when, "on_fail": on_fail, "timeout": 20.0}
    if kind in ("command", "dangerous", "effect"):
        more["argv"] = ("do", name, "${cluster.context}", *(["--colour=${values.colour}"] if asked else []))
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
    """Return up to five steps, most commands with retries; two commands next to each other may be a group."""
    count = draw(st.integers(1, len(IDS)))
    whens = st.sampled_from(["", "", "", FAILING, CALM, ANSWERED])
    retries, fails = st.sampled_from([0, 1, 2, 2, 3]), st.sampled_from(["stop", "ask", "back"])
    each: list[Step] = []
    for name in IDS[:count]:
        kind = "ask" if not each and draw(st.booleans()) else draw(st.sampled_from(KINDS))
        asked = any(one.ask is not None for one in each)
        each.append(made(name, kind, draw(whens), draw(retries), draw(fails), asked))
    if count > 1 and draw(st.booleans()):
        first = draw(st.integers(0, count - 2))
        asked = any(one.ask is not None for one in each[:first])
        names, commands_ = IDS[first : first + 2], st.sampled_from(KINDS[:3])
        pair = [made(name, draw(commands_), "", draw(retries), "stop", asked) for name in names]
        each[first : first + 2] = [
            Step(**{key: getattr(one, key) for key in one.__struct_fields__} | {"group": "g"}) for one in pair
        ]
    return Procedure("go", "Go", tuple(each))


class StepMachine(RuleBasedStateMachine):
    """A session with a random procedure; the test plays the engine: it ends the commands that were started."""

    seen: ClassVar[Counter[str]] = Counter()
    """How often each thing happened in all sessions."""

    @initialize(procedure=procedures(), well=st.booleans(), failures=often_none, then=ends)
    def begin(self, procedure: Procedure, well: bool, failures: int, then: str) -> None:
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
        self.dialogs: dict[str, tuple[str, ...]] = {}
        self.heard = 0
        if well:
            self.story.see("errors", GOOD)
        self.story.do(commands.OpenProcedure("ana", "go"))
        self.somebody_works_on("ana", "blue", 3, failures, then)

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
        name = self._id(step)
        argv = self._argv(name)
        known = self.story.session.procedures["go"].steps[name].step
        if self._started(by, name, argv if right else (*argv, "-f"), known.typed if typed else ()):
            assert right
            assert typed or not known.typed

    @rule(step=steps)
    def somebody_opens_a_dialog(self, step: int) -> None:
        name = self._id(step)
        self.dialogs[name] = self._argv(name)

    @rule(by=people, step=steps)
    def somebody_confirms_a_dialog_that_was_opened_earlier(self, by: str, step: int) -> None:
        self._confirm(by, self._id(step))

    def _confirm(self, by: str, name: str) -> None:
        self.story.settle()
        shown, known = self.dialogs.get(name, ()), self.story.session.procedures["go"].steps[name].step
        if shown and self._started(by, name, shown, known.typed):
            assert shown == self._argv(name), "it ran something else than the dialog showed"

    def _argv(self, name: str) -> tuple[str, ...]:
        run = self.story.session.procedures["go"]
        return resolved(run.steps[name].step, run.values, self.story.session.cockpit.cluster_of)[0]

    def _started(self, by: str, name: str, argv: tuple[str, ...], typed: tuple[str, ...]) -> bool:
        (body,) = self.story.do(commands.RunStep(by, "go", name, argv, WHERE, typed))
        return isinstance(body, facts.StepChanged) and body.now is StepState.RUNNING and bool(body.argv)

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

    @rule(by=people, opens=st.sampled_from([True, True, True, False]), reason=reasons)
    def somebody_abandons_or_opens(self, by: str, opens: bool, reason: str) -> None:
        self.story.do(commands.OpenProcedure(by, "go") if opens else commands.AbandonProcedure(by, "go", reason))

    @rule(by=people, value=colours, rounds=st.integers(1, 6), failures=often_none, then=ends)
    def somebody_works_on(self, by: str, value: str, rounds: int, failures: int, then: str) -> None:
        """Do what is to be done, so that sessions get far: commands fail and start again; `then` is what comes last."""
        if self.story.session.procedures["go"].closed is not None:
            self.story.do(commands.OpenProcedure(by, "go"))
        for _ in range(rounds):
            self._do_what_is_ready(by, value)
            for _ in range(failures):
                for one in self._working():
                    self._ends(one, 1)
                self.story.wait(2.5)
                self.story.settle()
            for one in self._working() if then == "works" or then.startswith("fails") else ():
                self._ends(one, int(then != "works"))
            retrying = [one for one in self._steps() if one.state is StepState.RETRYING]
            for one in retrying if then == "fails and is stopped" else ():
                self.story.do(commands.StopStep(by, "go", one.step.id))
            if then in ("is killed", "fails and is killed"):
                self._dies(by, 1.0)
                self._do_what_is_ready(by, value)
            self.story.see("errors", GOOD, GOOD, GOOD)

    def _do_what_is_ready(self, by: str, value: str) -> None:
        self.story.settle()
        present = self.story.session.procedures["go"].present
        ready = [one for one in present if one.state in (StepState.READY, StepState.FAILED)]
        for one in ready:
            name, step = one.step.id, one.step
            if step.ask is not None:
                self.story.do(commands.AnswerStep(by, "go", name, value))
            elif step.manual or not (step.argv or step.signal or step.wait):
                self.story.do(commands.SettleStep(by, "go", name, True, "seen"))
            else:
                argv = self._argv(name)
                assert not (step.typed and self._started(by, name, argv, ())), "it ran although nothing was typed"
                assert not (argv and self._started(by, name, (*argv, "-f"), step.typed)), "it ran another command"
                self._started(by, name, argv, step.typed)

    @rule(by=people, value=st.sampled_from(["blue", "green", ""]))
    def somebody_changes_an_answer(self, by: str, value: str) -> None:
        """Dialogs are open while a question is repeated, and answered anew or skipped (""); then they are confirmed."""
        steps = self.story.session.procedures["go"].steps
        self.dialogs.update({name: self._argv(name) for name in steps})
        asks = [name for name, one in steps.items() if one.step.ask is not None]
        for name in asks[:1]:
            self.story.do(commands.RepeatSteps(by, "go", name, "another one"))
            self.every_fact_is_as_it_should_be()
            again = commands.AnswerStep(by, "go", name, value) if value else commands.SkipStep(by, "go", name, "no")
            self.story.do(again)
        for name in steps:
            self._confirm(by, name)

    @rule(step=st.integers(0, 1), code=st.sampled_from([0, 0, 1]))
    def a_command_ends(self, step: int, code: int) -> None:
        if working := self._working():
            self._ends(working[step % len(working)], code)

    def _working(self) -> list[StepRun]:
        return [one for one in self._steps() if one.working]

    def _steps(self) -> list[StepRun]:
        return list(self.story.session.procedures["go"].steps.values())

    def _ends(self, one: StepRun, code: int) -> None:
        if code:
            now = StepState.RETRYING if attempts_left(one.step, one.attempt) else StepState.FAILED
        else:
            now = StepState.RUNNING if one.step.signal else StepState.OK
        self.story.tell(facts.StepChanged("go", one.step.id, now, because="it ended", exit=code, ms=5.0))

    @rule(values=st.lists(st.sampled_from([GOOD, GOOD, BAD, WARNS, GONE]), min_size=1, max_size=6))
    def errors_answers(self, values: list[Any]) -> None:
        self.story.see("errors", *values)

    @rule(wait=st.sampled_from([0.5, 2.0, 2.0, 6.0, 30.0]))
    def time_passes(self, wait: float) -> None:
        self.story.wait(wait)

    @rule(by=people, away=st.sampled_from([0.0, 1.0, 10.0, 60.0]))
    def the_cockpit_dies_and_is_resumed(self, by: str, away: float) -> None:
        self._dies(by, away)

    def _dies(self, by: str, away: float) -> None:
        self.every_fact_is_as_it_should_be()
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
            if isinstance(fact.body, facts.StepChanged) and fact.body.now is StepState.RUNNING and fact.body.argv:
                danger = self.model.steps[fact.body.step].step.danger
                self.seen[f"{danger}, attempt {fact.body.attempt or 1}"] += 1
        self.heard = len(self.story.events)
        assert self.replayed == self.story.session
        run = self.story.session.procedures["go"]
        assert run.closed is not None or run.values == self.model.values
        for name, one in run.steps.items():
            history = self.model.steps[name]
            assert one.working == history.runs, f"{name} is shown as {one.state}"
            assert (one.state is StepState.WAITING) == (history.waits_since is not None and not run.closed)
            if run.closed is None:
                assert (one.state in OVER) == bool(history.over), f"{name} is shown as {one.state}"

    def teardown(self) -> None:
        if hasattr(self, "story"):
            assert fold(self.story.events) == self.story.session


def test_every_start_is_confirmed_or_a_retry_of_what_was_confirmed() -> None:
    StepMachine.seen.clear()
    often = settings(max_examples=60, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck))
    run_state_machine_as_test(StepMachine, settings=often)
    seen = StepMachine.seen
    seen.update({f"attempt {n}": sum(seen[f"{danger}, attempt {n}"] for danger in Danger) for n in (2, 3)})
    rare = [name for name in REACHED if seen[name] < REACHED[name]]
    assert not rare, f"the sessions were too simple: {dict(seen)}"


REACHED = {"dangerous, attempt 1": 5, "attempt 2": 10, "attempt 3": 5}
"""What the sessions have to contain at least, so that the properties are tried."""

"""The steps of a procedure, worked out from its facts alone, by other means than the core's."""

from dataclasses import dataclass, field

from mmcockpit.core.facts import event as facts
from mmcockpit.core.facts.event import Event
from mmcockpit.core.model.procedure import Step
from mmcockpit.core.model.reading import Reading
from mmcockpit.core.model.states import StepState
from mmcockpit.core.model.verdict import Level

FAILING, CALM, ANSWERED = (
    'signals.errors.verdict == "fail"',
    'signals.errors.verdict == "pass"',
    'values.colour == "blue"',
)
"""The conditions whose truth the model works out itself."""


@dataclass
class StepHistory:
    """What happened to a step: the confirmed command and its attempts, and how it came to be over."""

    step: Step
    confirmed: tuple[tuple[str, ...], str] | None = None
    attempts: int = 0
    """Starts since it was confirmed; the facts number them 1 (written as 0), 2, 3."""
    runs: bool = False
    ended_at: float | None = None
    waits_since: float | None = None
    over: str = ""


@dataclass
class StepModel:
    """Checks every fact of one procedure against what had happened before it."""

    steps: dict[str, StepHistory]
    level: Level = Level.UNKNOWN
    read_at: float = -1.0
    passing_since: float | None = None
    values: dict[str, str] = field(default_factory=dict)
    open: bool = False
    started: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)

    def record(self, event: Event) -> None:
        """Check a fact, then remember it."""
        body, at = event.body, event.stamp.at
        match body:
            case facts.Observed(signal="errors", answer=answer, verdict=verdict):
                passes = verdict.level is Level.PASS
                self.passing_since = (self.passing_since if self.passing_since is not None else at) if passes else None
                self.level = verdict.level
                self.read_at = at if isinstance(answer, Reading) else self.read_at
            case facts.Resumed():
                self.level, self.passing_since = Level.UNKNOWN, None
                for one in self.steps.values():
                    one.runs, one.confirmed = False, None
            case facts.ProcedureOpened():
                self.steps = {name: StepHistory(one.step) for name, one in self.steps.items()}
                self.values, self.open = {}, True
            case facts.ProcedureClosed(abandoned=abandoned):
                assert abandoned or all(one.over for one in self.steps.values()), "closed with a step that is not over"
                assert not any(one.runs for one in self.steps.values()), "closed while a command runs"
                self.open = False
            case facts.StepsRepeated(step=step):
                assert not any(one.runs for one in self.steps.values())
                for name in list(self.steps)[list(self.steps).index(step) :]:
                    again = self.steps[name].step
                    self.steps[name] = StepHistory(again)
                    if again.ask is not None:
                        self.values.pop(again.ask.name, None)
            case facts.StepChanged():
                assert self.open, "a step changed in a procedure that is not open"
                self._changed(self.steps[body.step], body, at)

    def _changed(self, one: StepHistory, body: facts.StepChanged, at: float) -> None:
        assert not one.over, "a step that is over changed"
        match body.now:
            case StepState.RUNNING if body.exit is None and body.argv:
                self._starts(one, body)
            case StepState.RUNNING if body.exit is None:
                assert body.by
                assert one.step.signal
                assert not one.step.argv
                one.ended_at = at
            case StepState.RUNNING | StepState.RETRYING | StepState.UNKNOWN:
                assert body.exit is not None, "a command ended that did not run"
                assert one.runs, "a command ended that did not run"
                one.runs, one.ended_at = False, at
            case StepState.WAITING:
                assert body.by
                assert one.step.wait is not None
                assert self._may_start(one.step)
                one.waits_since = at
            case StepState.FAILED:
                one.runs, one.waits_since, one.ended_at, one.confirmed = False, None, None, None
            case StepState.OK:
                self._done(one, body, at)
            case StepState.SKIPPED:
                assert (body.by and body.because) or self.truth(one.step.when) is False, "skipped for no reason"
                one.over, one.waits_since = "skipped", None

    def _starts(self, one: StepHistory, body: facts.StepChanged) -> None:
        step = one.step
        assert not one.runs, "it ran already"
        assert (step.manual, step.ask, step.wait) == (False, None, None), "a command that no step of this kind runs"
        assert all(other.step.group == step.group != "" for other in self.steps.values() if other.runs)
        earlier = list(self.steps.values())[: list(self.steps).index(step.id)]
        assert all(other.over or other.step.group == step.group != "" for other in earlier), (
            "an earlier step is not over"
        )
        if body.by:
            assert self._may_start(step), "its condition is not true"
            one.confirmed, one.attempts = (body.argv, body.where), 0
        assert one.confirmed == (body.argv, body.where), "no person confirmed exactly this command"
        assert body.argv == self._command(step), "it names another answer than the present one"
        one.attempts += 1
        assert (body.attempt or 1) == one.attempts, "a wrong number of attempts"
        assert one.attempts <= 1 + (step.retry.times if step.retry is not None else 0), "more attempts than confirmed"
        one.runs, one.ended_at = True, None
        self.started.append((step.id, body.argv))

    def _done(self, one: StepHistory, body: facts.StepChanged, at: float) -> None:
        step = one.step
        if step.ask is not None:
            answer = body.values[step.ask.name]
            assert body.by
            assert answer in step.ask.choices
            self.values[step.ask.name] = answer
        elif not body.by and body.exit is not None:
            assert body.exit == 0
            assert one.runs
            assert not step.signal
        elif not body.by and step.wait is not None:
            assert one.waits_since is not None
            assert at - one.waits_since >= step.wait.for_s
            if step.wait.until:
                assert self.truth(step.wait.until) is True
                assert self.read_at > one.waits_since
        elif not body.by:
            assert step.signal, "done without its effect"
            assert one.ended_at is not None, "done without its effect"
            assert self.passing_since is not None, "done while its signal does not pass"
        else:
            assert not one.runs, "recorded as done while its command runs"
            assert body.because
        one.over, one.runs, one.waits_since = "done", False, None

    def _command(self, step: Step) -> tuple[str, ...]:
        """Return the command of a step with the present answers, on the only cluster."""
        values = {"${cluster.context}": "prod", **{f"${{values.{name}}}": value for name, value in self.values.items()}}
        words = list(step.argv)
        for written, value in values.items():
            words = [word.replace(written, value) for word in words]
        return tuple(words)

    def _may_start(self, step: Step) -> bool:
        return not step.when or self.truth(step.when) is True

    def truth(self, condition: str) -> bool | None:
        """Return whether one of the conditions of this module holds; None if that is not known."""
        if condition == ANSWERED:
            return self.values["colour"] == "blue" if "colour" in self.values else None
        return (
            None if self.level is Level.UNKNOWN else self.level is (Level.FAIL if condition == FAILING else Level.PASS)
        )

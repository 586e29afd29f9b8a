"""The runs of procedures: the state of each run and of its steps, and the calls for procedures."""

from collections import deque
from dataclasses import dataclass, field

from mmcockpit.core.facts import event as facts
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.procedure import Capture, Procedure, Step
from mmcockpit.core.model.states import StepState
from mmcockpit.core.state.topics import PROCEDURES as PROCEDURES

OUTPUT_KEPT = 500
"""Lines of a step's output that are kept for the screen."""

INTERRUPTED = "the cockpit ended while it ran: verify what it did"
"""Reason of the unknown outcome of a step that ran while the cockpit ended."""

OVER = frozenset({StepState.OK, StepState.SKIPPED, StepState.ABANDONED})
"""States in which a step needs nothing more."""

TRANSITIONS: dict[StepState, frozenset[StepState]] = {
    StepState.PENDING: frozenset({StepState.READY, StepState.ABANDONED}),
    StepState.READY: frozenset(
        {
            *(StepState.RUNNING, StepState.WAITING),
            *(StepState.OK, StepState.FAILED, StepState.SKIPPED, StepState.ABANDONED),
        }
    ),
    StepState.RUNNING: frozenset(
        {StepState.RUNNING, StepState.RETRYING, StepState.OK, StepState.FAILED, StepState.UNKNOWN}
    ),
    StepState.WAITING: frozenset({StepState.OK, StepState.FAILED, StepState.SKIPPED, StepState.ABANDONED}),
    StepState.RETRYING: frozenset({StepState.RUNNING, StepState.FAILED}),
    StepState.FAILED: frozenset(
        {StepState.RUNNING, StepState.WAITING, StepState.OK, StepState.SKIPPED, StepState.ABANDONED}
    ),
    StepState.UNKNOWN: frozenset({StepState.OK, StepState.FAILED, StepState.ABANDONED}),
    StepState.OK: frozenset(),
    StepState.SKIPPED: frozenset(),
    StepState.ABANDONED: frozenset(),
}
"""Allowed state changes. Only an operator resolves `unknown`; a procedure with a running step is not abandoned."""


@dataclass(slots=True)
class StepRun:
    """The state of a step; `started` and `ended` are those of its command; `output` is a list of (error, line)."""

    step: Step
    state: StepState = StepState.PENDING
    since: Stamp | None = None
    started: Stamp | None = None
    ended: Stamp | None = None
    by: str = ""
    because: str = ""
    argv: tuple[str, ...] = ()
    where: str = ""
    exit: int | None = None
    ms: float = 0.0
    file: str = ""
    dropped: int = 0
    process: facts.StepProcess | None = None
    attempt: int = 0
    output: deque[tuple[bool, str]] = field(default_factory=lambda: deque(maxlen=OUTPUT_KEPT))

    @property
    def working(self) -> bool:
        """Whether its command is running."""
        return self.state is StepState.RUNNING and bool(self.argv) and self.ended is None

    @property
    def busy(self) -> bool:
        """Whether its command is running, or will be started again by itself."""
        return self.working or self.state is StepState.RETRYING

    @property
    def lingers(self) -> bool:
        """Whether its command outlived the cockpit that had started it, and is still running."""
        return self.process is not None and self.process.runs is True

    def turn(self, now: StepState, stamp: Stamp, by: str = "", because: str = "") -> bool:
        """Change to a state if TRANSITIONS allows it; return whether it did."""
        if now not in TRANSITIONS[self.state]:
            return False
        self.state, self.since, self.because = now, stamp, because
        self.by = by or self.by
        return True


@dataclass(slots=True)
class ProcedureRun:
    """One run of a procedure; `found` are the values that steps captured, `values` the chosen ones.

    `details` belong to the values in `found`; `left` (by a value's name) are those given up: in use when values were
    captured, or chosen before a step was repeated.
    """

    procedure: Procedure
    since: Stamp
    by: str
    number: int = 1
    steps: dict[str, StepRun] = field(default_factory=dict)
    found: dict[str, tuple[str, ...]] = field(default_factory=dict)
    values: dict[str, str] = field(default_factory=dict)
    closed: facts.ProcedureClosed | None = None
    details: dict[str, tuple[dict[str, str], ...]] = field(default_factory=dict)
    left: dict[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def abandoned(self) -> bool:
        """Whether it ended without being done."""
        return self.closed is not None and self.closed.abandoned

    @property
    def completed(self) -> bool:
        """Whether it was done to its end."""
        return self.closed is not None and not self.closed.abandoned

    @property
    def current(self) -> StepRun | None:
        """The first step that is not over; None once all are."""
        return next((run for run in self.steps.values() if run.state not in OVER), None)

    @property
    def present(self) -> list[StepRun]:
        """The steps whose turn it is: the current one with the members of its group that are not over."""
        now = self.current
        if now is None or not now.step.group:
            return [] if now is None else [now]
        return [one for one in self.steps.values() if one.step.group == now.step.group and one.state not in OVER]

    @property
    def unknown(self) -> list[StepRun]:
        """The steps with an unknown outcome."""
        return [run for run in self.steps.values() if run.state is StepState.UNKNOWN]

    def take(self, body: facts.StepChanged) -> None:
        """Store what a step captured, and which value was in use then."""
        self.found.update(body.found)
        self.values.update(body.values)
        self.details.update(body.details)
        for name, captured in body.found.items():
            self._leave(name, running(captured, capture_of(self, name)))

    def _leave(self, name: str, value: str) -> None:
        if value:
            self.left[name] = tuple(dict.fromkeys((*self.left.get(name, ()), *marks_of(self, name, value))))

    def repeat(self, step: str, stamp: Stamp) -> None:
        """Reset a step and all later ones, with their values and answers, and make the first of them ready."""
        names = list(self.steps)
        for name in names[names.index(step) :]:
            again = self.steps[name].step
            self.steps[name] = StepRun(again)
            if again.ask is not None:
                self.values.pop(again.ask.name, None)
            for capture in again.captures:
                self._leave(capture.name, self.values.get(capture.name, ""))
                for known in (self.found, self.values, self.details):
                    known.pop(capture.name, None)
        self.ready(stamp)

    def ready(self, stamp: Stamp) -> None:
        """Make the next step ready, or all members of the next group, once all before are over."""
        for one in self.present if self.closed is None else ():
            if one.state is StepState.PENDING:
                one.turn(StepState.READY, stamp)


@dataclass(slots=True)
class Call:
    """A call for a procedure: why, since when, its causes, and whether the procedure was started since."""

    reason: facts.Reason
    since: Stamp
    answered: bool = False
    causes: tuple[facts.Cause, ...] = ()


def capture_of(run: ProcedureRun, name: str) -> Capture | None:
    """Return the capture of a value by its name."""
    return next((one for step in run.procedure.steps for one in step.captures if one.name == name), None)


def running(values: tuple[str, ...], capture: Capture | None) -> str:
    """Return the value that is in use now; empty if the capture does not define how to detect it."""
    numbers = [value for value in values if value.isascii() and value.isdecimal()]
    if capture is None or capture.running != "highest" or not numbers:
        return ""
    return max(numbers, key=int)


def marks_of(run: ProcedureRun, name: str, value: str) -> tuple[str, ...]:
    """Return what identifies a value later: the value, and the detail in which values differ."""
    capture = capture_of(run, name)
    known = dict(zip(run.found.get(name, ()), run.details.get(name, ()), strict=False))
    detail = known.get(value, {}).get(capture.differs, "") if capture else ""
    return tuple(filter(None, (value, detail)))

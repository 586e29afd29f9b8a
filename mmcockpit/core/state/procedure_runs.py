"""The runs of procedures: the state of each and of its steps, and which are called for."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mmcockpit.core.facts import event as facts
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.procedure import Procedure, Step
from mmcockpit.core.model.states import StepState
from mmcockpit.core.state.options import capture_of, marks_of, running

if TYPE_CHECKING:
    from mmcockpit.core.state.session import Session

PROCEDURES = "procedures"
"""The topic of everything here."""

OUTPUT_KEPT = 500
"""Lines of a step's output that the screen can show."""

INTERRUPTED = "the cockpit ended while it ran: verify what it did"
"""Why the outcome of a step is unknown."""

OVER = frozenset({StepState.OK, StepState.SKIPPED, StepState.ABANDONED})
"""States in which a step is done with."""

TRANSITIONS: dict[StepState, frozenset[StepState]] = {
    StepState.PENDING: frozenset({StepState.READY, StepState.ABANDONED}),
    StepState.READY: frozenset(
        {StepState.RUNNING, StepState.OK, StepState.FAILED, StepState.SKIPPED, StepState.ABANDONED}
    ),
    StepState.RUNNING: frozenset({StepState.RUNNING, StepState.OK, StepState.FAILED, StepState.UNKNOWN}),
    StepState.FAILED: frozenset({StepState.RUNNING, StepState.OK, StepState.SKIPPED, StepState.ABANDONED}),
    StepState.UNKNOWN: frozenset({StepState.OK, StepState.FAILED, StepState.ABANDONED}),
    StepState.OK: frozenset(),
    StepState.SKIPPED: frozenset(),
    StepState.ABANDONED: frozenset(),
}
"""What a step may become. A running one ends before its procedure can be abandoned; no machine leaves `unknown`."""


@dataclass(slots=True)
class StepRun:
    """How a step stands; `started` and `ended` are when its command did; `output` is (error, line)."""

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
    output: deque[tuple[bool, str]] = field(default_factory=lambda: deque(maxlen=OUTPUT_KEPT))

    @property
    def working(self) -> bool:
        """Whether its command runs."""
        return self.state is StepState.RUNNING and bool(self.argv) and self.ended is None

    @property
    def lingers(self) -> bool:
        """Whether its command outlived the cockpit that had started it, and still runs."""
        return self.process is not None and self.process.runs is True

    def turn(self, now: StepState, stamp: Stamp, by: str = "", because: str = "") -> bool:
        """Take a state if the table allows it from this one; return whether it did."""
        if now not in TRANSITIONS[self.state]:
            return False
        self.state, self.since, self.because = now, stamp, because
        self.by = by or self.by
        return True


@dataclass(slots=True)
class ProcedureRun:
    """One time that a procedure was followed; `found` is what steps captured, `values` what was taken of it.

    `details` are those of each of `found`; `left` (by a value's name) are those given up: in use when
    values were captured, or chosen before a step was repeated.
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
    def current(self) -> StepRun | None:
        """The first step that is not done with; None once all are."""
        return next((run for run in self.steps.values() if run.state not in OVER), None)

    @property
    def unknown(self) -> list[StepRun]:
        """The steps of which nobody knows how they ended."""
        return [run for run in self.steps.values() if run.state is StepState.UNKNOWN]

    def take(self, body: facts.StepChanged) -> None:
        """Take what a step captured, and note what was in use then."""
        self.found.update(body.found)
        self.values.update(body.values)
        self.details.update(body.details)
        for name, found in body.found.items():
            self._leave(name, running(found, capture_of(self, name)))

    def _leave(self, name: str, value: str) -> None:
        if value:
            self.left[name] = tuple(dict.fromkeys((*self.left.get(name, ()), *marks_of(self, name, value))))

    def repeat(self, step: str, stamp: Stamp) -> None:
        """Forget a step and all behind it, with what they captured, and let it begin again."""
        names = list(self.steps)
        for name in names[names.index(step) :]:
            again = self.steps[name].step
            self.steps[name] = StepRun(again)
            for capture in again.captures:
                self._leave(capture.name, self.values.get(capture.name, ""))
                for known in (self.found, self.values, self.details):
                    known.pop(capture.name, None)
        self.ready(stamp)

    def ready(self, stamp: Stamp) -> None:
        """Let the next step begin, once all before it are done with."""
        if self.closed is None and self.current is not None and self.current.state is StepState.PENDING:
            self.current.turn(StepState.READY, stamp)


@dataclass(slots=True)
class Call:
    """A procedure that is called for: why, since when, by which causes, and whether it was begun since."""

    because: str
    since: Stamp
    answered: bool = False
    causes: tuple[str, ...] = ()


def open_runs(session: "Session") -> Iterator[ProcedureRun]:
    """Yield the runs that are not over, the oldest first."""
    return (run for run in session.procedures.values() if run.closed is None)


def working(session: "Session") -> StepRun | None:
    """Return the step whose command runs: there is never more than one."""
    return next((one for run in open_runs(session) for one in run.steps.values() if one.working), None)


def lingering(session: "Session") -> StepRun | None:
    """Return a step whose command outlived the cockpit that had started it."""
    return next((one for run in open_runs(session) for one in run.steps.values() if one.lingers), None)


def queue(session: "Session") -> list[tuple[Procedure, Call]]:
    """Return what is called for and not begun, without consequences of what is queued or open.

    What an abort rule calls for stands first: the way back comes before what alerts ask for. Then the oldest.
    """
    calls = session.calls
    opened = {run.procedure.id for run in open_runs(session)}
    busy = {name for name, call in calls.items() if not call.answered} | opened
    known = {one.id: one for one in session.cockpit.checklist.procedures}
    called = [
        (known[name], call)
        for name, call in calls.items()
        if not call.answered and name in known and name not in opened and not busy & set(known[name].after)
    ]
    return sorted(called, key=lambda pair: not pair[0].aborts)


def interrupt(session: "Session", stamp: Stamp) -> None:
    """Nobody knows how a step ended that ran while the cockpit did not."""
    for run in open_runs(session):
        for one in run.steps.values():
            if one.state is StepState.RUNNING:
                one.turn(StepState.UNKNOWN, stamp, because=INTERRUPTED)

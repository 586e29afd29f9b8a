"""The state of a session, folded from its events and from nothing else."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from mmcockpit.core import event as facts
from mmcockpit.core.checklist import Item, Mode
from mmcockpit.core.clock import Stamp
from mmcockpit.core.cockpit import Cockpit
from mmcockpit.core.event import Event, State
from mmcockpit.core.reading import Fault, Reading
from mmcockpit.core.signal import Signal
from mmcockpit.core.verdict import Level, Verdict

Topic = str
"""What changed: `signal:NAME`, `item:ID` or one of the constants below."""

SESSION = "session"
LOG = "log"
ITEMS = "items"
SIGNALS = "signals"

LOG_KEPT = 2_000
POINTS_KEPT = 1_440


def signal_topic(name: str) -> Topic:
    """Return the topic of one signal."""
    return f"signal:{name}"


def item_topic(item: str) -> Topic:
    """Return the topic of one item."""
    return f"item:{item}"


NOT_ASKED = Verdict(Level.UNKNOWN, Level.UNKNOWN, "not asked yet", 0, 1)


@dataclass(slots=True)
class SignalState:
    """How a signal stands: its latest answer, its last reading, its verdict and its recent past.

    `window` holds the levels of the last `rule.of` answers, oldest first; `points` (Unix seconds, value) the numeric
    history. `since` is when the verdict's level last changed; `fault` is set while the latest answer is one.
    """

    signal: Signal
    verdict: Verdict = NOT_ASKED
    since: Stamp | None = None
    asked_at: Stamp | None = None
    ms: float = 0.0
    reading: Reading | None = None
    read_at: Stamp | None = None
    fault: Fault | None = None
    window: tuple[Level, ...] = ()
    recent: deque[tuple[Stamp, Reading | Fault, Verdict]] = field(default_factory=lambda: deque(maxlen=12))
    points: deque[tuple[float, float]] = field(default_factory=lambda: deque(maxlen=POINTS_KEPT))

    @property
    def value(self) -> Any:
        """The last value read, however old; None before the first."""
        return self.reading.value if self.reading else None


@dataclass(slots=True)
class ItemState:
    """How an item stands: its state, since when and why, who ticked it, and its remarks.

    `proven` says that it was satisfied once: what fails after that has regressed.
    """

    item: Item
    state: State = State.OPEN
    since: Stamp | None = None
    because: str = ""
    proven: bool = False
    marked: facts.ItemMarked | None = None
    notes: list[tuple[Stamp, facts.Noted]] = field(default_factory=list)

    @property
    def attested(self) -> bool:
        """Whether a hand's tick stands."""
        return self.marked is not None and self.marked.mark == "done"


@dataclass(slots=True)
class Session:
    """Everything known of one go-live run; changed only by `evolve`.

    `phase` is the index of the phase that is open. `marks` are the items ticked, in order: what undo takes back.
    """

    opened: facts.Opened | None = None
    started: Stamp | None = None
    signals: dict[str, SignalState] = field(default_factory=dict)
    items: dict[str, ItemState] = field(default_factory=dict)
    phase: int = 0
    t0: float | None = None
    operators: list[str] = field(default_factory=list)
    marks: list[str] = field(default_factory=list)
    log: deque[Event] = field(default_factory=lambda: deque(maxlen=LOG_KEPT))
    unread: int = 0
    troubles: int = 0
    closed: facts.Closed | None = None
    seq: int = 0
    last: Stamp | None = None

    @property
    def cockpit(self) -> Cockpit:
        """The resolved cockpit file; ValueError before the session was opened."""
        if self.opened is None:
            raise ValueError("the session has no first line: nothing says what it is about")
        return self.opened.cockpit

    def phase_of(self, item: str) -> int:
        """Return the index of the phase an item stands in; KeyError for an unknown item."""
        phase_id = item.split("/", 1)[0]
        return next(n for n, phase in enumerate(self.cockpit.checklist.phases) if phase.id == phase_id)


def evolve(session: Session, event: Event) -> set[Topic]:
    """Apply one fact and return the topics it touched; total over everything that decodes."""
    session.seq = max(session.seq, event.seq)
    session.last = event.stamp
    body = event.body
    touched = _APPLY[type(body)](session, event.stamp, body)
    if not isinstance(body, facts.Observed | facts.Backfilled):
        session.log.append(event)
        touched.add(LOG)
    return touched


def fold(events: Any) -> Session:
    """Return the session that these events make."""
    session = Session()
    for event in events:
        evolve(session, event)
    return session


def _opened(session: Session, stamp: Stamp, body: facts.Opened) -> set[Topic]:
    session.opened = body
    session.started = stamp
    session.t0 = body.cockpit.t0
    session.signals = {signal.name: SignalState(signal) for signal in body.cockpit.signals}
    session.items = {item.id: ItemState(item) for item in body.cockpit.checklist.items}
    session.operators = [body.operator]
    return {SESSION, ITEMS, SIGNALS}


def _joined(session: Session, stamp: Stamp, body: facts.OperatorJoined) -> set[Topic]:
    if body.operator not in session.operators:
        session.operators.append(body.operator)
    return {SESSION}


def _left(session: Session, stamp: Stamp, body: facts.OperatorLeft) -> set[Topic]:
    session.operators = [name for name in session.operators if name != body.operator]
    return {SESSION}


def _resumed(session: Session, stamp: Stamp, body: facts.Resumed) -> set[Topic]:
    session.operators = [body.operator]
    session.closed = None
    for state in session.signals.values():
        state.verdict = Verdict(Level.UNKNOWN, Level.UNKNOWN, f"not watched for {body.blind_s:.0f} s", 0, 1)
        state.since = stamp
        state.window = ()
    return {SESSION, SIGNALS, ITEMS, *(signal_topic(name) for name in session.signals)}


def _t0_changed(session: Session, stamp: Stamp, body: facts.T0Changed) -> set[Topic]:
    session.t0 = body.t0
    return {SESSION}


def _marked(session: Session, stamp: Stamp, body: facts.ItemMarked) -> set[Topic]:
    state = session.items.get(body.item)
    if state is None:
        return set()
    state.marked = body
    state.since = stamp
    state.because = body.reason
    if body.item in session.marks:
        session.marks.remove(body.item)
    if body.mark == "done":
        session.marks.append(body.item)
    if state.item.mode is not Mode.SENSED:
        state.state = State.DONE if body.mark == "done" else State.OPEN
        state.proven = body.mark == "done"
    return {ITEMS, item_topic(body.item)}


def _changed(session: Session, stamp: Stamp, body: facts.ItemChanged) -> set[Topic]:
    state = session.items.get(body.item)
    if state is None:
        return set()
    state.state, state.since, state.because = body.now, stamp, body.because
    state.proven = state.proven or body.now in (State.GOOD, State.DONE)
    return {ITEMS, item_topic(body.item)}


def _noted(session: Session, stamp: Stamp, body: facts.Noted) -> set[Topic]:
    state = session.items.get(body.item)
    if state is None:
        return set()
    state.notes.append((stamp, body))
    return {ITEMS, item_topic(body.item)}


def _observed(session: Session, stamp: Stamp, body: facts.Observed) -> set[Topic]:
    state = session.signals.get(body.signal)
    if state is None:
        return set()
    if state.since is None or state.verdict.level is not body.verdict.level:
        state.since = stamp
    state.verdict, state.asked_at, state.ms = body.verdict, stamp, body.ms
    state.window = (*state.window, body.verdict.raw)[-state.signal.rule.of :]
    state.recent.append((stamp, body.answer, body.verdict))
    if isinstance(body.answer, Fault):
        state.fault = body.answer
    else:
        state.fault, state.reading, state.read_at = None, body.answer, stamp
        if isinstance(body.answer.value, int | float) and not isinstance(body.answer.value, bool):
            state.points.append((stamp.wall, float(body.answer.value)))
    return {SIGNALS, signal_topic(body.signal)}


def _backfilled(session: Session, stamp: Stamp, body: facts.Backfilled) -> set[Topic]:
    state = session.signals.get(body.signal)
    if state is None:
        return set()
    first = state.points[0][0] if state.points else stamp.wall
    earlier = [point for point in body.points if point[0] < first]
    state.points = deque([*earlier, *state.points], maxlen=POINTS_KEPT)
    return {signal_topic(body.signal)}


def _nothing(session: Session, stamp: Stamp, body: facts.Body) -> set[Topic]:
    return set()


def _trouble(session: Session, stamp: Stamp, body: facts.Trouble) -> set[Topic]:
    session.troubles += 1
    return {SESSION}


def _closed(session: Session, stamp: Stamp, body: facts.Closed) -> set[Topic]:
    session.closed = body
    return {SESSION}


def _unread(session: Session, stamp: Stamp, body: facts.Unread) -> set[Topic]:
    session.unread += 1
    return set()


_APPLY: dict[type[facts.Body], Callable[[Session, Stamp, Any], set[Topic]]] = {
    facts.Opened: _opened,
    facts.OperatorJoined: _joined,
    facts.OperatorLeft: _left,
    facts.Resumed: _resumed,
    facts.Gap: _nothing,
    facts.T0Changed: _t0_changed,
    facts.ItemMarked: _marked,
    facts.ItemChanged: _changed,
    facts.Noted: _noted,
    facts.Observed: _observed,
    facts.Backfilled: _backfilled,
    facts.Refused: _nothing,
    facts.Trouble: _trouble,
    facts.Closed: _closed,
    facts.Unread: _unread,
}

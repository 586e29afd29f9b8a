"""What of a session has to be evaluated again: what changed since nothing followed from it, and what is due by time."""

from collections.abc import Iterable, Iterator
from math import inf

from mmcockpit.core.facts import event as facts
from mmcockpit.core.facts.event import Event
from mmcockpit.core.latest import Latest
from mmcockpit.core.model.checklist import Item
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.reading import FaultKind
from mmcockpit.core.model.verdict import Level, Verdict
from mmcockpit.core.rules.combination import SOONEST_S
from mmcockpit.core.rules.judged_signals import announced_signals
from mmcockpit.core.state.session import Session
from mmcockpit.core.state.signals import SignalState

CLOSE_S = 0.001
"""How much earlier than a computed time, in seconds, something is evaluated: sums and differences round differently."""

_ON_ITEM = (facts.ItemChanged, facts.ItemMarked, facts.MarkExpired, facts.Noted)
"""Facts that change one item and nothing else from which another item, a combination or a verdict follows."""

_APART = frozenset(
    {
        *(facts.Advised, facts.Escalated, facts.Trouble, facts.Refused, facts.MessageSent),
        facts.MessageDelivered,
        *(facts.ProcedureQueued, facts.ProcedureUnqueued, facts.StepChanged, facts.StepOutput, facts.StepProcess),
    }
)
"""Facts that change neither a signal nor an item, nor which of them count."""


class _KnownSignal:
    """A signal as it was at the last refresh, and what depends on it: places of items, and combinations.

    `decisive` is what combinations read of its result.
    """

    __slots__ = ("asked_at", "decisive", "groups", "items", "name", "state", "verdict")

    def __init__(self, state: SignalState) -> None:
        self.state, self.name = state, state.signal.name
        self.asked_at: Stamp | None = None
        self.verdict: Verdict | None = None
        self.decisive: tuple[object, ...] = ()
        self.items: list[int] = []
        self.groups: list[str] = []


class EvaluationWork:
    """What `elapse` has to evaluate of one session, so that its result is the same as if it evaluated everything.

    `items` are places in the checklist, `groups` combinations, `announced` signals whose changes are recorded. Each
    stays in its set until nothing follows from it.
    """

    def __init__(self, session: Session) -> None:
        self.session = session
        self._begin()

    def _begin(self) -> None:
        """Index the session, with everything to be evaluated."""
        session = self.session
        checklist = session.cockpit.checklist
        self._signals = session.signals
        self._last: Event | None = session.log[-1] if session.log else None
        self.places: tuple[tuple[int, Item], ...] = tuple(
            (index, item) for index, phase in enumerate(checklist.phases) for item in phase.items
        )
        self._places_of: dict[str, list[int]] = {}
        self._known = {name: _KnownSignal(state) for name, state in session.signals.items()}
        for place, (_, item) in enumerate(self.places):
            self._places_of.setdefault(item.id, []).append(place)
            for name in _read_by(session, item):
                self._known[name].items.append(place)
        self._combined = [state for state in session.signals.values() if state.signal.group]
        for state in self._combined:
            for name in dict.fromkeys((*state.signal.group, state.signal.name)):
                if name in self._known:
                    self._known[name].groups.append(state.signal.name)
        self._announced = {name: n for n, name in enumerate(announced_signals(session.cockpit))}
        self.items = set(range(len(self.places)))
        self.groups = {state.signal.name for state in self._combined}
        self.announced = set(self._announced)
        self._silent_from = -inf

    def refresh(self) -> None:
        """Add what facts may have changed since the last refresh."""
        session = self.session
        if session.signals is not self._signals or not self._read_log():
            self._begin()
        for known in self._known.values():
            state = known.state
            if state.asked_at is not known.asked_at or state.verdict is not known.verdict:
                known.asked_at, known.verdict = state.asked_at, state.verdict
                self._changed(known)

    def _read_log(self) -> bool:
        """Add what the logged facts since the last refresh changed; return whether that is all they changed."""
        last, self._last = self._last, self.session.log[-1] if self.session.log else None
        for event in reversed(self.session.log):
            if event is last:
                return True
            body = event.body
            if isinstance(body, _ON_ITEM):
                self.items.update(self._places_of.get(body.item, ()))
            elif isinstance(body, facts.SignalChanged):
                self.announced.update({body.signal} & self._announced.keys())
            elif type(body) not in _APART:
                return False
        return last is None

    def _changed(self, known: _KnownSignal) -> None:
        state = known.state
        self.items.update(known.items)
        if known.name in self._announced:
            self.announced.add(known.name)
        self._silent_from = min(self._silent_from, _silent_from(state))
        # A result that repeats the one before decides no combination, but one that `persist` has not decided yet, or
        # that was silent itself, as after a pause.
        decisive = state.since, state.verdict.level, state.verdict.applies, state.asked_at is None
        if decisive != known.decisive or state.signal.group:
            known.decisive = decisive
            self.groups.update(known.groups)
        else:
            self.groups.update(name for name in known.groups if _open(self._signals[name]))

    def silent(self, now: Stamp) -> Iterable[SignalState]:
        """Return the signals to check for an old result; none before one of them can have one."""
        if now.at < self._silent_from:
            return ()
        self._silent_from = min(map(_silent_from, self._signals.values()), default=inf)
        return self._signals.values()

    def due_groups(self, now: Stamp) -> Iterator[SignalState]:
        """Yield the combinations that changed, and those whose interval is over, in the order of the signals."""
        for state in self._combined:
            asked_at = state.asked_at
            over = asked_at is not None and now.at - asked_at.at >= max(state.signal.every, SOONEST_S) - CLOSE_S
            if over or state.signal.name in self.groups:
                yield state

    def in_order(self, names: Iterable[str]) -> list[str]:
        """Return announced signals in the order in which their changes are recorded."""
        return sorted(names, key=self._announced.__getitem__)


def _silent_from(state: SignalState) -> float:
    """Return from when on the last result of a signal is too old; infinite if it has none that could be."""
    if state.asked_at is None or state.verdict.level is Level.UNKNOWN or not state.signal.judged:
        return inf
    return state.asked_at.at + state.signal.patience - CLOSE_S


def _open(state: SignalState) -> bool:
    """Return whether a combination may be decided by a result that repeats: undecided, or silent itself."""
    silent = state.fault is not None and state.fault.kind is not FaultKind.NO_DATA
    return silent or state.verdict.raw is not state.verdict.level


def _read_by(session: Session, item: Item) -> Iterator[str]:
    """Yield the signals that the state of an item depends on: its own, and those that set its settle time."""
    names, seen = [item.signal], set[str]()
    while names:
        name = names.pop()
        state = session.signals.get(name)
        if state is None or name in seen:
            continue
        seen.add(name)
        yield name
        if item.hold.workload:
            names += state.signal.group


_works = Latest(EvaluationWork)


def work_of(session: Session) -> EvaluationWork:
    """Return what has to be evaluated of a session, as this thread knows it; everything at its first call."""
    work = _works.of(session)
    work.refresh()
    return work

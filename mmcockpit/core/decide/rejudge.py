"""Judges a recorded session by other rules: results and operator actions stay, everything derived is derived again."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

import msgspec

from mmcockpit.core.decide.elapse import elapse
from mmcockpit.core.facts import event as facts
from mmcockpit.core.facts.event import AnyBody, Event
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.cockpit import Cockpit
from mmcockpit.core.model.outcome import Outcome
from mmcockpit.core.model.reading import Fault, FaultKind
from mmcockpit.core.rules.combination import combined
from mmcockpit.core.rules.judge import judge
from mmcockpit.core.state.evolve import evolve
from mmcockpit.core.state.session import Session

TICK_S = 1.5
"""Seconds after a change within which a running cockpit has derived what follows; it does so every second."""

MOST_ROUNDS = 10
"""Maximum number of times that derived facts cause further ones in a row."""

Amend = Callable[[Cockpit], Cockpit]
"""Replaces the rules of the cockpit from which a session started."""


class Turn(NamedTuple):
    """One recorded fact, and its replacement by the other rules: none, the same fact, or several facts."""

    recorded: Event
    judged: list[Event]


class Difference(msgspec.Struct, frozen=True):
    """From this time on, the record and the other rules differ on a subject, until its next Difference.

    `kind` is signal, item or advice; equal outcomes mean that both agree again. `t` is the time since T0 in seconds, as
    the clock showed it then.
    """

    stamp: Stamp
    t: float | None
    kind: str
    subject: str
    recorded: Outcome
    judged: Outcome

    @property
    def agree(self) -> bool:
        """Whether both have the same outcome again."""
        return self.recorded is self.judged


def rejudge(events: Iterable[Event], amend: Amend) -> Iterator[Turn]:
    """Yield every recorded fact with the facts that replace it by other rules.

    With the recorded rules these are the recorded facts. Derived facts are placed where the running cockpit derived
    some too, at the latest TICK_S after their cause.
    """
    judging = _Judging(amend)
    for event, derives_soon in _looking_ahead(events):
        yield Turn(event, judging.take(event, derives_soon))


def compare(turns: Iterable[Turn]) -> Iterator[Difference]:
    """Yield where the record and the other rules begin to differ, and where they agree again."""
    recorded, judged = Session(), Session()
    differing: dict[tuple[str, str], tuple[Outcome, Outcome]] = {}
    for turn in turns:
        evolve(recorded, turn.recorded)
        for event in turn.judged:
            evolve(judged, event)
        touched = dict.fromkeys(part for one in (turn.recorded, *turn.judged) if (part := _touched(one.body)))
        for kind, subject in touched:
            pair = _outcome(recorded, kind, subject), _outcome(judged, kind, subject)
            before = differing.get((kind, subject))
            if pair != before and (pair[0] != pair[1] or before is not None):
                stamp = turn.recorded.stamp
                yield Difference(stamp, recorded.count(stamp), kind, subject, *pair)
            differing.pop((kind, subject), None)
            if pair[0] != pair[1]:
                differing[kind, subject] = pair


class _Judging:
    """The session by other rules, and derived facts that are not placed yet."""

    def __init__(self, amend: Amend) -> None:
        self._amend = amend
        self._session = Session()
        self._waiting: deque[AnyBody] = deque()
        self._parted: set[str] = set()
        """Signals whose latest verdict differs from the recorded one."""
        self._settled_at = 0.0
        self._due = False

    def take(self, event: Event, derives_soon: bool) -> list[Event]:
        """Return the facts that replace a recorded one."""
        if is_derived(event.body):
            return self._derive(event.stamp)
        facts = [self._apply(body, event.stamp) for body in self._left()]
        late = self._due or event.stamp.at - self._settled_at >= TICK_S
        if late and not derives_soon and self._session.opened is not None:
            facts += self._settle(event.stamp)
        judged = self._apply(self._judged(event.body, event.stamp), event.stamp)
        facts.append(msgspec.structs.replace(event, seq=judged.seq, body=judged.body))
        return facts

    def _judged(self, body: AnyBody, stamp: Stamp) -> AnyBody:
        match body:
            case facts.Opened():
                return msgspec.structs.replace(body, cockpit=self._amend(body.cockpit))
            case facts.Observed(signal=name) if name in self._session.signals:
                state = self._session.signals[name]
                # A combination recorded its members by the recorded rules; recompute it where one of them differs now.
                parted = not self._parted.isdisjoint(state.signal.group)
                answer = combined(self._session, state.signal) if parted else body.answer
                verdict = judge(state.signal, answer, self._session, stamp)
                (self._parted.discard if verdict.level is body.verdict.level else self._parted.add)(name)
                self._due = self._due or verdict.level is not state.verdict.level
                return msgspec.structs.replace(body, answer=answer, verdict=verdict)
        return body

    def _derive(self, stamp: Stamp) -> list[Event]:
        """Return the next derived fact; the recorded one only determines the time, not the content."""
        if not self._waiting and self._session.opened is not None:
            self._waiting.extend(self._elapsed(stamp))
            self._settled_at, self._due = stamp.at, False
        return [self._apply(self._waiting.popleft(), stamp)] if self._waiting else []

    def _elapsed(self, stamp: Stamp) -> list[AnyBody]:
        """Return what follows by other rules, without the retries of commands: those ran as recorded."""
        return [body for body in elapse(self._session, stamp, regroup=False) if not _starts(body)]

    def _settle(self, stamp: Stamp) -> list[Event]:
        facts: list[Event] = []
        for _ in range(MOST_ROUNDS):
            bodies = self._elapsed(stamp)
            facts += [self._apply(body, stamp) for body in bodies]
            if not bodies:
                break
        self._settled_at, self._due = stamp.at, False
        return facts

    def _left(self) -> list[AnyBody]:
        left = list(self._waiting)
        self._waiting.clear()
        return left

    def _apply(self, body: AnyBody, stamp: Stamp) -> Event:
        event = Event(self._session.seq + 1, stamp, body)
        evolve(self._session, event)
        return event


def _starts(body: AnyBody) -> bool:
    return isinstance(body, facts.StepChanged) and bool(body.argv)


def is_derived(body: AnyBody) -> bool:
    """Return whether a fact was derived from others: it is neither an action of an operator nor a result of a poll."""
    match body:
        case facts.ItemChanged() | facts.SignalChanged() | facts.Advised() | facts.MarkExpired():
            return True
        case facts.ProcedureQueued() | facts.ProcedureUnqueued() | facts.Escalated():
            return True
        case facts.ProcedureClosed(abandoned=abandoned):
            return not abandoned
        # What an attempt that could not start lacked is known only by the record.
        case facts.StepChanged(by="", argv=(), exit=None, attempt=0, now=state):
            return state in (facts.StepState.OK, facts.StepState.FAILED, facts.StepState.SKIPPED)
        case facts.Observed(answer=Fault(kind=FaultKind.SILENT | FaultKind.EXPIRED)):
            return True
    return False


def _looking_ahead(events: Iterable[Event]) -> Iterator[tuple[Event, bool]]:
    """Yield every fact, and whether a derived one was recorded within TICK_S after it."""
    ahead: deque[Event] = deque()
    derived = 0
    for event in events:
        ahead.append(event)
        derived += is_derived(event.body)
        while ahead and event.stamp.at - ahead[0].stamp.at > TICK_S:
            first = ahead.popleft()
            derived -= is_derived(first.body)
            # The fact just read is too late for the first one.
            yield first, derived > is_derived(event.body)
    while ahead:
        first = ahead.popleft()
        derived -= is_derived(first.body)
        yield first, derived > 0


def _touched(body: AnyBody) -> tuple[str, str] | None:
    match body:
        case facts.Observed(signal=name):
            return "signal", name
        case facts.ItemChanged(item=item) | facts.ItemMarked(item=item) | facts.MarkExpired(item=item):
            return "item", item
        case facts.Advised():
            return "advice", ""
    return None


def _outcome(session: Session, kind: str, subject: str) -> Outcome:
    match kind:
        case "signal":
            signal = session.signals.get(subject)
            return signal.verdict.level if signal else None
        case "item":
            item = session.items.get(subject)
            return item.state if item else None
    return session.advised.advice if session.advised else None

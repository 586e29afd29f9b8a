"""What changed: the facts that a person has to notice, each as one line; the `log` command has all of them."""

from collections.abc import Callable, Hashable, Iterable, Iterator
from itertools import groupby
from typing import NamedTuple

from mmcockpit.core.facts import event as facts
from mmcockpit.core.facts.event import AnyBody, Event
from mmcockpit.core.facts.reasons import ABOUT_ITEM, Reason, ReasonKind
from mmcockpit.core.model.signal import BUILT_IN
from mmcockpit.core.model.states import SATISFIED, Advice, State
from mmcockpit.core.model.verdict import Level
from mmcockpit.core.text import plain
from mmcockpit.core.words.amounts import counted
from mmcockpit.core.words.describe import describe_event
from mmcockpit.core.words.naming import Wording
from mmcockpit.core.words.reasons import reason_text
from mmcockpit.core.words.verdicts import advice_word, result_words

TOGETHER_S = 5.0
"""Maximum seconds between the first and the last fact of one line."""

_HIDDEN: frozenset[type[AnyBody]] = frozenset(
    {
        *(facts.Observed, facts.Backfilled, facts.StepOutput, facts.StepProcess),
        *(facts.OperatorJoined, facts.Anchored),
    }
)
"""Facts that no person has to notice: they are in the `log` command, and where they belong on the screen."""

_BROKEN = frozenset({State.BAD, State.REGRESSED, State.BLOCKED})

_MARKED = frozenset({State.DONE, State.OVERRIDDEN, State.DEFERRED, State.WAITING})
"""States that follow from marks."""

_STATES = {State.BAD: "FAIL", State.REGRESSED: "regressed", State.UNKNOWN: "no data", State.HOLDING: "settling"}
_LEVELS = {Level.PASS: "ok", Level.WARN: "warn", Level.FAIL: "FAIL", Level.UNKNOWN: "no data"}


class Change(NamedTuple):
    """One line: its facts, more than one where several items or signals changed alike at the same time."""

    events: tuple[Event, ...]

    @property
    def first(self) -> Event:
        """The first of its facts, which names the line."""
        return self.events[0]

    @property
    def recorded(self) -> bool:
        """Whether all of its facts are in the journal."""
        return all(event.recorded for event in self.events)


class _Memory:
    """What the facts so far were, as far as it decides whether the next one is a change."""

    def __init__(self, first_hold: bool) -> None:
        self.first_hold = first_hold
        self.advice: Advice | None = None
        self.worst: Hashable = None
        self.without_data: set[str] = set()
        self.identified: set[str] = set()


class ChangeLines:
    """Makes lines of the facts of a session, which come in one list or, from a running session, in several.

    The first HOLD of a session is no change, unless `first_hold` is set.
    """

    def __init__(self, first_hold: bool = False) -> None:
        self._memory = _Memory(first_hold)

    def take(self, events: Iterable[Event]) -> list[Change]:
        """Return the lines for the facts that follow those of the last call, oldest first."""
        lines, groups = list[list[Event]](), list[Hashable]()
        for event in events:
            if not _notable(event.body, self._memory):
                continue
            group = _group(event.body)
            alike = bool(lines) and group is not None and group == groups[-1]
            if alike and event.stamp.at - lines[-1][0].stamp.at <= TOGETHER_S:
                lines[-1].append(event)
            else:
                lines.append([event])
                groups.append(group)
        return [Change(tuple(line)) for line in lines]

    def take_steps_apart(self, events: Iterable[Event]) -> Iterator[Change]:
        """Yield the lines as `take` does, but one for each change of a step."""
        parts = groupby(events, lambda event: event.seq if isinstance(event.body, facts.StepChanged) else 0)
        for _, part in parts:
            yield from self.take(part)


def what_changed(events: Iterable[Event]) -> list[Change]:
    """Return the lines for all facts of a session, oldest first."""
    return ChangeLines().take(events)


def change_text(change: Change, wording: Wording) -> tuple[str, str]:
    """Return the kind of a line as one word, and its text."""
    body = change.first.body
    match body:
        case facts.ItemChanged():
            return _item_word(body), _items(change, wording)
        case facts.SignalChanged():
            return _LEVELS[body.now], _signals(change, wording)
        case facts.Advised(advice=advice, reasons=reasons):
            return "advice", plain(f"{advice_word(advice)}{_worst(reasons)}")
        case facts.Opened(continues=None):
            return "started", plain(_started(body))
        case facts.SeatJoined() if len(change.events) > 1:
            people = (event.body.seat.person for event in change.events if isinstance(event.body, facts.SeatJoined))
            return "joined", plain(", ".join(dict.fromkeys(people)))
    return describe_event(change.events[-1], wording)


def _worst(reasons: tuple[Reason, ...]) -> str:
    """Return the worst reason with the number of others; of items that are only open or without data, the number."""
    if not reasons:
        return ""
    if _subject(reasons[0]) is ReasonKind.ITEMS:
        return f": {counted(len(reasons), 'reason')}"
    return f": {_reason(reasons[0])}" + (f" (+{len(reasons) - 1})" if len(reasons) > 1 else "")


def _reason(reason: Reason) -> str:
    """Return a reason without the level and the number of results that agree."""
    result = reason.result
    if result is None:
        return reason_text(reason)
    words = result_words(result.value, result.verdict)
    return reason_text(reason, words if reason.kind in ABOUT_ITEM else f"{result.title} {words}".strip())


def _notable(body: AnyBody, memory: _Memory) -> bool:
    """Return whether a fact has a line; also remembers what the next facts are compared with."""
    kind = type(body)
    if kind in _HIDDEN:
        return False
    check = _CHECKS.get(kind)
    return check is None or check(body, memory)


def _advised(body: facts.Advised, memory: _Memory) -> bool:
    """Return whether the word or the worst reason changed."""
    worst = _subject(body.reasons[0]) if body.reasons else None
    changed = (body.advice, worst) != (memory.advice, memory.worst)
    first = memory.advice is None and body.advice is Advice.HOLD and not memory.first_hold
    memory.advice, memory.worst = body.advice, worst
    return changed and not first


def _subject(reason: Reason) -> Hashable:
    """Return what a reason is about; all items that are only open, settling or unknown are the same."""
    if reason.kind is ReasonKind.ITEMS or (reason.kind in ABOUT_ITEM and reason.state not in _BROKEN):
        return ReasonKind.ITEMS
    if reason.kind in (ReasonKind.ABORT, ReasonKind.ABORT_PENDING, ReasonKind.SIGNAL, ReasonKind.ABORT_NO_DATA):
        return (reason.kind is ReasonKind.ABORT_NO_DATA, reason.subject)
    return reason.about


def _item_changed(body: facts.ItemChanged, memory: _Memory) -> bool:
    if body.now in _MARKED and body.was not in _BROKEN:
        # The mark of the operator has a line.
        return False
    if body.now in SATISFIED or body.now in _BROKEN:
        return True
    # An item that only starts to settle, or has no data yet, is in the to-do list.
    return body.was in SATISFIED or body.was in _BROKEN


def _signal_changed(body: facts.SignalChanged, memory: _Memory) -> bool:
    """Return whether it is more than the first result of a signal that passes."""
    if body.now is Level.UNKNOWN:
        memory.without_data.add(body.signal)
        return True
    return body.now is not Level.PASS or body.was is not Level.UNKNOWN or body.signal in memory.without_data


def _identified(body: facts.SourceIdentified, memory: _Memory) -> bool:
    """Return whether a known system is back, and not only seen for the first time."""
    again = body.source in memory.identified
    memory.identified.add(body.source)
    return again


_CHECKS: dict[type, Callable[..., bool]] = {
    facts.Advised: _advised,
    facts.ItemChanged: _item_changed,
    facts.SignalChanged: _signal_changed,
    facts.SourceIdentified: _identified,
    facts.Trouble: lambda body, memory: not body.harmless,
}


def _group(body: AnyBody) -> Hashable:
    """Return with which facts one shares a line; None for one with a line of its own."""
    match body:
        case facts.ItemChanged(now=state) if state not in _BROKEN:
            return "item", _item_word(body)
        case facts.StepChanged(procedure=procedure, step=step):
            return "step", procedure, step
        case facts.SeatJoined():
            return ("joined",)
        case facts.SignalChanged(now=(Level.PASS | Level.UNKNOWN) as level):
            return "signal", level
    return None


def _item_word(body: facts.ItemChanged) -> str:
    return "ok" if body.now in SATISFIED else _STATES.get(body.now, "open")


def _items(change: Change, wording: Wording) -> str:
    bodies = [event.body for event in change.events if isinstance(event.body, facts.ItemChanged)]
    names = ", ".join(dict.fromkeys(wording.names.item(body.item) for body in bodies))
    body = bodies[0]
    reason = body.because if len(bodies) == 1 and body.now not in SATISFIED else ""
    return plain(f"{names}: {reason}" if reason else names)


def _signals(change: Change, wording: Wording) -> str:
    bodies = [event.body for event in change.events if isinstance(event.body, facts.SignalChanged)]
    names = ", ".join(dict.fromkeys(wording.names.signal(body.signal) for body in bodies))
    if len(bodies) > 1:
        return plain(names)
    colon = ":" if bodies[0].now is Level.UNKNOWN else ""
    return plain(f"{names}{colon} {bodies[0].because or bodies[0].value}".strip())


def _started(body: facts.Opened) -> str:
    cockpit = body.cockpit
    known = {*BUILT_IN, *(source.name for source in cockpit.sources)}
    missing = {signal.source for signal in cockpit.signals} - known
    items = counted(sum(1 for _ in cockpit.checklist.items), "item")
    sources = f", {counted(len(missing), 'source')} missing (:doctor)" if missing else ""
    return f"{body.operator}; {items}{sources}"

"""Keeps results of rules: until the session's next fact, or while every fact only repeats what was known."""

from collections.abc import Callable
from itertools import count
from typing import Any, Concatenate, NamedTuple, ParamSpec, TypeVar

from mmcockpit.core.facts.event import Event
from mmcockpit.core.latest import Latest
from mmcockpit.core.model.checklist import Mode
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.reading import Fault, Reading
from mmcockpit.core.model.states import State
from mmcockpit.core.model.verdict import Verdict
from mmcockpit.core.rules.workloads import min_ready_s
from mmcockpit.core.state.items import ItemState
from mmcockpit.core.state.session import Session
from mmcockpit.core.state.signals import SignalState

More = ParamSpec("More")
Value = TypeVar("Value")

MOST_KEPT = 64
"""Maximum number of results that are kept, such as those of one rule for several moments."""

_numbers = count(1)


def per_fact(rule: Callable[Concatenate[Session, More], Value]) -> Callable[Concatenate[Session, More], Value]:
    """Return the rule with its results kept until the next fact; for rules that depend on facts and arguments only."""
    return _kept(rule, lambda known: known.of_fact)


def per_change(rule: Callable[Concatenate[Session, More], Value]) -> Callable[Concatenate[Session, More], Value]:
    """Return the rule with its results kept while facts only repeat what was known.

    For rules that depend on facts and arguments only, and of a signal on no more than its verdict without the reason,
    its fault, whether its last reading has a value, its minReadySeconds, and settle times.
    """
    return _kept(rule, lambda known: known.of_change)


def _kept(
    rule: Callable[Concatenate[Session, More], Value], place: "Callable[[_Known], dict[Any, Any]]"
) -> Callable[Concatenate[Session, More], Value]:
    def kept(session: Session, /, *args: More.args, **named: More.kwargs) -> Value:
        results = place(_known_of(session))
        key = (rule, args, *named.items())
        if key in results:
            value: Value = results[key]
            return value
        if len(results) >= MOST_KEPT:
            results.clear()
        value = results[key] = rule(session, *args, **named)
        return value

    kept.__doc__, kept.__name__, kept.__wrapped__ = rule.__doc__, rule.__name__, rule  # type: ignore[attr-defined]
    return kept


def change_number(session: Session) -> int:
    """Return a number that no other session has, and that is another one after what `per_change` counts as a change."""
    return _known_of(session).number


class _Seen(NamedTuple):
    """What rules may read of a signal, as it was at the last refresh."""

    asked_at: Stamp | None
    verdict: Verdict
    reading: Reading | None
    fault: Fault | None


class _Known:
    """The kept results for a session: those until its next fact, and those until a fact changes what was known."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.of_fact: dict[Any, Any] = {}
        self.of_change: dict[Any, Any] = {}
        self.number = 0
        self._seq = -1
        self._last: Event | None = None
        self._exact: set[str] | None = None
        self._seen: dict[str, _Seen] = {}

    def refresh(self) -> None:
        """Drop the results that facts since the last refresh may have changed."""
        session = self.session
        if session.seq == self._seq:
            return
        self._seq = session.seq
        self.of_fact.clear()
        # Every fact but a reading is in the log.
        last = session.log[-1] if session.log else None
        changed = last is not self._last
        if changed:
            self._last, self._exact = last, None
        for name, state in session.signals.items():
            before = self._seen.get(name)
            if before is not None and _same(before, state):
                continue
            changed = changed or before is None or not _repeats(before, state) or self._counts_exactly(name)
            self._seen[name] = _Seen(state.asked_at, state.verdict, state.reading, state.fault)
        if changed:
            self.of_change.clear()
            self.number = next(_numbers)

    def _counts_exactly(self, name: str) -> bool:
        """Return whether every result of a signal counts; which do is only determined if nothing else has changed."""
        if self._exact is None:
            self._exact = _exact(self.session)
        return name in self._exact


_latest = Latest(_Known)


def _known_of(session: Session) -> _Known:
    known = _latest.of(session)
    known.refresh()
    return known


def _exact(session: Session) -> set[str]:
    """Return the signals of which every result counts: those that rules of settle times read, and those of items that
    settle, or begin to, in the phases so far."""
    if session.opened is None:
        return set()
    checklist = session.cockpit.checklist
    opened = (session.items[item.id] for phase in checklist.phases[: session.phase + 1] for item in phase.items)
    settling = {one.item.signal for one in opened if one.state is State.HOLDING or _begins(one)}
    return settling | {item.signal for item in checklist.items if item.hold.rule}


def _begins(state: ItemState) -> bool:
    return state.state is State.OPEN and state.item.mode is Mode.SENSED


def without_value(reading: Reading | None) -> bool:
    """Return whether there is no value that could be judged."""
    return reading is None or bool(reading.defect) or reading.value in (None, [], {})


def _same(before: _Seen, state: SignalState) -> bool:
    """Return whether there was no result since."""
    return (
        before.asked_at is state.asked_at
        and before.verdict is state.verdict
        and before.reading is state.reading
        and before.fault is state.fault
    )


def _repeats(before: _Seen, state: SignalState) -> bool:
    """Return whether the rules find nothing in a result that was not in the one before."""
    was, now = before.verdict, state.verdict
    if (was.level, was.raw, was.agree, was.of, was.basis) != (now.level, now.raw, now.agree, now.of, now.basis):
        return False
    return before.fault == state.fault and _alike(before.reading, state)


def _alike(before: Reading | None, state: SignalState) -> bool:
    now = state.reading
    if before is None or now is None:
        return before is now
    shape = state.signal.shape
    return without_value(before) is without_value(now) and (
        not shape.settles or min_ready_s(before.value, shape) == min_ready_s(now.value, shape)
    )

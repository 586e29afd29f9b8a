"""The rules of NEXT about items and signals: what fails, waits for people, settles or is open."""

from collections.abc import Collection
from itertools import compress
from math import isfinite
from operator import not_
from typing import NamedTuple

import msgspec

from mmcockpit.core.model.checklist import Mode
from mmcockpit.core.model.needs import NoDataCause
from mmcockpit.core.model.next_action import Next, NextKind
from mmcockpit.core.model.people import VIEWER, folded
from mmcockpit.core.model.states import State
from mmcockpit.core.model.verdict import Level
from mmcockpit.core.rules.advice import advised_after_abort, failed_s
from mmcockpit.core.rules.gate import gate, satisfied
from mmcockpit.core.rules.items.tickers import other_tickers
from mmcockpit.core.rules.items.ticks import approval_refusal, tick_refusal
from mmcockpit.core.rules.judge import hold_of
from mmcockpit.core.rules.next.situation import Situation, unmet_items
from mmcockpit.core.rules.per_fact import per_change
from mmcockpit.core.rules.releases.offers import advancing
from mmcockpit.core.state.items import ItemState
from mmcockpit.core.state.session import Session
from mmcockpit.core.state.signals import SignalState
from mmcockpit.core.words.values import value_line
from mmcockpit.core.words.verdicts import advice_word

_FAILING = frozenset({State.BAD, State.REGRESSED})


def baseline_fails(at: Situation) -> Next | None:
    """A failing item that checks whether the baseline is recorded: recording it is the way out."""
    return _baseline(at, *_FAILING)


def baseline_warns(at: Situation) -> Next | None:
    """An open item that checks whether the baseline is recorded."""
    return _baseline(at, State.OPEN)


def _baseline(at: Situation, *states: State) -> Next | None:
    comparing = [one for one in _unmet(at, *states) if _records_baseline(at, one)]
    return _item(NextKind.BASELINE, "baseline", comparing, at) if comparing else None


def procedure(at: Situation) -> Next | None:
    """An item whose procedure was not carried out yet, unless something else fails.

    What is to be ticked before it comes first, also while the item fails: it fails because its work is not done.
    An item whose rule cannot be evaluated counts as open: there may be nothing to measure before the procedure. On
    hold it is only one that fails: the go-live does not continue.
    """
    unjudged = {name for group in at.no_data if group.cause is NoDataCause.RULE for name in group.items}
    found = _unmet(at, *_FAILING, *_open(at))
    states = [
        one for one in found if _startable(at, one) and (one.state is not State.UNKNOWN or one.item.id in unjudged)
    ]
    others = [one for one in _unmet(at, *_FAILING) if not one.item.procedure]
    aborting = any(failed_s(at.session, one) is not None for one in at.session.cockpit.aborts)
    if others or aborting:
        return None
    if not states:
        return _tick_before(at, {need for one in _unmet(at, *_FAILING) for need in one.item.needs})
    first = min(states, key=lambda one: one.item.number)
    waiting = _to_tick(at.session, at.operator)
    ticks = (*waiting.own, *waiting.others) if at.operator == VIEWER else waiting.own
    earlier = {one.item.id for one in ticks if one.item.number < first.item.number}
    if earlier:
        return _tick_before(at, earlier)
    known = next(one for one in at.session.cockpit.checklist.procedures if one.id == first.item.procedure)
    steps = len(known.steps)
    opens = _item(NextKind.ITEM_PROCEDURE, "run_step", [first], at, len(states) - 1, seconds=known.usual_s)
    return msgspec.structs.replace(opens, text=known.title, total=steps)


def _tick_before(at: Situation, wanted: Collection[str]) -> Next | None:
    """Return the tick of one of these items, if all that fails is work that is not begun; else None."""
    failing = _unmet(at, *_FAILING)
    ticks = [one for one in _to_tick(at.session, at.operator).own if one.item.id in wanted]
    if not ticks or not failing or at.session.held is not None or not all(_not_begun(at, one) for one in failing):
        return None
    return _item(NextKind.TICK, "tick", ticks, at)


def _open(at: Situation) -> tuple[State, ...]:
    return (State.OPEN, State.UNKNOWN) if at.session.held is None else ()


def _startable(at: Situation, state: ItemState) -> bool:
    session = at.session
    needs = [session.items[need] for need in state.item.needs if need in session.items]
    return _not_begun(at, state) and all(satisfied(session, one) for one in needs)


def _not_begun(at: Situation, state: ItemState) -> bool:
    """Return whether a procedure does the work of an item, and was not carried out yet."""
    name = state.item.procedure
    run = at.session.procedures.get(name)
    begun = run is not None and not run.abandoned
    return any(one.id == name for one in at.session.cockpit.checklist.procedures) and not begun


def failing(at: Situation) -> Next | None:
    """What fails: armed abort rules, then items, then the other judged signals."""
    aborts = {one.signal: one for one in at.session.cockpit.aborts if failed_s(at.session, one) is not None}
    items = [one for one in _unmet(at, *_FAILING) if one.item.signal not in aborts]
    named = {one.item.signal for one in items} | set(aborts)
    signals = [one for one in at.gate.failing if one.signal.name not in named]
    count = len(aborts) + len(items) + len(signals)
    if aborts:
        abort = next(iter(aborts.values()))
        left = max(abort.for_s - (failed_s(at.session, abort) or 0.0), 0.0)
        state = at.session.signals[abort.signal]
        word = advice_word(advised_after_abort(at.session, state.signal.target))
        return _signal(NextKind.FAILING, state, count - 1, left, word)
    if items:
        return _item(NextKind.FAILING, "details", items, at, count - 1)
    return _signal(NextKind.FAILING, signals[0], count - 1) if signals else None


def blocked(at: Situation) -> Next | None:
    """An item that an operator blocked."""
    states = _unmet(at, State.BLOCKED)
    by = states[0].standing.by if states and states[0].standing is not None else ""
    return _item(NextKind.BLOCKED, "details", states, at, people=(by,)) if states else None


def approval(at: Situation) -> Next | None:
    """A mark that waits for a second person."""
    states = _unmet(at, State.WAITING)
    if not states:
        return None
    people = _approvers(at, states[0])
    no_approver = bool(at.session.cockpit.people) and not people
    return _item(NextKind.APPROVAL, "" if no_approver else "verify", states, at, people=people)


def tick(at: Situation) -> Next | None:
    """An item that this operator can tick; one that another person claimed comes last."""
    states = _to_tick(at.session, at.operator).own
    return _item(NextKind.TICK, "tick", states, at) if states else None


def tick_by_role(at: Situation) -> Next | None:
    """An item that a person with another role has to tick."""
    states = _to_tick(at.session, at.operator).others
    people = other_tickers(at.session, at.operator, states[0]) if states else ()
    return _item(NextKind.ROLE, "", states, at, people=people) if states else None


def advance(at: Situation) -> Next | None:
    """An open item whose new version waits to be promoted, once nothing else fails, settles or has no data."""
    waiting = [one for one in _unmet(at, State.OPEN, *_FAILING) if advancing(at.session, one.item) is not None]
    if not waiting or any(one not in waiting for one in _unmet(at, State.HOLDING, State.UNKNOWN, *_FAILING)):
        return None
    offered = advancing(at.session, waiting[0].item)
    aborting = any(failed_s(at.session, one) is not None for one in at.session.cockpit.aborts)
    if offered is None or aborting:
        return None
    found = _item(NextKind.ADVANCE, "run_step", waiting, at)
    return msgspec.structs.replace(found, text=offered.label, value=offered.place)


def warning(at: Situation) -> Next | None:
    """An open item whose signal warns: a warning satisfies nothing."""
    warns = [one for one in _unmet(at, State.OPEN) if _level(at, one) is Level.WARN]
    states = [one for one in warns if not _records_baseline(at, one)]
    return _item(NextKind.WARNING, "details", states, at) if states else None


def settling(at: Situation) -> Next | None:
    """The item that settles longest: the gate waits for it."""
    states = _unmet(at, State.HOLDING)
    left = [max(hold_of(one.item, at.session)[0] - at.session.served(one.item), 0.0) for one in states]
    if not states or not isfinite(max(left)):
        return None
    longest = states[left.index(max(left))]
    return _item(NextKind.SETTLING, "", [longest], at, len(states) - 1, seconds=max(left))


def open_item(at: Situation) -> Next | None:
    """Any other item that keeps the gate closed."""
    return _item(NextKind.OPEN_ITEM, "details", at.unmet.values(), at) if at.unmet else None


def _unmet(at: Situation, *states: State) -> list[ItemState]:
    return [one for one in at.unmet.values() if one.state in states]


class _ToTick(NamedTuple):
    """Open items that can be ticked, and settling ones for which only the tick is missing: by the operator (`own`), and
    by others."""

    own: tuple[ItemState, ...]
    others: tuple[ItemState, ...]


@per_change
def _to_tick(session: Session, operator: str = "") -> _ToTick:
    """Return the items that wait for a tick, the most urgent first."""
    acceptable = _acceptable(session)
    states = [
        one
        for one in unmet_items(session, operator).values()
        if (one.state is State.OPEN or _settled(session, one)) and one.item.id in acceptable
    ]
    held = [bool(other_tickers(session, operator, one)) for one in states]
    return _ToTick(tuple(compress(states, map(not_, held))), tuple(compress(states, held)))


@per_change
def _acceptable(session: Session) -> frozenset[str]:
    """Return the items that keep the gate closed and of which a tick with a reason would be recorded."""
    return frozenset(one.item.id for one in gate(session).unmet if tick_refusal(session, one, "reason") is None)


def _settled(session: Session, state: ItemState) -> bool:
    if state.state is not State.HOLDING or state.item.mode is not Mode.ATTESTED:
        return False
    return session.served(state.item) >= hold_of(state.item, session)[0]


def _level(at: Situation, state: ItemState) -> Level | None:
    signal = at.session.signal_of(state.item)
    return signal.verdict.level if signal is not None else None


def _records_baseline(at: Situation, state: ItemState) -> bool:
    signal = at.session.signal_of(state.item)
    return signal is not None and signal.signal.records_baseline


def _approvers(at: Situation, state: ItemState) -> tuple[str, ...]:
    """Return who can approve as second person; those with the item's role, if there are any."""
    people = [one for one in at.session.cockpit.people if approval_refusal(at.session, state, one.name) is None]
    role = folded(state.item.role)
    holders = tuple(one.name for one in people if role and folded(one.role) == role)
    return holders or tuple(one.name for one in people)


def _item(
    kind: NextKind,
    action: str,
    found: Collection[ItemState],
    at: Situation,
    others: int | None = None,
    *,
    people: tuple[str, ...] = (),
    seconds: float = 0.0,
) -> Next:
    first = next((one for one in found if one.item.id == at.seat.cursor), next(iter(found)))
    item, signal, standing = first.item, at.session.signal_of(first.item), first.standing
    measured = signal is not None and signal.asked_at is not None
    return Next(
        kind,
        action,
        item.id,
        others=len(found) - 1 if others is None else others,
        number=item.number,
        title=item.title,
        text=standing.reason if standing is not None else first.because if first.state is State.UNKNOWN else "",
        people=people,
        seconds=seconds,
        value=_value(signal) if signal is not None else "",
        verdict=signal.verdict if signal is not None and measured else None,
    )


def _signal(kind: NextKind, state: SignalState, others: int, seconds: float = 0.0, text: str = "") -> Next:
    signal = state.signal
    return Next(
        kind,
        "details",
        signal.name,
        others=others,
        title=signal.title,
        text=text,
        seconds=seconds,
        value=_value(state),
        verdict=state.verdict,
    )


def _value(state: SignalState) -> str:
    return value_line(state.value, state.signal) if state.reading and not state.fault else ""

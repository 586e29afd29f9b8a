"""What would satisfy an item, or make a signal pass."""

from math import isfinite

import msgspec

from mmcockpit.core.model.checklist import Mode
from mmcockpit.core.model.passing import Condition as Condition
from mmcockpit.core.model.passing import Passing as Passing
from mmcockpit.core.model.signal import Signal
from mmcockpit.core.model.states import SATISFIED, State
from mmcockpit.core.model.verdict import SEVERITY, Level
from mmcockpit.core.rules.explanations.rule_words import rule_words
from mmcockpit.core.rules.items.needs import open_needs
from mmcockpit.core.rules.items.tickers import other_tickers
from mmcockpit.core.rules.judge import hold_of
from mmcockpit.core.rules.limits import simple
from mmcockpit.core.rules.no_data import has_no_data, no_data_groups
from mmcockpit.core.state.items import ItemState
from mmcockpit.core.state.session import Session
from mmcockpit.core.state.signals import SignalState
from mmcockpit.core.words.numbers import number

_SIDES = {"<": "below ", "<=": "at most ", ">": "above ", ">=": "at least ", "==": ""}


def item_passing(session: Session, state: ItemState, operator: str = "") -> Passing:
    """Return what would satisfy an item, for `operator`, if given: a tick may be that of another person."""
    found = _item_passing(session, state)
    ticks = found.then_tick or found.condition is Condition.TICK
    tickers = other_tickers(session, operator, state) if operator and ticks else ()
    return msgspec.structs.replace(found, tickers=tickers) if tickers else found


def _item_passing(session: Session, state: ItemState) -> Passing:
    item, phase = state.item, session.phase_of(state.item.id)
    if state.state in SATISFIED:
        return Passing(Condition.NOTHING)
    if state.state is State.BLOCKED:
        return Passing(Condition.UNBLOCK, state.standing.by if state.standing else "")
    if state.state is State.WAITING:
        return Passing(Condition.APPROVAL, count=max(1, item.approvals - 1 - len(state.approved)))
    if phase > session.phase and item.mode is not Mode.MANUAL:
        return Passing(Condition.PHASE, session.cockpit.checklist.phases[phase].title)
    missing = () if item.mode is Mode.SENSED else open_needs(session, item)
    if missing:
        names = tuple(f"{one.number} {one.title}" for one in missing)
        return Passing(Condition.NEEDS, names=names, then_tick=state.marked is None)
    signal = session.signals.get(item.signal)
    if item.mode is Mode.MANUAL:
        return Passing(Condition.TICK)
    if signal is None:
        return Passing(Condition.UNDEFINED, item.signal)
    then_tick = item.mode is Mode.ATTESTED and state.marked is None
    if signal.verdict.level is Level.WARN and item.warning_accepted:
        return Passing(Condition.TICK, needs_reason=True)
    first = signal_passing(session, signal)
    if first.condition is not Condition.NOTHING:
        return msgspec.structs.replace(first, then_tick=then_tick)
    if state.state in (State.HOLDING, State.OPEN) and (left := _settles(session, state)) is not None:
        return msgspec.structs.replace(left, then_tick=then_tick)
    return Passing(Condition.TICK) if then_tick else Passing(Condition.NOTHING)


def signal_passing(session: Session, state: SignalState) -> Passing:
    """Return what would make a signal pass."""
    signal, verdict = state.signal, state.verdict
    if not signal.judged and state.fault is None:
        return Passing(Condition.NOTHING)
    if has_no_data(state):
        if verdict.raw is not Level.UNKNOWN:
            return Passing(Condition.RESULTS, count=max(1, signal.rule.agree - verdict.agree))
        groups = no_data_groups(session)
        return Passing(Condition.DATA, group=next((one for one in groups if signal.name in one.signals), None))
    if verdict.level is Level.PASS:
        return Passing(Condition.NOTHING)
    if verdict.raw is Level.PASS:
        return Passing(Condition.RESULTS, count=max(1, signal.rule.agree - verdict.agree))
    if signal.group and not signal.rule.passes:
        return Passing(Condition.MEMBERS, names=tuple(one.signal.title for one in members(session, state) if _bad(one)))
    return Passing(Condition.RULE, _limit(signal) or rule_words(signal.rule.passes, signal))


def _limit(signal: Signal) -> str:
    """Return the limit of a rule that only compares the value: `value below 1%`; empty for any other rule."""
    limit = simple(signal.rule.passes)
    return f"value {_SIDES[limit[0]]}{number(limit[1], signal.unit)}" if limit else ""


def members(session: Session, state: SignalState) -> list[SignalState]:
    """Return the members of a combination, sorted by severity."""
    known = [session.signals[name] for name in state.signal.group if name in session.signals]
    return sorted(known, key=lambda one: -SEVERITY[one.verdict.level])


def _bad(state: SignalState) -> bool:
    return state.verdict.level is not Level.PASS


def _settles(session: Session, state: ItemState) -> Passing | None:
    """Return how long an item still has to settle; None if its time is over or cannot be evaluated."""
    first, full = hold_of(state.item, session)
    served = session.served(state.item)
    if not isfinite(full) or served >= full:
        return None
    return Passing(Condition.SETTLE, seconds=full - served, first=max(0.0, first - served) if first < full else None)

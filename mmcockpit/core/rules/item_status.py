"""The status of an item as it is now: from its marks, and from the present result of its signal."""

import msgspec

from mmcockpit.core.model.checklist import Mode
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.item_status import ItemStatus as ItemStatus
from mmcockpit.core.model.signal import Signal
from mmcockpit.core.model.states import SATISFIED, State
from mmcockpit.core.model.verdict import Level
from mmcockpit.core.rules.gate import satisfied
from mmcockpit.core.rules.items.needs import open_needs
from mmcockpit.core.rules.items.tickers import other_tickers
from mmcockpit.core.rules.judge import hold_flaw, hold_of
from mmcockpit.core.rules.judged_signals import item_warns
from mmcockpit.core.rules.limits import simple
from mmcockpit.core.rules.needs import needs_only_tick
from mmcockpit.core.state.items import ItemState
from mmcockpit.core.state.session import Session
from mmcockpit.core.state.signals import SignalState
from mmcockpit.core.text import plain
from mmcockpit.core.words.amounts import counted
from mmcockpit.core.words.item_status import status_text
from mmcockpit.core.words.numbers import number
from mmcockpit.core.words.values import value_cell
from mmcockpit.core.words.verdicts import fault_text, verdict_reason


def item_text(session: Session, state: ItemState, now: Stamp, operator: str = "") -> str:
    """Return the status of an item in one line; of an item of a later phase what its signal shows already."""
    return status_text(item_status(session, state, now, operator))


def item_status(session: Session, state: ItemState, now: Stamp, operator: str = "") -> ItemStatus:
    """Return the status of an item at this moment, whatever was recorded with the last change of its state.

    It is worded for `operator`, if given: a tick may be that of another person.
    """
    item, signal = state.item, session.signals.get(state.item.signal)
    mark = state.standing or state.marked
    settles = state.state is State.HOLDING
    full = hold_of(item, session)[1] if settles else 0.0
    left = state.standing.expires - now.at if state.standing is not None and state.standing.expires else None
    status = ItemStatus(
        state.state,
        item.mode,
        claimed_by=state.claimed_by,
        by=mark.by if mark is not None else "",
        reason=mark.reason if mark is not None else "",
        override_left_s=left,
        needs=() if item.mode is Mode.SENSED else tuple(one.number for one in open_needs(session, item)),
        settled_s=session.served(item) if settles else 0.0,
        settle_s=full,
        settled_for_gate=settles and (satisfied(session, state) or needs_only_tick(session, state)),
        ticked=state.attested,
        tickers=other_tickers(session, operator, state) if operator else (),
    )
    return status if item.mode is Mode.MANUAL else _with_signal(session, state, signal, status)


def _with_signal(session: Session, state: ItemState, signal: SignalState | None, status: ItemStatus) -> ItemStatus:
    if signal is None:
        return _replaced(status, result=f"unknown signal {state.item.signal}")
    level = signal.verdict.level
    flaw = hold_flaw(state.item, session) if level is Level.PASS and state.state is State.UNKNOWN else ""
    if flaw:
        return _replaced(status, level=Level.UNKNOWN, result=flaw)
    members = [one for name in signal.signal.group if (one := session.signals.get(name))]
    # Where one member is enough, counting those that pass would look like a failure of the others.
    enough = signal.signal.probe == "any_of" and level is Level.PASS
    levels = [one.verdict.level for one in members]
    polled = level if signal.asked_at is not None else None
    counts = {"passing": levels.count(Level.PASS), "checks": 0 if enough else len(members)}
    unknown = levels.count(Level.UNKNOWN)
    warns = item_warns(session, state) or (level is Level.WARN and state.state not in SATISFIED)
    result = _result(signal, counts["passing"], unknown)
    return _replaced(status, level=polled, result=result, unknown=unknown, warns=warns, **counts)


def _replaced(status: ItemStatus, **changed: object) -> ItemStatus:
    return msgspec.structs.replace(status, **changed)


def _result(signal: SignalState, passing: int, unknown: int) -> str:
    """Return the value of a signal that passes, else the reason why it does not."""
    level, group = signal.verdict.level, signal.signal.group
    if level is Level.PASS:
        value = signal.value
        numeric = isinstance(value, int | float) and not isinstance(value, bool)
        return plain(value_cell(value, signal.signal)) if numeric else ""
    if level is Level.UNKNOWN and group:
        return f"{passing} of {counted(len(group), 'check')} pass, {unknown} without data"
    return reason_now(signal)


def present_reason(session: Session, state: ItemState) -> str:
    """Return why an item is not satisfied: from the last result of its signal, or the reason of a mark."""
    if state.item.mode is Mode.MANUAL or state.standing is not None or session.last is None:
        return state.because
    return item_text(session, state, session.last)


def reason_now(signal: SignalState) -> str:
    """Return in a few words why a signal does not pass: the fault, the reason, or the value with its limit."""
    if signal.fault is not None and signal.asked_at is not None:
        return plain(fault_text(signal.fault), 200)
    because = plain(verdict_reason(signal.verdict), 200)
    if because or signal.reading is None:
        return because or str(signal.verdict.level)
    rule = signal.signal.rule
    broken = rule.warns if signal.verdict.level is Level.FAIL and rule.warns else rule.passes
    value, limit = plain(value_cell(signal.value, signal.signal)), limit_text(broken, signal.signal)
    return f"{value} ({limit})" if limit else value


def limit_text(rule: str, signal: Signal) -> str:
    """Return the limit of a simple rule: `value < 0.01` of a ratio is `must be < 1%`; empty for any other rule."""
    limit = simple(rule)
    sign = "" if limit is None or limit[0] == "==" else f"{limit[0]} "
    return f"must be {sign}{number(limit[1], signal.unit)}" if limit else ""

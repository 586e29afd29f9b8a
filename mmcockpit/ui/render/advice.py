"""The reasons of the advice as the screen shows them: with live values, units and limits."""

import msgspec

from mmcockpit.core.facts.event import Reason, ReasonKind
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.states import Advice, State
from mmcockpit.core.model.verdict import Level
from mmcockpit.core.rules.advice import readiness
from mmcockpit.core.rules.gate import gate
from mmcockpit.core.rules.judged_signals import warning_count
from mmcockpit.core.rules.messages.escalations import next_escalation
from mmcockpit.core.rules.reasons.abort_times import refreshed
from mmcockpit.core.rules.rollback_checks import checked_at, unproven_count
from mmcockpit.core.state.item_names import target_of_item
from mmcockpit.core.state.session import Session
from mmcockpit.core.state.signals import SignalState
from mmcockpit.core.words.amounts import counted
from mmcockpit.core.words.durations import age
from mmcockpit.core.words.keys import key_or_command
from mmcockpit.core.words.messages.channels import escalation_text, next_text
from mmcockpit.core.words.reasons import reason_text
from mmcockpit.core.words.verdicts import readiness_text
from mmcockpit.ui.render.lens import Lens
from mmcockpit.ui.render.text import Role, number, plain, short_title
from mmcockpit.ui.render.values import agreement, last_value, limits, reason, verdict_words

ROLE: dict[Advice, Role] = {
    Advice.GO: "pass",
    Advice.HOLD: "warn",
    Advice.NO_GO: "fail",
    Advice.FIX_FORWARD: "fail",
    Advice.ROLLBACK: "fail",
}

_READY_ROLE: dict[Level, Role] = {
    Level.PASS: "pass",
    Level.WARN: "fail",
    Level.FAIL: "fail",
    Level.UNKNOWN: "unknown",
}

_AS_RECORDED = frozenset({ReasonKind.NO_RETURN, ReasonKind.ALERT})

COUNTED = {
    "regressed": State.REGRESSED,
    "failing": State.BAD,
    "blocked": State.BLOCKED,
    "unknown": State.UNKNOWN,
    "settling": State.HOLDING,
    "waiting": State.WAITING,
    "open": State.OPEN,
}


def ready_words(session: Session, now: Stamp, out_of_date: bool) -> tuple[str, str, Role]:
    """Return whether a rollback can be relied on, as text, with its age or the first reason against it, and the role.

    The first text has no more than the state: `ready`; the second is `ready, checked 4m ago`.
    """
    level, against = readiness(session)
    level = Level.UNKNOWN if out_of_date else level
    checked = checked_at(session)
    since = age(now.at - checked.at) if checked is not None else ""
    because = reason_words(against[0], session) if against else ""
    return readiness_text(level), readiness_text(level, since, because, unproven_count(session)), _READY_ROLE[level]


def warning_words(session: Session) -> str:
    """Return how many signals of satisfied items and judged signals warn: `2 warnings`; empty for none."""
    count = warning_count(session)
    return counted(count, "warning") if count else ""


def escalation_words(session: Session, now: Stamp, lens: Lens, short: bool = False) -> str:
    """Return how far the open alarm has escalated and when it goes further; empty without an escalation.

    The `short` text has only the latest of both.
    """
    alarm, following = session.alarm, next_escalation(session)
    if alarm is None or not alarm.open or not (following or alarm.level):
        return ""
    at = lens.narrow(alarm.escalated_at.wall) if alarm.escalated_at is not None else ""
    more = next_text(following.step.to, following.due - now.at) if following and not (short and at) else ""
    return escalation_text(alarm, more, at, key_or_command(lens.keys, "ack"))


def without_data_words(session: Session, name: str) -> str:
    """Return the signal of an abort rule that has no data, and why."""
    state = session.signals.get(name)
    return f"{plain(state.signal.title, 60)}: {reason(state)}" if state else f"unknown signal {plain(name, 60)}"


def counts(session: Session) -> str:
    """Return the counts of required items that keep the open phases' gate closed, by state: `54 open, 3 unknown`."""
    states = [state.state for state in gate(session).unmet]
    words = [f"{states.count(state)} {word}" for word, state in COUNTED.items() if state in states]
    return ", ".join(reversed(words))


def reason_words(given: Reason, session: Session) -> str:
    """Return a reason as the screen shows it: with live values and units; as recorded if no signal decides it."""
    item = session.items.get(given.subject) if given.kind is ReasonKind.ITEM else None
    signal = session.signals.get(item.item.signal if item else given.subject)
    blocked = given.kind is ReasonKind.ITEM and given.state is State.BLOCKED
    if signal is None or signal.asked_at is None or given.kind in _AS_RECORDED or blocked:
        return plain(reason_text(given), 400)
    if item is not None:
        state, title = item.state, plain(item.item.title, 60)
        given = msgspec.structs.replace(given, state=state, title=title, number=item.item.number, text="")
        return reason_text(given, _measured(signal))
    title = plain(signal.signal.title, 60)
    if given.kind is ReasonKind.ABORT_NO_DATA:
        return reason_text(given, f"{title}: {reason(signal)}")
    if given.kind is ReasonKind.SIGNAL:
        return reason_text(given, f"{title} {_measured(signal)}")
    words = reason_text(refreshed(given, session), f"{title} {verdict_words(signal, Level.FAIL)}")
    return " ".join(filter(None, [words, agreement(signal)]))


def item_words(given: Reason, session: Session, title: int = 60) -> str:
    """Return the reason of an item without the letter of its state: `17 Read Replicas: streaming 1 (must be >= 2)`."""
    head = f"{given.number} {plain(short_title(given.title, target_of_item(given.subject), title), title)}"
    item = session.items.get(given.subject)
    signal = session.signal_of(item.item) if item is not None else None
    if given.state is State.BLOCKED:
        return f"{head}: blocked by {plain(given.by, 20)}: {plain(given.text, 200)}" if given.by else head
    words = _measured(signal) if signal is not None and signal.asked_at is not None else plain(given.text, 200)
    return f"{head}: {words}" if words else head


def measured(state: SignalState) -> tuple[str, str]:
    """Return what a failing signal shows, and the limit that failed: `6%` and ` (limit 5%)`.

    Without a simple rule the first is the whole reason, and the second is empty.
    """
    signal = state.signal
    broken = [one for one in limits(signal) if one.beyond is Level.FAIL]
    if not broken or not state.reading or state.fault or state.verdict.level is not Level.FAIL or signal.rule.message:
        return verdict_words(state, Level.FAIL), ""
    return last_value(state), f" (limit {number(broken[0].value, signal.unit)})"


def _measured(state: SignalState) -> str:
    words = verdict_words(state, state.verdict.level)
    plain_reason = (
        state.verdict.level is Level.UNKNOWN or state.fault or state.signal.group or state.signal.records_baseline
    )
    return words if plain_reason else " ".join(filter(None, [words, agreement(state)]))

"""The effect of the facts of conducting the go-live: holds, the poll, the advice and its alarm, the baseline."""

from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from mmcockpit.core.facts import event as facts
from mmcockpit.core.facts.reasons import Reason, ReasonKind, still_covered
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.messages.alarms import Alarm, AlarmCause, AlarmKind
from mmcockpit.core.model.states import State
from mmcockpit.core.model.verdict import Level
from mmcockpit.core.state.deliveries import begin_sending, delivered
from mmcockpit.core.state.session import SESSION, SIGNALS, Session, Topic, signal_topic


def _held(session: Session, stamp: Stamp, body: facts.Held) -> set[Topic]:
    if session.held_since is not None:
        session.held_s += stamp.at - session.held_since.at
    session.held, session.held_since = (body, stamp) if body.on else (None, None)
    return {SESSION}


def _poll_opened(session: Session, stamp: Stamp, body: facts.PollOpened) -> set[Topic]:
    session.poll, session.votes = body, {}
    return {SESSION}


def _voted(session: Session, stamp: Stamp, body: facts.Voted) -> set[Topic]:
    session.votes[body.role] = body
    return {SESSION}


def _poll_closed(session: Session, stamp: Stamp, body: facts.PollClosed) -> set[Topic]:
    session.poll = body
    return {SESSION}


def _advised(session: Session, stamp: Stamp, body: facts.Advised) -> set[Topic]:
    session.advised, session.advised_at = body, stamp
    if session.decided is not None:
        seen = still_covered(session.decided.seen, body.reasons)
        session.decided = msgspec.structs.replace(session.decided, seen=seen)
    session.alarm = _alarm(session, stamp, _causes(body.reasons))
    return {SESSION}


def _causes(reasons: Iterable[Reason]) -> tuple[AlarmCause, ...]:
    """Return which of these reasons need the acknowledgement of an operator."""
    regressed = {
        reason.subject for reason in reasons if reason.kind is ReasonKind.ITEM and reason.state is State.REGRESSED
    }
    failed = dict.fromkeys(reason.subject for reason in reasons if reason.kind is ReasonKind.ABORT)
    return (
        *(AlarmCause(AlarmKind.ROLLBACK, signal) for signal in failed),
        *(AlarmCause(AlarmKind.REGRESSION, item) for item in sorted(regressed)),
    )


def _alarm(session: Session, stamp: Stamp, causes: tuple[AlarmCause, ...]) -> Alarm | None:
    """Return the alarm with these present causes; earlier ones stay until they are known to be resolved."""
    before = session.alarm
    if before is None:
        return Alarm(causes, stamp) if causes else None
    causes = (*(one for one in before.causes if one in causes or not _resolved(session, one)), *causes)
    after = msgspec.structs.replace(
        before,
        causes=tuple(dict.fromkeys(causes)),
        acknowledged=tuple(one for one in before.acknowledged if one in causes),
    )
    if not after.causes:
        return None
    # A cause that comes after everything was acknowledged escalates from the beginning.
    return after if before.open or not after.open else Alarm(after.causes, stamp, after.acknowledged)


def _resolved(session: Session, cause: AlarmCause) -> bool:
    """Return whether a cause is known to be over: without data it is not, as after a resume."""
    if cause.kind is AlarmKind.REGRESSION:
        item = session.items.get(cause.subject)
        return item is None or item.state not in (State.REGRESSED, State.UNKNOWN)
    signal = session.signals.get(cause.subject)
    return signal is None or signal.verdict.level in (Level.PASS, Level.WARN)


def _acknowledge(session: Session, stamp: Stamp, by: str, causes: tuple[AlarmCause, ...]) -> None:
    alarm = session.alarm
    if alarm is not None and (known := tuple(one for one in alarm.open if one in causes)):
        acknowledged = (*alarm.acknowledged, *known)
        session.alarm = msgspec.structs.replace(alarm, acknowledged=acknowledged, by=by, by_at=stamp)


def _acknowledged(session: Session, stamp: Stamp, body: facts.AlarmAcknowledged) -> set[Topic]:
    _acknowledge(session, stamp, body.by, body.causes)
    return {SESSION}


def _escalated(session: Session, stamp: Stamp, body: facts.Escalated) -> set[Topic]:
    if session.alarm is not None:
        alarm, level = session.alarm, body.level
        session.alarm = msgspec.structs.replace(
            alarm, level=level, escalated_at=stamp, to=body.to, unknown=(), failed=()
        )
    begin_sending(session, body.to)
    return {SESSION}


def _signal_changed(session: Session, stamp: Stamp, body: facts.SignalChanged) -> set[Topic]:
    session.announced[body.signal] = body.now
    return {SIGNALS, signal_topic(body.signal)}


def _decided(session: Session, stamp: Stamp, body: facts.Decided) -> set[Topic]:
    session.decided = body
    if session.advised is not None:
        # Whoever accepts or dismisses the advice has seen what the alarm is about.
        _acknowledge(session, stamp, body.by, _causes(session.advised.reasons))
    return {SESSION}


def _baseline(session: Session, stamp: Stamp, body: facts.BaselineRecorded) -> set[Topic]:
    session.baseline = body
    return {SESSION, SIGNALS, *(signal_topic(name) for name in body.values)}


APPLY: dict[type[facts.Body], Callable[[Session, Stamp, Any], set[Topic]]] = {
    facts.Held: _held,
    facts.PollOpened: _poll_opened,
    facts.Voted: _voted,
    facts.PollClosed: _poll_closed,
    facts.Advised: _advised,
    facts.SignalChanged: _signal_changed,
    facts.Decided: _decided,
    facts.Escalated: _escalated,
    facts.AlarmAcknowledged: _acknowledged,
    facts.MessageDelivered: delivered,
    facts.BaselineRecorded: _baseline,
}
"""Kind of fact to its effect on a session."""

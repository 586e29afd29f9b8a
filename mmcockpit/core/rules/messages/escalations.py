"""Escalation: when an unacknowledged alarm goes to the next contact, computed from facts and the time alone."""

from typing import NamedTuple

from mmcockpit.core.facts.event import AlarmAcknowledged, Closed, Escalated, Event
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.messages.alarms import Alarm, AlarmCause, AlarmKind
from mmcockpit.core.model.messages.channels import WEBHOOK, EscalationStep
from mmcockpit.core.model.states import SessionMode, State
from mmcockpit.core.model.verdict import Level
from mmcockpit.core.state.session import Session
from mmcockpit.core.words.messages import announcements as words


class NextEscalation(NamedTuple):
    """The next step of an escalation, and when it is due, in session seconds."""

    step: EscalationStep
    due: float


class AlarmOver(NamedTuple):
    """The message that an escalated alarm is over, for every channel that it escalated to."""

    to: tuple[str, ...]
    text: str


def escalation_of(session: Session) -> tuple[EscalationStep, ...]:
    """Return the steps of a session's escalation, with the channels that get it in a session of its mode."""
    return _steps(session) if session.closed is None else ()


def _steps(session: Session) -> tuple[EscalationStep, ...]:
    if session.opened is None:
        return ()
    mode, cockpit = session.opened.mode, session.cockpit
    live = {WEBHOOK} if cockpit.webhook and mode is SessionMode.LIVE else set()
    open_ = live | {channel.name for channel in cockpit.channels if channel.speaks_in(mode)}
    steps = [EscalationStep(tuple(to for to in one.to if to in open_), one.after_s) for one in cockpit.escalation]
    return tuple(step for step in steps if step.to)


def next_escalation(session: Session) -> NextEscalation | None:
    """Return the next step of the present alarm; None if it is acknowledged, or the last step was taken.

    Between two steps passes at least the time between them, so a resumed session does not take several at once.
    """
    alarm = session.alarm
    if alarm is None or not alarm.open or not session.cockpit.escalation:
        return None
    steps = escalation_of(session)
    if alarm.level >= len(steps):
        return None
    step = steps[alarm.level]
    due = alarm.since.at + step.after_s
    if alarm.level and alarm.escalated_at is not None:
        due = max(due, alarm.escalated_at.at + step.after_s - steps[alarm.level - 1].after_s)
    return NextEscalation(step, due)


def escalated(session: Session, now: Stamp) -> list[Escalated]:
    """Return that the present alarm escalates, if it is due and one of its causes is known to be present."""
    following, alarm, advised = next_escalation(session), session.alarm, session.advised
    if following is None or alarm is None or advised is None or now.at < following.due:
        return []
    if not any(_present(session, cause) for cause in alarm.open):
        return []
    text = words.escalation_text(advised, now.at - alarm.since.at)
    head = words.with_head(session.cockpit.target, session.cockpit.environment, text)
    return [Escalated(alarm.level + 1, following.step.to, alarm.open, head)]


def alarm_over(before: Alarm | None, session: Session, event: Event) -> AlarmOver | None:
    """Return the message that the alarm `before` a fact is over with it: acknowledged, resolved, or the session ended.

    None for an alarm that did not escalate, or was acknowledged before: each alarm is over once.
    """
    if before is None or not before.level or not before.open:
        return None
    after, body = session.alarm, event.body
    if isinstance(body, Closed):
        text = words.session_ended_text(body)
    elif after is None:
        text = words.alarm_resolved_text(session.advised, event.stamp.at - before.since.at)
    elif not after.open:
        note = body.note if isinstance(body, AlarmAcknowledged) else ""
        text = words.alarm_acknowledged_text(after.by, note)
    else:
        return None
    told = dict.fromkeys(name for step in _steps(session)[: before.level] for name in step.to)
    return AlarmOver(tuple(told), words.with_head(session.cockpit.target, session.cockpit.environment, text))


def _present(session: Session, cause: AlarmCause) -> bool:
    """Return whether a cause is measured now: after a resume it is not known until it was polled."""
    if cause.kind is AlarmKind.REGRESSION:
        item = session.items.get(cause.subject)
        return item is not None and item.state is State.REGRESSED
    signal = session.signals.get(cause.subject)
    return signal is not None and signal.verdict.level is Level.FAIL

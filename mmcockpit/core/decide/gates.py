"""Decisions of conducting the go-live: gates, holds, the poll, the advice and its alarm."""

from mmcockpit.core.decide import command as commands
from mmcockpit.core.decide.decision import LONGEST_REASON, Decision
from mmcockpit.core.decide.marks import evidence, evidence_of
from mmcockpit.core.facts import event as facts
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.people import conductors, same
from mmcockpit.core.model.refusal import Code, Refusal
from mmcockpit.core.model.states import Advice
from mmcockpit.core.rules.advice import coverage, crossed_only_in_words, uncovered
from mmcockpit.core.rules.gate import Gate, gate
from mmcockpit.core.state.items import ItemState
from mmcockpit.core.state.names import LONGEST, SessionNames
from mmcockpit.core.state.open_procedures import open_runs
from mmcockpit.core.state.session import Session
from mmcockpit.core.state.signals import SignalState
from mmcockpit.core.text import plain
from mmcockpit.core.words.reasons import reason_text
from mmcockpit.core.words.values import value_line
from mmcockpit.core.words.verdicts import result_words

NAMED = 4
"""Number of open items that a refusal lists."""


def open_phase(session: Session, command: commands.OpenPhase, now: Stamp) -> Decision:
    """Pass the gate of the open phase, if it is open or overridden with a reason."""
    closing = gate(session)
    refusal = _gate_refusal(session, command, closing)
    if refusal:
        return refusal
    items = session.cockpit.checklist.phases[session.phase].items
    seen = [shown for item in items if (shown := evidence(session, item)) is not None]
    signals = {shown.signal for shown in seen}
    seen += [evidence_of(state) for state in closing.failing if state.signal.name not in signals]
    passed = facts.PhaseChanged(
        closing.phase,
        closing.next or "",
        command.by,
        tuple(seen),
        tuple(state.item.id for state in closing.unmet),
        plain(command.reason, LONGEST_REASON),
        unfilled=closing.unfilled,
        failing=tuple(state.signal.name for state in closing.failing),
    )
    return [passed]


def _gate_refusal(session: Session, command: commands.OpenPhase, closing: Gate) -> Refusal | None:
    if command.phase != closing.phase:
        return _other_gate(session, command.phase, closing.phase)
    reason = plain(command.reason, LONGEST_REASON)
    if closing.next is None:
        return Refusal(Code.LAST_PHASE, closing.phase)
    if session.held is not None:
        return Refusal(Code.ON_HOLD, by=session.held.by, text=session.held.reason)
    if opened := next(open_runs(session), None):
        return Refusal(Code.PROCEDURE_OPEN, opened.procedure.title)
    if not closing.open and not command.override:
        more = max(0, len(closing.unmet) - NAMED)
        return Refusal(Code.GATE_CLOSED, _title(session, closing.phase), count=more, parts=_causes(closing))
    if not closing.open and not reason:
        return Refusal(Code.GATE_NEEDS_REASON, closing.phase, count=len(closing.unmet), parts=_causes(closing))
    if unseen := [name for name in closing.against if command.seen is not None and name not in command.seen]:
        return Refusal(Code.GATE_CHANGED, SessionNames(session).item(unseen[0]))
    unproven = crossed_only_in_words(session)
    if unproven and not (command.override and reason):
        return Refusal(Code.NOT_PROVEN, closing.phase, parts=(_not_satisfied(unproven[0]),))
    return None


def _other_gate(session: Session, wanted: str, open_: str) -> Refusal:
    phases = [phase.id for phase in session.cockpit.checklist.phases]
    if wanted not in phases:
        return Refusal(Code.UNKNOWN_PHASE, wanted, _title(session, open_))
    if phases.index(wanted) < session.phase:
        return Refusal(Code.GATE_PASSED, _title(session, wanted), _title(session, open_))
    return Refusal(Code.GATE_NOT_REACHED, _title(session, wanted), _title(session, open_))


def _title(session: Session, phase: str) -> str:
    return plain(SessionNames(session).phase(phase), LONGEST)


def _causes(closing: Gate) -> tuple[Refusal, ...]:
    """Return what keeps a gate closed; of the items only the first NAMED."""
    return (
        *map(_not_satisfied, closing.unmet[:NAMED]),
        *map(_failing, closing.failing),
        *(Refusal(Code.ROLE_UNASSIGNED, role) for role in closing.unfilled if not closing.unmet),
        *([Refusal(Code.BASELINE_NOT_RECORDED)] if closing.no_baseline else []),
    )


def _not_satisfied(state: ItemState) -> Refusal:
    return Refusal(Code.ITEM_NOT_SATISFIED, f"{state.item.number} {state.item.title}", state=state.state)


def _failing(state: SignalState) -> Refusal:
    value = value_line(state.value, state.signal) if state.reading and not state.fault else ""
    return Refusal(Code.SIGNAL_FAILING, state.signal.title, text=result_words(value, state.verdict))


def hold(session: Session, command: commands.HoldSession, now: Stamp) -> Decision:
    """Put the go-live on hold, or resume it."""
    reason = plain(command.reason, LONGEST_REASON)
    if command.on and session.held is not None:
        return Refusal(Code.ALREADY_ON_HOLD, by=session.held.by, text=session.held.reason)
    if not command.on and session.held is None:
        return Refusal(Code.NOT_ON_HOLD)
    if command.on and not reason:
        return Refusal(Code.HOLD_NEEDS_REASON)
    return [facts.Held(command.on, command.by, reason)]


def open_poll(session: Session, command: commands.OpenPoll, now: Stamp) -> Decision:
    """Open the go/no-go poll."""
    if not session.cockpit.poll:
        return Refusal(Code.NO_POLL_ROLES)
    if isinstance(session.poll, facts.PollOpened):
        return Refusal(Code.POLL_ALREADY_OPEN)
    return [facts.PollOpened(command.by)]


def vote(session: Session, command: commands.Vote, now: Stamp) -> Decision:
    """Answer the poll for a role; roles answer in order."""
    if not isinstance(session.poll, facts.PollOpened):
        return Refusal(Code.NO_POLL)
    waiting = [role for role in session.cockpit.poll if role not in session.votes]
    role = command.role or (waiting[0] if waiting else "")
    if not role:
        return Refusal(Code.ALL_VOTED)
    if role not in session.cockpit.poll:
        return Refusal(Code.UNKNOWN_ROLE, role, names=session.cockpit.poll)
    if role in waiting and role != waiting[0]:
        return Refusal(Code.ROLE_FIRST, role, waiting[0])
    return [facts.Voted(role, command.go, command.by, plain(command.reason, LONGEST_REASON))]


def close_poll(session: Session, command: commands.ClosePoll, now: Stamp) -> Decision:
    """Decide the poll; only a conductor may, if `people` has one; roles that did not answer count as no-go."""
    if not isinstance(session.poll, facts.PollOpened):
        return Refusal(Code.NO_POLL)
    deciding = conductors(session.cockpit.people)
    if deciding and not any(same(command.by, name) for name in deciding):
        return Refusal(Code.NOT_CONDUCTOR, by=command.by, names=tuple(deciding))
    reason = plain(command.reason, LONGEST_REASON)
    unanswered = tuple(role for role in session.cockpit.poll if role not in session.votes)
    against = (*unanswered, *(role for role, voted in session.votes.items() if not voted.go))
    if command.go and against and not reason:
        return Refusal(Code.NO_GO_NEEDS_REASON, names=against)
    return [facts.PollClosed(command.go, command.by, reason, unanswered)]


def decide_advice(session: Session, command: commands.DecideAdvice, now: Stamp) -> Decision:
    """Accept or dismiss the present advice if it is the one that was seen; unseen reasons cannot be dismissed."""
    advised, reason = session.advised, plain(command.reason, LONGEST_REASON)
    if advised is None or advised.advice is command.advice is Advice.GO:
        return Refusal(Code.NO_ADVICE)
    if advised.advice is not command.advice:
        return Refusal(Code.ADVICE_CHANGED, state=advised.advice)
    unseen = uncovered(advised.reasons, command.seen)
    if unseen and not command.accept:
        return Refusal(Code.NEW_REASON, text=reason_text(unseen[0]))
    if not reason:
        return Refusal(Code.ADVICE_NEEDS_REASON)
    return [facts.Decided(advised.advice, command.accept, command.by, reason, coverage(advised.reasons))]


def acknowledge_alarm(session: Session, command: commands.AcknowledgeAlarm, now: Stamp) -> Decision:
    """Acknowledge the causes of the present alarm that were seen."""
    alarm = session.alarm
    if alarm is None:
        return Refusal(Code.NO_ALARM)
    seen = tuple(cause for cause in alarm.open if cause in command.causes or not command.causes)
    if not seen:
        return Refusal(Code.ALREADY_ACKNOWLEDGED, by=alarm.by)
    return [facts.AlarmAcknowledged(command.by, seen, plain(command.note, LONGEST_REASON))]

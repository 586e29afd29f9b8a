"""The only place where a command of an operator becomes facts or a refusal."""

from collections.abc import Callable
from math import isfinite
from typing import Any

from mmcockpit.core.decide import approvals, controls, handovers, marks
from mmcockpit.core.decide import command as commands
from mmcockpit.core.decide import gates as conduct
from mmcockpit.core.decide import procedures as stepping
from mmcockpit.core.decide.baseline import record_baseline
from mmcockpit.core.decide.decision import LONGEST_REASON, Decision
from mmcockpit.core.decide.identities import accept_identity
from mmcockpit.core.facts import event as facts
from mmcockpit.core.facts.event import AnyBody
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.refusal import Code, Refusal
from mmcockpit.core.model.shape import logged_entries
from mmcockpit.core.state.item_names import item_named, similar_items
from mmcockpit.core.state.open_procedures import working
from mmcockpit.core.state.session import Session
from mmcockpit.core.text import plain


def decide(session: Session, command: commands.AnyCommand, now: Stamp) -> list[AnyBody]:
    """Return the facts of a command, or one Refused with the reason; does not change the session."""
    decision = _DECIDE[type(command)][1](session, command, now)
    return [refused(command, decision)] if isinstance(decision, Refusal) else decision


def refused(command: commands.AnyCommand, refusal: Refusal) -> facts.Refused:
    """Return the fact that a command was refused."""
    word = _DECIDE[type(command)][0]
    return facts.Refused(f"{word} {getattr(command, 'item', '')}".strip(), refusal, command.by)


def _note(session: Session, command: commands.AddNote, now: Stamp) -> Decision:
    text = plain(command.text, LONGEST_REASON)
    if not text and not command.marker:
        return Refusal(Code.EMPTY_NOTE)
    about = item_named(session, command.item)
    if command.item and about is None:
        return Refusal(Code.UNKNOWN_ITEM, command.item, names=similar_items(session, command.item))
    return [facts.Noted(text or "marker", command.by, about.item.id if about else "", command.marker)]


def _t0(session: Session, command: commands.SetT0, now: Stamp) -> Decision:
    if not isfinite(command.t0):
        return Refusal(Code.INVALID_TIME)
    return [facts.T0Changed(round(command.t0, 3), command.by)]


def _sense(session: Session, command: commands.SenseNow, now: Stamp) -> Decision:
    for name in command.signals:
        state = session.signals.get(name)
        if state is None:
            return Refusal(Code.UNKNOWN_SIGNAL, name)
        if not state.signal.active:
            continue
        if name not in session.cockpit.allow.active:
            return Refusal(Code.ACTIVE_NOT_ALLOWED, state.signal.title, name)
        if not command.confirmed:
            return Refusal(Code.ACTIVE_NOT_CONFIRMED, name)
    return []


def _read_log(session: Session, command: commands.ReadLog, now: Stamp) -> Decision:
    state = session.signals.get(command.signal)
    if state is None:
        return Refusal(Code.UNKNOWN_SIGNAL, command.signal)
    if command.entry not in logged_entries(state.value, state.signal.shape):
        return Refusal(Code.UNKNOWN_LOG, command.entry, state.signal.title)
    return []


def _accept(session: Session, command: commands.AcceptUnrecorded, now: Stamp) -> Decision:
    reason = plain(command.reason, LONGEST_REASON)
    if not reason:
        return Refusal(Code.UNRECORDED_NEEDS_REASON)
    return [facts.Noted(f"continues without a record: {reason}", command.by)]


def _end(session: Session, command: commands.EndSession, now: Stamp) -> Decision:
    outcome = plain(command.outcome, 200)
    if refusal := still_running(session):
        return refusal
    return [facts.Closed(outcome, command.by)] if outcome else Refusal(Code.OUTCOME_REQUIRED)


def _leave(session: Session, command: commands.LeaveSession, now: Stamp) -> Decision:
    return still_running(session) or [facts.OperatorLeft(command.by)]


def still_running(session: Session) -> Refusal | None:
    """Return why the session cannot be left: the outcome of a running command would be lost."""
    busy = working(session)
    return Refusal(Code.STEP_RUNNING, busy.step.title) if busy else None


_DECIDE: dict[type[commands.Command], tuple[str, Callable[[Session, Any, Stamp], Decision]]] = {
    commands.MarkItem: ("mark", marks.mark),
    commands.UndoMark: ("undo", marks.undo),
    commands.OpenPhase: ("go", conduct.open_phase),
    commands.HoldSession: ("hold", conduct.hold),
    commands.OpenPoll: ("poll", conduct.open_poll),
    commands.Vote: ("vote", conduct.vote),
    commands.ClosePoll: ("poll", conduct.close_poll),
    commands.DecideAdvice: ("advice", conduct.decide_advice),
    commands.AcknowledgeAlarm: ("ack", conduct.acknowledge_alarm),
    commands.RecordBaseline: ("baseline", record_baseline),
    commands.OpenProcedure: ("procedure", stepping.open_procedure),
    commands.AbandonProcedure: ("abandon", stepping.abandon),
    commands.RunStep: ("run", stepping.run_step),
    commands.StopStep: ("stop", stepping.stop_step),
    commands.SettleStep: ("outcome", stepping.settle_step),
    commands.SkipStep: ("skip", stepping.skip_step),
    commands.AnswerStep: ("answer", stepping.answer_step),
    commands.RepeatSteps: ("repeat", stepping.repeat_steps),
    commands.ChooseValue: ("choose", stepping.choose_value),
    commands.SendMessage: ("message", stepping.send_message),
    commands.AddNote: ("note", _note),
    commands.SetT0: ("t0", _t0),
    commands.SenseNow: ("sense", _sense),
    commands.ReadLog: ("log", _read_log),
    commands.AcceptUnrecorded: ("accept", _accept),
    commands.AcceptIdentity: ("accept-identity", accept_identity),
    commands.RequestControls: ("control", controls.request_controls),
    commands.GrantControls: ("control", controls.grant_controls),
    commands.TakeControls: ("takeover", controls.take_controls),
    commands.ApproveStep: ("approve", approvals.approve_step),
    commands.PrepareHandover: ("handover", handovers.prepare_handover),
    commands.AcknowledgeHandover: ("handover", handovers.acknowledge_handover),
    commands.EndSession: ("end", _end),
    commands.LeaveSession: ("leave", _leave),
}
"""Command to its name in a refusal, and the function that decides it."""

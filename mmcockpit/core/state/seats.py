"""The effect of facts about seats, controls, approvals and handovers on a session."""

from collections.abc import Callable
from typing import Any

from mmcockpit.core.facts import event as facts
from mmcockpit.core.facts.event import Event
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.state.procedure_runs import PROCEDURES
from mmcockpit.core.state.session import SESSION, Session, Topic

COMMANDS_KEPT = 4_096
"""Ids of commands that are remembered, so that a repeated one is not carried out again."""


def remember(session: Session, event: Event) -> None:
    """Remember the command that a fact results from, and the term of the driver."""
    if event.epoch:
        session.epoch = event.epoch
    if event.command_id and event.command_id not in session.command_ids:
        session.command_ids[event.command_id] = event.seq
        if len(session.command_ids) > COMMANDS_KEPT:
            del session.command_ids[next(iter(session.command_ids))]


def _joined(session: Session, stamp: Stamp, body: facts.SeatJoined) -> set[Topic]:
    session.seats[body.seat.id] = body.seat
    return {SESSION}


def _left(session: Session, stamp: Stamp, body: facts.SeatLeft) -> set[Topic]:
    session.seats.pop(body.seat, None)
    return {SESSION}


def _requested(session: Session, stamp: Stamp, body: facts.ControlsRequested) -> set[Topic]:
    if body.by not in session.control_requests:
        session.control_requests.append(body.by)
    return {SESSION}


def _granted(session: Session, stamp: Stamp, body: facts.ControlsGranted) -> set[Topic]:
    session.controls = body.to
    session.control_requests = [name for name in session.control_requests if name != body.to]
    return {SESSION}


def _driver_changed(session: Session, stamp: Stamp, body: facts.DriverChanged) -> set[Topic]:
    session.controls, session.epoch = body.by, body.epoch
    session.seats.clear()
    session.control_requests.clear()
    return {SESSION}


def _approved(session: Session, stamp: Stamp, body: facts.StepApproved) -> set[Topic]:
    others = [one for one in session.approvals if (one.procedure, one.step) != (body.procedure, body.step)]
    session.approvals = [*others, body]
    return {SESSION, PROCEDURES}


def _prepared(session: Session, stamp: Stamp, body: facts.HandoverPrepared) -> set[Topic]:
    session.handover, session.handover_number = body, session.seq
    return {SESSION}


def _acknowledged(session: Session, stamp: Stamp, body: facts.HandoverAcknowledged) -> set[Topic]:
    if body.handover == session.handover_number:
        session.handover = None
    return {SESSION}


APPLY: dict[type[facts.Body], Callable[[Session, Stamp, Any], set[Topic]]] = {
    facts.SeatJoined: _joined,
    facts.SeatLeft: _left,
    facts.ControlsRequested: _requested,
    facts.ControlsGranted: _granted,
    facts.DriverChanged: _driver_changed,
    facts.StepApproved: _approved,
    facts.HandoverPrepared: _prepared,
    facts.HandoverAcknowledged: _acknowledged,
}
"""Kind of fact to its effect on a session."""

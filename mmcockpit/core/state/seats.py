"""The effect of facts about seats, controls, approvals and handovers on a session."""

from collections.abc import Callable
from typing import Any

from mmcockpit.core.facts import event as facts
from mmcockpit.core.facts.event import Event
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.people import folded
from mmcockpit.core.state.open_procedures import interrupt
from mmcockpit.core.state.procedure_runs import PROCEDURES
from mmcockpit.core.state.releases.revisions import step_subject
from mmcockpit.core.state.session import (
    ITEMS,
    SESSION,
    SIGNALS,
    SentCommand,
    Session,
    StepApproval,
    Topic,
    signal_topic,
)

COMMANDS_KEPT = 4_096
"""Ids of commands that are remembered, so that a repeated one is not carried out again."""

LOGINS_KEPT = 256
"""People whose identities are remembered."""


def remember(session: Session, event: Event) -> None:
    """Remember the term of the driver, the command that a fact results from, and the identity behind its person."""
    if event.epoch:
        session.epoch = event.epoch
    if event.command_id and event.command_id not in session.command_ids:
        refusal = event.body.refusal if isinstance(event.body, facts.Refused) else None
        session.command_ids[event.command_id] = SentCommand(event.seq, event.identity, refusal)
        if len(session.command_ids) > COMMANDS_KEPT:
            oldest = next(iter(session.command_ids))
            session.forgotten_seq = session.command_ids.pop(oldest).seq
    if event.identity and not getattr(event.body, "witnessed", False):
        _acted(session, getattr(event.body, "by", ""), event.identity)


def _acted(session: Session, person: str, identity: str) -> None:
    name = folded(person)
    known = session.logins.get(name, [])
    if name and identity not in known and len(session.logins) + len(known) < LOGINS_KEPT:
        session.logins[name] = [*known, identity]


def begin_without_data(session: Session, stamp: Stamp, why: str) -> set[Topic]:
    """Begin the term of a driver that has polled nothing yet: signals are unknown, running steps have no outcome.

    All seats are empty, because their processes were attached to a driver that is gone; what was approved there is
    void. Return the topics that changed.
    """
    session.seats.clear()
    session.seat_since.clear()
    session.control_requests.clear()
    session.approvals.clear()
    for state in session.signals.values():
        state.forget(stamp, why)
    interrupt(session, stamp)
    return {SESSION, SIGNALS, ITEMS, PROCEDURES, *map(signal_topic, session.signals)}


def _joined(session: Session, stamp: Stamp, body: facts.SeatJoined) -> set[Topic]:
    session.seats[body.seat.id] = body.seat
    _acted(session, body.seat.person, body.seat.identity)
    session.seat_since[body.seat.id] = stamp
    return {SESSION}


def _left(session: Session, stamp: Stamp, body: facts.SeatLeft) -> set[Topic]:
    session.seats.pop(body.seat, None)
    here = {seat.person for seat in session.seats.values()}
    session.control_requests = [name for name in session.control_requests if name in here]
    session.seat_since.pop(body.seat, None)
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
    return begin_without_data(session, stamp, "not polled since the driver changed")


def _approved(session: Session, stamp: Stamp, body: facts.StepApproved) -> set[Topic]:
    run = session.procedures.get(body.procedure)
    if run is not None and body.step in run.steps:
        session.approvals[step_subject(body.procedure, body.step)] = StepApproval(body, session.seq)
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
    facts.EffectRequested: lambda session, stamp, body: set(),
    facts.ControlsRequested: _requested,
    facts.ControlsGranted: _granted,
    facts.DriverChanged: _driver_changed,
    facts.StepApproved: _approved,
    facts.HandoverPrepared: _prepared,
    facts.HandoverAcknowledged: _acknowledged,
}
"""Kind of fact to its effect on a session."""

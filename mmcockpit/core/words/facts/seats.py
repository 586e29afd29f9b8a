"""Sentences about seats, controls, approvals and handovers."""

import shlex

from mmcockpit.core.facts import event as facts
from mmcockpit.core.words.durations import age
from mmcockpit.core.words.facts import Sentences
from mmcockpit.core.words.handover import summary_text
from mmcockpit.core.words.naming import Wording


def _joined(body: facts.SeatJoined, wording: Wording) -> str:
    seat = body.seat
    role = f", {seat.role}" if seat.role else ""
    where = f" on {seat.host}" if seat.host else ""
    identity = f": {seat.identity}, process {seat.process}" if wording.full else ""
    return f"{seat.person}{role} joined as {seat.right} by {seat.via}{where}{identity}"


def _granted(body: facts.ControlsGranted, wording: Wording) -> str:
    who = f"{body.to} has the controls" if body.to else "the controls are free"
    return f"{who}, granted by {body.by}{f': {body.reason}' if body.reason else ''}"


def _driver(body: facts.DriverChanged, wording: Wording) -> str:
    was = f" after {body.was} was silent for {age(body.silent_s)}" if body.was else ""
    return f"{body.by} on {body.host} drives, term {body.epoch}{was}{f': {body.reason}' if body.reason else ''}"


def _approved(body: facts.StepApproved, wording: Wording) -> str:
    who = f"{body.by} ({body.role})" if body.role else body.by
    if wording.full:
        where = f" on {body.where}" if body.where else ""
        return f"{who} approved {body.procedure}/{body.step}{where}: {shlex.join(body.argv)}"
    number, title = wording.names.step(body.procedure, body.step)
    return f"{who} approved {number} {title}"


def _handover(body: facts.HandoverPrepared, wording: Wording) -> str:
    return f"{body.by} hands over to {body.to}: {summary_text(body.page)}"


def _acknowledged(body: facts.HandoverAcknowledged, wording: Wording) -> str:
    return f"{body.by} acknowledged it{', witnessed at the same terminal' if body.witnessed else ''}"


SENTENCES: Sentences = {
    facts.SeatJoined: ("joined", _joined),
    facts.SeatLeft: (
        "left",
        lambda body, _: f"{body.person or f'seat {body.seat}'} left{f': {body.because}' if body.because else ''}",
    ),
    facts.EffectRequested: ("request", lambda body, _: f"{body.by} requested: {body.effect}"),
    facts.ControlsRequested: ("controls", lambda body, _: f"{body.by} requested the controls"),
    facts.ControlsGranted: ("controls", _granted),
    facts.DriverChanged: ("driver", _driver),
    facts.StepApproved: ("approved", _approved),
    facts.HandoverPrepared: ("handover", _handover),
    facts.HandoverAcknowledged: ("handover", _acknowledged),
}

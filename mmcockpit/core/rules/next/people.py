"""The rules of NEXT about people: a silent driver, approvals, votes, and who has the controls."""

import msgspec

from mmcockpit.core.model.next_action import Next, NextKind
from mmcockpit.core.model.people import folded, same
from mmcockpit.core.model.seat import Via
from mmcockpit.core.model.sharing import LEASE_S, can_take_over, cut_off, silent_s
from mmcockpit.core.rules.next.situation import Situation
from mmcockpit.core.rules.next.steps import missing_approval, ready_steps
from mmcockpit.core.rules.seats.people import names_with, roles_of

_CONTROLS = frozenset(
    {
        *(NextKind.NOT_RECORDING, NextKind.OUTCOME_UNKNOWN, NextKind.DECIDE, NextKind.STEP_FAILED),
        *(NextKind.STEP_QUESTION, NextKind.STEP_WAIT, NextKind.STEP_UNDECIDED),
        *(NextKind.STEP_READY, NextKind.STEP_MANUAL, NextKind.ON_HOLD, NextKind.BASELINE, NextKind.GATE),
        *(NextKind.NOT_PROVEN, NextKind.FINISH),
    }
)
"""Kinds whose action needs the controls."""


def without_driver(at: Situation) -> Next:
    """A session that its driver has left: who can continue it, as seen from this seat."""
    sharing = at.seat.sharing
    if sharing is not None and sharing.driver:
        return Next(NextKind.NO_OPERATOR, people=(sharing.driver,))
    if sharing is None or sharing.seat.via is not Via.DATABASE:
        return Next(NextKind.NO_OPERATOR, title="mmcockpit resume")
    if can_take_over(sharing):
        return Next(NextKind.NO_OPERATOR, title="mmcockpit resume --shared")
    return Next(NextKind.NO_OPERATOR, text=sharing.takeover or f"{sharing.seat.person} has no right to drive")


def driver_silent(at: Situation) -> Next | None:
    """No connection to the shared store, or a driver without a sign of life: this seat takes over, if it can and
    once the lease has ended."""
    sharing = at.seat.sharing
    if sharing is None:
        return None
    if away := cut_off(sharing):
        return Next(NextKind.STORE_AWAY, text=away)
    for_s = silent_s(sharing) or (at.seat.stalled_s if sharing.seat.via is Via.SOCKET else 0.0)
    if not for_s:
        return None
    takes = can_take_over(sharing) and for_s >= LEASE_S
    return Next(NextKind.DRIVER_SILENT, "takeover" if takes else "", seconds=for_s, text=sharing.takeover)


def approval(at: Situation) -> Next | None:
    """A step that waits for the approval that this person can give."""
    if at.seat.sharing is None or not at.seat.operator:
        return None
    for run, step in ready_steps(at):
        missing = missing_approval(at, run, step)
        if missing is not None and missing.action:
            return missing
    return None


def vote(at: Situation, open_roles: list[str]) -> Next:
    """The open poll: the vote of a role that this person has, else who votes next."""
    session = at.session
    roles, people = session.cockpit.poll, session.cockpit.people
    role, answered = open_roles[0], len(roles) - len(open_roles)
    mine = folded(role) in roles_of(at.operator, people)
    voters = () if mine else names_with(role, people)
    return Next(NextKind.POLL, "poll" if mine else "", role, people=voters, count=answered, total=len(roles))


def controls_requested(at: Situation) -> Next | None:
    """A person who asks for the controls that this seat has."""
    requests = at.session.control_requests
    if at.seat.sharing is None or not requests or not same(at.session.controls, at.seat.operator):
        return None
    return Next(NextKind.CONTROLS_REQUESTED, "control", requests[0], others=len(requests) - 1)


def with_holder(given: Next, at: Situation) -> Next:
    """Return NEXT with who has the controls, if its action needs them and this seat has not got them."""
    needs = given.kind in _CONTROLS or (given.kind is NextKind.POLL and not given.subject)
    if at.seat.sharing is None or not given.action or not needs:
        return given
    if not at.seat.operator:
        return msgspec.structs.replace(given, holder=at.session.controls)
    if same(at.session.controls, at.seat.operator):
        return given
    return msgspec.structs.replace(given, action="" if at.session.controls else "control", holder=at.session.controls)

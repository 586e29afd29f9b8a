"""Refusals of commands from seats as text: rights, controls, approvals, and commands that come too late."""

from collections.abc import Callable, Mapping

from mmcockpit.core.model.refusal import Code, Refusal
from mmcockpit.core.words.durations import age
from mmcockpit.core.words.keys import Keys

_SUBJECTS = {
    "poll": "the poll has",
    "votes": "the votes have",
    "advice": "the decision on the advice has",
    "gate": "the gate has",
    "hold": "the hold has",
    "controls": "the holder of the controls has",
    "item": "this item has",
    "procedure": "the procedure has",
    "step": "the step has",
    "vote": "this vote has",
}
"""The first word of a subject of revisions, with its verb."""


def _changed(refusal: Refusal, keys: Keys) -> str:
    kind = refusal.subject.partition(" ")[0]
    what = _SUBJECTS.get(kind, f"{kind} has")
    return f"{what} changed since your screen showed it (fact #{refusal.count}): review it, then try again"


def _people(names: tuple[str, ...]) -> str:
    return f" ({', '.join(names)})" if names else ""


def _controls_needed(refusal: Refusal, keys: Keys) -> str:
    if not refusal.by:
        return "this needs the controls, which are free: `:control request` gets them"
    return f"this needs the controls, which {refusal.by} has: `:control request` asks for them"


def _not_here(refusal: Refusal, keys: Keys) -> str:
    if not refusal.names:
        return f"{refusal.subject!r} has no seat in this session; `mmcockpit join` takes one"
    return f"{refusal.subject!r} is not at a seat that may act; at one: {', '.join(refusal.names)}"


SEAT_SENTENCES: Mapping[Code, Callable[[Refusal, Keys], str]] = {
    Code.VIEWER_ONLY: lambda r, keys: f"{r.by} is a viewer and can only read",
    Code.CONTROLS_NEEDED: _controls_needed,
    Code.HAS_CONTROLS: lambda r, keys: f"{r.by} already has the controls",
    Code.ALREADY_REQUESTED: lambda r, keys: f"already requested: {r.by} grants them with `:control grant NAME`",
    Code.HOLDER_IS_HERE: lambda r, keys: f"{r.by} has the controls and is here: `:control request` asks for them",
    Code.NOT_HERE: _not_here,
    Code.NOT_DRIVER: lambda r, keys: "only the driver's own screen can stop polling; close this seat instead",
    Code.FENCED: lambda r, keys: f"{r.by} has taken this session over: join it there",
    Code.NO_VOTE: lambda r, keys: f"{r.by} has no role in this poll: {', '.join(r.names)}",
    Code.NOT_YOUR_ROLE: lambda r, keys: (
        f"{r.by} cannot answer for {r.subject}: only a person with that role can{_people(r.names)}"
    ),
    Code.APPROVAL_MISSING: lambda r, keys: (
        f"{r.subject} needs the approval of {r.other}{_people(r.names)} from a seat of their own"
    ),
    Code.APPROVAL_DIFFERS: lambda r, keys: f"{r.by} approved another command of {r.subject}: ask for a new approval",
    Code.APPROVAL_EXPIRED: lambda r, keys: (
        f"the approval of {r.subject} by {r.by} expired {age(r.for_s)} ago: ask for a new one"
    ),
    Code.APPROVED_BY_SELF: lambda r, keys: f"{r.by} approved {r.subject}, so another person must run it",
    Code.APPROVER_HAS_CONTROLS: lambda r, keys: (
        f"{r.by} has the controls and would run {r.subject}: another person must approve it"
    ),
    Code.NOT_APPROVER: lambda r, keys: f"{r.subject} must be approved by {r.other}{_people(r.names)}, not by {r.by}",
    Code.APPROVAL_NEEDS_DURATION: lambda r, keys: "an approval needs a duration from 1m to 1h, such as 10m",
    Code.UNKNOWN_FACT: lambda r, keys: (
        f"your screen showed fact #{r.count}, which this session does not have: join it again"
    ),
    Code.CHANGED_SINCE: _changed,
    Code.INVALID_ID: lambda r, keys: "the id of the command must have 32 hexadecimal digits",
    Code.ID_TAKEN: lambda r, keys: "another identity has already sent a command with this id",
    Code.TOO_OLD: lambda r, keys: f"too old (fact #{r.count}): whether it was carried out before is not known any more",
    Code.SESSION_ENDED: lambda r, keys: f"the session has ended: {r.text}",
    Code.NO_HANDOVER: lambda r, keys: "no such handover waits to be acknowledged; `:handover` shows the present one",
    Code.NOT_RECEIVER: lambda r, keys: f"only {r.subject} can acknowledge this handover",
    Code.RECEIVER_IS_HERE: lambda r, keys: (
        f"{r.subject} has a seat: the handover is acknowledged there, by `:handover ack`"
    ),
}
"""A part of the table in `refusals`."""

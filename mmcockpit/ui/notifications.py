"""Notifications: which facts are shown as a message: confirmations of actions, refusals, troubles."""

from collections.abc import Iterator, Sequence

from mmcockpit.core.facts.event import (
    BaselineRecorded,
    Event,
    MessageDelivered,
    MessageSent,
    NotAnchored,
    PhaseChanged,
    Refused,
    StepChanged,
    StepState,
    Trouble,
    Voted,
)
from mmcockpit.core.state.names import SessionNames
from mmcockpit.core.state.session import Session
from mmcockpit.core.words.confirmations import concerns, confirmation
from mmcockpit.core.words.describe import notification
from mmcockpit.core.words.keys import Keys, press
from mmcockpit.core.words.naming import Wording
from mmcockpit.ui.render.lens import Lens
from mmcockpit.ui.render.text import Role


def notifications(
    events: Sequence[Event], session: Session, operator: str, lens: Lens, identity: str = ""
) -> Iterator[tuple[str, Role]]:
    """Yield the message and its role for each of these facts that has one.

    Actions are confirmed to their `operator`; in a read-only session, without one, nothing is confirmed. In a shared
    session a refusal and a witnessed mark concern only the `identity` of the seat that caused them.
    """
    if not events:
        return
    wording = Wording(SessionNames(session), lens.keys)
    for event in events:
        caused = not identity or event.identity in ("", identity)
        message = ""
        if operator and caused and concerns(event.body, operator):
            message = _recorded(event, confirmation(event, wording, lens.narrow)) + _next(event, session, lens.keys)
        if not message and (caused or not isinstance(event.body, Refused)):
            message = notification(event.body, wording)
        if message:
            yield message, _role(event)


def _recorded(event: Event, message: str) -> str:
    return message if event.recorded or not message else f"NOT RECORDED: {message}"


def _next(event: Event, session: Session, keys: Keys) -> str:
    if isinstance(event.body, Voted) and all(role in session.votes for role in session.cockpit.poll):
        return f"; every role has answered: {press(keys, 'poll')} to decide the poll"
    if isinstance(event.body, PhaseChanged) and session.phase == len(session.cockpit.checklist.phases) - 1:
        return "; `:layout watch` shows settle times and the next handover"
    return ""


def _role(event: Event) -> Role:
    match event.body:
        case Refused() | NotAnchored() | MessageDelivered():
            return "warn"
        case BaselineRecorded(missing=missing):
            return "warn" if missing else "text"
        case MessageSent(failed=failed):
            return "fail" if failed else "pass"
        case Trouble() | StepChanged(now=StepState.FAILED):
            return "fail"
    return "pass" if event.recorded else "warn"

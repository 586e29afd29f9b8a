"""Prompts whose text becomes a fact: one line at the bottom, which an operator can cancel."""

from collections.abc import Callable

from mmcockpit.core.decide.command import AnyCommand
from mmcockpit.core.decide.decide import decide
from mmcockpit.core.decide.request import Request, decide_request
from mmcockpit.core.facts.event import AnyBody, Refused
from mmcockpit.core.words.refusals import refusal_words
from mmcockpit.ui.desk import Desk
from mmcockpit.ui.dialogs.key_guard import DEAF_S
from mmcockpit.ui.questions import DialogQuestion, always
from mmcockpit.ui.render.text import plain

LONGEST_LABEL = 60

TRIAL = "0" * 32
"""The id of a command that is only tried."""


def ask_text(desk: Desk, label: str, done: Callable[[str], None], empty: bool = False) -> None:
    """Prompt for a text; `empty` is whether Enter alone is a text too."""
    asked = plain(label, LONGEST_LABEL)
    desk.ask(
        DialogQuestion(
            asked, lambda text, chosen: done(text), cancelled=lambda: cancelled(desk), empty=empty, settles=always
        )
    )


def refused(desk: Desk, command: AnyCommand) -> bool:
    """Return whether a command would be refused, and show why: an operator is not asked for what cannot be recorded.

    It is not submitted: once the session has changed, it might be accepted without the operator's answer.
    """
    first = next(iter(_decided(desk, command)), None)
    refusal = first.refusal if isinstance(first, Refused) else None
    if refusal is not None:
        desk.say(f"refused: {refusal_words(refusal, desk.lens.keys)}", "warn")
    return refusal is not None


def _decided(desk: Desk, command: AnyCommand) -> list[AnyBody]:
    """Return the facts of a command as the driver would decide it, if it came from this seat now."""
    if desk.sharing is None:
        return decide(desk.session, command, desk.now)
    return decide_request(desk.session, Request(TRIAL, command, desk.session.seq), desk.sharing.seat, desk.now)


def ask_why(desk: Desk, label: str, make: Callable[[str, str], AnyCommand]) -> None:
    """Prompt for the reason of a command and submit it; one that would be refused in any case asks for none."""
    if refused(desk, make(desk.operator, "as stated")):
        return
    ask_text(desk, label, lambda text: desk.submit(lambda by: make(by, text)))


def cursor_seen(desk: Desk, subject: str) -> bool:
    """Return whether an operator can have seen the row under the cursor; shows a message if data has just moved it."""
    if (desk.now.at - desk.pane.displaced_at) / desk.session.speed >= DEAF_S:
        return True
    desk.say(f"Ignored: the cursor has just moved to {subject}. Press again.", "warn")
    return False


def cancelled(desk: Desk) -> None:
    """Say that a prompt or dialog was cancelled."""
    desk.say("cancelled: nothing is recorded")

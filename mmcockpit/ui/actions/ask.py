"""Prompts whose text becomes a fact: one line at the bottom, which an operator can cancel."""

from collections.abc import Callable

from mmcockpit.core.decide.command import AnyCommand
from mmcockpit.ui.desk import Desk
from mmcockpit.ui.questions import DialogQuestion, always
from mmcockpit.ui.render.text import plain

LONGEST_LABEL = 44


def ask_text(desk: Desk, label: str, done: Callable[[str], None], empty: bool = False) -> None:
    """Prompt for a text; `empty` is whether Enter alone is a text too."""
    asked = plain(label, LONGEST_LABEL)
    desk.ask(
        DialogQuestion(
            asked, lambda text, chosen: done(text), cancelled=lambda: cancelled(desk), empty=empty, settles=always
        )
    )


def ask_why(desk: Desk, label: str, make: Callable[[str, str], AnyCommand]) -> None:
    """Prompt for the reason of a command, and submit it."""
    ask_text(desk, label, lambda text: desk.submit(lambda by: make(by, text)))


def cancelled(desk: Desk) -> None:
    """Say that a prompt or dialog was cancelled."""
    desk.say("cancelled: nothing is recorded")

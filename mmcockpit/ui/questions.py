"""Prompts and dialogs as plain values: a line of text, a choice, the run of a command."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import msgspec

from mmcockpit.ui.render.text import Line, Role


def always(text: str, chosen: int) -> bool:
    """Return True: every text of this prompt causes a fact."""
    return True


class DialogQuestion(msgspec.Struct, frozen=True):
    """A prompt: `done` gets the text and the chosen row; `changed` gets every change and returns the palette's lines.

    `complete` handles Tab; `cancelled` is called when the prompt is cancelled. `settles` is whether a text causes a
    fact that must not be recorded by accident: its Enter counts only once the prompt can have been read.
    """

    label: str
    done: Callable[[str, int], None]
    changed: Callable[[str], Sequence[Line]] = lambda text: ()
    complete: Callable[[str, int], str] = lambda text, chosen: text
    cancelled: Callable[[], None] = lambda: None
    value: str = ""
    empty: bool = False
    history: bool = False
    settles: Callable[[str, int], bool] = lambda text, chosen: False


WIDTH = 62
"""Columns of text in a choice."""


class Way(NamedTuple):
    """One option: its key, its word and its meaning."""

    key: str
    word: str
    means: str


Known = tuple[tuple[str, str, Role], ...]
"""Labels with their texts."""


def _nothing() -> Known:
    return ()


class RunSheet(NamedTuple):
    """What the dialog before a run shows: the exact command, its circumstances, and the texts to type.

    `live` returns the values that follow the session while the dialog is open; `locked` why the command cannot be
    confirmed now. `verb` is the word that confirms, `means` what it does, and `cancels` what Cancel does.
    """

    title: str
    argv: tuple[str, ...]
    known: Known
    typed: tuple[str, ...] = ()
    live: Callable[[], Known] = _nothing
    locked: Callable[[], str] = str
    verb: str = "Run"
    means: str = "exactly this, once"
    cancels: str = "nothing runs"

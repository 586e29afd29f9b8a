"""What can be asked of an operator, as plain values: a line of text, a choice, the run of a command."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from mmcockpit.ui.render.text import Line, Role


def always(text: str, chosen: int) -> bool:
    """Say of every answer that it settles something."""
    return True


@dataclass(frozen=True)
class Question:
    """What is asked: `done` gets the answer; `changed` every keystroke, and returns the palette's lines.

    `complete` answers Tab; `cancelled` is called when the question is given up. `settles` says whether an answer
    becomes a fact that nobody may cause by accident: its Enter counts only once the question can have been read.
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
    """One answer: its key, its word and what follows from it."""

    key: str
    word: str
    means: str


class RunSheet(NamedTuple):
    """What the dialog before a run shows: the command word for word, its circumstances, and what has to be typed."""

    title: str
    argv: tuple[str, ...]
    known: tuple[tuple[str, str, Role], ...]
    typed: tuple[str, ...] = ()

"""The rows of a panel, and what each of them is about."""

from collections.abc import Callable, Hashable, Sequence
from typing import NamedTuple

from mmcockpit.ui.render.text import Line


class Subject(NamedTuple):
    """What a row is about: an `item`, a `signal`, an `event` or a piece of `text`, and its name."""

    kind: str
    name: str


class Rows(NamedTuple):
    """The rows of a panel: what identifies each, and how one is drawn. Only visible ones are drawn."""

    keys: Sequence[Hashable]
    draw: Callable[[int], Line]

    @classmethod
    def of(cls, lines: Sequence[tuple[Hashable, Line]]) -> "Rows":
        """Return rows that are drawn already."""
        return cls([key for key, _ in lines], lambda n: lines[n][1])

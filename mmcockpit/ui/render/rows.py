"""The rows of a panel, and the subject of each."""

from collections.abc import Callable, Hashable, Sequence
from typing import NamedTuple

from mmcockpit.ui.render.text import Line


class RowSubject(NamedTuple):
    """The subject of a row and its name: an `item`, a `signal`, an `entry` of its value, an `event`, or `text`."""

    kind: str
    name: str


class Rows(NamedTuple):
    """The rows of a panel: the key of each, and a function that draws one. Only visible rows are drawn."""

    keys: Sequence[Hashable]
    draw: Callable[[int], Line]

    @classmethod
    def of(cls, lines: Sequence[tuple[Hashable, Line]]) -> "Rows":
        """Return rows that are already drawn."""
        return cls([key for key, _ in lines], lambda n: lines[n][1])

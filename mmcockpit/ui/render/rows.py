"""The rows of a panel, and the subject of each."""

from collections.abc import Callable, Hashable, Sequence
from typing import NamedTuple

from mmcockpit.core.text import plain
from mmcockpit.ui.render.text import Line, text_of


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

    def matches(self, n: int, text: str) -> bool:
        """Return whether row `n` contains a text, in whatever case."""
        return text.casefold() in text_of(self.draw(n)).casefold()

    def filtered(self, text: str) -> "Rows":
        """Return the rows that contain a text."""
        matching = [n for n in range(len(self.keys)) if self.matches(n, text)]
        return Rows([self.keys[n] for n in matching], lambda n: self.draw(matching[n]))


def unmatched(text: str) -> Line:
    """Return what a panel shows if its filter leaves no row: an empty one would look as if nothing failed."""
    return ((f" nothing here matches {plain(text, 40)}", "muted"),) if text else ()

"""The bottom line without a message: the keys that work here and now, as many as fit."""

from collections.abc import Sequence
from typing import NamedTuple

from mmcockpit.ui.render.text import Line, width_of

MOST = 8
"""The most keys in the line."""


class Hint(NamedTuple):
    """One key with what it does here; `rank` 0 is left out last, a `dimmed` one does nothing at this seat."""

    key: str
    label: str
    rank: int = 5
    dimmed: bool = False

    @property
    def line(self) -> Line:
        """The hint with the blanks around it."""
        return ((f" {self.key}", "muted" if self.dimmed else "accent"), (f" {self.label} ", "muted"))


def footer_line(hints: Sequence[Hint], width: int) -> Line:
    """Return the hints that fit `width` cells, in their order; the least important and later ones are left out."""
    kept = list(hints)
    while kept and (len(kept) > MOST or sum(width_of(hint.line) for hint in kept) > width):
        kept.remove(max(reversed(kept), key=lambda hint: hint.rank))
    return tuple(span for hint in kept for span in hint.line)

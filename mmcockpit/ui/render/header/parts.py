"""Parts of a line that share its width: each has shorter variants, and the least important give way first."""

from collections.abc import Sequence
from typing import NamedTuple

from mmcockpit.ui.render.text import Line, width_of


class LinePart(NamedTuple):
    """One part of a line: its variants, the longest first; an empty last one means that it may be left out.

    `rank` is its importance: parts with a larger one give way first.
    """

    rank: int
    variants: tuple[Line, ...]


def fitted(parts: Sequence[LinePart], width: int) -> list[Line]:
    """Return a variant of every part, so that together they fit if that is possible at all."""
    chosen = [0] * len(parts)

    def total() -> int:
        return sum(width_of(part.variants[n]) for part, n in zip(parts, chosen, strict=True))

    order = sorted(range(len(parts)), key=lambda at: -parts[at].rank)
    for at in order:
        while total() > width and chosen[at] + 1 < len(parts[at].variants):
            chosen[at] += 1
    return [part.variants[n] for part, n in zip(parts, chosen, strict=True)]

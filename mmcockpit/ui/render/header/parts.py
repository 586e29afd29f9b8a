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
    """Return a variant of every part, so that together they fit if that is possible at all.

    As many parts as fit are shown at their shortest; then the most important ones grow, step by step.
    """
    widths = [[width_of(variant) for variant in part.variants] for part in parts]
    chosen = [len(part.variants) - 1 for part in parts]
    order = sorted(range(len(parts)), key=lambda at: parts[at].rank)
    for at in order:
        if not parts[at].variants[-1]:
            _grow(widths, chosen, at, width)
    while sum(_grow(widths, chosen, at, width) for at in order):
        continue
    return [part.variants[n] for part, n in zip(parts, chosen, strict=True)]


def _grow(widths: Sequence[Sequence[int]], chosen: list[int], at: int, width: int) -> bool:
    """Give a part its next longer variant if all fit then; return whether it got it."""
    if not chosen[at]:
        return False
    longer = [*chosen[:at], chosen[at] - 1, *chosen[at + 1 :]]
    if sum(cells[n] for cells, n in zip(widths, longer, strict=True)) > width:
        return False
    chosen[at] -= 1
    return True

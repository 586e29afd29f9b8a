"""A widget made of lines: it repaints only the cells that differ, and caches its strips."""

from collections.abc import Iterable, Iterator, Sequence
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from mmcockpit.core.text import clean
from mmcockpit.ui.render.text import Line, Role, width_of
from mmcockpit.ui.render.themes import Paint

Row = tuple[Line, str]
"""A line in exactly the widget's width, and its ground."""

STRIPS_KEPT = 16
"""Strips of 3 kB that a canvas keeps for rows that it shows again; with many rows it keeps `screens_kept` of them."""

APART = 16
"""Unchanged cells between two changes from which on they are drawn apart: fewer take no more bytes than a movement."""


class RowStrip(Strip):
    """The strip of a row.

    Textual's own, where nothing covers it, keeps itself as its only part. Such a circle of seven caches is freed by the
    garbage collector only, and a collection stops every key.
    """

    def divide(self, cuts: Iterable[int]) -> Sequence[Strip]:
        """Return the parts up to each cut."""
        cuts = list(cuts)
        return [self] if cuts == [self.cell_length] else super().divide(cuts)


class Ground(Widget):
    """A container widget: it renders only blank lines."""

    def render_lines(self, crop: Region) -> list[Strip]:
        """Return blank lines; the child widgets paint over them."""
        return [Strip.blank(crop.width, self.rich_style)] * crop.height


class Canvas(Widget):
    """Shows rows of spans, one row a line, without Textual's layout."""

    DEFAULT_CSS = "Canvas { height: 1fr; width: 1fr; }"

    screens_kept: ClassVar[int] = 4
    """How many strips are kept for each of its rows: a row comes back when the cursor does."""

    def __init__(self, paint: Paint, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._paint = paint
        self._rows: list[Row] = []
        self._strips: list[Strip] = []
        self._known: dict[Row, Strip] = {}

    @property
    def paint(self) -> Paint:
        """The styles it draws with; setting them repaints everything."""
        return self._paint

    @paint.setter
    def paint(self, paint: Paint) -> None:
        self._paint = paint
        self._known.clear()
        self._strips = [self._strip(row) for row in self._rows]
        self.refresh()

    @property
    def rows(self) -> tuple[Row, ...]:
        """The rows as shown."""
        return tuple(self._rows)

    def put(self, rows: Sequence[Row], width: int = 0) -> None:
        """Show these rows from the top down; repaints only the cells that differ. `width` is that of the widget."""
        before, strips, width = self._rows, self._strips, width or self.size.width
        dirty: list[Region] = []
        for y, fresh in enumerate(rows):
            old = before[y] if y < len(before) else None
            if old is fresh or old == fresh:
                continue
            if y < len(strips):
                strips[y] = self._strip(fresh)
            else:
                strips.append(self._strip(fresh))
            dirty += _differences(old, fresh, y, width)
        dirty += [Region(0, y, width, 1) for y in range(len(rows), len(before))]
        del strips[len(rows) :]
        self._rows = list(rows)
        if dirty:
            self.refresh(*dirty)

    def render_line(self, y: int) -> Strip:
        """Return one line of the widget."""
        return self._strips[y] if y < len(self._strips) else self._blank(self.size.width)

    def render_lines(self, crop: Region) -> list[Strip]:
        """Return the lines that Textual paints: they are already drawn and have no border.

        This bypasses the cache of Textual's styles, which goes through every line of every widget for each painted
        cell.
        """
        strips = self._strips[crop.y : crop.bottom]
        if len(strips) < crop.height:
            strips += [self._blank(self.size.width)] * (crop.height - len(strips))
        if crop.x or crop.width < self.size.width:
            return [strip.crop(crop.x, crop.right) for strip in strips]
        return strips

    def _blank(self, width: int) -> Strip:
        return self._strip((((" " * width, "text"),), "base"))

    def _strip(self, row: Row) -> Strip:
        strip = self._known.get(row)
        if strip is None:
            if len(self._known) >= max(STRIPS_KEPT, self.screens_kept * len(self._rows)):
                self._known.clear()
            line, ground = row
            style = self._paint.style
            strip = self._known[row] = RowStrip(
                Segment.simplify(Segment(_printable(part), style(role, ground)) for part, role in line)
            )
        return strip


def _printable(part: str) -> str:
    """Replace control characters, as the last step before the terminal; texts from `plain` have none."""
    return part if part.isprintable() else clean(part).replace("\n", " ")


def _differences(old: Row | None, fresh: Row, y: int, width: int) -> Iterator[Region]:
    """Yield the cells of line `y` in which two rows differ, as few parts as are worth a movement of the cursor."""
    if old is None or old[1] != fresh[1]:
        yield Region(0, y, width, 1)
        return
    (was, left), (now, _) = _cells(old[0], fresh[0]), _cells(fresh[0], old[0])
    if was is None or now is None or len(was) != len(now):
        yield Region(0, y, width, 1)
        return
    start = end = -1
    for x, (before, after) in enumerate(zip(was, now, strict=True), left):
        if before == after:
            continue
        if start >= 0 and x - end > APART:
            yield Region(start, y, end - start, 1)
            start = -1
        start, end = start if start >= 0 else x, x + 1
    if start >= 0:
        yield Region(start, y, end - start, 1)


def _cells(line: Line, other: Line) -> tuple[list[tuple[str, Role]] | None, int]:
    """Return the character and the role of the cells after the spans that two lines begin with, and their column.

    The cells are None if there are characters of another width.
    """
    head = next((n for n, (one, two) in enumerate(zip(line, other, strict=False)) if one != two), len(line))
    rest = line[head:]
    if any(not part.isascii() and any(cell_len(char) != 1 for char in set(part)) for part, _ in rest):
        return None, 0
    return [(char, role) for part, role in rest for char in part], width_of(line[:head])

"""A widget made of lines: it repaints only the cells that differ, and caches its strips."""

from collections.abc import Sequence

from rich.segment import Segment
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from mmcockpit.core.text import clean
from mmcockpit.ui.render.text import Line, width_of
from mmcockpit.ui.render.themes import Paint

Row = tuple[Line, str]
"""A line in exactly the widget's width, and its ground."""

STRIPS_KEPT = 64
"""Strips of 3 kB that a canvas keeps for rows that it shows again; one with many rows keeps SCREENS_KEPT of them."""
SCREENS_KEPT = 4


class Ground(Widget):
    """A container widget: it renders only blank lines."""

    def render_lines(self, crop: Region) -> list[Strip]:
        """Return blank lines; the child widgets paint over them."""
        return [Strip.blank(crop.width, self.rich_style)] * crop.height


class Canvas(Widget):
    """Shows rows of spans, one row a line, without Textual's layout."""

    DEFAULT_CSS = "Canvas { height: 1fr; width: 1fr; }"

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

    def put(self, rows: Sequence[Row]) -> None:
        """Show these rows from the top down; repaints only the cells that differ."""
        before, strips, width = self._rows, self._strips, self.size.width
        dirty: list[Region] = []
        for y, fresh in enumerate(rows):
            old = before[y] if y < len(before) else None
            if old is fresh or old == fresh:
                continue
            if y < len(strips):
                strips[y] = self._strip(fresh)
            else:
                strips.append(self._strip(fresh))
            dirty.append(_difference(old, fresh, y, width))
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
            if len(self._known) >= max(STRIPS_KEPT, SCREENS_KEPT * len(self._rows)):
                self._known.clear()
            line, ground = row
            style = self._paint.style
            strip = self._known[row] = Strip(
                Segment.simplify(Segment(_harmless(part), style(role, ground)) for part, role in line)
            )
        return strip


def _harmless(part: str) -> str:
    """Replace control characters, as the last step before the terminal; texts from `plain` have none."""
    return part if part.isprintable() else clean(part).replace("\n", " ")


def _difference(old: Row | None, fresh: Row, y: int, width: int) -> Region:
    """Return the cells of line `y` in which two rows differ."""
    if old is None or old[1] != fresh[1]:
        return Region(0, y, width, 1)
    before, after = old[0], fresh[0]
    shared = min(len(before), len(after))
    head = next((n for n in range(shared) if before[n] != after[n]), shared)
    tail = next((n for n in range(shared - head) if before[-1 - n] != after[-1 - n]), shared - head)
    left = width_of(after[:head])
    right = width - width_of(after[len(after) - tail :]) if tail else width
    if width_of(before) != width_of(after) or right <= left:
        return Region(0, y, width, 1)
    return Region(left, y, right - left, 1)

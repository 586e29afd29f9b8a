"""A widget made of lines: it repaints only the cells that differ, and keeps the strips it has drawn."""

from collections.abc import Sequence

from rich.segment import Segment
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from mmcockpit.ui.text import Line, width_of
from mmcockpit.ui.themes import Paint

Row = tuple[Line, str]
"""A line in exactly the widget's width, and the ground it stands on."""

STRIPS_KEPT = 1_000


class Canvas(Widget):
    """Shows rows of spans, one row a line; nothing is laid out for data."""

    DEFAULT_CSS = "Canvas { height: 1fr; width: 1fr; }"

    def __init__(self, paint: Paint, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._paint = paint
        self._rows: list[Row] = []
        self._strips: dict[Row, Strip] = {}

    @property
    def paint(self) -> Paint:
        """The styles it draws with; setting them repaints all of it."""
        return self._paint

    @paint.setter
    def paint(self, paint: Paint) -> None:
        self._paint = paint
        self._strips.clear()
        self.refresh()

    def put(self, rows: Sequence[Row]) -> None:
        """Show these rows from the top down; repaints only what differs from what is shown."""
        before, self._rows = self._rows, list(rows)
        width = self.size.width
        dirty: list[Region] = []
        for y in range(max(len(before), len(self._rows))):
            old = before[y] if y < len(before) else None
            fresh = self._rows[y] if y < len(self._rows) else None
            if old is fresh or old == fresh:
                continue
            dirty.append(_difference(old, fresh, y, width))
        if dirty:
            self.refresh(*dirty)

    @property
    def rows(self) -> tuple[Row, ...]:
        """The rows as shown."""
        return tuple(self._rows)

    def render_line(self, y: int) -> Strip:
        """Return one line of the widget; called by Textual for what has to be painted."""
        if y >= len(self._rows):
            return Strip.blank(self.size.width, self._paint.style("text"))
        row = self._rows[y]
        strip = self._strips.get(row)
        if strip is None:
            if len(self._strips) >= STRIPS_KEPT:
                self._strips.clear()
            line, ground = row
            segments = [Segment(part, self._paint.style(role, ground)) for part, role in line]
            strip = self._strips[row] = Strip(segments).simplify()
        return strip


def _difference(old: Row | None, fresh: Row | None, y: int, width: int) -> Region:
    """Return the cells of line `y` in which two rows differ."""
    if old is None or fresh is None or old[1] != fresh[1]:
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

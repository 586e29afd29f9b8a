"""The rows above the bottom line: what a typed line may mean, or a long message."""

from collections.abc import Sequence

from mmcockpit.ui.render.text import Line, fit
from mmcockpit.ui.render.themes import Paint
from mmcockpit.ui.widgets.canvas import Canvas

PALETTE_ROWS = 10
OUTSIDE_ROWS = 8
"""Rows that the palette never covers: the header, a few rows of a panel and the bottom line."""


class Palette(Canvas):
    """The matches of the typed line, above the bottom line; `chosen` is the row that Enter takes."""

    DEFAULT_CSS = "Palette { dock: bottom; layer: over; height: 0; margin: 0 0 1 0; display: none; }"

    def __init__(self, paint: Paint, *, id: str) -> None:
        super().__init__(paint, id=id)
        self.chosen = 0
        self._lines: Sequence[Line] = ()

    def offer(self, lines: Sequence[Line], choosable: bool = True) -> None:
        """Show these lines, the first one chosen if one can be; without lines the palette is hidden."""
        self._lines, self.chosen = lines, 0 if choosable else -1
        self.display = bool(lines)
        self.styles.height = min(len(lines), PALETTE_ROWS, max(1, self.app.size.height - OUTSIDE_ROWS))
        self.call_after_refresh(self.draw)

    def move(self, by: int) -> None:
        """Choose another line."""
        if self._lines:
            self.chosen = (self.chosen + by) % len(self._lines)
            self.draw()

    def draw(self) -> None:
        """Draw the lines around the chosen one."""
        width, height = self.size
        first = max(0, min(self.chosen - height + 1, len(self._lines) - height))
        shown = range(first, min(len(self._lines), first + height))
        self.put(
            [
                (
                    ((">" if n == self.chosen else " ", "focus"), *fit(self._lines[n], width - 1)),
                    _ground(n == self.chosen),
                )
                for n in shown
            ]
        )

    def on_resize(self) -> None:
        """Draw in the new size."""
        self.draw()


def _ground(chosen: bool) -> str:
    return "cursor" if chosen else "bar"

"""The base of all dialogs: dims the screen below it, keeps the header live, and ignores keys typed too early."""

from collections.abc import Callable
from typing import TypeVar

from rich.segment import Segment
from textual.app import ComposeResult
from textual.geometry import Region
from textual.screen import ModalScreen
from textual.strip import Strip
from textual.widget import Widget

from mmcockpit.ui.dialogs.key_guard import Unseen
from mmcockpit.ui.render.text import fit
from mmcockpit.ui.render.themes import Paint
from mmcockpit.ui.widgets.board import CHROME_ROWS
from mmcockpit.ui.widgets.canvas import Canvas, Row
from mmcockpit.ui.widgets.header import Header

Result = TypeVar("Result")

FRAME_ROWS = 2
"""Rows of the border."""
DIMMED = "border"
"""The role in which the screen below is drawn."""


class Box(Widget):
    """The frame around the dialog's text."""


class Text(Canvas):
    """The text of a dialog; `resized` is called once it has its size."""

    def __init__(self, paint: Paint, resized: Callable[[], None]) -> None:
        super().__init__(paint)
        self._resized = resized

    def on_resize(self) -> None:
        """Draw in the new size."""
        self._resized()


class Dialog(ModalScreen[Result], inherit_bindings=False):
    """A dialog of text rows; `header` is drawn above it as on the screen, `clock` gives seconds in real time.

    A subclass implements `rows`; its keys do nothing while `unseen` is true, so that nothing is chosen that the
    operator has not read.
    """

    AUTO_FOCUS = ""
    DEFAULT_CSS = """
    Dialog { align: center middle; }
    Dialog Box { max-width: 100%; height: auto; border: round $border; background: $background; }
    Dialog.-dangerous Box { border: heavy $error; }
    """

    def __init__(self, paint: Paint, header: Header, clock: Callable[[], float], classes: str = "") -> None:
        super().__init__(classes=classes)
        self.header = header
        self.unseen = Unseen(clock)
        self._paint = paint
        self._canvas = Text(paint, self.draw)
        self._height = 0

    def rows(self, width: int, height: int) -> list[Row]:
        """Return the text in rows of at most `width` cells, if possible at most `height` rows."""
        raise NotImplementedError

    def compose(self) -> ComposeResult:
        """Yield the header, and the box with the text."""
        yield self.header
        box = Box(self._canvas)
        box.styles.width = self._box_width
        self._canvas.styles.height = self._height = len(self._fitting())
        yield box

    def on_mount(self) -> None:
        """Start the time in which keys are ignored: the text is visible only now."""
        self.unseen.begin()

    def on_resize(self) -> None:
        """Fit the box to the screen, and draw."""
        self.draw()

    def draw(self) -> None:
        """Draw what has changed; the box gets the height of its rows."""
        rows = self._fitting()
        if len(rows) != self._height:
            self._canvas.styles.height = self._height = len(rows)
        if self._canvas.size.width:
            self._canvas.put(rows)

    def _fitting(self) -> list[Row]:
        """Return the rows in the width of the box, as many as the screen has room for below the header."""
        width = min(self._box_width, self.app.size.width) - FRAME_ROWS
        room = self.app.size.height - (CHROME_ROWS - 1) - FRAME_ROWS
        return [(fit(line, width), ground) for line, ground in self.rows(width, room)[:room]]

    def follow(self) -> None:
        """Draw again if it shows values of the session; called with every frame that shows something new."""

    @property
    def _box_width(self) -> int:
        return 78

    def render_lines(self, crop: Region) -> list[Strip]:
        """Return the screen below in one dim colour."""
        below = self.app.screen_stack[self.app.screen_stack.index(self) - 1]
        style = self._paint.style(DIMMED)
        strips = below._compositor.render_strips()
        # When the terminal grows, this screen is drawn before the one below has the new size.
        strips += [Strip.blank(crop.right)] * (crop.bottom - len(strips))
        return [
            Strip([Segment(part.text, style) for part in strip.extend_cell_length(crop.right)]).crop(crop.x, crop.right)
            for strip in strips[crop.y : crop.bottom]
        ]

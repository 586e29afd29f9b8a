"""The dialog with a few options, each with its key and its meaning."""

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.events import Key
from textual.screen import ModalScreen
from textual.widget import Widget

from mmcockpit.ui.dialogs.key_guard import Unseen
from mmcockpit.ui.questions import WIDTH, Way
from mmcockpit.ui.render.text import Line, fit, wrap
from mmcockpit.ui.render.themes import Paint
from mmcockpit.ui.render.unknown_keys import unknown_key
from mmcockpit.ui.widgets.canvas import Canvas, Row

FRAME = 4
"""Rows around the text: the border, a blank row, and one to spare."""


class Box(Widget):
    """The frame around the dialog's text."""


class Choice(ModalScreen[str], inherit_bindings=False):
    """A dialog of options, dismissed with the word of one; the first has the focus, and Esc chooses it.

    Keys are ignored until the text can have been read; `clock` gives session seconds. `details` are shown between the
    title and the options, as many as fit; PgDn shows the rest.
    """

    DEFAULT_CSS = """
    Choice { align: center middle; background: $background 60%; }
    Choice Box { width: 64; max-width: 100%; height: auto; border: round $border; background: $background; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,ctrl+c", "pick(0)"),
        Binding("enter", "take"),
        Binding("up,k,shift+tab", "move(-1)"),
        Binding("down,j,tab", "move(1)"),
        Binding("pagedown", "scroll_by(5)"),
        Binding("pageup", "scroll_by(-5)"),
    ]

    def __init__(
        self,
        paint: Paint,
        question: str,
        answers: Sequence[Way],
        clock: Callable[[], float],
        details: Sequence[Line] = (),
    ) -> None:
        super().__init__()
        self._details = details
        self._top = 0
        self._canvas = Canvas(paint)
        self._question = question
        self._answers = answers
        self._at = 0
        self._note = ""
        self._unseen = Unseen(clock)
        for n, answer in enumerate(answers):
            self._bindings.bind(answer.key, f"pick({n})")

    def on_key(self, event: Key) -> None:
        """Show why a key does nothing: only lower-case letters choose, and Caps Lock may be on."""
        known = {"j", "k", "q", *(answer.key for answer in self._answers)}
        self._note = unknown_key(event.character, known)
        self._draw()

    def compose(self) -> ComposeResult:
        """Yield the box with the text."""
        self._canvas.styles.height = len(self._lines(WIDTH))
        yield Box(self._canvas)

    def on_mount(self) -> None:
        """Start the time in which keys are ignored: the text is visible only now."""
        self._unseen.begin()

    def on_resize(self) -> None:
        """Draw once the box has its size."""
        self.call_after_refresh(self._draw)

    def action_move(self, by: int) -> None:
        """Move the cursor to another option."""
        if not self._unseen:
            self._at = (self._at + by) % len(self._answers)
            self._draw()

    def action_scroll_by(self, rows: int) -> None:
        """Scroll the details."""
        self._top = max(0, self._top + rows)
        self._draw()

    def action_take(self) -> None:
        """Choose the option under the cursor."""
        self.action_pick(self._at)

    def action_pick(self, n: int) -> None:
        """Choose an option."""
        if not self._unseen:
            self.dismiss(self._answers[n].word)

    def _draw(self) -> None:
        width = self._canvas.size.width
        if width:
            self._canvas.put([(fit(line, width), ground) for line, ground in self._lines(width)])

    def _lines(self, width: int) -> list[Row]:
        rows: list[Row] = [(((f" {line}", "strong"),), "base") for line in wrap(self._question, max(10, width - 2))]
        rows += self._shown(self.app.size.height - len(rows) - sum(map(len, self._ways(width))) - FRAME)
        rows.append((((f" {self._note}", "warn"),), "base"))
        return rows + [row for way in self._ways(width) for row in way]

    def _shown(self, room: int) -> list[Row]:
        """Return the details that fit; the last row shows which of how many."""
        if not self._details:
            return []
        shown = len(self._details) if len(self._details) <= room else max(room - 1, 1)
        self._top = max(0, min(self._top, len(self._details) - shown))
        rows: list[Row] = [(line, "base") for line in self._details[self._top : self._top + shown]]
        if shown < len(self._details):
            more = len(self._details) - shown
            rows.append((((f"  {self._top + 1}-{self._top + shown} of {shown + more}; PgDn, PgUp", "muted"),), "base"))
        return rows

    def _ways(self, width: int) -> list[list[Row]]:
        options: list[list[Row]] = []
        for n, answer in enumerate(self._answers):
            mark = ">" if n == self._at else " "
            ground = "cursor" if n == self._at else "base"
            head = f"{mark} {answer.key}  {answer.word:<6} "
            means = wrap(answer.means, max(10, width - len(head)))
            rows: list[Row] = [(((head, "focus"), (means[0], "text")), ground)]
            rows += [(((" " * len(head), "text"), (more, "text")), ground) for more in means[1:]]
            options.append(rows)
        return options

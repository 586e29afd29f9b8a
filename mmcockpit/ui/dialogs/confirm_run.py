"""The dialog before a command runs: shows exactly what runs and where, and prevents confirming by accident."""

from collections.abc import Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.events import Key, Paste
from textual.screen import ModalScreen

from mmcockpit.ui.dialogs.choice import Box
from mmcockpit.ui.dialogs.key_guard import Unseen
from mmcockpit.ui.questions import RunSheet
from mmcockpit.ui.render.shell_quote import command_lines
from mmcockpit.ui.render.text import Line, Role, fit, pad, wrap
from mmcockpit.ui.render.themes import Paint
from mmcockpit.ui.widgets.canvas import Canvas, Row

WIDTH = 74
LABEL = 13
LONGEST_TYPED = 200


class Confirm(ModalScreen[tuple[str, ...] | None], inherit_bindings=False):
    """Is dismissed with the typed texts for Run, with None for Cancel, which has the focus first.

    `clock` gives session seconds. All keys are ignored shortly after the opening, and Run shortly after the last typed
    letter. Pasted text is ignored; if a terminal sends it as keys, it comes too fast.
    """

    AUTO_FOCUS = ""
    DEFAULT_CSS = """
    Confirm { align: center middle; background: $background 60%; }
    Confirm Box { width: 78; max-width: 100%; height: auto; border: round $border; background: $background; }
    Confirm.-typed Box { border: heavy $error; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,ctrl+c", "cancel", priority=True),
        Binding("enter", "take", priority=True),
        Binding("tab,down", "go(1)", priority=True),
        Binding("shift+tab,up", "go(-1)", priority=True),
        Binding("pagedown", "scroll_by(5)", priority=True),
        Binding("pageup", "scroll_by(-5)", priority=True),
        Binding("backspace", "erase", priority=True),
    ]

    def __init__(self, paint: Paint, sheet: RunSheet, clock: Callable[[], float]) -> None:
        super().__init__(classes="-typed" if sheet.typed else "")
        self._canvas = Canvas(paint)
        self._sheet = sheet
        self._typed = [""] * len(sheet.typed)
        self._at = self._top = self._seen = 0
        self._deaf, self._hasty = Unseen(clock), Unseen(clock)
        self._note = ""

    def compose(self) -> ComposeResult:
        """Yield the box with the text."""
        yield Box(self._canvas)

    def on_mount(self) -> None:
        """Start the time in which keys are ignored: the text is visible only now."""
        self._deaf.begin()
        self._hasty.begin()

    def on_resize(self) -> None:
        """Fit the text to the height of the screen, and draw."""
        self._canvas.styles.height = min(len(self._body(self._width)) + self._feet, self.app.size.height - 2)
        self.call_after_refresh(self._draw)

    def on_paste(self, event: Paste) -> None:
        """Ignore pasted text: the operator has to type the name."""
        event.prevent_default().stop()
        self._say("pasted text is ignored: type it")

    def on_key(self, event: Key) -> None:
        """Add a letter to the field that has the focus."""
        event.prevent_default().stop()
        field = self._at - 1
        if self._deaf or not event.is_printable or not event.character or not 0 <= field < len(self._typed):
            return
        self._typed[field] = (self._typed[field] + event.character)[:LONGEST_TYPED]
        self._hasty.begin()
        self._say("")

    def action_cancel(self) -> None:
        """Run nothing."""
        if not self._deaf:
            self.dismiss(None)

    def action_go(self, by: int) -> None:
        """Move the focus between Cancel, the fields and Run."""
        if not self._deaf:
            self._at = (self._at + by) % (len(self._typed) + 2)
            self._say("")

    def action_scroll_by(self, rows: int) -> None:
        """Scroll a long command."""
        self._top += rows
        self._draw()

    def action_erase(self) -> None:
        """Delete the last letter."""
        field = self._at - 1
        if not self._deaf and 0 <= field < len(self._typed):
            self._typed[field] = self._typed[field][:-1]
            self._say("")

    def action_take(self) -> None:
        """Cancel, move to the next field once this one is right, or run."""
        if self._deaf:
            return
        if self._at == 0:
            self.dismiss(None)
            return
        wrong = next((n for n, typed in enumerate(self._typed) if typed != self._sheet.typed[n]), None)
        if wrong is not None:
            self._note = "" if self._at - 1 != wrong else "not the text to type, letter for letter"
            self._at = wrong + 1
        elif self._at <= len(self._typed):
            self._at = len(self._typed) + 1
            self._note = ""
        elif self._hasty:
            self._note = "Ignored: answered too quickly. Press Enter again."
        elif self._seen < len(self._body(self._width)):
            self._note = "read the rest first: PgDn"
        else:
            self.dismiss(tuple(self._typed))
            return
        self._draw()

    @property
    def _feet(self) -> int:
        """Rows below the text: a blank one, Cancel, the fields, Run, the note."""
        return len(self._typed) + 4

    @property
    def _width(self) -> int:
        return min(76, self.app.size.width - 2)

    def _say(self, note: str) -> None:
        self._note = note
        self._draw()

    def _draw(self) -> None:
        width, height = self._canvas.size
        if not width or not height:
            return
        body = self._body(width)
        room = max(1, height - self._feet)
        self._top = max(0, min(self._top, len(body) - room))
        self._seen = max(self._seen, min(len(body), self._top + room))
        rows: list[Row] = [(line, "base") for line in body[self._top : self._top + room]]
        left = len(body) - self._top - room
        rows.append((((f" ▼ {left} more lines: PgDn", "warn") if left > 0 else (" ", "text"),), "base"))
        rows.append(self._choice(0, "Cancel", "nothing runs"))
        for n, (wanted, typed) in enumerate(zip(self._sheet.typed, self._typed, strict=True)):
            right: tuple[str, Role] = ("  right", "pass") if typed == wanted else ("", "text")
            cursor: tuple[str, Role] = ("_", "focus") if self._at == n + 1 else (" ", "text")
            field: Line = ((f"type {wanted}: ", "text"), (typed[-30:], "strong"), cursor, right)
            rows.append((((self._mark(n + 1), "focus"), *field), "cursor" if self._at == n + 1 else "base"))
        rows.append(self._choice(len(self._typed) + 1, "Run", "exactly this, once"))
        rows.append((((f" {self._note}", "warn"),), "base"))
        self._canvas.put([(fit(line, width), ground) for line, ground in rows])

    def _mark(self, n: int) -> str:
        return " > " if self._at == n else "   "

    def _choice(self, n: int, word: str, means: str) -> Row:
        ground = "cursor" if self._at == n else "base"
        return ((self._mark(n), "focus"), (pad(word, 8), "focus"), (means, "text")), ground

    def _body(self, width: int) -> list[Line]:
        """Return the text in full: a command is never cut, however long it is."""
        lines: list[Line] = [((f" {line}", "strong"),) for line in wrap(self._sheet.title, max(10, width - 2))]
        if self._sheet.argv:
            lines.append(((" ", "text"),))
            lines += [((f"   {line}", "accent"),) for line in command_lines(self._sheet.argv, max(8, width - 5))]
        lines.append(((" ", "text"),))
        for label, text, role in self._sheet.known:
            for n, line in enumerate(wrap(text, max(10, width - LABEL - 1))):
                lines.append(((pad(f" {label}" if not n else "", LABEL), "muted"), (line, role)))
        return lines

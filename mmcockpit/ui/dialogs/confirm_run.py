"""The dialog before a command runs: shows exactly what runs and where, and prevents confirming by accident."""

from collections.abc import Callable
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.events import Key, Paste

from mmcockpit.ui.dialogs.dialog import Dialog
from mmcockpit.ui.dialogs.key_guard import Unseen
from mmcockpit.ui.questions import RunSheet
from mmcockpit.ui.render.shell_quote import command_lines
from mmcockpit.ui.render.text import Line, Role, pad, wrap
from mmcockpit.ui.render.themes import Paint
from mmcockpit.ui.widgets.canvas import Row
from mmcockpit.ui.widgets.header import Header

LABEL = 13
LONGEST_TYPED = 200
LIVE_ROWS = 2
"""The most rows of the values that follow the session."""


class Confirm(Dialog[tuple[str, ...] | None]):
    """Is dismissed with the typed texts for Run, with None for Cancel, which has the focus first.

    What is typed goes to a field, wherever the focus is. All keys are ignored shortly after the opening, and Run
    shortly after the last typed letter. Pasted text is ignored; if a terminal sends it as keys, it comes too fast.
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

    def __init__(self, paint: Paint, header: Header, clock: Callable[[], float], sheet: RunSheet) -> None:
        super().__init__(paint, header, clock, "-dangerous" if sheet.typed else "")
        self._sheet = sheet
        self._live, self._locked = sheet.live(), sheet.locked()
        self._typed = [""] * len(sheet.typed)
        self._at = self._top = self._seen = self._lines = self._width = self._room = 0
        self._hasty = Unseen(clock)
        self._note = ""

    def on_mount(self) -> None:
        """Start the time in which Run is ignored too."""
        self._hasty.begin()

    def on_paste(self, event: Paste) -> None:
        """Ignore pasted text: the operator has to type the name."""
        event.prevent_default().stop()
        self._say("pasted text is ignored: type it")

    def on_key(self, event: Key) -> None:
        """Add a letter to the field that has the focus, else to the first one that is not right; j and k move."""
        event.prevent_default().stop()
        if self.unseen or not event.is_printable or not event.character:
            return
        field = self._at - 1 if 0 < self._at <= len(self._typed) else self._wrong
        if field is None:
            self._move_by(event.character)
            return
        self._at = field + 1
        self._typed[field] = (self._typed[field] + event.character)[:LONGEST_TYPED]
        self._hasty.begin()
        self._say("")

    def _move_by(self, letter: str) -> None:
        if letter in "jk":
            self.action_go(1 if letter == "j" else -1)
        elif self._typed:
            self._say(f"all is typed: Enter on {self._sheet.verb} confirms, Esc cancels")

    @property
    def _wrong(self) -> int | None:
        """The first field without the text to type; None if there is none."""
        return next((n for n, typed in enumerate(self._typed) if typed != self._sheet.typed[n]), None)

    def action_cancel(self) -> None:
        """Run nothing."""
        if not self.unseen:
            self.dismiss(None)

    def action_go(self, by: int) -> None:
        """Move the focus between Cancel, the fields and Run."""
        if not self.unseen:
            self._at = (self._at + by) % (len(self._typed) + 2)
            self._say("")

    def action_scroll_by(self, rows: int) -> None:
        """Scroll a long command; at most by what is visible, so that no line is passed over."""
        self._top += max(-self._room, min(self._room, rows))
        self.draw()

    def action_erase(self) -> None:
        """Delete the last letter."""
        field = self._at - 1
        if not self.unseen and 0 <= field < len(self._typed):
            self._typed[field] = self._typed[field][:-1]
            self._say("")

    def action_take(self) -> None:
        """Cancel, move to the next field once this one is right, or run."""
        if self.unseen:
            return
        if self._at == 0:
            self.dismiss(None)
            return
        wrong = self._wrong
        if wrong is not None:
            self._note = "" if self._at - 1 != wrong else "not the text to type, letter for letter"
            self._at = wrong + 1
        elif self._at <= len(self._typed):
            self._at = len(self._typed) + 1
            self._note = ""
        elif self._hasty:
            self._note = "Ignored: answered too quickly. Press Enter again."
        elif locked := self._sheet.locked():
            self._note = locked
        elif self._seen < self._lines:
            self._note = "read the rest first: PgDn"
        else:
            self.dismiss(tuple(self._typed))
            return
        self.draw()

    def follow(self) -> None:
        """Show the present values of the session, such as the effect signal of the step."""
        live, locked = self._sheet.live(), self._sheet.locked()
        if (live, locked) != (self._live, self._locked):
            self._live, self._locked = live, locked
            self.draw()

    def _say(self, note: str) -> None:
        self._note = note
        self.draw()

    def rows(self, width: int, height: int) -> list[Row]:
        """Return what runs, scrolled; the values that follow the session; Cancel, the fields and Run; a note."""
        feet = self._feet(width)
        body = self._body(width)
        room = max(1, height - len(feet) - 1)
        self._room = room = min(room, len(body))
        if width != self._width:
            # Lines are broken elsewhere: those that were seen are others.
            self._width, self._seen = width, 0
        self._lines = len(body)
        self._top = max(0, min(self._top, len(body) - room))
        self._seen = max(self._seen, self._top + room)
        left = len(body) - self._top - room
        rows: list[Row] = [(line, "base") for line in body[self._top : self._top + room]]
        rows.append((((f" ▼ {left} more lines: PgDn", "warn") if left > 0 else (" ", "text"),), "base"))
        return rows + feet

    def _feet(self, width: int) -> list[Row]:
        rows: list[Row] = []
        for label, text, role in self._live:
            room = (width - LABEL - 1) * LIVE_ROWS
            lines = _labelled(label, text if len(text) <= room else f"{text[: room - 12]} …", role, width)
            rows += [(line, "base") for line in lines[:LIVE_ROWS]]
        rows.append(self._choice(0, "Cancel", self._sheet.cancels))
        typing = self._at - 1 if 0 < self._at <= len(self._typed) else self._wrong
        for n, (wanted, typed) in enumerate(zip(self._sheet.typed, self._typed, strict=True)):
            right: tuple[str, Role] = ("  right", "pass") if typed == wanted else ("", "text")
            cursor: tuple[str, Role] = ("_", "focus") if n == typing else (" ", "text")
            field: Line = ((f"type {wanted}: ", "text"), (typed[-30:], "strong"), cursor, right)
            rows.append((((self._mark(n + 1), "focus"), *field), "cursor" if self._at == n + 1 else "base"))
        rows.append(self._choice(len(self._typed) + 1, self._sheet.verb, self._locked or self._sheet.means))
        rows.append((((f" {self._note}", "warn"),), "base"))
        return rows

    def _mark(self, n: int) -> str:
        return " > " if self._at == n else "   "

    def _choice(self, n: int, word: str, means: str) -> Row:
        ground = "cursor" if self._at == n else "base"
        locked = bool(self._locked) and n > len(self._typed)
        word_role, means_role = ("muted", "warn") if locked else ("focus", "text")
        return ((self._mark(n), "focus"), (pad(word, 8), word_role), (means, means_role)), ground

    def _body(self, width: int) -> list[Line]:
        """Return the text in full: a command is never cut, however long it is."""
        lines: list[Line] = [((f" {line}", "strong"),) for line in wrap(self._sheet.title, max(10, width - 2))]
        lines += [((f"   {line}", "accent"),) for line in command_lines(self._sheet.argv, max(8, width - 5))]
        for label, text, role in self._sheet.known:
            lines += _labelled(label, text, role, width)
        return lines


def _labelled(label: str, text: str, role: Role, width: int) -> list[Line]:
    lines = wrap(text, max(10, width - LABEL - 1))
    return [((pad(f" {label}" if not n else "", LABEL), "muted"), (line, role)) for n, line in enumerate(lines)]

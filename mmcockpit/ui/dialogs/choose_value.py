"""The dialog that chooses one of a step's captured values: the details of each, and a safe default."""

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.events import Key

from mmcockpit.core.state.options import Option
from mmcockpit.ui.dialogs.dialog import Dialog
from mmcockpit.ui.render.release import known_words, short_images, since_words
from mmcockpit.ui.render.text import Line, pad, plain, wrap
from mmcockpit.ui.render.themes import Paint
from mmcockpit.ui.widgets.canvas import Row
from mmcockpit.ui.widgets.header import Header

ABOUT_ROWS = 3
"""The most rows with the details of the value under the cursor."""
FEWEST_VALUES = 3
WIDE = 70
"""From this width on, the rows show the change cause."""
NONE_GOOD = "no value is known to have been good: choose one, or Cancel"


class Choosing(Dialog[str | None]):
    """Is dismissed with a value, or None for Cancel; the value in use now cannot be chosen.

    The cursor starts on the default, or on Cancel if no value is known to be good. Typing moves it to the value that
    begins with the typed text; `j` and `k` move it, unless they continue a typed text.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,ctrl+c", "cancel", priority=True),
        Binding("enter", "take", priority=True),
        Binding("down,tab", "move(1)", priority=True),
        Binding("up,shift+tab", "move(-1)", priority=True),
        Binding("pagedown", "move(5)", priority=True),
        Binding("pageup", "move(-5)", priority=True),
    ]

    def __init__(
        self,
        paint: Paint,
        header: Header,
        clock: Callable[[], float],
        title: str,
        offered: Sequence[Option],
        default: str,
        wall: float,
    ) -> None:
        super().__init__(paint, header, clock)
        self._title = title
        self._offered = offered
        self._images = short_images([one.image for one in offered])
        values = [one.value for one in offered]
        self._at = values.index(default) if default else len(values)
        self._typed = ""
        self._note = "" if default else NONE_GOOD
        self._wall = wall

    def on_key(self, event: Key) -> None:
        """Move the cursor to the value that begins with the typed text; j and k move it by one."""
        event.prevent_default().stop()
        letter = event.character or ""
        if self.unseen or not event.is_printable or not letter:
            return
        if letter in "jk" and not (self._typed and self._beginning(self._typed + letter)):
            self.action_move(1 if letter == "j" else -1)
            return
        for typed in (self._typed + letter, letter):
            fitting = self._beginning(typed)
            if fitting:
                exact = [n for n in fitting if self._offered[n].value == typed]
                self._typed, self._at, self._note = typed, (exact or fitting)[0], ""
                break
        else:
            self._note = f"no value begins with {plain(letter, 10)}"
        self.draw()

    def _beginning(self, typed: str) -> list[int]:
        return [n for n, one in enumerate(self._offered) if one.value.startswith(typed)]

    def action_cancel(self) -> None:
        """Choose nothing."""
        if not self.unseen:
            self.dismiss(None)

    def action_move(self, by: int) -> None:
        """Move the cursor to another value, or to Cancel."""
        if not self.unseen:
            self._at = max(0, min(len(self._offered), self._at + by))
            self._typed = self._note = ""
            self.draw()

    def action_take(self) -> None:
        """Choose the value under the cursor, unless it is in use now."""
        if self.unseen:
            return
        if self._at == len(self._offered):
            self.dismiss(None)
        elif self._offered[self._at].running:
            value = plain(self._offered[self._at].value, 20)
            self._note = f"{value} runs now: choosing it would change nothing"
            self.draw()
        else:
            self.dismiss(self._offered[self._at].value)

    def rows(self, width: int, height: int) -> list[Row]:
        """Return the values around the cursor, the details of the one under it, Cancel and a note."""
        heads: list[Row] = [(((f" {line}", "strong"),), "base") for line in wrap(self._title, max(10, width - 2))]
        room = height - len(heads) - 3
        values = max(1, min(max(FEWEST_VALUES, room - ABOUT_ROWS), room, len(self._offered)))
        top = max(0, min(self._at - values // 2, len(self._offered) - values))
        shown = self._offered[top : top + values]
        hidden = len(self._offered) - len(shown)
        more = f" {hidden} more: PgDn, PgUp" if hidden else ""
        return [
            *heads,
            *(self._row(n, one, width) for n, one in enumerate(shown, top)),
            (((more, "muted"),), "base"),
            *self._about(width, max(0, min(ABOUT_ROWS, room - len(shown)))),
            self._cancel(),
            (((f" {self._note}", "warn"),), "base"),
        ]

    def _cancel(self) -> Row:
        chosen = self._at == len(self._offered)
        line: Line = ((f"{'>' if chosen else ' '} Cancel", "focus"), ("  nothing is chosen", "text"))
        return line, "cursor" if chosen else "base"

    def _row(self, n: int, one: Option, width: int) -> Row:
        chosen = n == self._at
        words, role = known_words(one, self._wall)
        right: Line = ((f"  {since_words(one.since, self._wall):>8}", "muted"), (f"  {pad(words, 16)}", role))
        left: Line = (
            ("> " if chosen else "  ", "focus"),
            (pad(plain(one.value, 20), 6) + "  ", "muted" if one.running else "strong"),
        )
        room = max(4, width - sum(len(text) for text, _ in (*left, *right)))
        return (*left, *_what(one, self._images[n], room, width >= WIDE), *right), "cursor" if chosen else "base"

    def _about(self, width: int, rows: int) -> list[Row]:
        """Return the details of the value under the cursor in so many rows; what has no room ends in an ellipsis."""
        text = ""
        if self._at < len(self._offered):
            one = self._offered[self._at]
            first = [one.cause, *([f"image {one.image}"] if one.image else [])]
            rest = [f"{name} {text}" for name, text in one.details.items() if text not in (one.cause, one.image)]
            text = ", ".join(filter(None, [*first, *rest]))
        lines = wrap(text, max(10, width - 2)) if rows else []
        if len(lines) > rows:
            lines = [*lines[: rows - 1], pad(f"{lines[rows - 1]} …", width - 2)]
        return [(((f" {line}", "muted"),), "base") for line in [*lines, *[""] * rows][:rows]]


def _what(one: Option, image: str, room: int, wide: bool) -> Line:
    """Return what distinguishes a value: image and change cause; without an image, its other details."""
    role = "muted" if one.running else "text"
    if not one.image:
        hidden = (one.since, one.good, one.bad)
        return ((pad(plain(" ".join(text for text in one.details.values() if text not in hidden), 120), room), role),)
    if not (one.cause and wide) or room < len(image) + 8:
        return ((pad(image, room), role),)
    return (image, role), (pad(f"  {plain(one.cause, 120)}", room - len(image)), "muted")

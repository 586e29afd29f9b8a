"""The dialog that chooses one of a step's captured values: the details of each, and a safe default."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.events import Key
from textual.screen import ModalScreen

from mmcockpit.core.state.options import BAD, GOOD, Option
from mmcockpit.ui.dialogs.choice import Box
from mmcockpit.ui.dialogs.key_guard import Unseen
from mmcockpit.ui.render.text import Line, Role, age, fit, pad, plain, wrap
from mmcockpit.ui.render.themes import Paint
from mmcockpit.ui.widgets.canvas import Canvas, Row

WIDTH = 74
FEET = 6
"""Rows below the list: a blank one, three for the details of the value, Cancel, the note."""
LEAST_ROWS = 3
SINCE = "since"
"""The detail that is a time, shown as an age."""
_HELM_TIME = "%a %b %d %H:%M:%S %Y"


class Choosing(ModalScreen[str | None], inherit_bindings=False):
    """Is dismissed with a value, or None for Cancel; the value in use now cannot be chosen.

    The cursor starts on the default, or on Cancel if no value is known to be safe. Typing moves it to the value that
    begins with the typed text.
    """

    AUTO_FOCUS = ""
    DEFAULT_CSS = """
    Choosing { align: center middle; background: $background 60%; }
    Choosing Box { width: 78; max-width: 100%; height: auto; border: round $border; background: $background; }
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
        self, paint: Paint, title: str, offered: Sequence[Option], default: str, clock: Callable[[], float], wall: float
    ) -> None:
        super().__init__()
        self._canvas = Canvas(paint)
        self._title = title
        self._offered = offered
        values = [one.value for one in offered]
        self._at = values.index(default) if default else len(values)
        self._default = default
        self._typed = self._note = ""
        self._wall = wall
        self._unseen = Unseen(clock)

    def compose(self) -> ComposeResult:
        """Yield the box with the text."""
        yield Box(self._canvas)

    def on_mount(self) -> None:
        """Start the time in which keys are ignored: the text is visible only now."""
        self._unseen.begin()

    def on_resize(self) -> None:
        """Fit the list to the height of the screen, and draw."""
        heads = len(wrap(self._title, WIDTH - 2))
        room = self.app.size.height - 2 - heads - FEET
        self._rows = max(LEAST_ROWS, min(len(self._offered), room))
        self._canvas.styles.height = heads + self._rows + FEET
        self.call_after_refresh(self._draw)

    def on_key(self, event: Key) -> None:
        """Move the cursor to the value that begins with the typed text."""
        event.prevent_default().stop()
        if self._unseen or not event.is_printable or not event.character:
            return
        for typed in (self._typed + event.character, event.character):
            fitting = [n for n, one in enumerate(self._offered) if one.value.startswith(typed)]
            if fitting:
                exact = [n for n in fitting if self._offered[n].value == typed]
                self._typed, self._at = typed, (exact or fitting)[0]
                break
        self._note = "" if self._typed else f"no value begins with {plain(event.character, 10)}"
        self._draw()

    def action_cancel(self) -> None:
        """Choose nothing."""
        if not self._unseen:
            self.dismiss(None)

    def action_move(self, by: int) -> None:
        """Move the cursor to another value, or to Cancel."""
        if not self._unseen:
            self._at = max(0, min(len(self._offered), self._at + by))
            self._typed = self._note = ""
            self._draw()

    def action_take(self) -> None:
        """Choose the value under the cursor, unless it is in use now."""
        if self._unseen:
            return
        if self._at == len(self._offered):
            self.dismiss(None)
        elif self._offered[self._at].running:
            self._note = f"{plain(self._offered[self._at].value, 20)} is in use now: choose another one"
            self._draw()
        else:
            self.dismiss(self._offered[self._at].value)

    def _draw(self) -> None:
        width = self._canvas.size.width
        if not width:
            return
        rows: list[Row] = [(((f" {line}", "strong"),), "base") for line in wrap(self._title, width - 2)]
        top = max(0, min(self._at - self._rows // 2, len(self._offered) - self._rows))
        shown = self._offered[top : top + self._rows]
        rows += [self._row(n, one, width) for n, one in enumerate(shown, top)]
        rows += [((), "base")] * (self._rows - len(shown))
        rows.append((((f" {len(self._offered) - len(shown)} more: PgDn, PgUp", "muted"),), "base") if len(shown) < len(
            self._offered) else ((), "base"))  # fmt: skip
        about = self._about(width)
        rows += [*about, *[((), "base")] * (3 - len(about))]
        ground = "cursor" if self._at == len(self._offered) else "base"
        mark = ">" if ground == "cursor" else " "
        rows.append((((f"{mark} Cancel", "focus"), ("  nothing is chosen", "text")), ground))
        rows.append((((f" {self._note}", "warn"),), "base"))
        self._canvas.put([(fit(line, width), ground) for line, ground in rows])

    def _row(self, n: int, one: Option, width: int) -> Row:
        mark = "> " if n == self._at else "  "
        when = self._age(one)
        words, role = self._standing(one)
        right: Line = ((f"  {when}", "muted"), (f"  {words}", role)) if words else ((f"  {when}", "muted"),)
        main = _short(one)
        room = max(4, width - 2 - 8 - sum(len(text) for text, _ in right) - 1)
        line: Line = (
            (mark, "focus"),
            (pad(plain(one.value, 20), 6) + "  ", "muted" if one.running else "strong"),
            (pad(main, room), "muted" if one.running else "text"),
            *right,
        )
        return line, "cursor" if n == self._at else "base"

    def _standing(self, one: Option) -> tuple[str, Role]:
        if one.running:
            return "RUNS NOW", "fail"
        if one.failed:
            return "ran before, rolled back", "fail"
        if one.details.get(BAD):
            return plain(one.details[BAD], 20), "fail"
        if one.same:
            return "same as now", "warn"
        if one.details.get(GOOD):
            return "still serves" if one.details[GOOD].isdecimal() else plain(one.details[GOOD], 20), "pass"
        return ("default", "accent") if one.value == self._default else ("", "text")

    def _age(self, one: Option) -> str:
        since = one.details.get(SINCE, "")
        moment = _moment(since)
        return f"{age(self._wall - moment)} ago" if moment is not None else plain(since, 24)

    def _about(self, width: int) -> list[Row]:
        """Return the details of the value under the cursor, at most 3 rows."""
        if self._at == len(self._offered):
            return []
        one = self._offered[self._at]
        text = ", ".join(f"{name} {value}" for name, value in one.details.items() if name not in (GOOD, BAD))
        return [(((f" {line}", "muted"),), "base") for line in wrap(text, max(10, width - 2))[:3]]


def _short(one: Option) -> str:
    """Return the details that distinguish the values: the image without registry and with a short digest, else all."""
    image = one.details.get("image", "")
    if image:
        names = [part.rsplit("/", 1)[-1] for part in image.split(",")]
        return plain(", ".join(_cut_digest(part) for part in names), 120)
    hidden = (GOOD, BAD, SINCE)
    return plain(" ".join(value for name, value in one.details.items() if name not in hidden), 120)


def _cut_digest(image: str) -> str:
    head, at, digest = image.partition("@sha256:")
    return f"{head}@{digest[:8]}" if at else head


def _moment(text: str) -> float | None:
    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError:
        pass
    try:
        # Helm prints the local time of the machine it runs on.
        return datetime.strptime(text, _HELM_TIME).astimezone().timestamp()
    except ValueError:
        return None

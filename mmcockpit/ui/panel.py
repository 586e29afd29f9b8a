"""What every panel is: a titled pane of rows with a cursor that stays on its row, whatever the data does."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from textual import events
from textual.message import Message

from mmcockpit.core.clock import Stamp
from mmcockpit.core.layout import PanelSpec
from mmcockpit.core.session import SESSION, Session, Topic, signal_topic
from mmcockpit.ui.canvas import Canvas, Row
from mmcockpit.ui.lens import Lens
from mmcockpit.ui.text import Line, fit, plain, text_of, width_of, wrap
from mmcockpit.ui.themes import Paint


class Subject(NamedTuple):
    """What a row is about: an `item`, a `signal`, an `event` or a piece of `text`, and its name."""

    kind: str
    name: str


class Rows(NamedTuple):
    """The rows of a panel: what identifies each, and how one is drawn. Only visible ones are drawn."""

    keys: Sequence[Hashable]
    draw: Callable[[int], Line]

    @classmethod
    def of(cls, lines: Sequence[tuple[Hashable, Line]]) -> "Rows":
        """Return rows that are drawn already."""
        return cls([key for key, _ in lines], lambda n: lines[n][1])


@dataclass(frozen=True)
class Edge:
    """Where a panel meets its neighbours, in its own cells: the frame is one line shared by both sides.

    `left` draws a line at the left side; `top` says that no panel stands above; `joins` are the rows in which the left
    neighbour's title meets that line; `ups` the columns of the title in which a line from above ends.
    """

    left: bool = False
    top: bool = True
    joins: frozenset[int] = frozenset()
    ups: frozenset[int] = frozenset()


class Panel(Canvas):
    """A view of the session: what it watches, and how it shows it."""

    selectable: ClassVar[bool] = True
    keeps_cursor: ClassVar[bool] = False
    ages: ClassVar[bool] = True
    """Whether it draws ages, and so has to be shown again every second."""
    follows: ClassVar[bool] = False
    """Whether the cursor stays at the end while rows are added there."""
    title: ClassVar[str] = ""

    class Chosen(Message):
        """A row was clicked: its pane takes the keys."""

        def __init__(self, panel: "Panel") -> None:
            super().__init__()
            self.panel = panel

    def __init__(self, spec: PanelSpec, paint: Paint) -> None:
        super().__init__(paint)
        self.spec = spec
        self.number = 0
        self.active = False
        self.filter = ""
        self.failure = ""
        self.lens = Lens()
        self.edge = Edge()
        self._session: Session | None = None
        self._now = Stamp(0.0, 0.0)
        self._top = self._cursor = 0
        self._key: Hashable = None
        self._list = Rows((), lambda n: ())

    @property
    def watches(self) -> frozenset[Topic]:
        """The topics that make it show the session again."""
        return frozenset({SESSION, *(signal_topic(name) for name in self.spec.signals)})

    def look(self, session: Session, now: Stamp, width: int) -> Rows:
        """Return all rows in at most `width` cells each; to be written by every panel."""
        raise NotImplementedError

    def summary(self, session: Session, now: Stamp) -> Line:
        """Return what stands at the right end of the title."""
        return ()

    def subject(self, key: Hashable) -> Subject | None:
        """Return what a row is about; None where there is no more to tell."""
        return None

    def show(self, session: Session, now: Stamp) -> None:
        """Draw the session as it is now; a mistake in here costs this panel, and nothing else."""
        self._session, self._now = session, now
        self.redraw()

    def redraw(self) -> None:
        """Draw again what was shown last, after a move, a fold or a resize."""
        width, height = self.size
        if self._session is None or width < 4 or height < 1:
            return
        # The panel wall: a bug in one view must not take the screen away.
        try:
            self.put(self._frame(self._session, width, height))
            self.failure = ""
        except Exception as error:  # noqa: BLE001
            self.failure = plain(f"{type(error).__name__}: {error}", 200)
            self.put(self._card(width, height))

    @property
    def chosen(self) -> Hashable:
        """The key of the row the cursor stands on; None if there is none."""
        return self._list.keys[self._cursor] if self._cursor < len(self._list.keys) else None

    @property
    def copied(self) -> str:
        """What the focused row says; of a panel without a cursor all of it."""
        if not self._list.keys:
            return ""
        if self.selectable:
            return text_of(self._list.draw(self._cursor))
        return "\n".join(text_of(self._list.draw(n)) for n in range(len(self._list.keys)))

    def move(self, rows: int) -> None:
        """Move the cursor, or scroll a panel that has none."""
        last = len(self._list.keys) - 1
        if self.selectable:
            self._cursor = max(0, min(last, self._cursor + rows))
        else:
            self._top = max(0, min(last - self._room() + 1, self._top + rows))
        self._key = self.chosen
        self.redraw()

    def page(self, pages: float) -> None:
        """Move by a part of the visible height."""
        self.move(round(self._room() * pages) or (1 if pages > 0 else -1))

    def match(self, step: int) -> None:
        """Move to the next (+1) or previous (-1) row that holds the filter's text."""
        count = len(self._list.keys)
        for distance in range(1, count + 1):
            n = (self._cursor + step * distance) % count
            if self.matches(n):
                self.move(n - self._cursor)
                return

    def matches(self, n: int) -> bool:
        """Whether row `n` is one that the filter means."""
        return self.filter.casefold() in text_of(self._list.draw(n)).casefold()

    def fold(self, opened: bool | None) -> None:
        """Open or close (None: the other way) what the cursor stands on; nothing where there are no sections."""

    def toggle_failing(self) -> None:
        """Show only what is not satisfied, or everything again; nothing where nothing can be satisfied."""

    def _room(self) -> int:
        return max(1, self.size.height - 1)

    def _frame(self, session: Session, width: int, height: int) -> list[Row]:
        inner = width - (1 if self.edge.left else 0)
        gutter = 1 if self.selectable else 0
        self._list = self._filtered(self.look(session, self._now, inner - gutter))
        count = len(self._list.keys)
        self._settle(count, height - 1)
        rows = [self._title(session, width, count, height - 1)]
        for n in range(self._top, min(count, self._top + height - 1)):
            rows.append(self._body(len(rows), fit(self._list.draw(n), inner - gutter), n == self._cursor))
        while len(rows) < height:
            rows.append(self._body(len(rows), ((" " * (inner - gutter), "text"),), False))
        return rows

    def _filtered(self, rows: Rows) -> Rows:
        if not self.filter or not self.selectable:
            return rows
        wanted = self.filter.casefold()
        found = [n for n in range(len(rows.keys)) if wanted in text_of(rows.draw(n)).casefold()]
        return Rows([rows.keys[n] for n in found], lambda n: rows.draw(found[n]))

    def _settle(self, count: int, room: int) -> None:
        """Keep the cursor on its row and in sight."""
        keys = self._list.keys
        if not self.selectable:
            self._top = max(0, min(self._top, count - room))
            return
        following = self.follows and self._key is None
        if following or not count:
            self._cursor = max(0, count - 1)
        elif self._cursor >= count or keys[self._cursor] != self._key:
            self._cursor = keys.index(self._key) if self._key in keys else min(self._cursor, count - 1)
        if not following:
            self._key = None if self.follows and self._cursor == count - 1 else self.chosen
        self._top = max(0, min(self._top, self._cursor, count - room))
        self._top = max(self._top, self._cursor - room + 1)

    def _body(self, y: int, line: Line, at_cursor: bool) -> Row:
        marked = self.selectable and at_cursor and (self.active or self.keeps_cursor)
        gutter: Line = ((">" if marked else " ", "focus" if self.active else "muted"),) if self.selectable else ()
        # A text panel's cursor row is plain: colours on a coloured ground would lose their contrast.
        ground = ("cursor" if self.active else "quiet") if marked else "base"
        return (*self._side(y), *gutter, *line), ground

    def _side(self, y: int) -> Line:
        if not self.edge.left:
            return ()
        return (("┤" if y in self.edge.joins else "│", "border"),)

    def _title(self, session: Session, width: int, count: int, room: int) -> Row:
        role = "focus" if self.active else "border"
        rule = "━" if self.active else "─"
        name = self.spec.title or self.title or self.spec.kind
        label = f"{self.number} {name}" if 0 < self.number <= 6 else name
        left: Line = ((self._corner(rule), role), (f" {plain(label, 60)} ", "focus" if self.active else "strong"))
        parts = [
            self._said(self.summary(session, self._now)),
            self._found(),
            self._hidden(count, room),
            ((rule, role),),
        ]
        while parts and width_of(left) + sum(map(width_of, parts)) >= width:
            parts.pop(0)
        right: Line = tuple(span for part in parts for span in part)
        start, end = width_of(left), width - width_of(right)
        middle = "".join(("┷" if self.active else "┴") if x in self.edge.ups else rule for x in range(start, end))
        return fit((*left, (middle, role), *right), width), "base"

    def _corner(self, rule: str) -> str:
        if not self.edge.left:
            return rule
        shapes = "┬┼├" if not self.active else "┮┾┝"
        return shapes[0] if self.edge.top else shapes[1] if 0 in self.edge.joins else shapes[2]

    def _said(self, summary: Line) -> Line:
        return ((" ", "muted"), *summary, (" ", "muted")) if summary else ()

    def _found(self) -> Line:
        return ((f" /{plain(self.filter, 20)} ", "accent"),) if self.filter else ()

    def _hidden(self, count: int, room: int) -> Line:
        above, below = self._top, count - self._top - room
        words = [f"▲{above}"] if above > 0 else []
        words += [f"▼{below}"] if below > 0 else []
        return ((f" {' '.join(words)} ", "muted"),) if words else ()

    def _card(self, width: int, height: int) -> list[Row]:
        said = f"this panel failed: {self.failure}. The rest goes on; nothing is lost from the record."
        inner = width - (1 if self.edge.left else 0)
        title: Line = ((self._corner("─"), "border"), (f" {plain(self.spec.title or self.spec.kind, 60)} ", "fail"))
        rows: list[Row] = [(fit((*title, ("─" * width, "border")), width), "base")]
        lines = [f"[!] {line}" if not n else f"    {line}" for n, line in enumerate(wrap(said, max(8, inner - 4)))]
        for y in range(1, height):
            line: Line = ((lines[y - 1], "fail"),) if y <= len(lines) else ()
            rows.append(((*self._side(y), *fit(line, inner)), "base"))
        return rows

    def on_resize(self, event: events.Resize) -> None:
        """Draw in the size there is; the cursor stays on its row."""
        self.redraw()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Scroll by three rows."""
        self.move(3)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Scroll by three rows."""
        self.move(-3)

    def on_click(self, event: events.Click) -> None:
        """Put the cursor on the row."""
        self.post_message(self.Chosen(self))
        if self.selectable and event.y > 0:
            self.move(self._top + event.y - 1 - self._cursor)

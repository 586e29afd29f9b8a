"""The base of every panel: a titled pane of rows whose cursor stays on its row when the data changes."""

from collections.abc import Hashable, Sequence
from math import inf
from typing import ClassVar

from textual import events
from textual.message import Message

from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.layout import PanelSpec
from mmcockpit.core.state.session import SESSION, Session, Topic, signal_topic
from mmcockpit.ui.render.lens import Lens
from mmcockpit.ui.render.rows import Rows, RowSubject, unmatched
from mmcockpit.ui.render.text import Line, fit, plain, text_of, width_of
from mmcockpit.ui.render.themes import Paint
from mmcockpit.ui.widgets.canvas import Canvas, Row
from mmcockpit.ui.widgets.panel_frame import Edge, card


class Panel(Canvas):
    """A view of the session: the topics it watches, and its rows."""

    selectable: ClassVar[bool] = True
    keeps_cursor: ClassVar[bool] = False
    ages: ClassVar[bool] = True
    """Whether it draws ages, and so is shown again every second."""
    follows: ClassVar[bool] = False
    """Whether the cursor stays at the end while rows are added there."""
    title: ClassVar[str] = ""

    class Chosen(Message):
        """Sent when a row was clicked: its pane takes the focus."""

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
        self._by_data = False
        self.displaced_at = -inf
        """The session second in which data moved the cursor to another row."""
        self.lens = Lens()
        self.edge = Edge()
        self._session: Session | None = None
        self._now = Stamp(0.0, 0.0)
        self._top = self._cursor = 0
        self._key: Hashable = None
        self._list = Rows((), lambda n: ())
        self._drawn: dict[int, Line] = {}
        self._bodies: dict[int, tuple[object, Row]] = {}
        self._titled: tuple[object, Row] = (None, ((), ""))

    @property
    def watches(self) -> frozenset[Topic]:
        """The topics whose changes draw the panel again."""
        return frozenset({SESSION, *(signal_topic(name) for name in self.spec.signals)})

    def look(self, session: Session, now: Stamp, width: int) -> Rows:
        """Return all rows in at most `width` cells each; every panel implements it."""
        raise NotImplementedError

    def summary(self, session: Session, now: Stamp) -> Line:
        """Return the right end of the title."""
        return ()

    def subject(self, key: Hashable) -> RowSubject | None:
        """Return the subject of a row; None for a row without details."""
        return None

    @property
    def shown_subject(self) -> RowSubject | None:
        """The subject of the row under the cursor; of a panel without rows, its own."""
        return self.subject(self.chosen)

    def show(self, session: Session, now: Stamp) -> None:
        """Draw the session as it is now; a bug in a panel affects only that panel."""
        self._session, self._now, self._by_data = session, now, True
        self.redraw()
        self._by_data = False

    def redraw(self) -> None:
        """Draw again, after a fold, another filter or a resize."""
        self._paint_rows(afresh=True)

    def _paint_rows(self, afresh: bool) -> None:
        width, height = self.size
        if self._session is None or width < 4 or height < 1:
            return
        # A bug in one panel must not end the screen.
        try:
            self.put(self._frame(self._session, width, height, afresh), width)
            self.failure = ""
        except Exception as error:  # noqa: BLE001
            self.failure = plain(f"{type(error).__name__}: {error}", 200)
            self.put(card(self.spec.title or self.spec.kind, self.failure, self.edge, width, height))

    @property
    def kind(self) -> str:
        """The kind of the panel."""
        return self.spec.kind

    @property
    def by_need(self) -> bool:
        """Whether the rows are grouped by what they need; only a checklist can be."""
        return False

    @property
    def name_on_screen(self) -> str:
        """The title of the layout, else of the kind."""
        return self.spec.title or self.title or self.spec.kind

    @property
    def chosen(self) -> Hashable:
        """The key of the row under the cursor; None if there is none."""
        return self._list.keys[self._cursor] if self._cursor < len(self._list.keys) else None

    @property
    def copied(self) -> str:
        """The text of the row under the cursor; of a panel without a cursor all of its text."""
        if not self._list.keys:
            return ""
        if self.selectable:
            return text_of(self._list.draw(self._cursor))
        return "\n".join(text_of(self._list.draw(n)) for n in range(len(self._list.keys)))

    def move(self, rows: int) -> None:
        """Move the cursor, or scroll a panel without one."""
        last = len(self._list.keys) - 1
        if self.selectable:
            self._cursor = max(0, min(last, self._cursor + rows))
            self._make_room()
        else:
            self._top = max(0, min(last - self._room() + 1, self._top + rows))
        self._key = self.chosen
        self._paint_rows(afresh=False)

    def find(self, subject: RowSubject) -> int | None:
        """Return the number of the row of a subject; None if it has none."""
        return next((n for n, key in enumerate(self._list.keys) if self.subject(key) == subject), None)

    def reach(self, subject: RowSubject) -> bool:
        """Move the cursor to the row of a subject; False if there is none."""
        n = self.find(subject)
        if n is not None:
            self.move(n - self._cursor)
            # The operator named the subject: its row did not move under a key.
            self.displaced_at = -inf
        return n is not None

    def page(self, pages: float) -> None:
        """Move by a share of the visible height."""
        self.move(round(self._room() * pages) or (1 if pages > 0 else -1))

    def match(self, step: int) -> None:
        """Move to the next (+1) or previous (-1) row that matches the filter."""
        count = len(self._list.keys)
        for distance in range(1, count + 1):
            n = (self._cursor + step * distance) % count
            if self.matches(n):
                self.move(n - self._cursor)
                return

    def matches(self, n: int) -> bool:
        """Whether row `n` matches the filter."""
        return self._list.matches(n, self.filter)

    def fold(self, opened: bool | None) -> None:
        """Open or close (None: toggle) the section under the cursor; does nothing in a panel without sections."""

    def toggle_failing(self) -> None:
        """Show only what is not satisfied, or everything again; does nothing in a panel without items."""

    def _room(self) -> int:
        return max(1, self.size.height - 1)

    def _frame(self, session: Session, width: int, height: int, afresh: bool) -> list[Row]:
        inner = width - (1 if self.edge.left else 0)
        gutter = 1 if self.selectable else 0
        if afresh:
            self._list = self._filtered(self.look(session, self._now, inner - gutter))
            self._drawn.clear()
        count = len(self._list.keys)
        self._settle(count, height - 1)
        rows = [self._title(session, width, count, height - 1)]
        for n in range(self._top, min(count, self._top + height - 1)):
            line = self._drawn.get(n)
            if line is None:
                line = self._drawn[n] = self._list.draw(n)
            rows.append(self._body(len(rows), line, inner - gutter, n == self._cursor))
        first = unmatched(self.filter) if not count else ()
        while len(rows) < height:
            rows.append(self._body(len(rows), first if len(rows) == 1 else (), inner - gutter, False))
        return rows

    def _filtered(self, rows: Rows) -> Rows:
        return rows.filtered(self.filter) if self.filter and self.selectable else rows

    def _make_room(self) -> None:
        """Scroll by a third of the height if the cursor left the pane: one repaint for many keys, and a view ahead."""
        room = self._room()
        if self._cursor < self._top:
            self._top = self._cursor - room // 3
        elif self._cursor >= self._top + room:
            self._top = self._cursor - room + 1 + room // 3
        self._top = max(0, min(self._top, len(self._list.keys) - room))

    def _settle(self, count: int, room: int) -> None:
        """Keep the cursor on its row, and visible."""
        keys = self._list.keys
        if not self.selectable:
            self._top = max(0, min(self._top, count - room))
            return
        following = self.follows and self._key is None
        if following or not count:
            self._cursor = max(0, count - 1)
        elif self._cursor >= count or keys[self._cursor] != self._key:
            if self._by_data and self._key not in keys and self._key is not None:
                self.displaced_at = self._now.at
            self._cursor = keys.index(self._key) if self._key in keys else min(self._cursor, count - 1)
        if not following:
            self._key = None if self.follows and self._cursor == count - 1 else self.chosen
        self._top = max(0, min(self._top, self._cursor, count - room))
        self._top = max(self._top, self._cursor - room + 1)

    def _body(self, y: int, line: Line, width: int, at_cursor: bool) -> Row:
        """Return a row; the one that was there before, if nothing that it is made of has changed."""
        marked = self.selectable and at_cursor and (self.active or self.keeps_cursor)
        parts = line, width, marked, self.active, self.edge
        known = self._bodies.get(y)
        if known is None or known[0] != parts:
            known = self._bodies[y] = parts, self._made(y, fit(line, width), marked)
        return known[1]

    def _made(self, y: int, line: Line, marked: bool) -> Row:
        gutter: Line = ((">" if marked else " ", "focus" if self.active else "muted"),) if self.selectable else ()
        # In a text panel the cursor's row is not coloured: coloured text on a coloured ground would lose its contrast.
        ground = ("cursor" if self.active else "quiet") if marked else "base"
        return (*self.edge.side(y), *gutter, *line), ground

    def _title(self, session: Session, width: int, count: int, room: int) -> Row:
        """Return the title; the one that was there before, if nothing that it is made of has changed."""
        name = self.name_on_screen
        label = f"{self.number} {name}" if 0 < self.number <= 6 else name
        right = self._said(self.summary(session, self._now)), self._found(), self._hidden(count, room)
        parts = label, right, width, self.active, self.edge
        if self._titled[0] != parts:
            self._titled = parts, self._title_of(label, right, width)
        return self._titled[1]

    def _title_of(self, label: str, ends: Sequence[Line], width: int) -> Row:
        role = "focus" if self.active else "border"
        rule = "━" if self.active else "─"
        left: Line = (
            (self.edge.corner(self.active), role),
            (f" {plain(label, 60)} ", "focus" if self.active else "strong"),
        )
        parts = [*ends, ((rule, role),)]
        while parts and width_of(left) + sum(map(width_of, parts)) >= width:
            parts.pop(0)
        right: Line = tuple(span for part in parts for span in part)
        start, end = width_of(left), width - width_of(right)
        middle = self.edge.rule(start, end, self.active)
        return fit((*left, (middle, role), *right), width), "base"

    def _said(self, summary: Line) -> Line:
        return ((" ", "muted"), *summary, (" ", "muted")) if summary else ()

    def _found(self) -> Line:
        return ((f" /{plain(self.filter, 20)} ", "accent"),) if self.filter else ()

    def _hidden(self, count: int, room: int) -> Line:
        above, below = self._top, count - self._top - room
        words = [f"▲{above}"] if above > 0 else []
        words += [f"▼{below}"] if below > 0 else []
        return ((f" {' '.join(words)} ", "muted"),) if words else ()

    def on_resize(self, event: events.Resize) -> None:
        """Draw in the new size; the cursor stays on its row."""
        self.redraw()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Scroll by three rows."""
        self.move(3)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Scroll by three rows."""
        self.move(-3)

    def on_click(self, event: events.Click) -> None:
        """Move the cursor to the clicked row."""
        self.post_message(self.Chosen(self))
        if self.selectable and event.y > 0:
            self.move(self._top + event.y - 1 - self._cursor)

"""The checklist: the items grouped by what they need, or in the order of the document."""

from collections.abc import Hashable
from typing import ClassVar, cast

from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.layout import PanelSpec
from mmcockpit.core.state.session import ITEMS, SESSION, SIGNALS, Session, Topic
from mmcockpit.ui.render.checklist.gate_status import gate_words
from mmcockpit.ui.render.checklist.outline import LATER, Outline
from mmcockpit.ui.render.checklist.todo_rows import RowKey, open_text
from mmcockpit.ui.render.rows import Rows, RowSubject
from mmcockpit.ui.render.text import Line
from mmcockpit.ui.render.themes import Paint
from mmcockpit.ui.widgets.panel import Panel

ROOMY = 56
"""The least width at which the summary is a sentence."""


class ChecklistPanel(Panel):
    """All items; the cursor stays on its item while rows come and go, and goes to the next need once it is done.

    Until an operator moves the cursor, it is on what needs an operator first.
    """

    title = "Checklist"
    keeps_cursor: ClassVar[bool] = True

    def __init__(self, spec: PanelSpec, paint: Paint) -> None:
        super().__init__(spec, paint)
        self.outline = Outline()
        self._untouched = True

    @property
    def by_need(self) -> bool:
        """Whether the rows are grouped by what they need, not in the order of the document."""
        return self.outline.by_need

    @property
    def name_on_screen(self) -> str:
        """The title of the layout, else what the rows are sorted by."""
        return self.spec.title or ("To do" if self.outline.by_need else self.title)

    @property
    def watches(self) -> frozenset[Topic]:
        """The session, every item, and the signals that decide them."""
        return frozenset({SESSION, ITEMS, SIGNALS})

    def look(self, session: Session, now: Stamp, width: int) -> Rows:
        """Return headings and items; with a filter only those that hold matches."""
        outline, before = self.outline, self.outline.targets
        outline.filter = self.filter
        outline.take(session, self.lens.seated(session))
        self._follow(before)
        keys, lens = outline.keys, self.lens
        return Rows(keys, lambda n: outline.draw(keys[n], lens, now, width))

    def summary(self, session: Session, now: Stamp) -> Line:
        """How many items are open; in the order of the document what keeps the gate of the open phase closed."""
        if self.outline.failing:
            return (("failing only", "warn"),)
        roomy = self.size.width >= ROOMY
        if self.outline.by_need:
            return ((open_text(self.outline.todo, roomy), "muted"),)
        if session.phase >= len(session.cockpit.checklist.phases):
            return ()
        return ((gate_words(session, self.lens.viewer)[roomy], "muted"),)

    def subject(self, key: Hashable) -> RowSubject | None:
        """Return the item of a row; None for headings."""
        match key:
            case ("item", _, _, str(item)):
                return RowSubject("item", item)
        return None

    @property
    def shown_subject(self) -> RowSubject | None:
        """The item at the cursor; of a cause of missing data, the first signal without data."""
        cause = self.outline.todo.causes.get(cast(RowKey, self.chosen))
        if cause is None or self._session is None:
            return self.subject(self.chosen)
        signals = [name for name in cause.signals if not self._session.signals[name].signal.group]
        return RowSubject("signal", signals[0]) if signals else None

    def matches(self, n: int) -> bool:
        """Whether a row matches the filter; without one, whether it needs an operator."""
        key = self.outline.keys[n]
        return self.subject(key) is not None if self.filter else key in self.outline.targets

    def fold(self, opened: bool | None) -> None:
        """Open or close the heading at the cursor; closing below a heading puts the cursor on it."""
        outline, key = self.outline, cast("RowKey | None", self.chosen)
        if key is None or key == LATER:
            return
        if key[0] == "item" or (opened is False and not outline.is_open(key)):
            above = [one for one in outline.parents(key) if one in outline.keys]
            if opened is False and above:
                self._turn(above[-1], False)
        else:
            self._turn(key, not outline.is_open(key) if opened is None else opened)

    def reach(self, subject: RowSubject) -> bool:
        """Move the cursor to an item; headings that are closed, filters, and the other order are opened for it."""
        key = self.outline.row_of(subject.name)
        if not super().reach(subject) and key is not None:
            self.outline.failing, self.filter = False, ""
            self.outline.by_need = self.outline.by_need and not self.outline.later(subject.name)
            self.go_to(key)
        return super().reach(subject)

    def move(self, rows: int) -> None:
        """Move the cursor; from then on it stays where the operator put it."""
        self._untouched = False
        super().move(rows)

    def to_need(self, step: int, from_end: bool, session: Session, now: Stamp) -> bool:
        """Move to the next (+1) or previous (-1) row that needs an operator; False beyond the last one, or if none.

        `from_end`, and from any other row, it is the most urgent one (the least urgent for -1 from the end).
        """
        self._session, self._now = session, now
        self.outline.take(session, self.lens.seated(session))
        targets, key = self.outline.targets, cast("RowKey | None", self.chosen)
        at = targets.index(key) + step if key in targets and not from_end else 0
        if from_end and step < 0:
            at = len(targets) - 1
        if not 0 <= at < len(targets):
            return False
        self.go_to(targets[at])
        return True

    def go_to(self, key: RowKey) -> None:
        """Put the cursor on a row, and open the headings above it."""
        self._key, self._untouched = key, False
        if key not in self._list.keys:
            self.outline.folds.update(dict.fromkeys(self.outline.parents(key), True))
            self.outline.failing = False
            self.redraw()
        if key in self._list.keys:
            self.move(list(self._list.keys).index(key) - self._cursor)

    def toggle_order(self) -> None:
        """Sort by what the items need, or in the order of the document with the cursor on the open phase."""
        outline, key = self.outline, cast("RowKey | None", self.chosen)
        outline.by_need, self._untouched = not outline.by_need, False
        self.redraw()
        if key is not None and key[0] == "item" and key in outline.keys:
            self.go_to(key)
        elif outline.by_need:
            self._untouched = True
            self.redraw()
        else:
            self.go_to(outline.open_phase)

    def show_open_phase(self) -> None:
        """Show the open phase in the order of the document."""
        self.outline.by_need, self.outline.failing, self.filter = False, False, ""
        self._untouched = False
        self.redraw()
        self._turn(self.outline.open_phase, True)

    def toggle_failing(self) -> None:
        """Show only the items of the open phases that are not satisfied, or everything again."""
        self.outline.failing = not self.outline.failing
        self.redraw()

    def _turn(self, key: RowKey, opened: bool) -> None:
        self.outline.folds[key] = opened
        self._key, self._untouched = key, False
        self.redraw()
        self.go_to(key)

    def _follow(self, before: list[RowKey]) -> None:
        """Put the cursor on the next need where its row is gone, or while no operator has moved it."""
        shown, key = set(self.outline.keys), cast("RowKey | None", self._key)
        now = [one for one in self.outline.targets if one in shown]
        if self._untouched:
            self._key = now[0] if now else key
            self._top = 0
        elif key is not None and key not in shown and now:
            after = before[before.index(key) + 1 :] if key in before else []
            self._key = next((one for one in after if one in now), now[0])
        if self._by_data and self._key != key and key is not None:
            self.displaced_at = self._now.at

    def _filtered(self, rows: Rows) -> Rows:
        return rows


PANEL = ChecklistPanel

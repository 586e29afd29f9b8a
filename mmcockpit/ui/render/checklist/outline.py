"""The outline of the checklist: its rows as a to-do list or in the order of the document, and which are open."""

from collections.abc import Iterator

from mmcockpit.core.model.checklist import Checklist
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.needs import Need
from mmcockpit.core.model.states import SATISFIED
from mmcockpit.core.model.work_plan import WaveTarget
from mmcockpit.core.rules.per_fact import change_number
from mmcockpit.core.state.items import ItemState
from mmcockpit.core.state.session import Session
from mmcockpit.ui.render.checklist.document_rows import phase_row, section_row
from mmcockpit.ui.render.checklist.item_row import RowView, item_row
from mmcockpit.ui.render.checklist.target_rows import most_severe, target_row
from mmcockpit.ui.render.checklist.todo_rows import (
    FOLDED,
    RowKey,
    Todo,
    cause_row,
    later_row,
    left_row,
    need_row,
    todo_keys,
    todo_list,
)
from mmcockpit.ui.render.lens import Lens
from mmcockpit.ui.render.readings import reading_age
from mmcockpit.ui.render.text import Line

LATER: RowKey = ("later", "", "", "")
"""The heading of matches in phases that are not open yet."""

_NEVER = Stamp(0.0, 0.0)
_NO_DATA: RowKey = ("need", Need.NO_DATA, "", "")


class Outline:
    """The rows of the checklist for one session, `by_need` or in the order of the document.

    `folds` are the headings that an operator opened or closed, `failing` hides what is satisfied, `filter` is the text
    that items have to contain. `targets` are the rows that need an operator, the most urgent first.
    """

    def __init__(self) -> None:
        self.by_need = True
        self.failing = False
        self.filter = ""
        self.folds: dict[RowKey, bool] = {}
        self.todo = Todo((), (), {}, {})
        self.targets: list[RowKey] = []
        self.keys: list[RowKey] = []
        self._session: Session | None = None
        self._checklist: Checklist | None = None
        self._places: dict[str, RowKey] = {}
        self._phases: dict[str, int] = {}
        self._rows: tuple[WaveTarget, ...] = ()
        self._drawn: dict[str, tuple[tuple[object, ...], Line]] = {}

    def take(self, session: Session, operator: str) -> None:
        """Make the rows of the session as it is now."""
        self._session = session
        self._place(session.cockpit.checklist)
        self.todo = todo_list(session, operator)
        self.targets = self._targets(session)
        self.keys = list(self._todo_keys(session) if self.by_need else self._document_keys(session))
        self._grouped = self._with_heading()
        self._nested = self._below_causes()

    def row_of(self, item: str) -> RowKey | None:
        """Return the key of an item's row, whether it is shown or not."""
        return self._places.get(item)

    def later(self, item: str) -> bool:
        """Return whether an item belongs to a phase that is not open yet."""
        return self._session is not None and self._phases[self._places[item][1]] > self._session.phase

    def parents(self, key: RowKey) -> list[RowKey]:
        """Return the headings above a row, the outermost first."""
        kind, phase, section, item = key
        if self.by_need:
            return {"item": self.todo.parents(item), "cause": [_NO_DATA]}.get(kind, [])
        phases: list[RowKey] = [("phase", phase, "", "")]
        return {"item": [*phases, ("section", phase, section, "")], "section": phases}.get(kind, [])

    def is_open(self, key: RowKey) -> bool:
        """Return whether a heading is open: as an operator left it, else only what is done or passed is closed."""
        if key in self.folds:
            return self.folds[key]
        match key[0]:
            case "need":
                return Need(key[1]) not in FOLDED
            case "phase":
                return self._session is None or self._phases[key[1]] >= self._session.phase
        return key[0] == "section"

    @property
    def open_phase(self) -> RowKey:
        """The heading of the open phase in the order of the document."""
        phases = list(self._phases)
        number = min(self._session.phase, len(phases) - 1) if self._session is not None else 0
        return "phase", phases[number] if phases else "", "", ""

    def draw(self, key: RowKey, lens: Lens, now: Stamp, width: int) -> Line:
        """Return a row of exactly `width` cells."""
        session = self._session
        if session is None:
            return ()
        if key[0] == "item":
            later = self._phases[key[1]] > session.phase
            indent = 2 if key[3] in self._nested else 1
            view = RowView(lens, now, width, not later, key[3] in self._grouped, indent)
            return self._item(session.items[key[3]], session, view)
        return self._heading(key, session, lens, now, width)

    def _item(self, state: ItemState, session: Session, view: RowView) -> Line:
        """Return the row of an item; one that was drawn before, if nothing that it depends on has changed."""
        if state.standing is not None:
            # What is left of an override changes with every second.
            return item_row(state, session, view)
        signal = session.signals.get(state.item.signal)
        told = (signal.verdict, signal.reading, signal.fault, reading_age(signal, view.now)) if signal else ()
        key = (change_number(session), *told, view._replace(now=_NEVER))
        known = self._drawn.get(state.item.id)
        if known is None or known[0] != key:
            known = self._drawn[state.item.id] = key, item_row(state, session, view)
        return known[1]

    @property
    def _narrowed(self) -> bool:
        return self.failing or bool(self.filter)

    def _place(self, checklist: Checklist) -> None:
        if self._checklist is checklist:
            return
        self._checklist = checklist
        self._phases = {phase.id: n for n, phase in enumerate(checklist.phases)}
        self._places = {
            item.id: ("item", phase.id, section.id, item.id)
            for phase in checklist.phases
            for section in phase.sections
            for item in section.items
        }

    def _targets(self, session: Session) -> list[RowKey]:
        if self.by_need:
            return self.todo.targets(self._places.__getitem__)
        needs = (Need.FAILING, Need.YOU, Need.NO_DATA)
        wanted = {item for group in self.todo.groups if group.need in needs for item in group.items}
        return [key for item, key in self._places.items() if item in wanted]

    def _with_heading(self) -> set[str]:
        """Return the items whose heading already names what they need."""
        if not self.by_need:
            return set()
        groups = {group.need: group for group in self.todo.groups}
        theirs = (item for items in groups[Need.YOU].others.values() for item in items)
        return {*groups[Need.YOU].ticks, *theirs, *groups[Need.SETTLING].current}

    def _below_causes(self) -> set[str]:
        """Return the items below a cause or a phase, which are a level deeper."""
        causes = {item for cause in self.todo.causes.values() for item in cause.items}
        return causes | {item for items in self.todo.left.values() for item in items} if self.by_need else set()

    def _todo_keys(self, session: Session) -> Iterator[RowKey]:
        def shown(item: str) -> bool:
            return self._wanted(item, session)

        if not self._narrowed:
            self._rows = most_severe(session)
            yield from (("target", row.target, "", "") for row in self._rows)
        yield from todo_keys(self.todo, self._places.__getitem__, shown, self.is_open, self._narrowed)
        if self.filter:
            later = [key for item, key in self._places.items() if self.later(item) and shown(item)]
            if later:
                yield from (LATER, *later)

    def _document_keys(self, session: Session) -> Iterator[RowKey]:
        for phase in session.cockpit.checklist.phases:
            sections = [
                (section.id, items)
                for section in phase.sections
                if (items := [item.id for item in section.items if self._wanted(item.id, session)])
            ]
            if not sections:
                continue
            yield "phase", phase.id, "", ""
            if not self._narrowed and not self.is_open(("phase", phase.id, "", "")):
                continue
            for section, items in sections:
                yield "section", phase.id, section, ""
                if self._narrowed or self.is_open(("section", phase.id, section, "")):
                    for item in items:
                        yield self._places[item]

    def _wanted(self, name: str, session: Session) -> bool:
        state = session.items[name]
        if self.failing and (self.later(name) or state.state in SATISFIED):
            return False
        item = state.item
        return not self.filter or self.filter.casefold() in f"{item.number} {item.title} {item.signal}".casefold()

    def _heading(self, key: RowKey, session: Session, lens: Lens, now: Stamp, width: int) -> Line:
        opened = self._narrowed or self.is_open(key)
        match key[0]:
            case "target":
                return target_row(self._rows, key[1], session, width)
            case "need":
                return need_row(next(one for one in self.todo.parts if one.key == key), session, opened, width)
            case "cause":
                return cause_row(self.todo.causes[key], lens.keys, now, opened, width)
            case "left":
                return left_row(key[1], self.todo.left[key[1]], session, opened, width)
            case "later":
                return later_row(sum(one[0] == "item" and self.later(one[3]) for one in self.keys), width)
        number = self._phases[key[1]]
        phase = session.cockpit.checklist.phases[number]
        if key[0] == "phase":
            return phase_row(phase, number, session, opened, width)
        section = next(one for one in phase.sections if one.id == key[2])
        return section_row(section, number, session, opened, width)

"""The checklist: every item of the go-live in foldable sections, with its state and the reason."""

from collections.abc import Hashable, Iterator
from typing import ClassVar

from rich.cells import cell_len

from mmcockpit.core.facts.event import State
from mmcockpit.core.model.checklist import Item, Mode, Phase, Section
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.layout import PanelSpec
from mmcockpit.core.model.states import SATISFIED
from mmcockpit.core.model.verdict import Level
from mmcockpit.core.rules.judged_signals import item_warns
from mmcockpit.core.state.items import ItemState
from mmcockpit.core.state.session import ITEMS, SESSION, SIGNALS, Session, Topic
from mmcockpit.core.state.signals import SignalState
from mmcockpit.ui.render.item_status import gate_words, standing, unmet_in
from mmcockpit.ui.render.readings import reading_age
from mmcockpit.ui.render.rows import Rows, RowSubject
from mmcockpit.ui.render.text import STATE_ROLE, Line, Role, pad, plain
from mmcockpit.ui.render.themes import Paint
from mmcockpit.ui.render.values import agreement, verdict_words
from mmcockpit.ui.widgets.panel import Panel

ROOMY = 56
"""The least width at which the summary shows what keeps the gate closed."""

BY_SIGNAL = (Mode.SENSED, Mode.ATTESTED)


class ChecklistPanel(Panel):
    """All items in the order of the go-live; the cursor stays on its item while rows come and go."""

    title = "Checklist"
    keeps_cursor: ClassVar[bool] = True

    def __init__(self, spec: PanelSpec, paint: Paint) -> None:
        super().__init__(spec, paint)
        self._folded: set[Hashable] = set()
        self._failing = False

    @property
    def watches(self) -> frozenset[Topic]:
        """The session, every item, and the signals that decide them."""
        return frozenset({SESSION, ITEMS, SIGNALS})

    def look(self, session: Session, now: Stamp, width: int) -> Rows:
        """Return phases, sections and items; with a filter only those that hold matches."""
        keys = list(self._keys(session))
        parts = {phase.id: phase for phase in session.cockpit.checklist.phases}
        number = {phase.id: n for n, phase in enumerate(session.cockpit.checklist.phases)}

        def draw(n: int) -> Line:
            kind, phase_id, section_id, item_id = keys[n]
            phase = parts[phase_id]
            if kind == "item":
                state = session.items[item_id]
                return self._item(state, session, number[phase_id] <= session.phase, now, width)
            if kind == "phase":
                return self._phase(phase, number[phase_id], session, width)
            section = next(one for one in phase.sections if one.id == section_id)
            return self._section(section, phase_id, number[phase_id] <= session.phase, session, width)

        return Rows(keys, draw)

    def summary(self, session: Session, now: Stamp) -> Line:
        """What keeps the gate of the open phase closed."""
        if self._failing:
            return (("failing only", "warn"),)
        if session.phase >= len(session.cockpit.checklist.phases):
            return ()
        return ((gate_words(session)[self.size.width >= ROOMY], "muted"),)

    def subject(self, key: Hashable) -> RowSubject | None:
        """Return the item of a row; None for headings."""
        match key:
            case ("item", _, _, str(item)):
                return RowSubject("item", item)
        return None

    def matches(self, n: int) -> bool:
        """Whether a row matches the filter; without one, whether its item is not satisfied."""
        match self._list.keys[n]:
            case ("item", _, _, str(item)) if self._session is not None:
                return bool(self.filter) or self._session.items[item].state not in SATISFIED
        return False

    def fold(self, opened: bool | None) -> None:
        """Open or close the section or phase; closing an item's section puts the cursor on its heading."""
        match self.chosen:
            case ("item", str(phase), str(section), _) if opened is False:
                self._turn(("section", phase, section, ""), False)
            case ("section", str(phase), _, _) as key if opened is False and key in self._folded:
                self._turn(("phase", phase, "", ""), False)
            case (str(kind), _, _, _) as key if kind != "item":
                self._turn(key, key in self._folded if opened is None else opened)

    def reach(self, subject: RowSubject) -> bool:
        """Move the cursor to an item; sections that are closed, and filters, are opened for it."""
        if not super().reach(subject):
            self._folded.clear()
            self._failing, self.filter = False, ""
            self.redraw()
        return super().reach(subject)

    def toggle_failing(self) -> None:
        """Show only the items of the open phases that are not satisfied, or everything again."""
        self._failing = not self._failing
        self.redraw()

    def _turn(self, key: Hashable, opened: bool) -> None:
        (self._folded.discard if opened else self._folded.add)(key)
        self._key = key
        self.redraw()
        if self._key != key:
            self._key = key
        if key in self._list.keys:
            self.move(list(self._list.keys).index(key) - self._cursor)

    def _keys(self, session: Session) -> Iterator[tuple[str, str, str, str]]:
        narrowed = self._failing or bool(self.filter)
        for number, phase in enumerate(session.cockpit.checklist.phases):
            sections = [
                (section, items)
                for section in phase.sections
                if (items := [item.id for item in section.items if self._wanted(item, number, session)])
            ]
            if not sections:
                continue
            yield "phase", phase.id, "", ""
            if not narrowed and ("phase", phase.id, "", "") in self._folded:
                continue
            for section, items in sections:
                yield "section", phase.id, section.id, ""
                if narrowed or ("section", phase.id, section.id, "") not in self._folded:
                    for item in items:
                        yield "item", phase.id, section.id, item

    def _wanted(self, item: Item, phase: int, session: Session) -> bool:
        state = session.items[item.id]
        if self._failing and (phase > session.phase or state.state in SATISFIED):
            return False
        return not self.filter or self.filter.casefold() in f"{item.number} {item.title} {item.signal}".casefold()

    def _filtered(self, rows: Rows) -> Rows:
        return rows

    def _phase(self, phase: Phase, number: int, session: Session, width: int) -> Line:
        opened = number <= session.phase
        done, count = _progress(phase.items, session)
        mark = "▸" if ("phase", phase.id, "", "") in self._folded else "▾"
        left = f"{mark} {plain(phase.title, 60).upper()}"
        right = f" {done}/{count} {self._gate(number, session)} "
        rule = max(0, width - len(right) - 22)
        return (
            (pad(left, width - len(right) - rule), "accent" if opened else "muted"),
            (" " * rule, "border"),
            (right, "text" if opened else "muted"),
        )

    def _gate(self, number: int, session: Session) -> str:
        if number > session.phase:
            return "not open"
        if number == session.phase:
            return gate_words(session)[0]
        unmet = unmet_in(session, number)
        return f"passed, {unmet} left" if unmet else "passed"

    def _section(self, section: Section, phase: str, opened: bool, session: Session, width: int) -> Line:
        done, count = _progress(iter(section.items), session)
        mark = "▸" if ("section", phase, section.id, "") in self._folded else "▾"
        order = " in order" if section.ordered else ""
        right = f" {done}/{count} "
        role = "strong" if opened else "muted"
        return (pad(f" {mark} {plain(section.title, 80)}{order}", width - len(right)), role), (right, "muted")

    def _item(self, state: ItemState, session: Session, opened: bool, now: Stamp, width: int) -> Line:
        item = state.item
        signal = session.signals.get(item.signal) if item.mode in BY_SIGNAL else None
        letter, role = self._letter(state, opened)
        head = f" [{letter}] {item.number:>3} "
        words, words_role, old = self._words(state, signal, session, opened, now)
        title = plain(item.title, 120)
        title_role: Role = "text" if opened and state.state not in SATISFIED else "muted"
        if role == "fail":
            title_role = "strong"
        by_hand = bool(words) and not old
        ages = 6 if width >= 40 and not by_hand else 1
        room = width - len(head) - ages
        # A long title leaves the verdict at least two fifths, and the verdict a long title at least half.
        least = room * 3 // 5 if by_hand else room * 2 // 5
        right = max(min(cell_len(words) + 1, room - cell_len(title)), min(cell_len(words) + 1, least))
        return (
            (head[:4], role),
            (head[4:], "muted"),
            (pad(title, room - right), title_role),
            (pad(" " + words, right), words_role),
            (pad(f"{old} " if ages > 1 else "", ages, "right"), "muted"),
        )

    def _letter(self, state: ItemState, opened: bool) -> tuple[str, Role]:
        if self.lens.stalled and opened and state.item.mode in BY_SIGNAL and state.standing is None:
            return "?", "unknown"
        return state.state.value, STATE_ROLE[state.state] if opened or state.state is not State.OPEN else "muted"

    def _words(
        self, state: ItemState, signal: SignalState | None, session: Session, opened: bool, now: Stamp
    ) -> tuple[str, Role, str]:
        """Return the text on the right, its role, and its age."""
        hand = state.marked if state.attested else None
        by = f"{plain(hand.by, 20)} {self.lens.narrow(state.since.wall)}" if hand and state.since else ""
        status = None if self.lens.stalled else standing(state, session, now)
        if status is not None:
            return *status, ""
        if signal is None:
            return (by, "pass", "") if by else ("manual", "muted", "")
        level = self.lens.level(signal)
        old = reading_age(signal, now)
        if state.item.mode is Mode.ATTESTED and level is Level.PASS:
            return (by, "pass", old) if by else ("passes; attest", "accent" if opened else "muted", old)
        warns = "warning: " if item_warns(session, state) else ""
        words = warns + " ".join(filter(None, [verdict_words(signal, level), agreement(signal)]))
        if self.lens.stalled:
            words = "engine stalled"
        quiet = not opened or signal.asked_at is None or level is Level.PASS
        return words, "muted" if quiet else str(level), old


def _progress(items: Iterator[Item], session: Session) -> tuple[int, int]:
    states = [session.items[item.id].state in SATISFIED for item in items]
    return sum(states), len(states)


PANEL = ChecklistPanel

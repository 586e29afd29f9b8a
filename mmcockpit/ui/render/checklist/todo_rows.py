"""The rows of the to-do list: items by what they need, missing data by cause, and what a forced gate left open."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

import msgspec

from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.needs import Need, NoDataCause, NoDataGroup, TodoGroup
from mmcockpit.core.model.people import VIEWER
from mmcockpit.core.model.states import State
from mmcockpit.core.rules.no_data import no_data_groups
from mmcockpit.core.rules.per_fact import per_change
from mmcockpit.core.rules.todo import todo
from mmcockpit.core.state.session import Session
from mmcockpit.core.words.amounts import counted
from mmcockpit.core.words.item_status import tick_by
from mmcockpit.core.words.keys import Keys
from mmcockpit.core.words.no_data import cause_text, short_cause_text, way_out
from mmcockpit.ui.render.text import Line, Role, pad, plain, width_of

RowKey = tuple[str, str, str, str]
"""The kind of a row, and what it is about: phase, section and item, or the group."""

NEED_ROLE: dict[Need, Role] = {
    Need.FAILING: "fail",
    Need.YOU: "accent",
    Need.NO_DATA: "unknown",
    Need.SETTLING: "strong",
    Need.DONE: "muted",
    Need.NOT_APPLICABLE: "muted",
}

_ALWAYS = frozenset({Need.SETTLING, Need.DONE})
"""Groups that are shown while they are empty."""

FOLDED = frozenset({Need.DONE, Need.NOT_APPLICABLE})
"""Groups that are closed until an operator opens them."""

_UNUSUAL = {State.OVERRIDDEN: "overridden", State.DEFERRED: "deferred"}


class TodoPart(NamedTuple):
    """A heading of the to-do list with its items: a group, or the part of one that needs only ticks."""

    key: RowKey
    need: Need
    title: str
    items: tuple[str, ...]


class Todo(NamedTuple):
    """The to-do list: its groups and their parts, the causes of missing data, and what each phase left open."""

    groups: tuple[TodoGroup, ...]
    parts: tuple[TodoPart, ...]
    causes: dict[RowKey, NoDataGroup]
    left: dict[str, tuple[str, ...]]

    @property
    def open(self) -> int:
        """The number of items that are not satisfied."""
        return sum(len(group.items) for group in self.groups if group.need not in FOLDED)

    def targets(self, key_of: Callable[[str], RowKey]) -> list[RowKey]:
        """Return what needs an operator, the most urgent first: items, causes of missing data, what was left open."""
        keys: list[RowKey] = []
        for part in self.parts:
            if part.need in (Need.FAILING, Need.YOU):
                keys += map(key_of, part.items)
            elif part.need is Need.NO_DATA:
                keys += self.causes
        return [*keys, *(("left", phase, "", "") for phase in self.left)]

    def parents(self, item: str) -> list[RowKey]:
        """Return the headings that have to be open so that an item is shown."""
        for phase, items in self.left.items():
            if item in items:
                return [("left", phase, "", "")]
        causes = [key for key, cause in self.causes.items() if item in cause.items]
        return next(([part.key, *causes] for part in self.parts if item in part.items), [])


@per_change
def todo_list(session: Session, operator: str) -> Todo:
    """Return the list as it is now."""
    known = no_data_groups(session)
    groups = todo(session, operator)
    behind = [item for group in groups for item in group.left]
    without = {item for group in groups if group.need is Need.NO_DATA for item in group.current}
    causes: dict[RowKey, NoDataGroup] = {}
    for cause in known:
        items = tuple(item for item in cause.items if item in without)
        if items:
            causes[cause_key(cause)] = msgspec.structs.replace(cause, items=items)
    phases = enumerate(session.cockpit.checklist.phases[: session.phase])
    left = {phase.id: tuple(item for item in behind if session.phase_of(item) == n) for n, phase in phases}
    parts = tuple(part for group in groups for part in _parts(group, operator))
    return Todo(groups, parts, causes, {phase: items for phase, items in left.items() if items})


def need_words(need: Need, operator: str) -> str:
    """Return what items need, for a heading."""
    return "needs a person" if need is Need.YOU and operator == VIEWER else need.value


def needed_words(need: Need, viewer: bool) -> str:
    """Return what items need, after their number: `need you`, for a viewer `need a person`."""
    if need is Need.YOU:
        return "need a person" if viewer else "need you"
    return "without data" if need is Need.NO_DATA else need.value


def _parts(group: TodoGroup, operator: str) -> list[TodoPart]:
    """Return a group as one part, or as what needs only a tick and the rest, the more urgent part first; the ticks of
    other people last."""
    ticked = {*group.ticks, *(item for items in group.others.values() for item in items)}
    rest = tuple(item for item in group.current if item not in ticked) if ticked else group.current
    whole = TodoPart(("need", group.need, "", ""), group.need, need_words(group.need, operator), rest)
    ticks = TodoPart(("need", group.need, "tick", ""), group.need, "needs your tick", group.ticks)
    parts = [part for part in (ticks, whole) if part.items]
    if group.items and group.items[0] in rest:
        parts.reverse()
    for people, items in group.others.items():
        key = ("need", group.need, "tick", ", ".join(people))
        parts.append(TodoPart(key, group.need, f"needs {tick_by(people)}", items))
    return parts or [whole]


def cause_key(cause: NoDataGroup) -> RowKey:
    """Return the key of the row of a cause; it stays the same while the cause does."""
    programs = cause.cause is NoDataCause.NOT_ALLOWED and cause.text == "allow.probe_commands"
    return (
        "cause",
        cause.cause,
        cause.names[0] if programs else cause.source,
        cause.fault or "" if cause.cause is NoDataCause.OTHER else "",
    )


def todo_keys(
    list_: Todo,
    key_of: Callable[[str], RowKey],
    shown: Callable[[str], bool],
    opened: Callable[[RowKey], bool],
    narrowed: bool,
) -> Iterator[RowKey]:
    """Yield the keys of all rows; `narrowed` opens every group and leaves out the empty ones."""

    def below(key: RowKey, items: Iterable[str]) -> Iterator[RowKey]:
        """Yield the key of a group within a part, and of its items if it is open; nothing of a group without any."""
        members = [item for item in items if shown(item)]
        if members:
            yield key
            if narrowed or opened(key):
                yield from map(key_of, members)

    for part in list_.parts:
        items = [item for item in part.items if shown(item)]
        if part.need is Need.DONE:
            for phase, left in list_.left.items():
                yield from below(("left", phase, "", ""), left)
        if not items and (narrowed or part.need not in _ALWAYS):
            continue
        yield part.key
        if not narrowed and not opened(part.key):
            continue
        if part.need is not Need.NO_DATA:
            yield from map(key_of, items)
            continue
        for key, cause in list_.causes.items():
            yield from below(key, cause.items)


def need_row(part: TodoPart, session: Session, opened: bool, width: int) -> Line:
    """Return the heading of a part: its title, its count, and what is unusual about the items that are done."""
    notes: list[str] = []
    if part.need is Need.DONE:
        states = [session.items[item].state for item in part.items]
        notes = [f"{states.count(state)} {word}" for state, word in _UNUSUAL.items() if state in states]
    name = f"{'▾' if opened and part.items else '▸'} {part.title.upper()}"
    role = NEED_ROLE[part.need] if part.items else "muted"
    return _counted(((name, role), ("".join(f", {note}" for note in notes), "warn")), len(part.items), width)


def cause_row(cause: NoDataGroup, keys: Keys, now: Stamp, opened: bool, width: int) -> Line:
    """Return the row of a cause: the cause, its way out as far as there is room, and how many items it concerns."""
    way, mark = way_out(cause, keys), "▾" if opened else "▸"
    room = width - len(f"{len(cause.items)}") - 6
    text, short = cause_text(cause, now), short_cause_text(cause, now)
    longest = next((one for one in (text, short) if len(one) + len(way) + 2 <= room), "") if way else ""
    shown, rest = (longest, f": {way}") if longest else (text if len(text) <= room else short, "")
    return _counted(((f"  {mark} {shown}", "unknown"), (rest, "muted")), len(cause.items), width)


def left_row(phase: str, items: Sequence[str], session: Session, opened: bool, width: int) -> Line:
    """Return the row of what is left open in an earlier phase."""
    title = next(one.title for one in session.cockpit.checklist.phases if one.id == phase)
    forced = " (forced)" if any(session.items[item].item.required for item in items) else ""
    mark = "▾" if opened else "▸"
    text = f"{mark} {len(items)} left open in {plain(title, 40)}{forced}"
    return ((pad(text, width), "warn"),)


def later_row(count: int, width: int) -> Line:
    """Return the heading above matches in phases that are not open yet."""
    return _counted((("▾ LATER PHASES", "muted"),), count, width)


def open_text(list_: Todo, roomy: bool) -> str:
    """Return how many items are open, for the title: `52`, or `52 open of 78`."""
    total = sum(len(group.items) for group in list_.groups)
    return f"{list_.open} open of {counted(total, 'item')}" if roomy else f"{list_.open}"


def _counted(left: Line, count: int, width: int) -> Line:
    right = f" {count} "
    room = width - len(right)
    fitting: list[tuple[str, Role]] = []
    for text, role in left:
        free = room - width_of(fitting)
        if text and free > 0:
            fitting.append((text if len(text) <= free else pad(text, free), role))
    return (*fitting, (" " * (room - width_of(fitting)), "text"), (right, left[0][1]))

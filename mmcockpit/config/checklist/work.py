"""The work on items: the items that they need, the procedures that do it, the people to whom it is assigned."""

from collections.abc import Collection, Iterable, Iterator, Mapping

import msgspec

from mmcockpit.config.loader import Part
from mmcockpit.config.text.error import did_you_mean, nearest
from mmcockpit.core.model.checklist import Checklist, Item, Section
from mmcockpit.core.model.cockpit import Person
from mmcockpit.core.model.people import folded

Places = Mapping[str, Part]
"""The place of each written item by its id."""


def with_needs(checklist: Checklist, places: Places) -> Checklist:
    """Return the checklist in which items name the ids of the items that they need; mistakes are reported."""
    needed = _Needed(checklist)
    phases = []
    for phase in checklist.phases:
        sections = [_section(section, needed, places) for section in phase.sections]
        phases.append(msgspec.structs.replace(phase, sections=tuple(sections)))
    resolved = msgspec.structs.replace(checklist, phases=tuple(phases))
    _check_circles(resolved, places)
    return resolved


def check_procedures(checklist: Checklist, places: Places, procedures: Collection[str]) -> None:
    """Report every item whose procedure is unknown.

    Without a cockpit file, the procedure may still be defined there: only likely misspellings are mistakes.
    """
    for item in checklist.items:
        part = places.get(item.id)
        if part is None or not item.procedure or item.procedure in procedures:
            continue
        if part.loader.complete or nearest(item.procedure, procedures):
            hint = did_you_mean(item.procedure, procedures)
            part.at("procedure").error(f"unknown procedure '{item.procedure}'{hint or '; add it under procedures:'}")


def check_work(checklist: Checklist, places: Places, people: Iterable[Person]) -> None:
    """Report the unknown procedures and people of a complete checklist's items."""
    check_procedures(checklist, places, {procedure.id for procedure in checklist.procedures})
    _warn_of_strangers(checklist, places, people)


def _warn_of_strangers(checklist: Checklist, places: Places, people: Iterable[Person]) -> None:
    """Warn about every assignee who is not among the people of the cockpit file, where it has any."""
    names = {folded(person.name): person.name for person in people}
    for item in checklist.items:
        part = places.get(item.id)
        if names and part is not None and item.assignee and folded(item.assignee) not in names:
            hint = did_you_mean(item.assignee, names.values())
            part.at("assignee").warn(f"unknown person '{item.assignee}'{hint}; add them to people")


def _section(section: Section, needed: "_Needed", places: Places) -> Section:
    items = []
    for item in section.items:
        if item.needs:
            ids = dict.fromkeys(needed.ids(item, places.get(item.id)))
            item = msgspec.structs.replace(item, needs=tuple(ids))
        items.append(item)
    return msgspec.structs.replace(section, items=tuple(items))


class _Needed:
    """Finds the items that others need: by id, or by the last part of it."""

    def __init__(self, checklist: Checklist) -> None:
        self._phase_of = checklist.phase_of
        self._ids = {item.id for item in checklist.items}
        self._named: dict[str, list[str]] = {}
        for item_id in self._ids:
            self._named.setdefault(item_id.rpartition("/")[2], []).append(item_id)

    def ids(self, item: Item, part: Part | None) -> Iterator[str]:
        """Yield the ids of the items that an item needs; mistakes are reported at its place."""
        for n, name in enumerate(item.needs):
            found = self._find(name, item)
            problem = self._problem(name, found, item)
            if not problem:
                yield found[0]
            elif part is not None:
                part.at("needs", n).error(problem)

    def _find(self, name: str, item: Item) -> list[str]:
        if name in self._ids:
            return [name]
        found = sorted(self._named.get(name, ()))
        same_phase = [each for each in found if self._phase_of[each] == self._phase_of[item.id]]
        return same_phase if len(same_phase) == 1 else found

    def _problem(self, name: str, found: list[str], item: Item) -> str:
        if not found:
            hint = did_you_mean(name, {*self._ids, *self._named})
            return f"unknown item '{name}'{hint or '; write phase/section/title in lower case with hyphens'}"
        if len(found) > 1:
            return f"'{name}' is {len(found)} items; write one of {', '.join(found[:5])}"
        if found[0] == item.id:
            return f"item '{item.title}' needs itself; remove this"
        if self._phase_of[found[0]] > self._phase_of[item.id]:
            return f"'{name}' is in a later phase, so that the gate could never open; remove this, or move one item"
        return ""


def _check_circles(checklist: Checklist, places: Places) -> None:
    """Report every circle of items that need each other, once, at the first item of it."""
    needs = {item.id: item.needs for item in checklist.items}
    over: set[str] = set()
    for first in needs:
        path: list[str] = []
        pending = [iter((first,))]
        while pending:
            name = next(pending[-1], None)
            if name is None:
                pending.pop()
                over.update(path[-1:])
                path = path[:-1]
            elif name in path:
                _report_circle(path[path.index(name) :], needs, places)
            elif name not in over and name in needs:
                path.append(name)
                pending.append(iter(needs[name]))


def _report_circle(circle: list[str], needs: Mapping[str, tuple[str, ...]], places: Places) -> None:
    first = circle[0]
    following = circle[1] if len(circle) > 1 else first
    part = places.get(first)
    if part is not None:
        shown = " -> ".join([*circle, first][:12])
        part.at("needs", needs[first].index(following)).error(
            f"items need each other: {shown}; remove one of the needs"
        )

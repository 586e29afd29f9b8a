"""The work on items: the items that they need, the procedures that do it, the people to whom it is assigned."""

from collections.abc import Collection, Iterable, Iterator, Mapping

import msgspec

from mmcockpit.config.checklist.needed_items import NeededItems, circle_text, circles
from mmcockpit.config.loader import Loader, Part
from mmcockpit.config.text.document import Document, Place, Position
from mmcockpit.config.text.error import did_you_mean, nearest
from mmcockpit.core.model.checklist import Checklist, Item, Section
from mmcockpit.core.model.cockpit import Person
from mmcockpit.core.model.people import folded

Places = Mapping[str, Part]
"""The place of each written item by its id."""


def places_of_lines(loader: Loader, file: str, text: str, lines: Mapping[str, int]) -> Places:
    """Return the places of items by their lines (from 1) in a file that is not YAML."""
    marks: dict[Place, Position] = {("items", name): Position(line, 1) for name, line in lines.items()}
    document = Document(file, text, marks=marks)
    return {name: Part(loader, document, ("items", name)) for name in lines}


def with_needs(checklist: Checklist, places: Places) -> Checklist:
    """Return the checklist in which items name the ids of the items that they need; mistakes are reported."""
    needed = NeededItems(checklist)
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


def _section(section: Section, needed: NeededItems, places: Places) -> Section:
    items = []
    for item in section.items:
        if item.needs:
            ids = dict.fromkeys(_needed_by(needed, item, places.get(item.id)))
            item = msgspec.structs.replace(item, needs=tuple(ids))
        items.append(item)
    return msgspec.structs.replace(section, items=tuple(items))


def _needed_by(needed: NeededItems, item: Item, part: Part | None) -> Iterator[str]:
    """Yield the ids of the items that an item needs; mistakes are reported at its place."""
    for n, name in enumerate(item.needs):
        found = needed.find(name, item)
        problem = needed.problem(name, found, item)
        if not problem:
            yield found[0]
        elif part is not None:
            part.at("needs", n).error(problem)


def _check_circles(checklist: Checklist, places: Places) -> None:
    """Report every circle of items that need each other, once, at the first item of it."""
    needs = {item.id: item.needs for item in checklist.items}
    for circle in circles(needs):
        first, following = circle[0], circle[1 % len(circle)]
        part = places.get(first)
        if part is not None:
            part.at("needs", needs[first].index(following)).error(circle_text(circle))

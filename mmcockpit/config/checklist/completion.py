"""Completes a checklist with what its cockpit file defines: procedures, contacts, links, switched-off signals."""

from collections.abc import Callable, Sequence, Set
from operator import attrgetter
from typing import TypeVar

import msgspec

from mmcockpit.config.models.cockpit import CockpitFile
from mmcockpit.config.text.slug import slug
from mmcockpit.core.model.checklist import Checklist, Contact, Item, Link, Mode
from mmcockpit.core.model.procedure import Procedure

Named = TypeVar("Named")


def completed(checklist: Checklist, entry: CockpitFile, procedures: tuple[Procedure, ...]) -> Checklist:
    """Return the checklist with these procedures and with the contacts and links of the cockpit file."""
    contacts = [Contact(each.role, each.name) for each in entry.contacts]
    links = [Link(each.title, each.url) for each in entry.links]
    return msgspec.structs.replace(
        checklist,
        procedures=procedures,
        contacts=_replaced(checklist.contacts, contacts, attrgetter("role")),
        links=_replaced(checklist.links, links, attrgetter("title")),
    )


def without_signals(checklist: Checklist, off: Set[str]) -> Checklist:
    """Return the checklist in which the items of switched-off signals are manual."""
    if not off:
        return checklist

    def manual(item: Item) -> Item:
        if item.signal not in off:
            return item
        return msgspec.structs.replace(item, mode=Mode.MANUAL, signal="", caveat="")

    phases = []
    for phase in checklist.phases:
        sections = [
            msgspec.structs.replace(section, items=tuple(map(manual, section.items))) for section in phase.sections
        ]
        phases.append(msgspec.structs.replace(phase, sections=tuple(sections)))
    return msgspec.structs.replace(checklist, phases=tuple(phases))


def _replaced(checklist: Sequence[Named], own: Sequence[Named], name_of: Callable[[Named], str]) -> tuple[Named, ...]:
    """Return the checklist's contacts or links, replaced by the cockpit file's of the same name, then further ones."""
    replacements = {slug(name_of(each)): each for each in own}
    known = {slug(name_of(each)) for each in checklist}
    kept = [replacements.get(slug(name_of(each)), each) for each in checklist]
    return (*kept, *(each for key, each in replacements.items() if key not in known))

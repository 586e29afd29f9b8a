"""Adds the items of packs to the phases of a checklist."""

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from mmcockpit.config.models.use import UseEntry
from mmcockpit.config.packs.content import PackContent
from mmcockpit.config.text.error import did_you_mean
from mmcockpit.config.text.slug import slug
from mmcockpit.core.model.checklist import Checklist, Phase, Section

ROLES = ("readiness", "preparation", "deployment", "migration", "cutover", "verification")
"""Phases that packs name, in the order in which they are made for a go-live that has no checklist."""


class PackPhases:
    """Maps the phases that packs name to the phases of a checklist; makes them if it has none."""

    def __init__(self, checklist: Checklist, contents: Sequence[PackContent]) -> None:
        self.checklist = checklist if checklist.phases else _with_phases(checklist, contents)
        self._ids = {
            name: phase.id for phase in self.checklist.phases for name in (slug(phase.title), phase.id, slug(phase.id))
        }

    def find(self, name: str, content: PackContent) -> str | None:
        """Return the id of the phase for one that a pack names; None, reported once per pack, if it is missing."""
        wanted, part = _wanted(content.use, name), content.part
        if wanted != name:
            part = part.at("phase", name) if isinstance(content.use.phase, dict) else part.at("phase")
        found = self._ids.get(wanted) or self._ids.get(slug(wanted))
        if found is None:
            part.error(self._missing(wanted, name, content))
        return found

    def _missing(self, wanted: str, name: str, content: PackContent) -> str:
        known = [phase.id for phase in self.checklist.phases]
        if wanted != name:
            return f"unknown phase '{wanted}'{did_you_mean(wanted, known)}"
        way_out = f"write {{pack: {content.use.pack}, phase: {{{name}: ID}}}} with one of {', '.join(known)}"
        return f"{content.label} names phase '{name}', which the checklist does not have; {way_out}"


def _wanted(use: UseEntry, name: str) -> str:
    """Return the phase that a `use:` entry names for one of the pack."""
    if isinstance(use.phase, str):
        return use.phase
    return use.phase[name] if use.phase is not None and name in use.phase else name


def _with_phases(checklist: Checklist, contents: Iterable[PackContent]) -> Checklist:
    """Return a checklist without phases with those that packs name, in their usual order."""
    written: dict[str, str] = {}
    for content in contents:
        for name in [item.phase for item in content.items] + [abort.value.phase for abort in content.aborts]:
            wanted = _wanted(content.use, name)
            written.setdefault(slug(wanted), wanted)
    order = {role: n for n, role in enumerate(ROLES)}
    ids = sorted(written, key=lambda each: order.get(each, len(order)))
    phases = tuple(Phase(each, written[each][:1].upper() + written[each][1:]) for each in ids)
    return msgspec.structs.replace(checklist, phases=phases)


def with_sections(checklist: Checklist, sections: Mapping[str, Sequence[Section]]) -> Checklist:
    """Return a checklist with further sections at the end of phases (by phase id), its items numbered again."""
    number = 0
    phases = []
    for phase in checklist.phases:
        numbered = []
        for section in (*phase.sections, *sections.get(phase.id, ())):
            items = []
            for item in section.items:
                number += 1
                items.append(msgspec.structs.replace(item, number=number))
            numbered.append(msgspec.structs.replace(section, items=tuple(items)))
        phases.append(msgspec.structs.replace(phase, sections=tuple(numbered)))
    return msgspec.structs.replace(checklist, phases=tuple(phases))

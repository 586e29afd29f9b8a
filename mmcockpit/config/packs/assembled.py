"""The checklist of a path: its files with the packs that they use."""

from pathlib import Path
from typing import NamedTuple

from mmcockpit.config.checklist.assembly import Assembly
from mmcockpit.config.loader import Part
from mmcockpit.config.packs.addition import Packs
from mmcockpit.config.rules.rollback_rules import AddedRules
from mmcockpit.config.text.slug import slug
from mmcockpit.core.model.checklist import Checklist


class Assembled(NamedTuple):
    """A checklist, the assembly that contains its parts, the packs that it uses and the rules that they add."""

    checklist: Checklist
    assembly: Assembly
    packs: Packs
    added: AddedRules


def assemble(path: Path, parts: list[Part]) -> Assembled:
    """Return the checklist of the documents at a path, with everything that it contains."""
    assembly = Assembly()
    entries = [entry for part in parts if (entry := assembly.add(part))]
    name = next((entry.name for entry in entries if entry.name), None)
    title = next((entry.title for entry in entries if entry.title), None)
    assembly.titled = name is not None
    packs = Packs(assembly, assembly.uses)
    checklist, added = packs.placed(assembly.checklist(name or slug(path.stem), title or name or path.stem))
    return Assembled(checklist, assembly, packs, added)


def finished(checklist: Checklist) -> Assembled:
    """Return a finished checklist, to which a cockpit file may add packs."""
    assembly = Assembly()
    return Assembled(checklist, assembly, Packs(assembly, ()), AddedRules())

"""Reads the packs that a file uses; mistakes are reported at the `use:` entry or in the pack, where they are."""

from collections.abc import Mapping, Sequence
from typing import Any

from mmcockpit.config import library
from mmcockpit.config.library import UnknownFile, is_path
from mmcockpit.config.loader import Part
from mmcockpit.config.models.pack import PackFile
from mmcockpit.config.models.procedure import ProcedureEntry
from mmcockpit.config.models.use import UseEntry
from mmcockpit.config.packs.content import PackContent, content_of, part_names, procedure_id
from mmcockpit.config.packs.part import PackPart, SetVariables, variables_used
from mmcockpit.config.packs.variables import declared_variables, example_values, used_values
from mmcockpit.config.text.error import FileError, did_you_mean
from mmcockpit.config.text.slug import is_id
from mmcockpit.config.text.variables import TooMuchText, expanded
from mmcockpit.core.model.signal import BUILT_IN


def read_packs(uses: Sequence[tuple[UseEntry, Part]]) -> tuple[list[PackContent], bool]:
    """Return the content of every pack that is used, and whether all of them could be read."""
    contents = [_content(use, part) for use, part in uses]
    return [content for content in contents if content is not None], None not in contents


def read_pack_alone(pack: Part) -> PackContent | None:
    """Return the content of a pack for a check on its own, with examples as the values of its variables."""
    declared = declared_variables(pack)
    if declared is None:
        return None
    entry = _entry(pack, example_values(pack, declared))
    return content_of(entry, pack, "this pack", UseEntry(pack=entry.name), pack) if entry else None


def _content(use: UseEntry, part: Part) -> PackContent | None:
    try:
        path = library.find("pack", use.pack, part.folder)
    except UnknownFile as error:
        known = {each.stem for each in library.shipped("pack")}
        listed = (
            f" (shipped: {', '.join(sorted(known))})" if not is_path(use.pack) and "known: " not in str(error) else ""
        )
        _at(part, "pack").error(f"{error}{listed}")
        return None
    label = f"pack '{use.pack}'"
    try:
        opened = part.loader.open(path)
    except FileError as error:
        part.loader.errors.extend(error.errors)
        return None
    part.loader.texts[f"packs/{path.name}"] = opened.document.text
    declared = declared_variables(opened)
    if declared is None:
        return None
    values = used_values(label, opened, declared, use, part)
    if not values.valid:
        return None
    pack = PackPart(opened.loader, opened.document, (), SetVariables(label, values.parts, variables_used(opened)))
    entry = _entry(pack, values.by_name)
    if entry is None or not _fits(entry, label, use, part):
        return None
    return content_of(entry, pack, label, use, part)


def _at(part: Part, key: str) -> Part:
    """Return the place of a key of a `use:` entry, or of the entry if it is a name alone."""
    return part.at(key) if (*part.place, key) in part.document.marks else part


def _entry(pack: Part, values: Mapping[str, str]) -> PackFile | None:
    """Return the pack with its variables replaced; None if it has mistakes, which are reported."""
    document = pack.document
    _refuse_permissions(pack)
    pack.refuse_passwords()
    pack.refuse_secret_commands()
    try:
        document.value = expanded(document.value, values, pack.report)
    except TooMuchText:
        pack.loader.throw()
    entry = pack.validate(PackFile, document.value)
    if entry is None:
        return None
    _check_needs(entry, pack)
    names = part_names(entry)
    for name in sorted({name for name in names if names.count(name) > 1}):
        pack.error(f"duplicate name '{name}' of signals, items or procedures in this pack; add `id: NAME`")
    return entry


def _check_needs(entry: PackFile, pack: Part) -> None:
    """Report the signals of sources that the pack does not need."""
    for name, value in entry.signals.items():
        for key in value if isinstance(value, Mapping) else ():
            source, dot, _ = key.partition(".")
            if dot and source not in (*entry.needs, *BUILT_IN):
                way_out = did_you_mean(source, entry.needs) or "; add it under needs:"
                pack.at("signals", name, key).error(f"unknown source '{source}'{way_out}", key=True)


def _refuse_permissions(pack: Part) -> None:
    """Report permissions, which only a cockpit file may have, and drop them."""
    value: Any = pack.document.value
    if isinstance(value, dict) and "allow" in value:
        pack.at("allow").error("a pack cannot give permissions; write allow: in the cockpit file", key=True)
        pack.document.value = {key: each for key, each in value.items() if key != "allow"}


def _fits(entry: PackFile, label: str, use: UseEntry, part: Part) -> bool:
    """Return whether the names in a `use:` entry exist in the pack; wrong ones are reported."""
    before = len(part.loader.errors)
    for name in use.sources.keys() - entry.needs.keys():
        way_out = did_you_mean(name, entry.needs) or "; it needs no source"
        part.at("sources", name).error(f"{label} needs no source '{name}'{way_out}", key=True)
    if use.source and len(entry.needs) != 1:
        needed = ", ".join(f"{name}: ..." for name in entry.needs)
        way_out = f"write sources: {{{needed}}}" if needed else "remove `source`"
        part.at("source").error(f"{label} needs {len(entry.needs)} sources; {way_out}")
    phases = {item.phase for item in entry.items} | {abort.phase for abort in entry.abort}
    for name in use.phase.keys() - phases if isinstance(use.phase, dict) else ():
        part.at("phase", name).error(f"{label} names no phase '{name}'{did_you_mean(name, phases)}", key=True)
    known = part_names(entry)
    for n, name in enumerate(use.without):
        if name not in known:
            message = f"{label} has no signal, item or procedure '{name}'{did_you_mean(name, known)}"
            part.at("without", n).error(message)
        waits = next((each for each in map(procedure_id, _waiting(entry, name)) if each not in use.without), "")
        if waits and (use.only is None or "procedures" in use.only):
            message = f"procedure '{waits}' of {label} waits for signal '{name}'; leave it out too"
            part.at("without", n).error(message)
    for name in (*entry.signals, *map(procedure_id, entry.procedures)) if use.prefix else ():
        if not is_id(f"{use.prefix}_{name}"):
            part.at("prefix").error(f"prefix '{use.prefix}' is too long for '{name}' of {label}; shorten it")
            break
    return len(part.loader.errors) == before


def _waiting(entry: PackFile, signal: str) -> list[ProcedureEntry]:
    """Return the procedures with a step that a signal confirms."""
    return [each for each in entry.procedures if any(step.signal == signal for step in each.steps)]

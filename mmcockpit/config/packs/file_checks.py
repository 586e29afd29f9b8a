"""Checks a checklist or a pack on its own, without the cockpit file that uses it."""

from collections.abc import Mapping
from pathlib import Path

from mmcockpit.config.checklist.assembly import Assembly, read_parts
from mmcockpit.config.checklist.work import check_procedures, with_needs
from mmcockpit.config.known_signals import KnownSignals
from mmcockpit.config.loader import Loader, Part
from mmcockpit.config.packs.addition import Packs
from mmcockpit.config.packs.assembled import assemble
from mmcockpit.config.procedures.names import KnownNames, resolve_procedures
from mmcockpit.config.rules.rollback_rules import AddedRules, resolve_rollback_rules
from mmcockpit.config.signals import SignalResolver
from mmcockpit.config.text.error import did_you_mean
from mmcockpit.core.model.checklist import Checklist
from mmcockpit.core.model.cockpit import SourceSpec
from mmcockpit.core.model.signal import BUILT_IN, Signal
from mmcockpit.core.rules.messages.templates import STAKEHOLDERS


def check_checklist(loader: Loader, path: Path) -> None:
    """Check a checklist on its own: customary source names determine the kinds, and every variable needs a default."""
    parts = read_parts(loader, path)
    for part in parts:
        part.refuse_passwords()
        part.refuse_secret_commands()
    checklist, assembly, packs, added = assemble(path, parts)
    if assembly.broken:
        return
    signals = _signals(loader, assembly, packs.sources())
    if assembly.titled:
        _check_names(assembly, checklist, signals, added)


def check_pack(loader: Loader, path: Path) -> None:
    """Check a pack on its own, as if a go-live without a checklist used it; everything it names has to be in it."""
    pack = loader.open(path, main=True)
    assembly = Assembly()
    packs = Packs.alone(assembly, pack)
    checklist, added = packs.placed(Checklist("pack", "pack"))
    _check_kinds(loader, pack, packs.sources())
    _check_names(assembly, checklist, _signals(loader, assembly, packs.sources()), added)


def _check_kinds(loader: Loader, pack: Part, sources: Mapping[str, SourceSpec]) -> None:
    assert loader.catalog is not None
    known = {*loader.catalog.kinds()} - {*BUILT_IN}
    for name, source in sources.items():
        if source.kind not in known:
            message = f"unknown source kind '{source.kind}'{did_you_mean(source.kind, known)}"
            pack.at("needs", name, "kind").error(message)


def _signals(loader: Loader, assembly: Assembly, sources: Mapping[str, SourceSpec]) -> dict[str, Signal]:
    assembly.apply_conditions(assembly.drafts)
    resolver = SignalResolver(loader, sources)
    return {signal.name: signal for draft in assembly.drafts.values() if (signal := resolver.signal(draft))}


def _check_names(assembly: Assembly, checklist: Checklist, signals: Mapping[str, Signal], added: AddedRules) -> None:
    """Report what a complete checklist names and does not have: signals, messages, procedures and items."""
    checklist = with_needs(checklist, assembly.places_of_items)
    check_procedures(checklist, assembly.places_of_items, assembly.runbooks)
    assembly.check_signals({signal.name: signal.judged for signal in signals.values()})
    known = KnownSignals(signals, frozenset(assembly.drafts))
    rules = resolve_rollback_rules(assembly.rollback_rules, checklist, known, added)
    aborts = frozenset(abort.signal for abort in rules.aborts)
    resolve_procedures(assembly.runbooks, KnownNames(known, aborts, {STAKEHOLDERS.id, *assembly.messages}))

"""Adds the packs that a checklist or a cockpit file uses to an assembly, so that no two names collide silently."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from mmcockpit.config.checklist.assembly import Assembly
from mmcockpit.config.definitions import Written
from mmcockpit.config.loader import Part
from mmcockpit.config.models.rollback_rules import AbortEntry
from mmcockpit.config.models.use import UseEntry
from mmcockpit.config.packs.content import PackContent
from mmcockpit.config.packs.phases import PackPhases, with_sections
from mmcockpit.config.packs.reader import read_pack_alone, read_packs
from mmcockpit.config.procedures.runbooks import merged
from mmcockpit.config.rules.rollback_rules import AddedRules
from mmcockpit.config.text.slug import UniqueNames, slug
from mmcockpit.core.model.checklist import Checklist, Section
from mmcockpit.core.model.cockpit import SourceSpec
from mmcockpit.core.words.amounts import counted


class Packs:
    """The packs that the files of a checklist use, or a cockpit file (`own`), added to an assembly.

    The files of a checklist change signals and procedures of their packs by defining the same names. A cockpit file
    does so later; its packs must not have names that the checklist has.
    """

    def __init__(self, assembly: Assembly, uses: Sequence[tuple[UseEntry, Part]], *, own: bool = False) -> None:
        contents, complete = read_packs(uses)
        assembly.broken = assembly.broken or not complete
        self._add(assembly, contents, own)

    @classmethod
    def alone(cls, assembly: Assembly, pack: Part) -> "Packs":
        """Return a pack file on its own, added to an assembly."""
        packs = cls(assembly, ())
        content = read_pack_alone(pack)
        packs._add(assembly, [content] if content is not None else [], own=True)
        return packs

    def _add(self, assembly: Assembly, contents: list[PackContent], own: bool) -> None:
        self._assembly, self._contents = assembly, contents
        drafts = self._distinct({id(each): each.drafts for each in self._contents}, "signal")
        runbooks = self._distinct({id(each): each.runbooks for each in self._contents}, "procedure")
        if own:
            self._refuse_known(assembly.drafts.keys(), assembly.runbooks.keys())
            assembly.drafts.update(drafts)
            assembly.runbooks.update(runbooks)
            return
        order = self._order(list(assembly.drafts), assembly.places)
        for name, draft in drafts.items():
            over = assembly.drafts.get(name)
            if over is not None and over.inline:
                way_out = "define it by name under signals:, or give the pack a prefix"
                over.home.error(f"the inline signal '{name}' has the name of a signal of a pack; {way_out}")
            assembly.drafts[name] = draft.changed_by(over) if over is not None else draft
        assembly.drafts = {name: assembly.drafts[name] for name in order}
        assembly.runbooks = merged(runbooks, assembly.runbooks)

    def _order(self, names: list[str], places: Sequence[int]) -> list[str]:
        """Return the names of a checklist's signals with those of its packs before those of the file that uses them."""
        order = list(names)
        for content, place in reversed(list(zip(self._contents, places, strict=False))):
            order[place:place] = content.drafts
        return list(dict.fromkeys(order))

    def placed(self, checklist: Checklist) -> tuple[Checklist, AddedRules]:
        """Return the checklist with the items of the packs in their phases, and the rules that the packs add."""
        if not self._contents:
            return checklist, AddedRules()
        phases = PackPhases(checklist, self._contents)
        sections: dict[str, list[Section]] = {}
        taken = {section.id for phase in checklist.phases for section in phase.sections}
        ids = UniqueNames("-")
        aborts: list[Written] = []
        for content in self._contents:
            found = {name: phases.find(name, content) for name in _phase_names(content)}
            for (phase, title), items in _grouped(content, found).items():
                section_id = ids.take(f"{phase}/{slug(title)}", also=taken)
                sections.setdefault(phase, []).append(self._assembly.section(section_id, title, items))
            for entry, part in content.aborts:
                phase_id = found[entry.phase]
                if phase_id is not None:
                    rule = AbortEntry.model_construct(signal=entry.signal, for_s=entry.for_s, phase=phase_id)
                    aborts.append(Written(rule, part))
        readiness = [each for content in self._contents for each in content.readiness]
        return with_sections(phases.checklist, sections), AddedRules(tuple(aborts), tuple(readiness))

    def sources(self) -> dict[str, SourceSpec]:
        """Return the sources that the packs need, each with its kind and nothing else."""
        return {name: SourceSpec(name, kind) for content in self._contents for name, kind in content.needs.items()}

    def check_sources(self, sources: Mapping[str, SourceSpec], *, own: bool) -> bool:
        """Return whether the needed sources have the right kind and, for a cockpit file's packs (`own`), exist."""
        fit = True
        for content in self._contents:
            for name, kind in content.needs.items():
                if name in sources and sources[name].kind != kind:
                    problem = f"needs a source of kind {kind}, and '{name}' is of kind {sources[name].kind}"
                elif name not in sources and own:
                    problem = f"needs the {kind} source '{name}', which is missing under sources:"
                else:
                    continue
                content.part.error(f"{content.label} {problem}; {_way_out(content, name, kind, sources)}")
                fit = False
        return fit

    def _distinct(self, by_content: Mapping[int, Mapping[str, Any]], what: str) -> dict[str, Any]:
        """Return the definitions of all packs by name; report the names that two packs define."""
        merged_names: dict[str, Any] = {}
        owner: dict[str, PackContent] = {}
        for content in self._contents:
            names = by_content[id(content)]
            shared = [name for name in names if name in owner]
            if shared:
                labels = f"{owner[shared[0]].label} and {content.label}"
                content.part.error(f"{labels} both define {_named(shared, what)}; {_prefixed(content)}")
            for name, value in names.items():
                owner.setdefault(name, content)
                merged_names.setdefault(name, value)
        return merged_names

    def _refuse_known(self, signals: Iterable[str], procedures: Iterable[str]) -> None:
        known = {"signal": set(signals), "procedure": set(procedures)}
        for content in self._contents:
            for what, names in (("signal", content.drafts), ("procedure", content.runbooks)):
                shared = [name for name in names if name in known[what]]
                if shared:
                    problem = f"{content.label} defines {_named(shared, what)}, which the checklist defines too"
                    content.part.error(f"{problem}; {_prefixed(content)}, or remove the pack here")


def _phase_names(content: PackContent) -> Iterable[str]:
    return dict.fromkeys([*(item.phase for item in content.items), *(each.value.phase for each in content.aborts)])


def _grouped(content: PackContent, found: Mapping[str, str | None]) -> dict[tuple[str, str], list[tuple[Any, Part]]]:
    """Return the items of a pack by phase id and title of the section."""
    groups: dict[tuple[str, str], list[tuple[Any, Part]]] = {}
    for item in content.items:
        phase = found[item.phase]
        if phase is not None:
            groups.setdefault((phase, item.section), []).append((item.entry, item.part))
    return groups


def _named(names: Sequence[str], what: str) -> str:
    if len(names) == 1:
        return f"{what} '{names[0]}'"
    return f"{counted(len(names), what)} ({', '.join(names[:3])}{', …' if len(names) > 3 else ''})"


def _prefixed(content: PackContent) -> str:
    return f"give it a prefix: {{pack: {content.use.pack}, prefix: NAME}}"


def _way_out(content: PackContent, name: str, kind: str, sources: Mapping[str, SourceSpec]) -> str:
    others = sorted(other for other, spec in sources.items() if spec.kind == kind)
    add = f"add `{name}: {{kind: {kind}, ...}}` under sources:"
    if not others:
        return add
    if len(content.needs) == 1:
        return f"write {{pack: {content.use.pack}, source: {others[0]}}}, or {add}"
    written = next((key for key, value in content.use.sources.items() if value == name), name)
    return f"write {{pack: {content.use.pack}, sources: {{{written}: {others[0]}}}}}, or {add}"

"""Resolves a cockpit file and all files that it names into one value of the core."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from mmcockpit.config.appearance import read_layout, read_theme
from mmcockpit.config.catalog import CUSTOMARY, EVERY_S, known_kind
from mmcockpit.config.checklist.assembly import Assembly, read_parts
from mmcockpit.config.checklist.completion import completed, without_signals
from mmcockpit.config.checklist.settle_times import with_settle_times
from mmcockpit.config.checklist.target_copy import TARGET
from mmcockpit.config.checklist.waves import Content, repeated, with_cluster
from mmcockpit.config.checklist.work import Places, check_work, places_of_lines, with_needs
from mmcockpit.config.combinations import without_switched_off
from mmcockpit.config.definitions import SignalDraft, signal_draft
from mmcockpit.config.delivery import with_delivery
from mmcockpit.config.known_signals import KnownSignals
from mmcockpit.config.library import shipped
from mmcockpit.config.loader import Loader, Part
from mmcockpit.config.markdown import reader as markdown
from mmcockpit.config.messages import read_messages, read_outward
from mmcockpit.config.models.cockpit import CockpitFile, SourceEntry
from mmcockpit.config.packs.addition import Packs
from mmcockpit.config.packs.assembled import assemble, finished
from mmcockpit.config.panel_signals import with_signals
from mmcockpit.config.permissions import resolve_permissions, warn_of_inactive, warn_of_unpolled
from mmcockpit.config.procedures.names import KnownNames, known_names, resolve_procedures
from mmcockpit.config.procedures.ready_signals import WrittenSignals, is_ready_name, with_ready_signals
from mmcockpit.config.procedures.runbooks import Runbook, merged, read_runbooks
from mmcockpit.config.rules.rollback_rules import AddedRules, RollbackRules, resolve_rollback_rules, rules_of
from mmcockpit.config.sharing import Approvers, resolve_people, resolve_share
from mmcockpit.config.signals import SignalResolver, compares_without_baseline
from mmcockpit.config.text.error import did_you_mean
from mmcockpit.config.text.slug import slug
from mmcockpit.config.text.variables import expand_text
from mmcockpit.config.text.yaml import read_text
from mmcockpit.config.written_fields import as_written
from mmcockpit.core.model.checklist import Checklist
from mmcockpit.core.model.cockpit import Allowed, Cockpit, Person, SourceSpec
from mmcockpit.core.model.layout import Layout, Theme
from mmcockpit.core.model.procedure import Message, Procedure
from mmcockpit.core.model.signal import BUILT_IN, Signal
from mmcockpit.core.rules.automatic_layout import automatic_layout
from mmcockpit.core.rules.messages.templates import STAKEHOLDERS
from mmcockpit.core.rules.shown_signals import unshown_signals
from mmcockpit.core.words.amounts import counted


class CockpitResolver:
    """Resolves one cockpit file; mistakes are collected by the loader and raised together."""

    def __init__(self, loader: Loader, path: Path) -> None:
        self.theme: Theme | None = None
        self._loader = loader
        self._file = loader.open(path, main=True)
        self._folder = path.parent
        self._off: set[str] = set()
        self._written = WrittenSignals({}, {})
        self._drafts: dict[str, SignalDraft] = {}
        self._acting: dict[str, str] = {}
        loader.define([self._file])
        loader.texts[path.name] = self._file.document.text

    def cockpit(self) -> Cockpit:
        """Return the cockpit; FileError with every mistake found."""
        plan, entry = self._plan(), self._entry()
        sources, polled = self._sources(entry)
        checklist, assembly, added = self._assembled(plan, entry, polled)
        signals = self._signals(entry, assembly, polled)
        known = KnownSignals({each.name: each for each in signals}, frozenset(self._drafts), frozenset(self._off))
        rules, allow = self._rules(entry, checklist, assembly, known, added)
        warn_of_unpolled(signals, polled, allow, self._file)
        people, share = resolve_people(entry, self._file), resolve_share(entry, self._file)
        names = known_names(known, rules, polled, Approvers(share, people))
        procedures, messages = self._procedures(entry, assembly, names)
        outward = read_outward(entry, self._file)
        content = Content(checklist, signals, rules, allow)
        checklist, signals, rules, allow = self._completed(content, entry, procedures, assembly, sources, people)
        signals, ready = with_ready_signals(self._loader, checklist, signals, allow, self._written)
        layout, theme = self._valid(entry, self._layout(entry, signals, checklist, rules, sources))
        cockpit = Cockpit(
            checklist=checklist,
            signals=signals,
            layout=layout,
            sources=tuple(sources.values()),
            vars={name: text for name, text in self._loader.variables.items() if text != TARGET},
            people=people,
            share=share,
            theme=theme.name,
            aborts=rules.aborts,
            baseline=rules.baseline,
            readiness=(*rules.readiness, *ready),
            allow=allow,
            messages=messages,
            **outward._asdict(),
            **as_written(entry),
        )
        self._warn_of_unshown(cockpit)
        return cockpit

    def _sources(self, entry: CockpitFile) -> tuple[Mapping[str, SourceSpec], Mapping[str, SourceSpec]]:
        """Return the sources as written, and those that signals may read."""
        sources = {name: self._source(name, each) for name, each in entry.sources.items()}
        return sources, with_cluster(sources, self._loader)

    def _completed(
        self,
        content: Content,
        entry: CockpitFile,
        procedures: tuple[Procedure, ...],
        assembly: Assembly,
        sources: Mapping[str, SourceSpec],
        people: tuple[Person, ...],
    ) -> Content:
        checklist = with_settle_times(content.checklist, content.signals, assembly.settled)
        checklist = completed(without_signals(checklist, self._off), entry, procedures)
        polled = with_cluster(sources, self._loader)
        check_work(with_delivery(checklist, content.signals, polled), assembly.places_of_items, people)
        whole = repeated(content._replace(checklist=checklist), assembly.waves, sources, assembly.places_of_items)
        return whole._replace(checklist=with_delivery(whole.checklist, whole.signals, sources))

    def _plan(self) -> "Plan":
        """Return the documents of the checklist, before variables are replaced in them."""
        value = self._file.document.value
        written = value.get("checklist") if isinstance(value, dict) else None
        if not isinstance(written, str) or not written:
            return Plan()
        try:
            name = expand_text(written, self._loader.variables)
        except KeyError:
            return Plan()
        path = self._loader.find("checklist", name)
        if path is None:
            return Plan(missing=True)
        if path.suffix == ".md":
            text = read_text(path)
            self._loader.texts[path.name] = text
            found = markdown.read_markdown(text, str(path))
            places = places_of_lines(self._loader, str(path), text, found.lines)
            return Plan(path, ready=markdown.checked(found, str(path)), places=places)
        parts = read_parts(self._loader, path)
        for part in parts:
            inside = f"{path.name}/{Path(part.document.file).name}" if path.is_dir() else path.name
            self._loader.texts[inside] = part.document.text
            part.refuse_passwords()
            part.refuse_secret_commands()
        return Plan(path, tuple(parts))

    def _entry(self) -> CockpitFile:
        """Return the contents of the file with variables replaced; FileError if it is not a cockpit file."""
        self._file.expand()
        self._file.refuse_passwords()
        entry = self._file.validate(CockpitFile, self._file.document.value)
        if entry is None:
            self._loader.throw()
            raise AssertionError("a file that is not a cockpit file has mistakes")
        return entry

    def _assembled(
        self, plan: "Plan", entry: CockpitFile, sources: Mapping[str, SourceSpec]
    ) -> tuple[Checklist, Assembly, AddedRules]:
        """Return the checklist with the packs of all files, the assembly of its parts, and the rules of the packs."""
        if plan.path is not None and plan.ready is None:
            assembled = assemble(plan.path, list(plan.parts))
        else:
            title = entry.name if entry.use else "no checklist"
            assembled = finished(plan.ready or Checklist(slug(self._folder.name), title))
        checklist, assembly, packs, added = assembled
        assembly.places_of_items.update(plan.places)
        own = Packs(assembly, [(use, self._file.at("use", n)) for n, use in enumerate(entry.use)], own=True)
        if assembly.broken or plan.missing:
            self._loader.throw()
        if not (packs.check_sources(sources, own=False) and own.check_sources(sources, own=True)):
            self._loader.throw()
        checklist, more = own.placed(checklist)
        checklist = with_needs(checklist, assembly.places_of_items)
        return checklist, assembly, added.changed_by(rules_of(entry, self._file), more)

    def _source(self, name: str, entry: SourceEntry) -> SourceSpec:
        part = self._file.at("sources", name)
        if built_in := next((each for each in BUILT_IN if each in (name, entry.kind)), ""):
            message = f"source '{built_in}' always exists and cannot be defined; use another name and another kind"
            part.error(message, key=True)
        options = dict(entry.model_extra or {})
        catalog = self._loader.catalog
        assert catalog is not None
        kind = known_kind(catalog, entry.kind)
        if kind is not None:
            valid = part.validate(kind.options, options, also=SourceEntry.model_fields)
            if valid is not None and (reason := kind.unverified(valid)):
                place = part.at("verify") if "verify" in options else part
                place.warn(f"source '{name}': TLS certificates are not verified ({reason})", key=True)
        else:
            hint = did_you_mean(entry.kind, {*catalog.kinds()} - {*BUILT_IN})
            part.at("kind").error(f"unknown source kind '{entry.kind}'{hint}")
        every = entry.every or EVERY_S.get(entry.kind, 5.0)
        return SourceSpec(name, entry.kind, options, every, entry.timeout, entry.budget)

    def _signals(self, entry: CockpitFile, assembly: Assembly, sources: Mapping[str, SourceSpec]) -> tuple[Signal, ...]:
        drafts = dict(assembly.drafts)
        for name, value in entry.signals.items():
            part = self._file.at("signals", name)
            if value == "off" or value is False:
                self._switch_off(name, drafts, part)
            elif draft := signal_draft(name, part, value):
                draft.own = bool(draft.query)
                draft.first_in_cockpit = name not in assembly.drafts
                drafts[name] = drafts[name].changed_by(draft) if name in drafts else draft
        self._drafts, self._written = drafts, self._written._replace(drafts=drafts)
        assembly.apply_conditions(drafts)
        resolver = SignalResolver(self._loader, sources)
        resolved = [signal for draft in drafts.values() if (signal := resolver.signal(draft))]
        signals = without_switched_off(resolved, drafts, self._off)
        self._acting = resolver.acting
        assembly.check_signals({signal.name: signal.judged for signal in signals}, self._off)
        return signals

    def _switch_off(self, name: str, drafts: dict[str, SignalDraft], part: Part) -> None:
        if name not in drafts and is_ready_name(name):
            self._written.off[name] = part
        elif name not in drafts:
            part.error(f"unknown signal '{name}', which cannot be switched off{did_you_mean(name, drafts)}", key=True)
        drafts.pop(name, None)
        self._off.add(name)

    def _rules(
        self, entry: CockpitFile, checklist: Checklist, assembly: Assembly, known: KnownSignals, added: AddedRules
    ) -> tuple[RollbackRules, Allowed]:
        written = {**assembly.rollback_rules, **rules_of(entry, self._file)}
        rules = resolve_rollback_rules(written, checklist, known, added)
        for name, key in compares_without_baseline(known.signals.values(), rules.baseline):
            message = f"signals.{name}.{key} needs a baseline; add {name} to baseline.signals"
            self._drafts[name].at(key).error(message)
        allow = resolve_permissions(entry.allow, known, self._file.at("allow"))
        warn_of_inactive(allow, known, self._acting, self._file.at("allow"))
        return rules, allow

    def _procedures(
        self, entry: CockpitFile, assembly: Assembly, names: KnownNames
    ) -> tuple[tuple[Procedure, ...], tuple[Message, ...]]:
        own: dict[str, Runbook] = {}
        read_runbooks(entry.procedures, self._file.at("procedures"), own)
        place = self._file.at("messages")
        messages = {**assembly.messages, **read_messages(entry.messages, place)}
        names = replace(names, messages={STAKEHOLDERS.id, *messages})
        procedures = resolve_procedures(merged(assembly.runbooks, own), names)
        return procedures, tuple(messages.values())

    def _valid(self, entry: CockpitFile, layout: Layout | None) -> tuple[Layout, Theme]:
        """Return the layout and the theme, once everything is resolved; FileError with every mistake found so far."""
        self._theme(entry)
        self._loader.throw()
        assert layout is not None
        assert self.theme is not None
        return layout, self.theme

    def _layout(
        self,
        entry: CockpitFile,
        signals: tuple[Signal, ...],
        checklist: Checklist,
        rules: RollbackRules,
        sources: Mapping[str, SourceSpec],
    ) -> Layout | None:
        if not entry.layout:
            kinds = {**CUSTOMARY, **{name: source.kind for name, source in sources.items()}}
            return automatic_layout(checklist, signals, rules.aborts, kinds)
        path = self._loader.find("layout", entry.layout)
        if path is None:
            return None
        part = self._loader.open(path)
        layout = read_layout(part)
        self._loader.texts.setdefault(path.name, part.document.text)
        if layout is None:
            return None
        own = path not in shipped("layout")
        return with_signals(layout, signals, {*self._drafts, *self._off}, part, own)

    def _warn_of_unshown(self, cockpit: Cockpit) -> None:
        if names := unshown_signals(cockpit):
            message = f"no panel of layout '{cockpit.layout.name}' shows {counted(len(names), 'signal')}: "
            way_out = "; add them to a panel, give them a tag that a panel chooses, or remove `layout:`"
            self._file.at("layout").warn(message + ", ".join(names) + way_out)

    def _theme(self, entry: CockpitFile) -> None:
        path = self._loader.find("theme", entry.theme)
        self.theme = read_theme(self._loader.open(path)) if path is not None else None


@dataclass(frozen=True, slots=True)
class Plan:
    """The checklist of a cockpit file: its path and documents, or the finished one of a Markdown file."""

    path: Path | None = None
    parts: tuple[Part, ...] = ()
    ready: Checklist | None = None
    places: Places = field(default_factory=dict)
    missing: bool = False

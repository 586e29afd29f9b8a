"""Resolves a cockpit file and all files that it names into one value of the core."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from pathlib import Path
from typing import TypeVar

import msgspec

from mmcockpit.config.appearance import read_layout, read_theme, with_signals
from mmcockpit.config.catalog import EVERY_S, SESSION, Catalog, known_kind
from mmcockpit.config.checklist import markdown
from mmcockpit.config.checklist.conditions import apply_conditions
from mmcockpit.config.checklist.files import Assembly, Folder, assemble, check_names, read_folder
from mmcockpit.config.checklist.settle_times import with_settle_times
from mmcockpit.config.drafts import Draft, draft
from mmcockpit.config.library import FileKind, NotFound, find, shipped
from mmcockpit.config.messages import messages, webhook
from mmcockpit.config.models.cockpit import CockpitFile, SourceEntry
from mmcockpit.config.procedures import KnownNames, Runbook, named, on_top, runbooks
from mmcockpit.config.rollback_rules import (
    KnownSignals,
    RollbackRules,
    allowed,
    not_allowed,
    resolve_rollback_rules,
    rules_of,
    without_baseline,
)
from mmcockpit.config.signal_warnings import unpolled
from mmcockpit.config.signals import Asking, of_present
from mmcockpit.config.text.document import Document, Place
from mmcockpit.config.text.error import FileError, FileWarning, Mistakes, did_you_mean, throw
from mmcockpit.config.text.password import find_passwords
from mmcockpit.config.text.slug import slug
from mmcockpit.config.text.validation import Within, validate
from mmcockpit.config.text.variables import expand, expand_text, read_vars
from mmcockpit.config.text.yaml import read, read_text
from mmcockpit.core.model.checklist import Checklist, Contact, Item, Link, Mode
from mmcockpit.core.model.cockpit import Allowed, Cockpit, Person, SourceSpec, Window
from mmcockpit.core.model.layout import Layout, Theme
from mmcockpit.core.model.procedure import Message, Procedure
from mmcockpit.core.model.signal import Signal

Named = TypeVar("Named")


class Resolving:
    """Resolves one cockpit file; collects the mistakes and raises them together."""

    def __init__(
        self, path: Path, catalog: Catalog, given: Mapping[str, str], warnings: list[FileWarning] | None = None
    ) -> None:
        self.texts: dict[str, str] = {}
        self._warnings = [] if warnings is None else warnings
        self.theme: Theme | None = None
        self._catalog = catalog
        self._errors: list[FileError] = Mistakes()
        self._document = read(path)
        self._beside = path.parent
        self._vars = {**read_vars(self._document, self._errors), **given}
        self._off: set[str] = set()
        self._drafts: dict[str, Draft] = {}
        self._acting: dict[str, str] = {}
        self.texts[path.name] = self._document.text

    def cockpit(self) -> Cockpit:
        """Return the cockpit; FileError with every mistake found."""
        plan = self._checklist()
        entry = self._entry(plan)
        sources = {name: self._source(name, each) for name, each in entry.sources.items()}
        checklist, assembly = self._assembled(plan)
        if assembly.broken or plan.missing:
            throw(self._errors)
        signals = self._signals(entry, assembly, sources)
        by_name = {each.name: each for each in signals}
        known = KnownSignals(by_name, frozenset(self._drafts), frozenset(self._off), self._document)
        conduct, allow = self._conduct(entry, checklist, assembly, known)
        self._warnings += unpolled(signals, sources, allow, self._document)
        followed, sent = self._procedures(entry, assembly, known, conduct)
        reference = webhook(entry.messages, self._document, self._errors)
        layout = self._layout(entry, signals)
        self._theme(entry)
        throw(self._errors)
        assert layout is not None
        assert self.theme is not None
        return Cockpit(
            name=entry.name,
            environment=entry.environment,
            checklist=self._completed(with_settle_times(checklist, signals, assembly.settled), entry, followed),
            signals=signals,
            layout=layout,
            sources=tuple(sources.values()),
            vars=self._vars,
            people=tuple(Person(each.name, each.role) for each in entry.people),
            t0=entry.t0,
            theme=self.theme.name,
            window=Window(entry.window.start, entry.window.end) if entry.window else None,
            poll=entry.poll,
            aborts=conduct.aborts,
            baseline=conduct.baseline,
            readiness=conduct.readiness,
            allow=allow,
            messages=sent,
            webhook=reference,
        )

    def _entry(self, plan: "Plan") -> CockpitFile:
        """Return the contents of the file with variables replaced; FileError if it is not a cockpit file."""
        self._vars = {**plan.vars, **self._vars}
        expand(self._document, self._vars, self._errors)
        throw(find_passwords(self._document))
        entry = validate(CockpitFile, self._document.value, self._document, self._errors)
        if entry is None:
            throw(self._errors)
            raise AssertionError("a file that is no cockpit has mistakes")
        return entry

    def _conduct(
        self, entry: CockpitFile, checklist: Checklist, assembly: Assembly, known: KnownSignals
    ) -> tuple[RollbackRules, Allowed]:
        said = {**assembly.said, **rules_of(entry, self._document)}
        conduct = resolve_rollback_rules(said, checklist, known, self._errors)
        for name, key in without_baseline(known, conduct.baseline):
            message = f"signals.{name}.{key} compares with a baseline; name {name} under baseline: signals, too"
            self._errors.append(self._drafts[name].error((key,), message))
        allow = allowed(entry.allow, known, self._document, self._errors)
        self._warnings += not_allowed(allow, known, self._acting, self._document)
        return conduct, allow

    def _procedures(
        self, entry: CockpitFile, assembly: Assembly, known: KnownSignals, conduct: RollbackRules
    ) -> tuple[tuple[Procedure, ...], tuple[Message, ...]]:
        own: dict[str, Runbook] = {}
        runbooks(entry.procedures, self._document, own, self._errors)
        sent = {**assembly.messages, **messages(entry.messages, self._document, self._errors)}
        around = KnownNames(known, frozenset(abort.signal for abort in conduct.aborts), sent)
        return named(on_top(assembly.runbooks, own), around, self._errors), tuple(sent.values())

    def _find(self, shelf: FileKind, name: str) -> Path | None:
        try:
            return find(shelf, name, self._beside)
        except NotFound as error:
            self._errors.append(self._document.error((shelf,), str(error)))
            return None

    def _checklist(self) -> "Plan":
        """Return the documents of the checklist, before variables are replaced in them."""
        written = self._document.value.get("checklist") if isinstance(self._document.value, dict) else None
        if not isinstance(written, str) or not written:
            return Plan()
        try:
            name = expand_text(written, self._vars)
        except KeyError:
            return Plan()
        path = self._find("checklist", name)
        if path is None:
            return Plan(missing=True)
        if path.suffix == ".md":
            text = read_text(path)
            self.texts[path.name] = text
            return Plan(ready=markdown.parse(text, str(path)))
        folder = read_folder(path, self._errors)
        for document in folder.documents:
            inside = f"{path.name}/{Path(document.file).name}" if path.is_dir() else path.name
            self.texts[inside] = document.text
            throw(find_passwords(document))
        return Plan(folder, folder.vars)

    def _assembled(self, plan: "Plan") -> tuple[Checklist, Assembly]:
        if plan.folder is not None:
            return assemble(plan.folder, self._vars, self._errors, self._warnings)
        name = slug(self._beside.name)
        return plan.ready or Checklist(name, "no checklist"), Assembly(self._errors, self._warnings)

    def _source(self, name: str, entry: SourceEntry) -> SourceSpec:
        place: Place = ("sources", name)
        if SESSION in (name, entry.kind):
            message = (
                f"the source '{SESSION}' is always there and needs no entry; give another kind, under another name"
            )
            self._errors.append(self._document.error(place, message, key=True))
        options = dict(entry.model_extra or {})
        kind = known_kind(self._catalog, entry.kind)
        if kind is not None:
            where = Within(self._document, place)
            made = validate(kind.options, options, where, self._errors, label=place, also=SourceEntry.model_fields)
            if made is not None and (off := kind.unverified(made)):
                message = f"source '{name}': TLS certificates are not verified ({off})"
                at = (*place, "verify") if "verify" in options else place
                self._warnings.append(FileWarning(self._document.error(at, message, key=True)))
        else:
            hint = did_you_mean(entry.kind, {*self._catalog.kinds()} - {SESSION})
            message = f"no source kind is named '{entry.kind}'{hint}"
            self._errors.append(self._document.error((*place, "kind"), message))
        every = entry.every or EVERY_S.get(entry.kind, 5.0)
        return SourceSpec(name, entry.kind, options, every, entry.timeout, entry.budget)

    def _signals(self, entry: CockpitFile, assembly: Assembly, sources: Mapping[str, SourceSpec]) -> tuple[Signal, ...]:
        drafts = dict(assembly.drafts)
        for name, written in entry.signals.items():
            if written == "off" or written is False:
                self._switch_off(name, drafts)
            elif made := draft(name, written, self._document, ("signals", name), self._errors):
                made.own = bool(made.question)
                made.first_in_cockpit = name not in assembly.drafts
                drafts[name] = drafts[name].changed_by(made) if name in drafts else made
        self._drafts = drafts
        apply_conditions(assembly, drafts, self._errors)
        asking = Asking(sources, self._catalog, self._errors, self._warnings)
        made_ones = [signal for each in drafts.values() if (signal := asking.signal(each))]
        signals = of_present(made_ones, drafts, self._off, self._errors)
        self._acting = asking.acting
        check_names(assembly, {signal.name: signal.judged for signal in signals}, self._off, self._errors)
        return signals

    def _switch_off(self, name: str, drafts: dict[str, Draft]) -> None:
        if name not in drafts:
            message = f"no signal is named '{name}', so there is nothing to switch off{did_you_mean(name, drafts)}"
            self._errors.append(self._document.error(("signals", name), message, key=True))
        drafts.pop(name, None)
        self._off.add(name)

    def _completed(self, checklist: Checklist, entry: CockpitFile, followed: tuple[Procedure, ...]) -> Checklist:
        """Return the checklist with the cockpit file's procedures, contacts and links, without switched-off signals."""
        contacts = [Contact(each.role, each.name) for each in entry.contacts]
        links = [Link(each.title, each.url) for each in entry.links]
        return msgspec.structs.replace(
            self._without_off(checklist),
            procedures=followed,
            contacts=_replaced(checklist.contacts, contacts, attrgetter("role")),
            links=_replaced(checklist.links, links, attrgetter("title")),
        )

    def _without_off(self, checklist: Checklist) -> Checklist:
        """Make the items of switched-off signals manual."""
        if not self._off:
            return checklist

        def by_hand(item: Item) -> Item:
            if item.signal not in self._off:
                return item
            return msgspec.structs.replace(item, mode=Mode.MANUAL, signal="", caveat="")

        phases = []
        for phase in checklist.phases:
            sections = [
                msgspec.structs.replace(section, items=tuple(map(by_hand, section.items))) for section in phase.sections
            ]
            phases.append(msgspec.structs.replace(phase, sections=tuple(sections)))
        return msgspec.structs.replace(checklist, phases=tuple(phases))

    def _layout(self, entry: CockpitFile, signals: tuple[Signal, ...]) -> Layout | None:
        path = self._find("layout", entry.layout)
        if path is None:
            return None
        layout, document = read_layout(path, self._errors)
        self.texts.setdefault(path.name, document.text)
        if layout is None:
            return None
        own: Document | None = None if path in shipped("layout") else document
        known = set(self._drafts) | self._off
        return with_signals(layout, {signal.name for signal in signals}, known, own, self._errors)

    def _theme(self, entry: CockpitFile) -> None:
        path = self._find("theme", entry.theme)
        self.theme = read_theme(path, self._errors) if path is not None else None


@dataclass(slots=True)
class Plan:
    """The checklist of a cockpit file: its documents and their variables, or the finished one of a Markdown file."""

    folder: Folder | None = None
    vars: dict[str, str] = field(default_factory=dict)
    ready: Checklist | None = None
    missing: bool = False


def _replaced(shipped_ones: Sequence[Named], own: Sequence[Named], called: Callable[[Named], str]) -> tuple[Named, ...]:
    """Return the checklist's contacts or links, replaced by the cockpit file's of the same name, then further ones."""
    mine = {slug(called(each)): each for each in own}
    known = {slug(called(each)) for each in shipped_ones}
    kept = [mine.get(slug(called(each)), each) for each in shipped_ones]
    return (*kept, *(each for key, each in mine.items() if key not in known))

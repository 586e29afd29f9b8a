"""Checklist files: read, merged if they are a folder, and turned into the core's checklist."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mmcockpit.config.drafts import Draft, draft
from mmcockpit.config.library import NotFound, entries
from mmcockpit.config.messages import messages, refuse_webhook
from mmcockpit.config.models.checklist import (
    ChecklistFile,
    HoldEntry,
    ItemEntry,
    PhaseEntry,
    SectionEntry,
)
from mmcockpit.config.procedures import Runbook, procedures, runbooks
from mmcockpit.config.rollback_rules import rules_of
from mmcockpit.config.text.dependencies import depends_on
from mmcockpit.config.text.document import Document, Place
from mmcockpit.config.text.error import FileError, FileWarning, did_you_mean, throw
from mmcockpit.config.text.slug import Slugs, slug
from mmcockpit.config.text.validation import validate
from mmcockpit.config.text.variables import expand, read_vars
from mmcockpit.config.text.yaml import MAX_BYTES, read
from mmcockpit.core.model.checklist import Checklist, Contact, Hold, Item, Link, Mode, Phase, Section
from mmcockpit.core.model.procedure import Message
from mmcockpit.core.rules.cel import RuleError, compile_duration
from mmcockpit.core.rules.cel_loops import LOOPS_WARNING, nested_loop


@dataclass(slots=True)
class Folder:
    """A checklist as written: its documents in order, and the variables that they define."""

    path: Path
    documents: list[Document]
    vars: dict[str, str] = field(default_factory=dict)


def read_folder(path: Path, errors: list[FileError]) -> Folder:
    """Return the documents of a checklist file, or of every .yaml file of a folder in the order of their names.

    If a file is not YAML, only that error is reported: the missing part would cause errors everywhere else.
    """
    depends_on(path)
    try:
        files = entries(path, ".yaml", ".yml") if path.is_dir() else [path]
    except NotFound as error:
        raise FileError(str(path), 1, 1, str(error)) from error
    if not files:
        raise FileError(str(path), 1, 1, "no .yaml file is in this folder; a checklist folder has checklist.yaml")
    folder = Folder(path, [])
    unreadable: list[FileError] = []
    size = 0
    for file in files:
        try:
            document = read(file)
        except FileError as error:
            unreadable.extend(error.errors)
            continue
        size += len(document.text)
        if size > MAX_BYTES:
            raise FileError(str(path), 1, 1, f"its files are larger than {MAX_BYTES // 1024 // 1024} MiB together")
        folder.documents.append(document)
        folder.vars.update(read_vars(document, errors))
    throw(unreadable)
    return folder


class Assembly:
    """Assembles a checklist from its parts: assigns ids and numbers, and collects the signals that the parts define."""

    def __init__(self, errors: list[FileError], warnings: list[FileWarning]) -> None:
        self.drafts: dict[str, Draft] = {}
        self.named: list[tuple[str, Item, Document, Place]] = []
        """Signal name, item and place of every item that a signal decides."""
        self.conditions: list[tuple[Item, str, Document, Place]] = []
        """Every item with a condition (`applicable`): the condition and its place."""
        self.said: dict[str, tuple[Any, Document]] = {}
        """Abort rules, baseline and readiness as the parts define them."""
        self.runbooks: dict[str, Runbook] = {}
        self.messages: dict[str, Message] = {}
        self.settled: set[str] = set()
        """Ids of the items whose settle time is in the file."""
        self.titled = False
        self.broken = False
        """Whether a part could not be read at all, so names may be missing."""
        self._errors = errors
        self._warnings = warnings
        self._phases: list[Phase] = []
        self._parts: dict[str, tuple[Document, Slugs]] = {}
        """Phase id to the document of its latest part, and the slugs of its sections."""
        self._contacts: list[Contact] = []
        self._links: list[Link] = []
        self._ids = Slugs()
        self._number = 0
        self._inline: dict[str, int] = {}
        """Name to the highest number given to an inline signal of this name."""

    def add(self, document: Document, variables: dict[str, str]) -> ChecklistFile | None:
        """Replace the variables of a part and add it."""
        expand(document, variables, self._errors)
        self._grants(document)
        part = validate(ChecklistFile, document.value, document, self._errors)
        if part is None:
            self.broken = True
            return None
        for name, written in part.signals.items():
            self._take(draft(name, written, document, ("signals", name), self._errors))
        for n, phase in enumerate(part.phases):
            self._phase(phase, document, ("phases", n))
        runbooks(part.procedures, document, self.runbooks, self._errors)
        refuse_webhook(part.messages, document, self._errors)
        self.messages.update(messages(part.messages, document, self._errors))
        self._contacts.extend(Contact(entry.role, entry.name) for entry in part.contacts)
        self._links.extend(Link(entry.title, entry.url) for entry in part.links)
        for key, said in rules_of(part, document).items():
            if key in self.said:
                self._errors.append(document.error((key,), f"{key} is here twice; put all of it in one file", key=True))
            self.said[key] = said
        return part

    def checklist(self, name: str, title: str) -> Checklist:
        """Return the checklist of all added parts."""
        return Checklist(
            name,
            title,
            tuple(self._phases),
            procedures(self.runbooks, self._errors),
            tuple(self._contacts),
            tuple(self._links),
        )

    def _grants(self, document: Document) -> None:
        """Report keys that only a cockpit file may have, and drop them."""
        if isinstance(document.value, dict) and "allow" in document.value:
            message = "a checklist cannot grant itself anything; write allow: in the cockpit file"
            self._errors.append(document.error(("allow",), message, key=True))
            document.value = {key: value for key, value in document.value.items() if key != "allow"}

    def _take(self, made: Draft | None) -> None:
        if made is None:
            return
        if made.name in self.drafts:
            self._errors.append(made.error((), f"signal {made.name} is here twice; rename one", key=True))
        self.drafts[made.name] = made

    def _phase(self, entry: PhaseEntry, document: Document, place: Place) -> None:
        """Add a phase, or the further sections of the previous phase if that has the same id in another file."""
        wanted = slug(entry.id or entry.title)
        earlier = self._parts.get(wanted)
        mistake = self._continues_wrongly(entry, wanted, document) if earlier else ""
        if mistake:
            self._errors.append(document.error((*place, "id" if entry.id else "title"), mistake))
        continued = bool(earlier and entry.id and not mistake)
        phase_id, ids = (wanted, earlier[1]) if continued and earlier else (self._ids.take(wanted), Slugs())
        self._parts[phase_id] = (document, ids)
        sections = list(self._phases.pop().sections) if continued else []
        for n, section in enumerate(entry.sections):
            section_id = f"{phase_id}/{ids.take(section.title)}"
            sections.append(self._section(section_id, section, document, (*place, "sections", n)))
        self._phases.append(Phase(phase_id, entry.title, tuple(sections)))

    def _continues_wrongly(self, entry: PhaseEntry, wanted: str, document: Document) -> str:
        """Return why a phase cannot continue the earlier phase with this id; empty if it can, or if it is new."""
        last, same_file = self._phases[-1], self._parts[wanted][0] is document
        if not entry.id:
            way_out = f"write `id: {wanted}` to continue it here, or another title"
            return "" if same_file else f"phase '{wanted}' stands in another file as well; {way_out}"
        if same_file:
            return f"phase '{wanted}' is here twice; give one another id"
        if last.id != wanted:
            return f"phase '{wanted}' was followed by '{last.id}'; name this file so that it is read before that"
        if last.title != entry.title:
            return f"phase '{wanted}' is called '{last.title}' where it begins; call it so here too"
        return ""

    def _section(self, section_id: str, entry: SectionEntry, document: Document, place: Place) -> Section:
        ids = Slugs()
        items = tuple(
            self._item(f"{section_id}/{ids.take(item.title)}", item, document, (*place, "items", n))
            for n, item in enumerate(entry.items)
        )
        return Section(section_id, entry.title, items, entry.ordered)

    def _item(self, item_id: str, entry: ItemEntry, document: Document, place: Place) -> Item:
        self._number += 1
        signal = self._signal_of(entry, document, place)
        mode = Mode(entry.mode) if entry.mode else Mode.SENSED if signal else Mode.MANUAL
        if (mode is Mode.MANUAL) == bool(signal):
            way_out = "leave one of them out" if signal else "add `signal: NAME`, or make it manual"
            message = f"a {mode} item {'with a' if signal else 'without a'} signal; {way_out}"
            self._errors.append(document.error((*place, "mode"), message))
        item = Item(
            id=item_id,
            number=self._number,
            title=entry.title,
            text=entry.text.strip(),
            mode=mode,
            signal=signal,
            required=entry.required,
            role=entry.role,
            links=entry.links,
            caveat=entry.caveat.strip(),
            hold=self._hold(entry.hold, document, (*place, "hold")),
            until_gate=entry.judge == "until_gate",
            approvals=entry.approvals,
            evidence_required=entry.evidence == "required",
            warning_accepted=entry.warning == "accept",
            no_return=entry.point_of_no_return,
        )
        if entry.hold is not None:
            self.settled.add(item_id)
        if signal:
            self.named.append((signal, item, document, (*place, "signal")))
        if entry.applicable.strip():
            self.conditions.append((item, entry.applicable.strip(), document, (*place, "applicable")))
        for key in ("hold", "applicable"):
            if getattr(entry, key) and not signal:
                message = f"a manual item has no {key}: nothing is asked; add `signal: NAME`"
                self._errors.append(document.error((*place, key), message))
        if item.warning_accepted and mode is not Mode.ATTESTED:
            message = f"`warning: accept` is for attested items; this one is {mode}"
            self._errors.append(document.error((*place, "warning"), message))
        return item

    def _hold(self, entry: HoldEntry | None, document: Document, place: Place) -> Hold:
        if entry is None:
            return Hold()
        full = entry.full or entry.first or 0.0
        if entry.rule:
            try:
                compile_duration(entry.rule.strip())
            except RuleError as error:
                message = f"neither a duration such as 15m nor CEL that answers one: {error.message}"
                self._errors.append(document.error_inside(place, error.line, error.column, message))
            loop = nested_loop(entry.rule.strip())
            if loop is not None:
                self._warnings.append(FileWarning(document.error_inside(place, *loop, f"hold: {LOOPS_WARNING}")))
        return Hold(entry.first or full, full, entry.rule.strip())

    def _signal_of(self, entry: ItemEntry, document: Document, place: Place) -> str:
        if isinstance(entry.signal, dict):
            base = slug(entry.title).replace("-", "_")
            n = self._inline.get(base, 0) + 1
            name = base if n == 1 else f"{base}_{n}"
            while name in self.drafts:
                n += 1
                name = f"{base}_{n}"
            self._inline[base] = n
            made = draft(name, entry.signal, document, (*place, "signal"), self._errors)
            if made is not None:
                made.title = entry.title
            self._take(made)
            return name
        return entry.signal or ""


def assemble(
    folder: Folder, variables: dict[str, str], errors: list[FileError], warnings: list[FileWarning]
) -> tuple[Checklist, Assembly]:
    """Return the checklist of a folder, and the assembly that made it."""
    assembly = Assembly(errors, warnings)
    parts = [part for document in folder.documents if (part := assembly.add(document, variables))]
    name = next((part.name for part in parts if part.name), None)
    title = next((part.title for part in parts if part.title), None)
    assembly.titled = name is not None
    return assembly.checklist(name or slug(folder.path.stem), title or name or folder.path.stem), assembly


def check_names(
    assembly: Assembly, judged: dict[str, bool], off: set[str], errors: list[FileError], complete: bool = True
) -> None:
    """Add an error for every item whose signal is missing or has no rule (`judged`: signal name to whether it has one).

    Without a cockpit file (not `complete`), the signal may still be defined there: only likely misspellings are errors.
    """
    for name, item, document, place in assembly.named:
        if name in off:
            continue
        if name not in judged:
            known = {*judged, *assembly.drafts}
            if name not in known:
                hint = did_you_mean(name, known)
                if complete or "did you mean" in hint:
                    errors.append(document.error(place, f"no signal is named '{name}'{hint}"))
        elif not judged[name]:
            message = f"signal '{name}' has no pass rule and cannot decide item '{item.title}'; add `pass:`"
            errors.append(document.error(place, message))

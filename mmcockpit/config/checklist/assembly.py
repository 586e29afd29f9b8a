"""Assembles a checklist from its files: reads them, merges a folder, and makes the core's checklist."""

from collections.abc import Iterable, Mapping, Set
from pathlib import Path

from mmcockpit.config.checklist.target_copy import define_target
from mmcockpit.config.definitions import SignalDraft, Written, signal_draft
from mmcockpit.config.library import UnknownFile, entries
from mmcockpit.config.loader import Loader, Part
from mmcockpit.config.messages import read_messages, refuse_outward
from mmcockpit.config.models.checklist import ChecklistFile, HoldEntry, ItemEntry, PhaseEntry
from mmcockpit.config.models.use import UseEntry
from mmcockpit.config.procedures.resolved import procedures
from mmcockpit.config.procedures.runbooks import Runbook, read_runbooks
from mmcockpit.config.rules.expressions import accepts_expression, warn_of_nested_loop
from mmcockpit.config.rules.rollback_rules import rules_of
from mmcockpit.config.text.dependencies import depends_on
from mmcockpit.config.text.document import Document
from mmcockpit.config.text.error import FileError, did_you_mean, nearest, throw
from mmcockpit.config.text.slug import Slugs, UniqueNames, slug
from mmcockpit.config.text.yaml import MAX_BYTES
from mmcockpit.core.model.checklist import Checklist, Contact, Hold, Item, ItemStep, Link, Mode, Phase, Section
from mmcockpit.core.model.procedure import Message
from mmcockpit.core.rules.cel.checks import ExpressionKind
from mmcockpit.core.words.durations import hint


def read_parts(loader: Loader, path: Path) -> list[Part]:
    """Return the documents of a checklist file, or of every .yaml file of a folder in the order of their names.

    If a file is not YAML, only that error is reported: the missing part would cause errors everywhere else.
    """
    depends_on(path)
    try:
        files = entries(path, ".yaml", ".yml") if path.is_dir() else [path]
    except UnknownFile as error:
        raise FileError(str(path), 1, 1, str(error)) from error
    if not files:
        raise FileError(str(path), 1, 1, "no .yaml file in this folder; add checklist.yaml")
    parts: list[Part] = []
    unreadable: list[FileError] = []
    size = 0
    for file in files:
        try:
            part = loader.open(file)
        except FileError as error:
            unreadable.extend(error.errors)
            continue
        size += len(part.document.text)
        if size > MAX_BYTES:
            limit = MAX_BYTES // 1024 // 1024
            raise FileError(str(path), 1, 1, f"files larger than {limit} MiB in total; shorten them")
        parts.append(part)
    throw(unreadable)
    loader.define(parts)
    define_target(loader, parts)
    return parts


class Assembly:
    """Assembles a checklist from its parts: assigns ids and numbers, and collects the signals that the parts define."""

    def __init__(self) -> None:
        self.drafts: dict[str, SignalDraft] = {}
        self._named: list[tuple[str, Item, Part]] = []
        """Signal name, item and place of every item that a signal decides."""
        self._conditions: list[tuple[Item, str, Part]] = []
        """Every item with a condition (`applicable`): the condition and its place."""
        self.rollback_rules: dict[str, Written] = {}
        """Abort rules, baseline and readiness as the parts define them."""
        self.runbooks: dict[str, Runbook] = {}
        self.messages: dict[str, Message] = {}
        self.uses: list[tuple[UseEntry, Part]] = []
        """The packs that the parts use, each with its place."""
        self.places: list[int] = []
        """Of each of these packs: the number of signals before its file, after which its own have their place."""
        self.settled: set[str] = set()
        """Ids of the items whose settle time is in the file."""
        self.places_of_items: dict[str, Part] = {}
        """The place of each item by its id."""
        self.waves: dict[str, Written] = {}
        """The targets of each phase that is repeated, by its id."""
        self.titled = False
        self.broken = False
        """Whether a part could not be read at all, so names may be missing."""
        self._phases: list[Phase] = []
        self._parts: dict[str, tuple[Document, Slugs]] = {}
        """Phase id to the document of its latest part, and the slugs of its sections."""
        self._contacts: list[Contact] = []
        self._links: list[Link] = []
        self._ids = Slugs()
        self._number = 0
        self._inline = UniqueNames("_")

    def add(self, part: Part) -> ChecklistFile | None:
        """Replace the variables of a file and add it."""
        part.expand()
        _refuse_permissions(part)
        entry = part.validate(ChecklistFile, part.document.value)
        if entry is None:
            self.broken = True
            return None
        self.places += [len(self.drafts)] * len(entry.use)
        self.uses += [(use, part.at("use", n)) for n, use in enumerate(entry.use)]
        for name, value in entry.signals.items():
            self._take(signal_draft(name, part.at("signals", name), value))
        for n, phase in enumerate(entry.phases):
            self._phase(phase, part.at("phases", n))
        read_runbooks(entry.procedures, part.at("procedures"), self.runbooks)
        refuse_outward(entry.messages, part.at("messages"))
        self.messages.update(read_messages(entry.messages, part.at("messages")))
        self._contacts.extend(Contact(each.role, each.name) for each in entry.contacts)
        self._links.extend(Link(each.title, each.url) for each in entry.links)
        for key, rules in rules_of(entry, part).items():
            if key in self.rollback_rules:
                rules.part.error(f"duplicate '{key}' in this checklist; write all of it in one file", key=True)
            self.rollback_rules[key] = rules
        return entry

    def checklist(self, name: str, title: str) -> Checklist:
        """Return the checklist of all added parts."""
        return Checklist(
            name,
            title,
            tuple(self._phases),
            procedures(self.runbooks),
            tuple(self._contacts),
            tuple(self._links),
        )

    def section(
        self, section_id: str, title: str, items: Iterable[tuple[ItemEntry, Part]], ordered: bool = False
    ) -> Section:
        """Return a section of written items, each with its place."""
        ids = Slugs()
        placed = tuple(self._item(f"{section_id}/{ids.take(item.title)}", item, part) for item, part in items)
        return Section(section_id, title, placed, ordered)

    def apply_conditions(self, drafts: dict[str, SignalDraft]) -> None:
        """Copy the condition of an item to its signal; a signal whose probe was replaced keeps its own condition.

        A signal that decides several items has one condition, or none.
        """
        conditions = {item.id: text for item, text, _ in self._conditions}
        of_signal: dict[str, set[str]] = {}
        for name, item, _ in self._named:
            of_signal.setdefault(name, set()).add(conditions.get(item.id, ""))
        for item, text, part in self._conditions:
            if of_signal.get(item.signal, {text}) != {text}:
                part.error(f"signal '{item.signal}' decides other items too; write `applies:` in the signal instead")
            draft = drafts.get(item.signal)
            if draft is not None and not draft.own and "applies" not in draft.keys:
                draft.keys["applies"] = Written(text, part)
            else:
                accepts_expression(part, text, ExpressionKind.RULE, "applicable")

    def check_signals(self, judged: Mapping[str, bool], off: Set[str] = frozenset()) -> None:
        """Report every item whose signal is missing or has no rule (`judged`: signal name to whether it has one).

        Without a cockpit file, the signal may still be defined there: only likely misspellings are mistakes.
        """
        known = {*judged, *self.drafts}
        for name, item, part in self._named:
            if name in off:
                continue
            if name not in judged:
                if name not in known and (part.loader.complete or nearest(name, known)):
                    part.error(f"unknown signal '{name}'{did_you_mean(name, known)}")
            elif not judged[name]:
                part.error(f"signal '{name}' has no pass rule, so it cannot decide item '{item.title}'; add `pass:`")

    def _take(self, draft: SignalDraft | None) -> None:
        if draft is None:
            return
        if draft.name in self.drafts:
            draft.home.error(f"duplicate signal '{draft.name}'; rename one", key=True)
        self.drafts[draft.name] = draft

    def _phase(self, entry: PhaseEntry, part: Part) -> None:
        """Add a phase, or the further sections of the previous phase if that has the same id in another file."""
        base = slug(entry.id or entry.title)
        earlier = self._parts.get(base)
        mistake = self._continues_wrongly(entry, base, part.document) if earlier else ""
        if mistake:
            part.at("id" if entry.id else "title").error(mistake)
        continued = bool(earlier and entry.id and not mistake)
        phase_id, ids = (base, earlier[1]) if continued and earlier else (self._ids.take(base), Slugs())
        self._parts[phase_id] = (part.document, ids)
        if entry.targets and phase_id in self.waves:
            part.at("targets").error(f"duplicate targets of phase '{phase_id}'; write them in one file", key=True)
        if entry.targets:
            self.waves[phase_id] = Written(entry.targets, part.at("targets"))
        before = self._phases.pop() if continued else Phase(phase_id, entry.title)
        if before.estimate and entry.estimate:
            part.at("estimate").error(f"duplicate estimate of phase '{phase_id}'; write it in one file", key=True)
        sections = list(before.sections)
        for n, section in enumerate(entry.sections):
            section_id = f"{phase_id}/{ids.take(section.title)}"
            place = part.at("sections", n, "items")
            items = [(item, place.at(k)) for k, item in enumerate(section.items)]
            sections.append(self.section(section_id, section.title, items, section.ordered))
        targets = entry.targets or before.targets
        self._phases.append(Phase(phase_id, entry.title, tuple(sections), entry.estimate or before.estimate, targets))

    def _continues_wrongly(self, entry: PhaseEntry, phase_id: str, document: Document) -> str:
        """Return why a phase cannot continue the earlier phase with this id; empty if it can, or if it is new."""
        last, same_file = self._phases[-1], self._parts[phase_id][0] is document
        if not entry.id:
            way_out = f"write `id: {phase_id}` to continue it here, or another title"
            return "" if same_file else f"phase '{phase_id}' is in another file too; {way_out}"
        if same_file:
            return f"duplicate phase '{phase_id}'; change one id"
        if last.id != phase_id:
            return f"phase '{phase_id}' cannot continue after '{last.id}'; rename this file so that it comes earlier"
        if last.title != entry.title:
            return f"phase '{phase_id}' has the title '{last.title}' in its first file; write the same title here"
        return ""

    def _item(self, item_id: str, entry: ItemEntry, part: Part) -> Item:
        self._number += 1
        signal = self._signal_of(entry, part)
        mode = Mode(entry.mode) if entry.mode else Mode.SENSED if signal else Mode.MANUAL
        if (mode is Mode.MANUAL) == bool(signal):
            problem = "a manual item cannot have a signal; remove `signal` or `mode`"
            part.at("mode").error(problem if signal else f"a {mode} item must have a signal; add `signal: NAME`")
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
            hold=_hold(entry.hold, part.at("hold")),
            until_gate=entry.judge == "until_gate",
            approvals=entry.approvals,
            evidence_required=entry.evidence == "required",
            warning_accepted=entry.warning == "accept",
            no_return=entry.point_of_no_return,
            estimate=entry.estimate or 0.0,
            procedure=entry.procedure or "",
            steps=tuple(ItemStep(step.text.strip(), step.command.strip()) for step in entry.steps),
            assignee=entry.assignee,
            needs=entry.needs,
        )
        self.places_of_items[item_id] = part
        if entry.hold is not None:
            self.settled.add(item_id)
        if signal:
            self._named.append((signal, item, part.at("signal")))
        if entry.applicable.strip():
            self._conditions.append((item, entry.applicable.strip(), part.at("applicable")))
        self._check_mode(entry, item, part)
        return item

    def _check_mode(self, entry: ItemEntry, item: Item, part: Part) -> None:
        for key in ("hold", "applicable"):
            if getattr(entry, key) and not item.signal:
                part.at(key).error(f"a manual item cannot have `{key}`, which needs a signal; add `signal: NAME`")
        if item.warning_accepted and item.mode is not Mode.ATTESTED:
            part.at("warning").error(f"only an attested item can have `warning: accept`; this item is {item.mode}")

    def _signal_of(self, entry: ItemEntry, part: Part) -> str:
        if isinstance(entry.signal, dict):
            name = self._inline.take(slug(entry.title).replace("-", "_"), also=self.drafts)
            draft = signal_draft(name, part.at("signal"), entry.signal)
            if draft is not None:
                draft.title = entry.title
                draft.inline = True
            self._take(draft)
            return name
        return entry.signal or ""


def _refuse_permissions(part: Part) -> None:
    """Report permissions, which only a cockpit file may have, and drop them."""
    document = part.document
    if isinstance(document.value, dict) and "allow" in document.value:
        message = "a checklist cannot give permissions; write allow: in the cockpit file"
        part.at("allow").error(message, key=True)
        document.value = {key: value for key, value in document.value.items() if key != "allow"}


def _hold(entry: HoldEntry | None, part: Part) -> Hold:
    if entry is None:
        return Hold()
    full = entry.full or entry.first or 0.0
    rule = entry.rule.strip()
    if rule:
        label, meant = "must be a duration such as 15m, or CEL that returns one", hint(rule).removeprefix("; ")
        accepts_expression(part, rule, ExpressionKind.SETTLE_TIME, label, fix=meant, usual_fix="")
        warn_of_nested_loop(part, rule, "hold")
    return Hold(entry.first or full, full, rule)

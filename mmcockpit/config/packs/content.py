"""The content of a pack as one file uses it: variables filled in, names prefixed, sources renamed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from mmcockpit.config.catalog import SESSION
from mmcockpit.config.definitions import SHORT_KEYS, Keys, SignalDraft, Written, signal_draft
from mmcockpit.config.loader import Part
from mmcockpit.config.models.pack import PackFile, PackItemEntry
from mmcockpit.config.models.procedure import MemberEntry, ProcedureEntry, QueuedByEntry, StepEntry
from mmcockpit.config.models.use import UseEntry
from mmcockpit.config.procedures.runbooks import Runbook, read_runbooks
from mmcockpit.config.text.slug import slug
from mmcockpit.core.rules.cel.step_rules import renamed_signals

ALL_PARTS = ("signals", "items", "procedures", "abort", "readiness")


class PackItem(NamedTuple):
    """An item of a pack: the phase that the pack names, its section, what is written and where."""

    phase: str
    section: str
    entry: PackItemEntry
    part: Part


@dataclass(slots=True)
class PackContent:
    """What one `use:` entry (`use`, at `part`) adds. `needs` maps the source names to use to their kinds."""

    label: str
    title: str
    use: UseEntry
    part: Part
    needs: dict[str, str] = field(default_factory=dict)
    drafts: dict[str, SignalDraft] = field(default_factory=dict)
    items: list[PackItem] = field(default_factory=list)
    runbooks: dict[str, Runbook] = field(default_factory=dict)
    aborts: list[Written] = field(default_factory=list)
    readiness: list[Written] = field(default_factory=list)


def content_of(entry: PackFile, pack: Part, label: str, use: UseEntry, part: Part) -> PackContent:
    """Return the content of a validated pack for one `use:` entry."""
    return _Renamer(entry, pack, label, use, part).content()


def item_id(entry: PackItemEntry) -> str:
    """Return the short name of an item within its pack."""
    return entry.id or slug(entry.title)


def part_names(entry: PackFile) -> list[str]:
    """Return the names of the parts of a pack that `without` can leave out: signals, items and procedures."""
    return [*entry.signals, *map(item_id, entry.items), *map(procedure_id, entry.procedures)]


def procedure_id(entry: ProcedureEntry) -> str:
    """Return the short name of a procedure within its pack."""
    return entry.id or slug(entry.title or "")


class _Renamer:
    """Gives the parts of one pack the names that they have in the file that uses it."""

    def __init__(self, entry: PackFile, pack: Part, label: str, use: UseEntry, part: Part) -> None:
        self._entry = entry
        self._pack = pack
        self._use = use
        self._sources = {name: use.sources.get(name, use.source or name) for name in entry.needs}
        self._content = PackContent(label, self._titled(entry.title), use, part)
        self._without = frozenset(use.without)
        self._procedures = {procedure_id(each) for each in entry.procedures}

    def content(self) -> PackContent:
        content, entry = self._content, self._entry
        content.needs = {self._sources[name]: need.kind for name, need in entry.needs.items()}
        only = self._use.only if self._use.only is not None else ALL_PARTS
        if "signals" in only:
            content.drafts = {draft.name: draft for draft in self._drafts()}
        if "items" in only:
            content.items = [
                self._item(n, each)
                for n, each in enumerate(entry.items)
                if self._takes(item_id(each), each.signal or "")
            ]
        if "procedures" in only:
            runbooks: dict[str, Runbook] = {}
            read_runbooks(map(self._procedure, entry.procedures), self._pack.at("procedures"), runbooks)
            content.runbooks = {name: each for name, each in runbooks.items() if self._takes(self._unprefixed(name))}
        if "abort" in only:
            content.aborts = [
                Written(each.model_copy(update={"signal": self._signal(each.signal)}), self._pack.at("abort", n))
                for n, each in enumerate(entry.abort)
                if self._takes(each.signal)
            ]
        if "readiness" in only:
            content.readiness = [
                Written(self._signal(name), self._pack.at("readiness", n))
                for n, name in enumerate(entry.readiness)
                if self._takes(name)
            ]
        return content

    def _takes(self, *names: str) -> bool:
        """Return whether none of these is left out: a signal that is left out takes its items and rules with it."""
        return self._without.isdisjoint(names)

    def _unprefixed(self, name: str) -> str:
        return name.removeprefix(f"{self._use.prefix}-") if self._use.prefix else name

    def _titled(self, title: str) -> str:
        return f"{self._use.prefix}: {title}" if self._use.prefix else title

    def _signal(self, name: str) -> str:
        """Return the name of a signal of the pack as it is outside; other names stay, and are reported later."""
        return f"{self._use.prefix}_{name}" if self._use.prefix and name in self._entry.signals else name

    def _signals(self, names: Iterable[str]) -> tuple[str, ...]:
        return tuple(map(self._signal, names))

    def _drafts(self) -> Iterable[SignalDraft]:
        for name, value in self._entry.signals.items():
            if not self._takes(name):
                continue
            draft = signal_draft(self._signal(name), self._pack.at("signals", name), value)
            if draft is not None:
                draft.keys = dict(self._key(key, written) for key, written in draft.keys.items())
                self._combine(draft.keys)
                title = draft.keys.get("title")
                if title is not None and isinstance(title.value, str):
                    draft.keys["title"] = title._replace(value=self._titled(title.value))
                yield draft

    def _key(self, key: str, written: Written) -> tuple[str, Written]:
        """Return a key with the source that is used; a short one gets the source of its kind that the pack needs."""
        if key in SHORT_KEYS:
            value = dict(written.value) if isinstance(written.value, Mapping) else {}
            needed = [name for name, need in self._entry.needs.items() if need.kind == SHORT_KEYS[key]]
            source = str(value.pop("source", needed[0] if len(needed) == 1 else ""))
            if not source:
                return key, written
            return f"{self._sources.get(source, source)}.{key}", Written(value or written.value, written.part)
        source, dot, probe = key.partition(".")
        return (f"{self._sources.get(source, source)}.{probe}" if dot else key), written

    def _combine(self, keys: Keys) -> None:
        """Rename the members of a combination."""
        for key, (value, part) in keys.items():
            if key.startswith(f"{SESSION}.") and self._use.prefix:
                keys[key] = Written(self._members(value), part)

    def _members(self, value: Any) -> Any:
        match value:
            case list():
                return [self._signal(each) if isinstance(each, str) else each for each in value]
            case {"signals": list() as names}:
                return {**value, "signals": self._members(names)}
        return value

    def _item(self, n: int, entry: PackItemEntry) -> PackItem:
        changes: dict[str, Any] = {"title": self._titled(entry.title)}
        if entry.signal:
            changes["signal"] = self._signal(entry.signal)
        if entry.procedure:
            changes["procedure"] = self._procedure_name(entry.procedure)
        if entry.needs:
            titled = {
                name: slug(self._titled(each.title))
                for each in self._entry.items
                for name in (slug(each.title), item_id(each))
            }
            changes["needs"] = tuple(titled.get(name, name) for name in entry.needs)
        section = self._titled(entry.section) if entry.section else self._content.title
        return PackItem(entry.phase, section, entry.model_copy(update=changes), self._pack.at("items", n))

    def _procedure(self, entry: ProcedureEntry) -> ProcedureEntry:
        changes: dict[str, Any] = {"steps": tuple(map(self._step, entry.steps))}
        if self._use.prefix:
            changes["id"] = f"{self._use.prefix}-{procedure_id(entry)}"
            changes["title"] = self._titled(entry.title or procedure_id(entry))
        if entry.queued_by.abort:
            changes["queued_by"] = QueuedByEntry(
                abort=self._signals(entry.queued_by.abort), alerts=entry.queued_by.alerts
            )
        if entry.after and self._use.prefix:
            changes["after"] = tuple(map(self._procedure_name, entry.after))
        return entry.model_copy(update=changes)

    def _procedure_name(self, name: str) -> str:
        """Return the id of a procedure of the pack as it is outside; other names stay."""
        return f"{self._use.prefix}-{name}" if self._use.prefix and name in self._procedures else name

    def _step(self, entry: StepEntry) -> StepEntry:
        changes = self._changes(entry)
        if entry.parallel is not None:
            changes["parallel"] = tuple(each.model_copy(update=self._changes(each)) for each in entry.parallel)
        return entry.model_copy(update=changes)

    def _changes(self, entry: MemberEntry) -> dict[str, Any]:
        changes: dict[str, Any] = {}
        if entry.signal:
            changes["signal"] = self._signal(entry.signal)
        if entry.command:
            changes["command"] = tuple(map(self._word, entry.command))
        if entry.on_fail:
            changes["on_fail"] = self._procedure_name(entry.on_fail)
        if entry.when:
            changes["when"] = renamed_signals(entry.when, self._signal)
        if entry.wait is not None and entry.wait.until:
            changes["wait"] = entry.wait.model_copy(update={"until": renamed_signals(entry.wait.until, self._signal)})
        return changes

    def _word(self, word: str) -> str:
        """Return a word of a command with the names of the clusters that are used."""
        return renamed_references(word, self._sources)


def renamed_references(word: str, sources: Mapping[str, str]) -> str:
    """Return a word with `${SOURCE.kubeconfig}` and the like of renamed sources."""
    for name, other in sources.items():
        if name != other:
            word = word.replace(f"${{{name}.", f"${{{other}.")
    return word

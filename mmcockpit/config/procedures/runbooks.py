"""Procedures as written: their keys, each with its place, and their steps."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from mmcockpit.config.definitions import Definition, Keys, written_keys
from mmcockpit.config.loader import Part
from mmcockpit.config.models.procedure import MOST_PROCEDURES, MemberEntry, ProcedureEntry
from mmcockpit.config.text.slug import slug


class WrittenStep(NamedTuple):
    """A step as written, its place, and the index of the group that it belongs to; -1 outside a group."""

    entry: MemberEntry
    part: Part
    group: int = -1


class Runbook(Definition):
    """A procedure as written: its keys, and the place of each."""

    def get(self, key: str) -> Any:
        """Return the value of a key, or its default."""
        return self.keys[key].value if key in self.keys else ProcedureEntry.model_fields[key].default

    def changed_by(self, other: "Runbook") -> "Runbook":
        """Return this procedure with the cockpit file's keys on top."""
        return Runbook(self.name, {**self.keys, **other.keys}, self.home)

    def steps(self) -> Iterator["WrittenStep"]:
        """Yield its steps; the members of a group one after the other."""
        for n, entry in enumerate(self.get("steps")):
            if entry.parallel is None:
                yield WrittenStep(entry, self.at("steps", n))
            else:
                for k, member in enumerate(entry.parallel):
                    yield WrittenStep(member, self.at("steps", n, "parallel", k), n)


def read_runbooks(entries: Iterable[ProcedureEntry], part: Part, into: dict[str, Runbook]) -> None:
    """Add the procedures below `procedures:` by their ids; a duplicate id in one file or checklist is a mistake."""
    for n, entry in enumerate(entries):
        keys: Keys = written_keys(part.at(n), {key: getattr(entry, key) for key in sorted(entry.model_fields_set)})
        runbook = Runbook(entry.id or slug(entry.title or ""), keys, part.at(n))
        if entry.id is None and entry.title is None:
            runbook.home.error(f"missing 'title' in procedures[{n}]; add `title: ...`")
        elif runbook.name in into:
            runbook.at("id").error(f"duplicate procedure '{runbook.name}'; rename one")
        else:
            into[runbook.name] = runbook
    if len(into) > MOST_PROCEDURES:
        part.error(f"more than {MOST_PROCEDURES} procedures; remove some", key=True)
        part.loader.throw()


def merged(checklist: Mapping[str, Runbook], own: Mapping[str, Runbook]) -> dict[str, Runbook]:
    """Return the checklist's procedures, changed by the cockpit file's with the same id; further ones follow."""
    changed = {
        name: checklist[name].changed_by(runbook) if name in checklist else runbook for name, runbook in own.items()
    }
    return {**checklist, **changed}

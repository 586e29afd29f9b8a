"""Abort rules, baseline and readiness: resolved from a checklist and the cockpit file on top of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from mmcockpit.config.models.rollback_rules import AbortEntry, AllowEntry, BaselineEntry
from mmcockpit.config.text.document import Document, Place
from mmcockpit.config.text.error import FileError, FileWarning, did_you_mean
from mmcockpit.config.text.slug import slug
from mmcockpit.core.model.checklist import Checklist
from mmcockpit.core.model.cockpit import Abort, Allowed, BaselinePlan
from mmcockpit.core.model.signal import Signal
from mmcockpit.core.rules.baseline import reads_baseline

KEYS = ("abort", "baseline", "readiness")
"""Keys of a checklist that a cockpit file may replace."""
Said = Mapping[str, tuple[Any, Document]]
"""Key to its value and the document that it is in."""


@dataclass(frozen=True, slots=True)
class KnownSignals:
    """The known signals: those without mistakes, the names of all, and those that are switched off.

    `own` is the cockpit file; None if a checklist is read on its own: then a missing signal may still be defined later.
    """

    signals: Mapping[str, Signal]
    names: Iterable[str]
    off: frozenset[str] = frozenset()
    own: Document | None = None

    def take(self, name: str, judged: bool, document: Document, place: Place, errors: list[FileError]) -> bool:
        """Return whether the signal exists; add an error for what it lacks, unless that was reported already."""
        if name in self.off:
            if document is self.own:
                errors.append(document.error(place, f"signal '{name}' is switched off; leave it out here"))
            return False
        found = self.signals.get(name)
        if found is None:
            hint = did_you_mean(name, self.names)
            if name not in self.names and (self.own is not None or "did you mean" in hint):
                errors.append(document.error(place, f"no signal is named '{name}'{hint}"))
            return False
        if judged and not found.judged:
            errors.append(document.error(place, f"signal '{name}' has no pass rule and decides nothing; add `pass:`"))
        return True


@dataclass(frozen=True, slots=True)
class RollbackRules:
    """Resolved abort rules, baseline and readiness."""

    aborts: tuple[Abort, ...] = ()
    baseline: BaselinePlan = field(default_factory=BaselinePlan)
    readiness: tuple[str, ...] = ()


def rules_of(entry: Any, document: Document) -> dict[str, tuple[Any, Document]]:
    """Return the values of KEYS in a checklist file or a cockpit file."""
    return {key: (value, document) for key in KEYS if (value := getattr(entry, key)) is not None}


def resolve_rollback_rules(
    said: Said, checklist: Checklist, known: KnownSignals, errors: list[FileError]
) -> RollbackRules:
    """Resolve abort rules, baseline and readiness; every unknown name in them becomes an error."""
    aborts: tuple[AbortEntry, ...]
    aborts, document = said.get("abort", ((), Document("", "")))
    armed = [_abort(each, checklist, known, document, ("abort", n), errors) for n, each in enumerate(aborts)]
    plan: BaselineEntry | None
    plan, document = said.get("baseline", (None, document))
    baseline = BaselinePlan()
    if plan is not None:
        names = _names(plan.signals, False, known, document, ("baseline", "signals"), errors)
        if plan.before is None:
            before = _first_armed([each for each in armed if each], checklist)
        else:
            before = _phase(plan.before, checklist, document, ("baseline", "before"), errors) or ""
        baseline = BaselinePlan(names, plan.over, before)
    wanted, document = said.get("readiness", ((), document))
    readiness = _names(wanted, True, known, document, ("readiness",), errors)
    return RollbackRules(tuple(each for each in armed if each), baseline, readiness)


def without_baseline(known: KnownSignals, baseline: BaselinePlan) -> list[tuple[str, str]]:
    """Return (signal, key) of every rule that compares with a baseline that is never recorded."""
    found = []
    for signal in known.signals.values():
        rules = {"pass": signal.rule.passes, "warn": signal.rule.warns, "applies": signal.rule.applies}
        if signal.name not in baseline.signals:
            found += [(signal.name, key) for key, text in rules.items() if reads_baseline(text)]
    return found


def allowed(entry: AllowEntry, known: KnownSignals, document: Document, errors: list[FileError]) -> Allowed:
    """Return what the cockpit file allows; active signals must exist and be active."""
    for n, name in enumerate(entry.active):
        place: Place = ("allow", "active", n)
        if known.take(name, False, document, place, errors) and not known.signals[name].active:
            errors.append(document.error(place, f"signal '{name}' is not active: it is asked anyway; leave it out"))
    return Allowed(entry.procedures, entry.probe_commands, entry.active)


def not_allowed(
    allow: Allowed, known: KnownSignals, acting: Mapping[str, str], document: Document
) -> list[FileWarning]:
    """Return a warning that lists the active signals that are not allowed, and why each one is active."""
    lacking = [name for name, signal in known.signals.items() if signal.active and name not in allow.active]
    if not lacking:
        return []
    named = ", ".join(f"{name} ({acting[name]})" if name in acting else name for name in lacking)
    some = "1 active signal is" if len(lacking) == 1 else f"{len(lacking)} active signals are"
    message = f"{some} not in allow.active and never run: {named}"
    return [FileWarning(document.error(("allow",), message, key=True))]


def _names(
    names: Iterable[str], judged: bool, known: KnownSignals, document: Document, place: Place, errors: list[FileError]
) -> tuple[str, ...]:
    return tuple(name for n, name in enumerate(names) if known.take(name, judged, document, (*place, n), errors))


def _abort(
    entry: AbortEntry,
    checklist: Checklist,
    known: KnownSignals,
    document: Document,
    place: Place,
    errors: list[FileError],
) -> Abort | None:
    phase = _phase(entry.phase, checklist, document, (*place, "from"), errors)
    there = known.take(entry.signal, True, document, (*place, "signal"), errors)
    if there and known.signals[entry.signal].informational:
        message = f"signal '{entry.signal}' is informational and cannot be part of an abort rule; leave one of them out"
        errors.append(document.error((*place, "signal"), message))
    return Abort(entry.signal, entry.for_s, phase) if there and phase else None


def _phase(name: str, checklist: Checklist, document: Document, place: Place, errors: list[FileError]) -> str | None:
    """Return the id of a phase, given its id or title; an unknown phase becomes an error."""
    phases = {name: phase.id for phase in checklist.phases for name in (slug(phase.title), phase.id)}
    found = phases.get(name) or phases.get(slug(name))
    if found is None:
        hint = did_you_mean(name, {each.id for each in checklist.phases})
        errors.append(document.error(place, f"no phase is called '{name}'{hint}"))
    return found


def _first_armed(aborts: list[Abort], checklist: Checklist) -> str:
    """Return the first phase that arms an abort rule; empty if no phase precedes it."""
    armed = {abort.phase for abort in aborts}
    first = next((phase.id for phase in checklist.phases if phase.id in armed), "")
    return "" if first in {phase.id for phase in checklist.phases[:1]} else first

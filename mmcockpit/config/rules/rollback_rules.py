"""Abort rules, baseline and readiness: resolved from a checklist and the cockpit file on top of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from mmcockpit.config.definitions import Written
from mmcockpit.config.known_signals import KnownSignals
from mmcockpit.config.loader import Part
from mmcockpit.config.models.rollback_rules import AbortEntry, BaselineEntry
from mmcockpit.config.text.error import did_you_mean
from mmcockpit.config.text.slug import slug
from mmcockpit.core.model.checklist import Checklist
from mmcockpit.core.model.cockpit import Abort, BaselinePlan
from mmcockpit.core.rules.combination import fails_by_statistics

KEYS = ("abort", "baseline", "readiness")
"""Keys of a checklist that a cockpit file may replace."""


@dataclass(frozen=True, slots=True)
class RollbackRules:
    """Resolved abort rules, baseline and readiness."""

    aborts: tuple[Abort, ...] = ()
    baseline: BaselinePlan = field(default_factory=BaselinePlan)
    readiness: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AddedRules:
    """Abort rules and readiness signals that packs add to those of the files, each with its place."""

    aborts: tuple[Written, ...] = ()
    readiness: tuple[Written, ...] = ()

    def changed_by(self, rules: Mapping[str, Written], other: "AddedRules") -> "AddedRules":
        """Return the checklist's added rules without what a cockpit file's `rules` replace, and the `other` ones."""
        aborts = () if "abort" in rules else self.aborts
        readiness = () if "readiness" in rules else self.readiness
        return AddedRules((*aborts, *other.aborts), (*readiness, *other.readiness))


def rules_of(entry: Any, part: Part) -> dict[str, Written]:
    """Return the values of KEYS in a checklist file or a cockpit file."""
    return {key: Written(value, part.at(key)) for key in KEYS if (value := getattr(entry, key)) is not None}


def resolve_rollback_rules(
    rules: Mapping[str, Written], checklist: Checklist, known: KnownSignals, added: AddedRules = AddedRules()
) -> RollbackRules:
    """Resolve abort rules, baseline and readiness; unknown names in them are reported.

    A rule that a pack adds gives way to one of the files for the same signal.
    """
    written: list[Written] = []
    if "abort" in rules:
        entries, part = rules["abort"]
        written = [Written(entry, part.at(n)) for n, entry in enumerate(entries)]
    ruled = {entry.signal for entry, _ in written}
    written += [rule for rule in added.aborts if rule.value.signal not in ruled]
    resolved = [_abort(entry, checklist, known, part) for entry, part in written]
    aborts = [abort for abort in resolved if abort is not None]
    baseline = _baseline(*rules["baseline"], aborts, checklist, known) if "baseline" in rules else BaselinePlan()
    readiness = _names(*rules["readiness"], known) if "readiness" in rules else ()
    more = (name for name, part in added.readiness if name not in readiness and known.take(name, part))
    return RollbackRules(tuple(aborts), baseline, (*readiness, *more))


def _baseline(
    entry: BaselineEntry, part: Part, aborts: list[Abort], checklist: Checklist, known: KnownSignals
) -> BaselinePlan:
    names = _names(entry.signals, part.at("signals"), known, judged=False)
    if entry.before is None:
        before = _first_armed(aborts, checklist)
    else:
        before = _phase(entry.before, checklist, part.at("before")) or ""
    return BaselinePlan(names, entry.over, before)


def _names(names: Iterable[str], part: Part, known: KnownSignals, *, judged: bool = True) -> tuple[str, ...]:
    return tuple(name for n, name in enumerate(names) if known.take(name, part.at(n), judged=judged))


def _abort(entry: AbortEntry, checklist: Checklist, known: KnownSignals, part: Part) -> Abort | None:
    phase = _phase(entry.phase, checklist, part.at("from"))
    exists = known.take(entry.signal, part.at("signal"))
    if exists and known.signals[entry.signal].informational:
        message = f"signal '{entry.signal}' is informational and cannot have an abort rule; remove one of the two"
        part.at("signal").error(message)
    if exists and fails_by_statistics(entry.signal, known.signals):
        why = "can fail by a statistical comparison alone, which is no ground of a rollback"
        way_out = "use a session.any_of of it and another signal, which fails only if both fail"
        part.at("signal").error(f"signal '{entry.signal}' {why}; {way_out}")
    return Abort(entry.signal, entry.for_s, phase) if exists and phase else None


def _phase(name: str, checklist: Checklist, part: Part) -> str | None:
    """Return the id of a phase, given its id or title; an unknown phase is reported."""
    phases = {name: phase.id for phase in checklist.phases for name in (slug(phase.title), phase.id)}
    phase_id = phases.get(name) or phases.get(slug(name))
    if phase_id is None:
        part.error(f"unknown phase '{name}'{did_you_mean(name, {each.id for each in checklist.phases})}")
    return phase_id


def _first_armed(aborts: list[Abort], checklist: Checklist) -> str:
    """Return the first phase that arms an abort rule; empty if no phase precedes it."""
    armed = {abort.phase for abort in aborts}
    first = next((phase.id for phase in checklist.phases if phase.id in armed), "")
    return "" if first in {phase.id for phase in checklist.phases[:1]} else first

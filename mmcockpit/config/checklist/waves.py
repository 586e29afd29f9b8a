"""Waves: a phase with `targets` is repeated for each of them, with its signals, procedures and rules."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import msgspec

from mmcockpit.config.checklist.target_copy import TARGET, TargetCopy, has_waves, needed_ids, with_items
from mmcockpit.config.checklist.work import Places
from mmcockpit.config.definitions import Written
from mmcockpit.config.loader import Loader
from mmcockpit.config.rollback_rules import RollbackRules
from mmcockpit.config.text.error import did_you_mean
from mmcockpit.core.model.checklist import Checklist, Item, Phase
from mmcockpit.core.model.cockpit import CLUSTER, Abort, Allowed, SourceSpec
from mmcockpit.core.model.procedure import Procedure
from mmcockpit.core.model.signal import Signal


class Content(NamedTuple):
    """What waves change: the checklist with its procedures, the signals, the rules and the permissions."""

    checklist: Checklist
    signals: tuple[Signal, ...]
    rules: RollbackRules
    allow: Allowed


def with_cluster(sources: Mapping[str, SourceSpec], loader: Loader) -> Mapping[str, SourceSpec]:
    """Return the sources with `cluster`, which signals and procedures of a wave name for the source of their target."""
    first = next((source for source in sources.values() if source.kind == "kubernetes"), None)
    if not has_waves(loader) or first is None or CLUSTER in sources:
        return sources
    return {**sources, CLUSTER: msgspec.structs.replace(first, name=CLUSTER)}


def repeated(
    content: Content, waves: Mapping[str, Written], sources: Mapping[str, SourceSpec], places: Places
) -> Content:
    """Return the content with every phase of `waves` (by id, with its targets) once per target; mistakes are reported.

    The copies have ids such as `deployment@eu-1`; signals and procedures of the phases get the same suffix.
    """
    known = [name for name, source in sources.items() if source.kind == "kubernetes"]
    right = [_check(wave, known) for wave in waves.values()]
    if not waves or not all(right):
        return content
    return _Repetition(content, {name: tuple(wave.value) for name, wave in waves.items()}, CLUSTER in sources).content(
        places
    )


def _check(wave: Written, known: list[str]) -> bool:
    """Report the unknown and the repeated targets of a phase; return whether there are none."""
    right = True
    for n, target in enumerate(wave.value):
        problem = ""
        if target not in known:
            names = ", ".join(known) or "none; add a source with kind: kubernetes"
            problem = f"unknown cluster '{target}'{did_you_mean(target, known) or f'; known: {names}'}"
        elif target in wave.value[:n]:
            problem = f"duplicate target '{target}'; remove one"
        if problem:
            right = False
            wave.part.at(n).error(problem)
    return right


@dataclass(frozen=True, slots=True)
class _Repetition:
    """Repeats the phases of one cockpit; `own` is whether it has a source `cluster` besides the targets."""

    before: Content
    waves: Mapping[str, tuple[str, ...]]
    own: bool

    def content(self, places: Places) -> Content:
        """Return the content with the copies; mistakes of items outside the waves are reported."""
        checklist, signals, rules, allow = self.before
        names = self._signals()
        procedures = self._procedures(names)
        copies = {target: TargetCopy(target, names, procedures, self.waves) for target in self._targets}
        outside = [item for phase in checklist.phases if phase.id not in self.waves for item in phase.items]
        kept = {item.signal for item in outside} if self.own else set()
        phases = [copy for phase in checklist.phases for copy in self._phases(phase, copies)]
        runbooks: list[Procedure] = []
        for procedure in checklist.procedures:
            one = procedure.id in procedures
            runbooks += [copy.procedure(procedure) for copy in copies.values()] if one else [procedure]
        watched: list[Signal] = []
        for signal in signals:
            one = signal.name in names
            watched += [copy.signal(signal) for copy in copies.values()] if one else [self._spread(signal, names)]
            if one and signal.name in kept and TARGET not in str(signal):
                watched.append(signal)
        _check_outside(outside, {each.name for each in watched}, {each.id for each in runbooks}, places)
        return Content(
            msgspec.structs.replace(checklist, phases=_numbered(phases), procedures=tuple(runbooks)),
            tuple(watched),
            RollbackRules(
                tuple(abort for each in rules.aborts for abort in self._aborts(each, names)),
                msgspec.structs.replace(
                    rules.baseline,
                    signals=self._named(rules.baseline.signals, names),
                    before=self._first(rules.baseline.before),
                ),
                self._named(rules.readiness, names),
            ),
            msgspec.structs.replace(allow, active=self._named(allow.active, names)),
        )

    @property
    def _targets(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(target for targets in self.waves.values() for target in targets))

    def _items(self) -> list[Item]:
        return [item for phase in self.before.checklist.phases if phase.id in self.waves for item in phase.items]

    def _signals(self) -> set[str]:
        """Return the names of the signals that are repeated: of the waves, and all of a `cluster` that is no source."""
        by_name = {signal.name: signal for signal in self.before.signals}
        reached = {item.signal for item in self._items()}
        reached |= {abort.signal for abort in self.before.rules.aborts if abort.phase in self.waves}
        named = {item.procedure for item in self._items()}
        reached |= {step.signal for one in self.before.checklist.procedures if one.id in named for step in one.steps}
        members = [name for signal in by_name.values() if signal.name in reached for name in signal.group]
        reached |= set(members)
        found = {
            signal.name
            for signal in by_name.values()
            if TARGET in str(signal) or (signal.source == CLUSTER and (signal.name in reached or not self.own))
        }
        return found | {one.name for one in by_name.values() if one.name in reached and found.intersection(one.group)}

    def _procedures(self, names: set[str]) -> set[str]:
        """Return the ids of the procedures that are repeated, with those that follow them; `names` are the signals."""
        by_id = {procedure.id: procedure for procedure in self.before.checklist.procedures}
        pending = [item.procedure for item in self._items() if item.procedure]
        for procedure in by_id.values():
            signals = {*procedure.aborts, *(step.signal for step in procedure.steps)}
            on_cluster = not self.own and any(step.cluster == CLUSTER for step in procedure.steps)
            if names & signals or on_cluster or TARGET in str(procedure):
                pending.append(procedure.id)
        found: set[str] = set()
        while pending:
            name = pending.pop()
            if name in by_id and name not in found:
                found.add(name)
                pending += [step.on_fail for step in by_id[name].steps]
        return found

    def _phases(self, phase: Phase, copies: Mapping[str, "TargetCopy"]) -> list[Phase]:
        if phase.id in self.waves:
            return [copies[target].phase(phase) for target in self.waves[phase.id]]

        def needs(item: Item) -> Item:
            ids = tuple(one for need in item.needs for one in needed_ids(need, self.waves))
            return msgspec.structs.replace(item, needs=ids)

        return [with_items(phase, needs)]

    def _spread(self, signal: Signal, names: set[str]) -> Signal:
        """Return a signal that is not repeated; one that combines others combines those of all targets."""
        if not names.intersection(signal.group):
            return signal
        return msgspec.structs.replace(signal, args={**signal.args, "signals": [*self._named(signal.group, names)]})

    def _named(self, signals: Iterable[str], names: set[str]) -> tuple[str, ...]:
        copied = ([f"{name}@{target}" for target in self._targets] if name in names else [name] for name in signals)
        return tuple(name for each in copied for name in each)

    def _aborts(self, abort: Abort, names: set[str]) -> list[Abort]:
        if abort.signal not in names:
            return [msgspec.structs.replace(abort, phase=self._first(abort.phase))]
        wave = self.waves.get(abort.phase)
        return [
            Abort(f"{abort.signal}@{target}", abort.for_s, f"{abort.phase}@{target}" if wave else abort.phase)
            for target in wave or self._targets
        ]

    def _first(self, phase: str) -> str:
        return f"{phase}@{self.waves[phase][0]}" if phase in self.waves else phase


def _numbered(phases: Iterable[Phase]) -> tuple[Phase, ...]:
    number = 0

    def numbered(item: Item) -> Item:
        nonlocal number
        number += 1
        return msgspec.structs.replace(item, number=number)

    return tuple(with_items(phase, numbered) for phase in phases)


def _check_outside(items: Iterable[Item], signals: set[str], procedures: set[str], places: Places) -> None:
    """Report the items of other phases that name what exists only per target."""
    for item in items:
        part = places.get(item.id)
        for key, name, known in (("signal", item.signal, signals), ("procedure", item.procedure, procedures)):
            if name and part is not None and name not in known and f"{name}@" in " ".join(known):
                message = f"{key} '{name}' exists once per target; move the item to a phase with targets"
                part.at(key).error(message)

"""Waves: a phase with `targets` is repeated for each of them, with its signals, procedures and rules."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import msgspec

from mmcockpit.config.catalog import SESSION
from mmcockpit.config.checklist.target_checks import warn_of_fixed_targets, warn_of_same_cluster
from mmcockpit.config.checklist.target_copy import TARGET, TargetCopy, has_waves, needed_ids, with_items
from mmcockpit.config.checklist.work import Places
from mmcockpit.config.definitions import Written
from mmcockpit.config.loader import Loader
from mmcockpit.config.rules.rollback_rules import RollbackRules
from mmcockpit.config.text.error import did_you_mean
from mmcockpit.core.model.checklist import Checklist, Item, Phase
from mmcockpit.core.model.cockpit import CLUSTER, Abort, Allowed, SourceSpec
from mmcockpit.core.model.procedure import Procedure
from mmcockpit.core.model.shape import Shape
from mmcockpit.core.model.signal import Rule, Signal
from mmcockpit.core.reachable import reachable
from mmcockpit.core.rules.steps.step_signals import step_signals


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
    catalog = next(wave.part.loader.catalog for wave in waves.values())
    assert catalog is not None
    shape = catalog.kind(SESSION).probes["all_of"].shape(None)
    targets = {name: tuple(wave.value) for name, wave in waves.items()}
    for wave in waves.values():
        warn_of_same_cluster(wave, sources)
    warn_of_fixed_targets(content.checklist, content.signals, targets, places)
    return _Repetition(content, targets, CLUSTER in sources, shape).content(places)


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
    """Repeats the phases of one cockpit; `own` is whether it has a source `cluster` besides the targets.

    `shape` is that of a combination.
    """

    before: Content
    waves: Mapping[str, tuple[str, ...]]
    own: bool
    shape: Shape

    def content(self, places: Places) -> Content:
        """Return the content with the copies; mistakes of items outside the waves are reported."""
        checklist, signals, rules, allow = self.before
        names, procedures = self._repeated()
        copies = {target: TargetCopy(target, names, procedures, self.waves) for target in self._targets}
        outside = [item for phase in checklist.phases if phase.id not in self.waves for item in phase.items]
        whole = {item.signal for item in outside}
        phases = [copy for phase in checklist.phases for copy in self._phases(phase, copies)]
        runbooks: list[Procedure] = []
        for procedure in checklist.procedures:
            if procedure.id in procedures:
                runbooks += [copy.procedure(procedure) for copy in copies.values()]
            else:
                runbooks.append(self._after(procedure, procedures))
        watched: list[Signal] = []
        for signal in signals:
            if signal.name in names:
                watched += [copy.signal(signal) for copy in copies.values()]
                watched += [self._whole(signal)] if signal.name in whole else []
            else:
                watched += self._spread(signal, names, copies.values())
        _check_outside(outside, procedures, places)
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

    def _repeated(self) -> tuple[set[str], set[str]]:
        """Return the names of the signals and the ids of the procedures that are repeated."""
        items = [item for phase in self.before.checklist.phases if phase.id in self.waves for item in phase.items]
        wanted = {item.signal for item in items}
        wanted |= {abort.signal for abort in self.before.rules.aborts if abort.phase in self.waves}
        procedures = {item.procedure for item in items}
        while True:
            read = {name for one in self.before.checklist.procedures if one.id in procedures for name in _read_by(one)}
            names = self._signals(wanted | read)
            found = self._procedures({item.procedure for item in items}, names)
            if found == procedures:
                return names, found
            procedures = found

    def _signals(self, wanted: set[str]) -> set[str]:
        """Return the names of the signals that are repeated: the wanted ones, and all of a `cluster` that is no source.

        A combination of them is repeated where it is wanted, or is that of an abort rule or of the readiness.
        """
        signals, rules = self.before.signals, self.before.rules
        wanted = _with_members(signals, wanted)
        found = {
            signal.name
            for signal in signals
            if TARGET in str(signal) or (signal.source == CLUSTER and (signal.name in wanted or not self.own))
        }
        wanted |= _with_members(signals, {*(abort.signal for abort in rules.aborts), *rules.readiness})
        while more := {one.name for one in signals if one.name in wanted and found.intersection(one.group)} - found:
            found |= more
        return found

    def _procedures(self, named: set[str], names: set[str]) -> set[str]:
        """Return the ids of the procedures that are repeated: those that items name, and those that read `names`.

        A procedure that a failed step of another one queues belongs to the same target as that one.
        """
        by_id = {procedure.id: procedure for procedure in self.before.checklist.procedures}
        pending = list(named)
        beside: dict[str, set[str]] = {name: set() for name in by_id}
        for procedure in by_id.values():
            for step in procedure.steps:
                if step.on_fail in by_id:
                    beside[procedure.id].add(step.on_fail)
                    beside[step.on_fail].add(procedure.id)
            signals = {*procedure.aborts, *_read_by(procedure)}
            on_cluster = not self.own and any(step.cluster == CLUSTER for step in procedure.steps)
            if names & signals or on_cluster or TARGET in str(procedure):
                pending.append(procedure.id)
        return reachable(pending, lambda name: beside.get(name, ())) & by_id.keys()

    def _after(self, procedure: Procedure, repeated: set[str]) -> Procedure:
        """Return a procedure that is not repeated; it comes after those of all targets."""
        return msgspec.structs.replace(procedure, after=self._named(procedure.after, repeated))

    def _phases(self, phase: Phase, copies: Mapping[str, "TargetCopy"]) -> list[Phase]:
        if phase.id in self.waves:
            return [copies[target].phase(phase) for target in self.waves[phase.id]]

        def needs(item: Item) -> Item:
            ids = tuple(one for need in item.needs for one in needed_ids(need, self.waves))
            return msgspec.structs.replace(item, needs=ids)

        return [with_items(phase, needs)]

    def _spread(self, signal: Signal, names: set[str], copies: Iterable[TargetCopy]) -> Iterator[Signal]:
        """Yield a signal that is not repeated: one that combines those of the targets requires each target to pass."""
        if not names.intersection(signal.group):
            yield signal
        elif signal.probe == "all_of" and signal.rule == Rule():
            yield msgspec.structs.replace(signal, args={**signal.args, "signals": [*self._named(signal.group, names)]})
        else:
            yield from (copy.signal(signal) for copy in copies)
            yield self._all_of(signal)

    def _whole(self, signal: Signal) -> Signal:
        """Return what an item of another phase reads: the source `cluster`, else a combination of all targets."""
        return signal if self.own and TARGET not in str(signal) else self._all_of(signal)

    def _all_of(self, signal: Signal) -> Signal:
        """Return the combination that requires the signal to pass for every target."""
        return Signal(
            signal.name,
            signal.title.removeprefix(f"{CLUSTER}: ").replace(TARGET, "all targets"),
            SESSION,
            "all_of",
            {"signals": [f"{signal.name}@{target}" for target in self._targets]},
            every=signal.every,
            stale_after=signal.stale_after,
            informational=signal.informational,
            tags=signal.tags,
            first_in_cockpit=signal.first_in_cockpit,
            about=signal.about,
            impact=signal.impact,
            shape=self.shape,
        )

    def _named(self, signals: Iterable[str], names: set[str]) -> tuple[str, ...]:
        copied = ([f"{name}@{target}" for target in self._targets] if name in names else [name] for name in signals)
        return tuple(name for each in copied for name in each)

    def _aborts(self, abort: Abort, names: set[str]) -> list[Abort]:
        if abort.signal not in names:
            return [msgspec.structs.replace(abort, phase=self._first(abort.phase))]
        wave = self.waves.get(abort.phase)
        if wave:
            return [Abort(f"{abort.signal}@{one}", abort.for_s, f"{abort.phase}@{one}") for one in wave]
        return [Abort(f"{abort.signal}@{one}", abort.for_s, self._armed(abort.phase, one)) for one in self._targets]

    def _armed(self, phase: str, target: str) -> str:
        """Return the phase that arms a rule of a target `from` another phase: not before the target is reached."""
        phases = [one.id for one in self.before.checklist.phases]
        first = next(one for one in phases if target in self.waves.get(one, ()))
        early = phases.index(phase) < phases.index(first)
        return f"{first}@{target}" if early and target != self._targets[0] else phase

    def _first(self, phase: str) -> str:
        return f"{phase}@{self.waves[phase][0]}" if phase in self.waves else phase


def _with_members(signals: Iterable[Signal], names: set[str]) -> set[str]:
    """Return the names with the members of combinations among them, also of nested ones."""
    groups = {signal.name: signal.group for signal in signals}
    return reachable(names, lambda name: groups.get(name, ()))


def _read_by(procedure: Procedure) -> Iterator[str]:
    return (name for step in procedure.steps for name in step_signals(step))


def _numbered(phases: Iterable[Phase]) -> tuple[Phase, ...]:
    number = 0

    def numbered(item: Item) -> Item:
        nonlocal number
        number += 1
        return msgspec.structs.replace(item, number=number)

    return tuple(with_items(phase, numbered) for phase in phases)


def _check_outside(items: Iterable[Item], procedures: set[str], places: Places) -> None:
    """Report the items of other phases that name a procedure that exists only per target."""
    for item in items:
        part = places.get(item.id)
        if part is not None and item.procedure in procedures:
            message = f"procedure '{item.procedure}' exists once per target; move the item to a phase with targets"
            part.at("procedure").error(message)

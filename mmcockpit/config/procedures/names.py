"""Names that procedures refer to: signals, messages, clusters, roles and other procedures."""

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import msgspec

from mmcockpit.config.command_lint import REFERENCE
from mmcockpit.config.known_signals import KnownSignals
from mmcockpit.config.procedures.conditions import StepConditions
from mmcockpit.config.procedures.resolved import procedures
from mmcockpit.config.procedures.runbooks import Runbook, WrittenStep
from mmcockpit.config.rules.rollback_rules import RollbackRules
from mmcockpit.config.sharing import Approvers
from mmcockpit.config.text.error import did_you_mean, nearest
from mmcockpit.core.model.cockpit import CLUSTER, SourceSpec
from mmcockpit.core.model.procedure import ASK, STOP, VALUES, Procedure, Step


@dataclass(frozen=True, slots=True)
class KnownNames:
    """Names that procedures may refer to: signals, those of abort rules, messages, and sources of kind kubernetes.

    Without `clusters`, the sources are not known, without `approvers`, the people: a checklist is checked on its own.
    """

    signals: KnownSignals
    aborts: frozenset[str]
    messages: Iterable[str]
    clusters: tuple[str, ...] | None = None
    approvers: Approvers | None = None


def known_names(
    signals: KnownSignals, rules: RollbackRules, sources: Mapping[str, SourceSpec], approvers: Approvers
) -> KnownNames:
    """Return the names of a complete cockpit file, still without messages."""
    aborts = frozenset(abort.signal for abort in rules.aborts)
    clusters = tuple(name for name, source in sources.items() if source.kind == "kubernetes")
    return KnownNames(signals, aborts, (), clusters, approvers)


def resolve_procedures(runbooks: Mapping[str, Runbook], known: KnownNames) -> tuple[Procedure, ...]:
    """Return the procedures without switched-off signals; unknown names are reported."""
    resolved = []
    for runbook, procedure in zip(runbooks.values(), procedures(runbooks), strict=True):
        conditions = StepConditions(runbook, procedure, known.signals)
        steps = tuple(
            _with_names(written, step, known, conditions)
            for written, step in zip(runbook.steps(), procedure.steps, strict=True)
        )
        aborts = tuple(name for n, name in enumerate(procedure.aborts) if _is_abort(runbook, n, name, known))
        _check_after(runbook, runbooks)
        _check_on_fail(runbook, runbooks)
        resolved.append(msgspec.structs.replace(procedure, steps=steps, aborts=aborts))
    return tuple(resolved)


def _with_names(written: WrittenStep, step: Step, known: KnownNames, conditions: StepConditions) -> Step:
    part = written.part
    step = conditions.checked(written, step)
    unknown = step.message and step.message not in known.messages
    if unknown and (part.loader.complete or nearest(step.message, known.messages)):
        part.at("message").error(f"unknown message '{step.message}'{did_you_mean(step.message, known.messages)}")
    for k, word in enumerate(step.argv):
        if known.clusters is not None and (problem := _unknown_cluster(word, known.clusters)):
            part.at("command", k).error(problem)
    if step.approve and known.approvers is not None and (problem := known.approvers.mistake(step.approve)):
        part.at("approve", "role").error(problem)
    if step.signal and not known.signals.take(step.signal, part.at("signal")):
        return msgspec.structs.replace(step, signal="", hold=0.0)
    return step


def _unknown_cluster(word: str, clusters: tuple[str, ...]) -> str:
    """Return what is wrong with the cluster that a word of a command names; empty if nothing is."""
    for source, name in REFERENCE.findall(word):
        if source == VALUES or source in clusters:
            continue
        if source != CLUSTER:
            hint = did_you_mean(source, clusters) or "; it must be a source of kind kubernetes"
            return f"unknown cluster '{source}'{hint}"
        if len(clusters) > 1:
            written = " or ".join(f"${{{one}.{name}}}" for one in clusters)
            return f"there are {len(clusters)} clusters and no source with the name cluster; write {written}"
    return ""


def _is_abort(runbook: Runbook, n: int, name: str, known: KnownNames) -> bool:
    part = runbook.at("queued_by", "abort", n)
    if not known.signals.take(name, part):
        return False
    # A cockpit file may have replaced the rules that the checklist's procedures refer to.
    if name not in known.aborts and part.is_main:
        part.error(f"signal '{name}' has no abort rule; add one under abort:{did_you_mean(name, known.aborts)}")
    return True


def _check_after(runbook: Runbook, runbooks: Mapping[str, Runbook]) -> None:
    for n, name in enumerate(runbook.get("after")):
        part = runbook.at("after", n)
        if name not in runbooks:
            part.error(f"unknown procedure '{name}'{did_you_mean(name, set(runbooks) - {runbook.name})}")
        elif name == runbook.name:
            part.error(f"procedure '{name}' comes after itself; remove this")
        elif circle := _circle(runbook.name, name, runbooks, _comes_after):
            part.error(f"procedures come after each other: {circle}; remove one `after`")


def _check_on_fail(runbook: Runbook, runbooks: Mapping[str, Runbook]) -> None:
    """Report what a failed step queues and does not exist, is its own procedure, or would queue that again."""
    for written in runbook.steps():
        name, part = written.entry.on_fail, written.part.at("on_fail")
        if name is None or name in (STOP, ASK):
            continue
        if name == runbook.name:
            part.error(f"procedure '{name}' names itself; write {STOP}, {ASK} or another procedure")
        elif name not in runbooks:
            known = {STOP, ASK, *runbooks} - {runbook.name}
            part.error(f"unknown procedure '{name}'{did_you_mean(name, known)}; write {STOP}, {ASK} or a procedure")
        elif circle := _circle(runbook.name, name, runbooks, _queues):
            part.error(f"procedures queue each other: {circle}; remove one `on_fail`")


def _comes_after(runbook: Runbook) -> Iterable[str]:
    return tuple(runbook.get("after"))


def _queues(runbook: Runbook) -> Iterable[str]:
    return [name for written in runbook.steps() if (name := written.entry.on_fail) and name not in (STOP, ASK)]


def _circle(
    first: str, second: str, runbooks: Mapping[str, Runbook], following: Callable[[Runbook], Iterable[str]]
) -> str:
    """Return the shortest circle from `first` over `second` back to it, as `a -> b -> a`; empty if there is none."""
    before, pending = {second: first}, deque([second])
    while pending and first not in (names := _followed(pending[0], runbooks, following)):
        for name in names:
            if name not in before:
                before[name] = pending[0]
                pending.append(name)
        pending.popleft()
    if not pending:
        return ""
    path = [first, pending[0]]
    while path[-1] != first:
        path.append(before[path[-1]])
    return " -> ".join(reversed(path))


def _followed(name: str, runbooks: Mapping[str, Runbook], following: Callable[[Runbook], Iterable[str]]) -> list[str]:
    return list(following(runbooks[name])) if name in runbooks else []

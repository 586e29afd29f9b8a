"""Resolves procedures as written, in a checklist and in the cockpit file on top of it, to procedures of the core."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from mmcockpit.config.captures import capture_mistakes, wrong_pattern
from mmcockpit.config.command_lint import REFERENCE, wrong_words
from mmcockpit.config.definitions import Definition, Keys, written_keys
from mmcockpit.config.known_signals import KnownSignals
from mmcockpit.config.loader import Part
from mmcockpit.config.models.procedure import MOST_PROCEDURES, ProcedureEntry, QueuedByEntry, StepEntry
from mmcockpit.config.sharing import Approvers
from mmcockpit.config.text.document import Place
from mmcockpit.config.text.error import did_you_mean, nearest
from mmcockpit.config.text.slug import Slugs, slug
from mmcockpit.core.model.cockpit import CLUSTER
from mmcockpit.core.model.procedure import VALUES, Capture, Cluster, Danger, Meaning, Procedure, Step
from mmcockpit.core.rules.read_only_commands import may_write

_CLUSTER = [field.name for field in msgspec.structs.fields(Cluster)]
_COMMAND = ("danger", "captures")
"""Keys that are allowed only in a step with a command."""


class Runbook(Definition):
    """A procedure as written: its keys, and the place of each."""

    def get(self, key: str) -> Any:
        """Return the value of a key, or its default."""
        return self.keys[key].value if key in self.keys else ProcedureEntry.model_fields[key].default

    def changed_by(self, other: "Runbook") -> "Runbook":
        """Return this procedure with the cockpit file's keys on top."""
        return Runbook(self.name, {**self.keys, **other.keys}, self.home)


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


def procedures(runbooks: Mapping[str, Runbook]) -> tuple[Procedure, ...]:
    """Return the procedures; mistakes within one are reported."""
    return tuple(_procedure(runbook, runbooks) for runbook in runbooks.values())


def _procedure(runbook: Runbook, runbooks: Mapping[str, Runbook]) -> Procedure:
    title, target = runbook.get("title"), runbook.get("target") or ""
    if not runbook.get("steps"):
        near = nearest(runbook.name, set(runbooks) - {runbook.name})
        hint = f"did you mean '{near}'?" if near else "add `steps:`"
        runbook.at("id").error(f"procedure '{runbook.name}' has no steps; {hint}")
    elif not title:
        runbook.home.error(f"procedure '{runbook.name}' has no title; add `title: ...`")
    ids = Slugs()
    steps = []
    for n, entry in enumerate(runbook.get("steps")):
        step = _step(entry, ids.take(entry.id or entry.title), target)
        steps.append(step)
        for place, message in _mistakes(entry, step):
            runbook.at("steps", n, *place).error(message)
    _check_values(runbook)
    queued: QueuedByEntry = runbook.get("queued_by")
    _check_alerts(runbook, queued)
    return Procedure(
        runbook.name,
        title or runbook.name,
        tuple(steps),
        runbook.get("about").strip(),
        queued.abort,
        queued.alerts,
        runbook.get("after"),
        runbook.get("estimate") or 0.0,
    )


def _step(entry: StepEntry, step_id: str, target: str) -> Step:
    return Step(
        id=step_id,
        title=entry.title,
        text=entry.text.strip(),
        argv=entry.command or (),
        danger=Danger(entry.danger or Danger.READS),
        target=entry.target or target,
        phrase=entry.phrase or "",
        signal=entry.signal or "",
        hold=entry.hold or 0.0,
        estimate=entry.estimate or 0.0,
        timeout=entry.timeout,
        if_fails=entry.if_fails.strip(),
        no_return=entry.point_of_no_return,
        captures=tuple(
            Capture(
                name,
                each.pattern,
                each.pick,
                each.about or "",
                each.running or "",
                each.differs or "",
                {group: Meaning(meaning) for group, meaning in each.means.items()},
            )
            for name, each in entry.captures.items()
        ),
        message=entry.message or "",
        approve=entry.approve.role if entry.approve else "",
    )


def _mistakes(entry: StepEntry, step: Step) -> Iterator[tuple[Place, str]]:
    """Yield the mistakes within a step: a place below it, and the message."""
    if not step.argv:
        for key in _COMMAND:
            if getattr(entry, key):
                yield (key,), f"a step without a command cannot have `{key}`; add `command: [...]`"
    elif entry.danger is None:
        yield (), "missing 'danger' of a step with a command; add `danger: reads`, changes or dangerous"
    if step.danger is Danger.DANGEROUS and not step.target:
        yield (
            ("danger",),
            "missing 'target' of a dangerous step; add `target: NAME` here or in the procedure",
        )
    if step.phrase and step.danger is not Danger.DANGEROUS:
        yield ("phrase",), "only a dangerous step can have a phrase; write `danger: dangerous`, or remove the phrase"
    if step.approve and (not step.argv or step.danger is not Danger.DANGEROUS):
        message = "only a dangerous step with a command can have `approve`; write `danger: dangerous`, or remove it"
        yield ("approve",), message
    if step.hold and not step.signal:
        yield ("hold",), "a step without a signal cannot have `hold`; add `signal: NAME`"
    if step.argv:
        yield from ((("command", n), message) for n, message in wrong_words(step.argv))
    if step.argv and entry.danger == "reads" and (word := may_write(step.argv)):
        n, text = word
        yield ("command", n), f"'{text}' is not known as read-only; write `danger: changes`, or dangerous"
    for capture in step.captures:
        for place, message in capture_mistakes(capture):
            yield ("captures", capture.name, *place), message


def _check_values(runbook: Runbook) -> None:
    """Report every value that no earlier step captures, and every unknown name of the cluster."""
    captured: dict[str, int] = {}
    for n, entry in enumerate(runbook.get("steps")):
        for k, word in enumerate(entry.command or ()):
            for kind, name in REFERENCE.findall(word):
                known = captured if kind == VALUES else _CLUSTER
                if name not in known:
                    problem = "no earlier step captures it" if kind == VALUES else "not a property of the cluster"
                    hint = did_you_mean(name, known) or "; add `captures:` to the step that shows it"
                    runbook.at("steps", n, "command", k).error(f"unknown value '{kind}.{name}': {problem}{hint}")
        for name in entry.captures:
            if name in captured:
                message = f"duplicate value '{name}': an earlier step captures it already; rename one"
                runbook.at("steps", n, "captures", name).error(message, key=True)
            captured[name] = n


def _check_alerts(runbook: Runbook, queued: QueuedByEntry) -> None:
    for n, labels in enumerate(queued.alerts):
        if not labels:
            message = "no labels, so that every alert would match; add at least one label"
            runbook.at("queued_by", "alerts", n).error(message)
        for name, pattern in labels.items():
            if wrong := wrong_pattern(pattern):
                runbook.at("queued_by", "alerts", n, name).error(wrong)


def resolve_procedures(runbooks: Mapping[str, Runbook], known: KnownNames) -> tuple[Procedure, ...]:
    """Return the procedures without switched-off signals; unknown names are reported."""
    resolved = []
    for runbook, procedure in zip(runbooks.values(), procedures(runbooks), strict=True):
        steps = tuple(_with_names(runbook, n, step, known) for n, step in enumerate(procedure.steps))
        aborts = tuple(name for n, name in enumerate(procedure.aborts) if _is_abort(runbook, n, name, known))
        _check_after(runbook, runbooks)
        resolved.append(msgspec.structs.replace(procedure, steps=steps, aborts=aborts))
    return tuple(resolved)


def _with_names(runbook: Runbook, n: int, step: Step, known: KnownNames) -> Step:
    part = runbook.at("steps", n)
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
        elif runbook.name in _behind(name, runbooks):
            message = f"procedures '{runbook.name}' and '{name}' each come after the other; remove one `after`"
            part.error(message)


def _behind(name: str, runbooks: Mapping[str, Runbook]) -> set[str]:
    """Return a procedure with all procedures that it comes after, directly or indirectly."""
    seen: set[str] = set()
    waiting = [name]
    while waiting:
        procedure = waiting.pop()
        if procedure not in seen and procedure in runbooks:
            seen.add(procedure)
            waiting.extend(runbooks[procedure].get("after"))
    return seen

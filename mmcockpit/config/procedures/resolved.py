"""Resolves procedures as written to procedures of the core, and reports what is wrong in each."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from mmcockpit.config.captures import wrong_pattern
from mmcockpit.config.loader import Part
from mmcockpit.config.models.procedure import MemberEntry, QueuedByEntry
from mmcockpit.config.procedures.runbooks import Runbook
from mmcockpit.config.procedures.step_mistakes import step_mistakes
from mmcockpit.config.procedures.step_values import check_values
from mmcockpit.config.procedures.steps import step_of
from mmcockpit.config.text.error import nearest
from mmcockpit.config.text.slug import Slugs, slug
from mmcockpit.core.model.procedure import ASK, STOP, Danger, Procedure, Step


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
    elif runbook.name in (STOP, ASK):
        runbook.at("id").error(f"'{runbook.name}' is a word of `on_fail`; rename the procedure")
    groups, ids = _groups(runbook)
    steps = []
    for written in runbook.steps():
        entry, group = written.entry, groups.get(written.group)
        step = step_of(entry, ids.take(entry.id or entry.title), target, group.id if group else "")
        steps.append(step)
        _check_id(entry, step.id, written.part)
        for place, message in step_mistakes(entry, step):
            written.part.at(*place).error(message)
    check_values(runbook)
    _check_groups(runbook, steps)
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
        {group.id: group.title for group in groups.values()},
    )


class _Group(NamedTuple):
    id: str
    title: str


def _groups(runbook: Runbook) -> tuple[dict[int, _Group], Slugs]:
    """Return the groups by the index of their step, and the ids that are taken by them."""
    ids, groups = Slugs(), dict[int, _Group]()
    for n, entry in enumerate(runbook.get("steps")):
        if entry.parallel is None:
            continue
        groups[n] = _Group(ids.take(entry.id or entry.title), entry.title)
        _check_id(entry, groups[n].id, runbook.at("steps", n))
        for key in sorted(entry.model_fields_set - {"id", "title", "parallel"}):
            runbook.at("steps", n, key).error(f"a group cannot have `{key}`; write it in its steps", key=True)
    return groups, ids


def _check_id(entry: MemberEntry, taken: str, part: Part) -> None:
    """Report an id as written that an earlier step or group has, so that this one got another."""
    if entry.id is not None and taken != slug(entry.id):
        part.at("id").error(f"duplicate id '{entry.id}' of a step; rename one")


def _check_groups(runbook: Runbook, steps: Sequence[Step]) -> None:
    """Report every group with two dangerous steps on one target: an operator could not tell which of them did harm."""
    seen: dict[tuple[int, str, str], str] = {}
    for written, step in zip(runbook.steps(), steps, strict=True):
        if written.group < 0 or step.danger is not Danger.DANGEROUS or step.manual:
            continue
        earlier = seen.setdefault((written.group, step.target, step.cluster), step.title)
        if earlier is not step.title:
            message = f"a second dangerous step of this group on '{step.target}', after '{earlier}'; "
            written.part.at("danger").error(message + "write them one after the other, outside the group")


def _check_alerts(runbook: Runbook, queued: QueuedByEntry) -> None:
    for n, labels in enumerate(queued.alerts):
        if not labels:
            message = "no labels, so that every alert would match; add at least one label"
            runbook.at("queued_by", "alerts", n).error(message)
        for name, pattern in labels.items():
            if wrong := wrong_pattern(pattern):
                runbook.at("queued_by", "alerts", n, name).error(wrong)

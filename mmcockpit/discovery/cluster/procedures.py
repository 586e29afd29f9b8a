"""Runbooks to roll the workloads back: the shipped pack that fits how each of them is deployed."""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from mmcockpit.config.models.use import LONGEST_PREFIX
from mmcockpit.config.text.slug import UniqueNames
from mmcockpit.discovery.cluster.inventory import Inventory, Object, name_of
from mmcockpit.discovery.cluster.revisions import WorkloadRevisions
from mmcockpit.discovery.draft import FindingsDraft
from mmcockpit.discovery.findings import BEFORE, ROLLOUT, FoundUse

SECTION = "Rollback"
MOST_PROCEDURES = 20
"""Most workloads that get a runbook of their own."""
_RELEASE = "meta.helm.sh/release-name"
_OWNERS = {
    "argocd.argoproj.io/tracking-id": "Argo CD",
    "argocd.argoproj.io/instance": "Argo CD",
    "kustomize.toolkit.fluxcd.io/name": "Flux",
    "helm.toolkit.fluxcd.io/name": "Flux",
}
"""Label or annotation to the system that would undo a rollback with kubectl or Helm."""
_OTHER = re.compile(r"[^a-z0-9]+")


class _Runbook(NamedTuple):
    """A pack with the variable that names the object, the procedures that abort rules may queue, and what it needs."""

    pack: str
    variable: str
    procedures: tuple[str, ...]
    needs: str = ""


HELM = _Runbook("rollback-helm", "helm_release", ("rollback-helm",))
_KINDS = {
    "Deployment": _Runbook("rollback-kubectl", "deployment", ("rollback-kubectl",)),
    "StatefulSet": _Runbook("rollback-statefulset", "statefulset", ("rollback-statefulset",)),
    "Rollout": _Runbook(
        "rollback-argo",
        "rollout",
        ("abort-canary", "rollback-argo"),
        " An undo of a finished rollout needs the plugin kubectl-argo-rollouts.",
    ),
}
_NEEDED = {"Deployment": "replicasets", "StatefulSet": "controllerrevisions.apps", "Rollout": "replicasets"}
"""The kind of object that holds the revisions of a workload, as a permission names it."""


_FIRST = (
    " It has no earlier revision yet, so this is checked once the change is open, and is NO-GO until the change has"
    " made one: delete this entry if the change leaves it as it is."
)


async def add_procedures(draft: FindingsDraft, inventory: Inventory, rollouts: Iterable[Object]) -> set[str]:
    """Use a rollback pack for each of the first workloads; a Helm release gets one for all its workloads.

    One without an earlier revision can be rolled back only once the change has made a revision: it is checked from then
    on. Returns the Deployments whose pack shows whether a rollback is possible.
    """
    found = [("Deployment", each) for each in inventory.of("deployment")]
    found += [("StatefulSet", each) for each in inventory.of("statefulset")]
    found += [("Rollout", each) for each in rollouts]
    readable, others = await _readable(inventory, {kind for kind, _ in found})
    releases = await inventory.releases() if any(_RELEASE in _marks(each) for _, each in found) else {}
    chosen = list(dict.fromkeys(_chosen(draft, found, readable, WorkloadRevisions(inventory, others, releases))))
    prefixes = UniqueNames("_")
    for number, (runbook, name, earlier) in enumerate(chosen):
        if number >= MOST_PROCEDURES:
            why = f"only the first {MOST_PROCEDURES} have a runbook; copy an entry of `use:`"
            draft.leave_out(SECTION, f"{runbook.pack} for {name}", why)
            continue
        prefix = prefixes.take(_prefix(name))
        options = {
            "prefix": prefix,
            "source": draft.source,
            "phase": BEFORE if earlier else ROLLOUT,
            "vars": {"namespace": inventory.namespace, runbook.variable: name},
        }
        first = "" if earlier else _FIRST
        comment = f"A runbook to roll {name} back, and whether that is possible.{first}{runbook.needs}"
        procedures = tuple(f"{prefix}-{procedure}" for procedure in runbook.procedures)
        draft.uses.append(FoundUse(runbook.pack, options, comment, name, procedures))
    return {name for runbook, name, _ in chosen[:MOST_PROCEDURES] if runbook is _KINDS["Deployment"]}


async def _readable(inventory: Inventory, kinds: set[str]) -> tuple[set[str], list[Object]]:
    """Return the kinds of workload whose revisions this account may list, and the ControllerRevisions."""
    readable, others = {"Deployment", "Rollout"} if inventory.listed("replicaset") else set[str](), list[Object]()
    if "StatefulSet" in kinds:
        others = await inventory.custom("ControllerRevision.apps", "ControllerRevisions", (inventory.namespace,))
        readable |= {"StatefulSet"} if others else set()
    return readable, others


def _chosen(
    draft: FindingsDraft, found: Iterable[tuple[str, Object]], readable: set[str], revisions: WorkloadRevisions
) -> Iterator[tuple[_Runbook, str, bool]]:
    """Yield the runbook of each workload, what it rolls back, and whether there is an earlier revision.

    The others are left out with the reason.
    """
    for kind, workload in found:
        name, marks = name_of(workload), _marks(workload)
        owner = next((_OWNERS[mark] for mark in _OWNERS if mark in marks), "") or _owner(workload)
        if owner:
            why = f"{owner} deploys it and would undo it: revert the change there, and write that as a procedure"
            draft.leave_out(SECTION, f"rollback of {kind} {name}", why)
        elif release := marks.get(_RELEASE):
            yield HELM, release, revisions.has_earlier_release(release)
        elif kind in readable:
            yield _KINDS[kind], name, revisions.has_earlier(kind, workload)
        else:
            why = f"its revisions are not known: this account may not list {_NEEDED[kind]}"
            draft.leave_out(SECTION, f"rollback of {kind} {name}", why)


def _owner(workload: Object) -> str:
    """Return the kind and the name of the object that owns a workload; empty without one."""
    owners = (workload.get("metadata") or {}).get("ownerReferences") or ()
    return next((f"{owner.get('kind', '')} {owner.get('name', '')}" for owner in owners), "")


def _prefix(name: str) -> str:
    """Return a prefix for the pack of a workload, with room for a number where two begin alike."""
    prefix = _OTHER.sub("_", name).strip("_")
    return (prefix if prefix[:1].isalpha() else f"x{prefix}")[: LONGEST_PREFIX - 2]


def _marks(written: Object) -> dict[str, str]:
    metadata = written.get("metadata") or {}
    return {**(metadata.get("labels") or {}), **(metadata.get("annotations") or {})}

"""Runbooks to roll the workloads back: the shipped pack that fits how each of them is deployed."""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from mmcockpit.config.models.use import LONGEST_PREFIX
from mmcockpit.config.text.slug import numbered
from mmcockpit.discovery.cluster.inventory import Inventory, Object, name_of
from mmcockpit.discovery.draft import FindingsDraft
from mmcockpit.discovery.findings import BEFORE, FoundUse

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


async def add_procedures(draft: FindingsDraft, inventory: Inventory, rollouts: Iterable[Object]) -> set[str]:
    """Use a rollback pack for each of the first workloads; a Helm release gets one for all its workloads.

    Returns the Deployments whose pack shows whether a rollback is possible.
    """
    found = [("Deployment", each) for each in inventory.of("deployment")]
    found += [("StatefulSet", each) for each in inventory.of("statefulset")]
    found += [("Rollout", each) for each in rollouts]
    readable = await _readable(inventory, {kind for kind, _ in found})
    chosen = list(dict.fromkeys(_chosen(draft, found, readable)))
    latest, taken = dict[str, int](), set[str]()
    for number, (runbook, name) in enumerate(chosen):
        if number >= MOST_PROCEDURES:
            why = f"only the first {MOST_PROCEDURES} have a runbook; copy an entry of `use:`"
            draft.leave_out(SECTION, f"{runbook.pack} for {name}", why)
            continue
        prefix = numbered(_prefix(name), "_", latest, taken)
        taken.add(prefix)
        options = {
            "prefix": prefix,
            "source": draft.source,
            "phase": BEFORE,
            "vars": {"namespace": inventory.namespace, runbook.variable: name},
        }
        comment = f"A runbook to roll {name} back, and whether that is possible.{runbook.needs}"
        procedures = tuple(f"{prefix}-{procedure}" for procedure in runbook.procedures)
        draft.uses.append(FoundUse(runbook.pack, options, comment, name, procedures))
    return {name for runbook, name in chosen[:MOST_PROCEDURES] if runbook is _KINDS["Deployment"]}


async def _readable(inventory: Inventory, kinds: set[str]) -> set[str]:
    """Return the kinds of workload whose revisions this account may list."""
    readable = {"Deployment", "Rollout"} if inventory.listed("replicaset") else set[str]()
    if "StatefulSet" in kinds:
        revisions = await inventory.custom("ControllerRevision.apps", "ControllerRevisions", (inventory.namespace,))
        readable |= {"StatefulSet"} if revisions else set()
    return readable


def _chosen(
    draft: FindingsDraft, found: Iterable[tuple[str, Object]], readable: set[str]
) -> Iterator[tuple[_Runbook, str]]:
    """Yield the runbook of each workload and what it rolls back; the others are left out with the reason."""
    for kind, workload in found:
        name, marks = name_of(workload), _marks(workload)
        owner = next((_OWNERS[mark] for mark in _OWNERS if mark in marks), "") or _owner(workload)
        if owner:
            why = f"{owner} deploys it and would undo it: revert the change there, and write that as a procedure"
            draft.leave_out(SECTION, f"rollback of {kind} {name}", why)
        elif release := marks.get(_RELEASE):
            yield HELM, release
        elif kind in readable:
            yield _KINDS[kind], name
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

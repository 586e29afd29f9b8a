"""Runbooks to roll the workloads back: the shipped pack that fits how each of them is deployed."""

import re

from mmcockpit.config.models.use import LONGEST_PREFIX
from mmcockpit.config.text.slug import numbered
from mmcockpit.discovery.cluster.inventory import Inventory, Object, name_of
from mmcockpit.discovery.draft import FindingsDraft
from mmcockpit.discovery.findings import BEFORE, FoundUse

SECTION = "Rollback"
MOST_PROCEDURES = 3
"""Most Deployments that get a runbook of their own."""
_RELEASE = "meta.helm.sh/release-name"
_OWNERS = {
    "argocd.argoproj.io/tracking-id": "Argo CD",
    "argocd.argoproj.io/instance": "Argo CD",
    "kustomize.toolkit.fluxcd.io/name": "Flux",
    "helm.toolkit.fluxcd.io/name": "Flux",
}
"""Label or annotation to the system that would undo a rollback with kubectl or Helm."""
_OTHER = re.compile(r"[^a-z0-9]+")


def add_procedures(draft: FindingsDraft, inventory: Inventory) -> set[str]:
    """Use a rollback pack for the first Deployments; a Helm release gets one for all its Deployments.

    Returns the Deployments whose pack shows whether a rollback is possible.
    """
    chosen: dict[tuple[str, str], str] = {}
    for deployment in inventory.of("deployment"):
        name, marks = name_of(deployment), _marks(deployment)
        if owner := next((_OWNERS[mark] for mark in _OWNERS if mark in marks), ""):
            why = f"{owner} deploys it and would undo it: revert the commit instead, and write that as a procedure"
            draft.leave_out(SECTION, f"rollback of Deployment {name}", why)
        elif release := marks.get(_RELEASE):
            chosen.setdefault(("rollback-helm", release), "helm_release")
        elif inventory.listed("replicaset"):
            chosen.setdefault(("rollback-kubectl", name), "deployment")
    latest, taken = dict[str, int](), set[str]()
    for number, ((pack, name), variable) in enumerate(chosen.items()):
        if number >= MOST_PROCEDURES:
            why = f"only the first {MOST_PROCEDURES} have a runbook; copy an entry of `use:`"
            draft.leave_out(SECTION, f"{pack} for {name}", why)
            continue
        prefix = numbered(_prefix(name), "_", latest, taken)
        taken.add(prefix)
        options = {
            "prefix": prefix,
            "source": draft.source,
            "phase": BEFORE,
            "vars": {"namespace": inventory.namespace, variable: name},
        }
        draft.uses.append(FoundUse(pack, options, f"A runbook to roll {name} back, and whether that is possible."))
    return {name for pack, name in list(chosen)[:MOST_PROCEDURES] if pack == "rollback-kubectl"}


def _prefix(name: str) -> str:
    """Return a prefix for the pack of a workload, with room for a number where two begin alike."""
    prefix = _OTHER.sub("_", name).strip("_")
    return (prefix if prefix[:1].isalpha() else f"x{prefix}")[: LONGEST_PREFIX - 2]


def _marks(written: Object) -> dict[str, str]:
    metadata = written.get("metadata") or {}
    return {**(metadata.get("labels") or {}), **(metadata.get("annotations") or {})}

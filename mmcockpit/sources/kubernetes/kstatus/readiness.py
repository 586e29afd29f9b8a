"""Readiness of any object by kstatus (sigs.k8s.io/cli-utils, pkg/kstatus).

First what all kinds have in common: a deletion timestamp, an observed generation, the conditions Reconciling and
Stalled. Then the rules of the kind, else the condition Ready. Where kstatus would call an object Current of which
nothing is known, or which has failed, it is not:

- An object without a status is Current, without a message, only if its kind has none (a ConfigMap, a Role, a kind
  without the subresource status); otherwise it is Unknown, because a controller that does not run never writes one.
- A status without the condition Ready and without an observed generation is Unknown, except of a built-in kind.
- A failed Pod and a lost volume claim are Failed; a Job is InProgress until it is complete; a Service of type
  LoadBalancer needs an address; a StatefulSet that is updated on deletion needs its ready replicas.
- A condition Ready of an earlier generation is InProgress.
- A status without the condition Ready that reports a failure otherwise is not Current: a condition such as Degraded, or
  Available that is False, or a phase such as Failed.
- An object with the conditions Ready and Synced, as those of Crossplane, is Current only if both are True.
- An object that runs once is Current once it has succeeded: by the condition Succeeded, a phase such as Completed, or
  as a snapshot of a volume that is ready to use.
"""

from collections.abc import Mapping
from typing import Any

from mmcockpit.sources.kubernetes.kstatus import gateways, kinds, workloads
from mmcockpit.sources.kubernetes.kstatus.document import (
    KstatusCondition,
    ObjectFields,
    Readiness,
    current,
    failed,
    in_progress,
)
from mmcockpit.sources.kubernetes.kstatus.pods import pod
from mmcockpit.sources.kubernetes.kstatus.trouble import ended_well, reported_trouble

BUILT_IN = frozenset(
    {
        *("admissionregistration.k8s.io", "apiextensions.k8s.io", "apiregistration.k8s.io", "apps", "autoscaling"),
        *("batch", "certificates.k8s.io", "coordination.k8s.io", "discovery.k8s.io", "events.k8s.io"),
        *("flowcontrol.apiserver.k8s.io", "networking.k8s.io", "node.k8s.io", "policy", "rbac.authorization.k8s.io"),
        *("resource.k8s.io", "scheduling.k8s.io", "storage.k8s.io"),
    }
)
"""API groups of Kubernetes itself, beside the core."""
WITHOUT_SUBRESOURCE = frozenset({"argoproj.io/Application", "argoproj.io/ApplicationSet"})
"""Kinds whose controller writes a status, though they do not have the subresource status."""
_RULES = {**workloads.RULES, **kinds.RULES, **gateways.RULES}


def readiness(
    written: Mapping[str, Any] | None, *, now: float | None = None, has_status: bool | None = None
) -> Readiness:
    """Return the readiness of an object as the API returns it, with `apiVersion` and `kind`; of None, NotFound.

    `now` is the server's time in Unix seconds: a pod that cannot be scheduled fails only after a while. `has_status` is
    whether the kind has the subresource status, None if that is not known.
    """
    if written is None:
        return Readiness("NotFound", "does not exist")
    document = ObjectFields(written)
    if document.text("metadata.deletionTimestamp"):
        return Readiness("Terminating", "is being deleted")
    if (known := _common(document)) is not None:
        return known
    if document.kind == "Pod":
        return pod(document, now)
    if (rule := _RULES.get(document.kind)) is not None:
        return rule(document)
    return _generic(document, has_status)


def _common(document: ObjectFields) -> Readiness | None:
    """Return what holds for every kind; None if its own rules decide."""
    generation, observed = document.part("metadata.generation"), document.part("status.observedGeneration")
    if generation is not None and observed is not None:
        latest, seen = document.number("metadata.generation"), document.number("status.observedGeneration", -1)
        if seen != latest:
            return in_progress(f"generation {latest} is not observed yet, only {max(seen, 0)}")
    stalled, reconciling = document.condition("Stalled"), document.condition("Reconciling")
    if stalled is not None and stalled.status == "True":
        return failed(stalled.why)
    if reconciling is not None and reconciling.status == "True":
        return in_progress(reconciling.why)
    return None


def _generic(document: ObjectFields, has_status: bool | None) -> Readiness:
    """Return the readiness of a kind without rules of its own."""
    group = document.text("apiVersion").partition("/")[0] if "/" in document.text("apiVersion") else ""
    built_in = group in BUILT_IN or (not group and document.text("apiVersion") == "v1")
    ready = document.condition("Ready")
    if ready is not None:
        synced = document.condition("Synced")
        if ready.status == "True" and synced is not None and synced.status == "False":
            return in_progress(synced.why)
        return _by_ready(ready, document.number("metadata.generation", -1))
    if not document.part("status"):
        if built_in or (has_status is False and document.kind not in WITHOUT_SUBRESOURCE):
            return current("")
        return Readiness("Unknown", "no status: no controller has reported on it")
    if (trouble := reported_trouble(document)) is not None:
        return trouble
    if not built_in and (ended := ended_well(document)) is not None:
        return ended
    if any(document.condition(kind) is not None for kind in ("Stalled", "Reconciling")):
        return current("neither stalled nor reconciling")
    if built_in or document.part("status.observedGeneration") is not None:
        return current("its status has no condition Ready")
    return Readiness("Unknown", "its status has neither a condition Ready nor an observed generation")


def _by_ready(ready: KstatusCondition, generation: int) -> Readiness:
    if 0 <= ready.generation < generation:
        return in_progress(f"condition Ready is of generation {ready.generation}, not {generation}")
    if ready.status not in ("True", "False", "Unknown"):
        return Readiness("Unknown", "condition Ready has no status")
    if ready.status == "True":
        return current(ready.message or "condition Ready is True")
    return in_progress(ready.why)

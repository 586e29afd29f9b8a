"""Signals of autoscalers, disruption budgets, nodes, volumes and quotas."""

from typing import Any

from mmcockpit.discovery.cluster.inventory import Inventory, Object, name_of, spec_of
from mmcockpit.discovery.draft import FindingsDraft
from mmcockpit.discovery.findings import BEFORE
from mmcockpit.sources.kubernetes.selectors import query_text

SECTION = "Capacity"
MOST_EACH = 20
MOST_NODES = 500
"""Most nodes whose conditions fit into one value."""
_READY = 'value.all(one, one.status.conditions.exists(each,\n  each.type == "Ready" && each.status == "True"))'


def add_capacity(draft: FindingsDraft, inventory: Inventory) -> None:
    """Add a signal for each autoscaler, budget and quota, and one for all nodes and one for all volumes."""
    for autoscaler in draft.first(inventory.of("hpa"), MOST_EACH, SECTION, "HorizontalPodAutoscaler", name_of):
        _autoscaler(draft, autoscaler)
    if inventory.listed("pod"):
        for budget in draft.first(inventory.of("pdb"), MOST_EACH, SECTION, "PodDisruptionBudget", name_of):
            _budget(draft, budget)
    if inventory.of("pvc"):
        _volumes(draft)
    for quota in draft.first(inventory.of("resourcequota"), 5, SECTION, "ResourceQuota", name_of):
        _quota(draft, quota)
    if len(inventory.of("node")) > MOST_NODES:
        draft.leave_out(SECTION, "Nodes", f"more than {MOST_NODES}")
    elif inventory.of("node"):
        _nodes(draft)


def _autoscaler(draft: FindingsDraft, autoscaler: Object) -> None:
    name, spec = name_of(autoscaler), spec_of(autoscaler)
    fixed = spec.get("minReplicas", 1) == spec.get("maxReplicas")
    room = "" if fixed else " && value.replicas < value.maximum"
    draft.watch(
        (name, "autoscaler"),
        f"{name} autoscaler",
        SECTION,
        "autoscaler",
        {"name": name},
        f"value.exists && value.able && value.active && !value.limited{room}",
        warn="value.exists && value.able && value.active",
        persist=2,
        tags=("saturation",),
        comment="It can scale and has its metrics; at its maximum it warns, because more load finds no more pods.",
        more={"every": "15s"},
        item=(BEFORE, "Capacity", f"Autoscaler {name} works and is below its maximum"),
    )


def _budget(draft: FindingsDraft, budget: Object) -> None:
    name = name_of(budget)
    selector = query_text(spec_of(budget).get("selector"))
    draft.watch(
        (name, "budget"),
        f"{name} disruption budget",
        SECTION,
        "budget",
        {"name": name, **({"selector": selector} if selector else {})},
        "value.exists && value.observed && value.pods > 0 && value.disruptions_allowed >= 1",
        persist=2,
        comment="It selects pods, and one of them may be evicted: a node can be drained.",
        more={"every": "15s"},
        item=(BEFORE, "Capacity", f"Disruption budget {name} allows an eviction"),
    )


def _nodes(draft: FindingsDraft) -> None:
    draft.watch(
        ("nodes",),
        "nodes",
        SECTION,
        "list",
        {"kind": "node", "fields": ["metadata.name", "status.conditions.type", "status.conditions.status"]},
        _READY,
        comment="Every node of the cluster is ready.",
        more={"every": "30s"},
        item=(BEFORE, "Capacity", "All nodes are ready"),
    )


def _volumes(draft: FindingsDraft) -> None:
    draft.watch(
        ("volumes",),
        "volumes",
        SECTION,
        "list",
        {"kind": "pvc", "fields": ["metadata.name", "status.phase"]},
        'value.all(one, has(one.status) && one.status.phase == "Bound")',
        comment="Every volume claim of the namespace is bound.",
        more={"every": "1m"},
        item=(BEFORE, "Capacity", "Volumes are bound"),
    )


def _quota(draft: FindingsDraft, quota: Object) -> None:
    name = name_of(quota)
    counted = "pods" in (spec_of(quota).get("hard") or {})
    rule: dict[str, Any] = {
        "passing": 'int(value.status.used["pods"]) < int(value.status.hard["pods"])',
        "comment": "Another pod fits; the other amounts are shown only, because rules do not compute with units.",
        "item": (BEFORE, "Capacity", f"Quota {name} has room for another pod"),
    }
    shown = {"informational": True, "comment": "Shown only: rules do not compute with units such as 500m and 2Gi."}
    args = {"kind": "resourcequota", "name": name}
    draft.watch(
        (name, "quota"), f"quota {name}", SECTION, "get", args, more={"every": "30s"}, **(rule if counted else shown)
    )

"""Signals of Deployments, StatefulSets and DaemonSets: the rollout, the pods, and the rollback."""

from mmcockpit.discovery.cluster.inventory import Inventory, Object, name_of, spec_of
from mmcockpit.discovery.cluster.revisions import WorkloadRevisions
from mmcockpit.discovery.draft import FindingsDraft
from mmcockpit.discovery.findings import BEFORE, ROLLOUT, VERIFY
from mmcockpit.sources.kubernetes.selectors import query_text

SECTION = "Workloads"
KINDS = {"deployment": "Deployment", "statefulset": "StatefulSet", "daemonset": "DaemonSet"}
"""Short name of a kind of workload to its name in the API."""
MOST_WORKLOADS = 20
"""Most workloads that get signals of their own."""
_FIXED = r"(@sha256:[0-9a-f]{64}|:[A-Za-z0-9_][A-Za-z0-9._-]*)$"
"""The end of an image with a digest or a tag."""
_PODS = "value.total > 0 && value.ready == value.total && value.restarts == 0"
_PODS_COMMENT = "Every pod is ready, and none restarted since the session began; it warns while at least one is ready."
_IMAGES = (
    "value.all(one, one.spec.template.spec.containers.all(each,\n"
    f'  each.image.matches("{_FIXED}") && !each.image.endsWith(":latest")))'
)


def add_workloads(draft: FindingsDraft, inventory: Inventory, reversible: set[str]) -> None:
    """Add the signals of the first MOST_WORKLOADS workloads; the others are left out with the reason.

    `reversible` are the Deployments whose earlier revision another signal shows.
    """
    found = [(kind, workload) for kind in KINDS for workload in inventory.of(kind)]
    if not found and inventory.of("pod"):
        _all_pods(draft)
    headline = ("headline",) if len(found) <= 5 else ()
    for kind, workload in found[:MOST_WORKLOADS]:
        _rollout(draft, kind, name_of(workload), headline)
    for kind, workload in found[:MOST_WORKLOADS]:
        _pods(draft, inventory, kind, workload)
    revisions = WorkloadRevisions(inventory, (), {})
    for kind, workload in found[:MOST_WORKLOADS]:
        if kind == "deployment" and inventory.listed("replicaset") and name_of(workload) not in reversible:
            _revisions(draft, revisions, workload)
    _others(draft, found[MOST_WORKLOADS:])
    if found:
        comment = "Compare the images in the rollout panel with those of the release notes."
        draft.manual(ROLLOUT, "Rollout", "The images that run are those of this release", comment)
    _images(draft, inventory)


def _rollout(draft: FindingsDraft, kind: str, name: str, tags: tuple[str, ...]) -> None:
    draft.watch(
        (name, "rollout"),
        f"{name} rollout",
        SECTION,
        "rollout",
        {"name": name} if kind == "deployment" else {"name": name, "kind": kind},
        "value.complete",
        persist=3,
        tags=tags,
        comment="As `kubectl rollout status` decides: every pod is updated and available.",
        more={"message": 'value.exists ? value.why : "it does not exist"'},
        item=(ROLLOUT, "Rollout", f"{KINDS[kind]} {name} is rolled out"),
    )


def _pods(draft: FindingsDraft, inventory: Inventory, kind: str, workload: Object) -> None:
    name, spec = name_of(workload), spec_of(workload)
    if not inventory.listed("pod"):
        return
    if kind != "daemonset" and spec.get("replicas", 1) == 0:
        draft.leave_out(SECTION, f"pods of {KINDS[kind]} {name}", "scaled to 0 replicas")
        return
    draft.watch(
        (name, "pods"),
        f"{name} pods",
        SECTION,
        "pods",
        {"selector": query_text(spec.get("selector"))},
        _PODS,
        warn="value.ready > 0",
        persist=3,
        comment=_PODS_COMMENT,
        item=(VERIFY, "Pods", f"Pods of {name} are ready and do not restart"),
        hold="5m",
    )


def _all_pods(draft: FindingsDraft) -> None:
    """Watch the pods of the namespace together: their workloads are not known."""
    draft.watch(
        ("all", "pods"),
        "all pods",
        SECTION,
        "pods",
        {},
        _PODS,
        warn="value.ready > 0",
        persist=3,
        comment="The pods of the namespace, because no workload is found. " + _PODS_COMMENT,
        tags=("headline",),
        item=(VERIFY, "Pods", "All pods are ready and do not restart"),
        hold="5m",
    )


def _revisions(draft: FindingsDraft, revisions: WorkloadRevisions, workload: Object) -> None:
    name = name_of(workload)
    if not revisions.has_earlier("Deployment", workload):
        draft.leave_out(SECTION, f"earlier revision of Deployment {name}", "it has none with other images yet")
        return
    draft.watch(
        (name, "rollback"),
        f"{name} earlier revision",
        SECTION,
        "revisions",
        {"name": name},
        "value.exists && value.previous > 0 && !value.paused",
        comment="A revision with other images exists, so that `kubectl rollout undo` has an effect.",
        more={
            "every": "30s",
            "message": 'value.paused ? "the Deployment is paused" : "no earlier revision with other images"',
        },
        item=(BEFORE, "Rollback", f"{name} has a revision to roll back to"),
    )


def _others(draft: FindingsDraft, others: list[tuple[str, Object]]) -> None:
    """Watch the workloads beyond the limit together, one signal for each kind, and name them as left out."""
    for kind in dict.fromkeys(kind for kind, _ in others):
        names = [name_of(workload) for one, workload in others if one == kind]
        signal = draft.watch(
            (f"all {kind}s",),
            f"all {KINDS[kind]}s",
            SECTION,
            "workloads",
            {"kind": kind},
            "value.all(one, one.complete)",
            persist=3,
            comment=f"Only the first {MOST_WORKLOADS} workloads have signals of their own; this one includes all.",
            item=(ROLLOUT, "Rollout", f"All {KINDS[kind]}s are rolled out"),
        )
        for name in names:
            why = f"only the first {MOST_WORKLOADS} workloads have signals of their own; {signal} includes it"
            draft.leave_out(SECTION, f"{KINDS[kind]} {name}", why)


def _images(draft: FindingsDraft, inventory: Inventory) -> None:
    for kind, noun in KINDS.items():
        if not inventory.of(kind):
            continue
        draft.watch(
            (kind, "images"),
            f"images of {noun}s",
            SECTION,
            "list",
            {"kind": kind, "fields": ["metadata.name", "spec.template.spec.containers.image"]},
            _IMAGES,
            warn="size(value) > 0",
            comment="Every image has a digest, or a tag other than latest, so that a rollback starts the old image.",
            more={"every": "1m"},
            item=(BEFORE, "Rollback", f"Images of {noun}s have fixed versions"),
        )

"""The faults of the table that happen in the cluster: to the application's Deployment, and to the cluster itself."""

import json
from collections.abc import Callable, Iterator
from typing import Any

from tests.items import cluster
from tests.items.fault_actions import FAIL, NOT_GREEN, RED, UNKNOWN, Says, of_source
from tests.items.faults import Fault
from tests.items.item_session import ItemSession
from tests.items.production import Production
from tests.servers.control_plane import NODES
from tests.servers.wait import wait_until

DEPLOYMENT = "deploy/modelmuxer"
FAULT = "mmcockpit.test/fault"


def kubernetes(production: Production, asked: ItemSession) -> Iterator[Fault]:
    """What happens to the application's Deployment and its pods."""
    kubectl, touched = production.kubectl, of_source(asked, "cluster")

    def patch(what: str, change: Any) -> Callable[[], object]:
        return lambda: kubectl("patch", *what.split("/"), "--type=merge", "-p", json.dumps(change))

    def pods(fault: str) -> Callable[[], object]:
        template = {"metadata": {"annotations": {FAULT: fault}}}
        return patch(DEPLOYMENT, {"spec": {"progressDeadlineSeconds": 3, "template": template}})

    def undo() -> None:
        kubectl("rollout", "undo", DEPLOYMENT)

    yield Fault("Kubernetes", "a new image is never ready", pods("not-ready"), undo, {"rollout": FAIL}, "", touched)
    yield Fault("Kubernetes", "a crash loop", pods("crash-loop"), undo, {"rollout": FAIL}, "CrashLoopBackOff", touched)
    missing = ("set", "image", DEPLOYMENT, "api=ghcr.io/modelmuxer/modelmuxer:missing")
    yield Fault(
        "Kubernetes", "pull failure", lambda: kubectl(*missing), undo, {"rollout": FAIL}, "ImagePullBackOff", touched
    )

    def scale(to: int) -> Callable[[], object]:
        return lambda: kubectl("scale", DEPLOYMENT, f"--replicas={to}")

    zero: Says = {"rollout": FAIL, "pods_ready": FAIL, "ingress": FAIL, "pdb": FAIL}
    yield Fault("Kubernetes", "scaled to 0", scale(0), scale(3), zero, "", touched)
    paused: Says = {"rollout": RED}
    pause, resume = (lambda word=word: kubectl("rollout", word, DEPLOYMENT) for word in ("pause", "resume"))
    yield Fault("Kubernetes", "paused", pause, resume, paused, "", touched)

    def cordon() -> None:
        kubectl("cordon", *NODES)
        chosen = ("-l", "app.kubernetes.io/name=modelmuxer", "-o", "name")
        kubectl("delete", kubectl("get", "pods", *chosen).split()[0], "--wait=false")

    alone: Says = {"pods_ready": FAIL, "nodes": FAIL}
    yield Fault(
        "Kubernetes", "unschedulable", cordon, lambda: kubectl("uncordon", *NODES), alone, "Unschedulable", touched
    )

    def use(share: int, most: int) -> Callable[[], object]:
        def change() -> None:
            production.kubelet.share[cluster.GOOD] = share
            patch("hpa/modelmuxer-hpa", {"spec": {"maxReplicas": most}})()

        return change

    yield Fault("Kubernetes", "HPA at its maximum", use(360, 3), use(30, 20), {"hpa": RED}, "", touched)
    budget = "pdb/modelmuxer-pdb"
    blocked = patch(budget, {"spec": {"minAvailable": "100%"}})
    yield Fault(
        "Kubernetes", "PDB blocks", blocked, patch(budget, {"spec": {"minAvailable": 2}}), {"pdb": FAIL}, "", touched
    )

    def delete() -> None:
        kubectl("delete", DEPLOYMENT)

    gone: Says = {"rollout": NOT_GREEN, "pods_ready": FAIL, "ingress": FAIL, "image_pinned": NOT_GREEN}
    yield Fault(
        "Kubernetes",
        "Deployment deleted",
        delete,
        lambda: cluster.apply_application(production.plane),
        gone,
        "",
        touched,
    )


def control_plane(production: Production, asked: ItemSession) -> Iterator[Fault]:
    """What happens to the cluster itself; runs in the same row as `kubernetes`, after it."""
    plane, kubectl, touched = production.plane, production.kubectl, of_source(asked, "cluster")
    everything: Says = dict.fromkeys(("rollout", "pods_ready", "nodes", "secrets", "hpa", "ingress"), UNKNOWN)

    def then_find_nodes(repair: Callable[[], object]) -> Callable[[], None]:
        def both() -> None:
            repair()
            production.find_nodes()

        return both

    lost: Says = {"nodes": FAIL, "pods_ready": FAIL}
    yield Fault(
        "Kubernetes",
        "all nodes are lost",
        plane.kubelets.freeze,
        then_find_nodes(plane.kubelets.thaw),
        lost,
        "",
        touched,
    )
    yield Fault("Kubernetes", "403", production.forbid, production.allow, everything, "", touched)
    yield Fault(
        "Kubernetes",
        "API server stopped",
        plane.api.freeze,
        then_find_nodes(plane.api.thaw),
        everything,
        "no response",
        touched,
    )
    yield Fault(
        "Kubernetes", "API server killed", plane.api.kill, then_find_nodes(plane.api.start), everything, "", touched
    )

    def listed() -> list[str]:
        return kubectl("get", "pods", "-l", "app.kubernetes.io/name=modelmuxer", "-o", "name").split()

    def kill_pods() -> None:
        # The repair before replaced all pods, and the new ones come one after another.
        wait_until(lambda: len(listed()) > 2, "the pods of the application")
        plane.controllers.freeze()
        kubectl("delete", *listed()[1:], "--wait=false")

    stale: Says = {"pods_ready": FAIL, "rollout": NOT_GREEN}
    yield Fault(
        "Kubernetes",
        "controller manager stopped, pods die",
        kill_pods,
        then_find_nodes(plane.controllers.thaw),
        stale,
        "",
        touched,
    )

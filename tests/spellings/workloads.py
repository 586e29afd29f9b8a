"""Spellings of workloads, nodes, rollouts and pods."""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from tests.servers.kubectl import Kubectl
from tests.servers.wait import wait_until
from tests.spellings.case import (
    APP,
    HEX,
    LABELS,
    LIMITS,
    PINNED,
    REPOSITORY,
    UNKNOWN,
    WARN,
    Case,
    Object,
    app,
    box,
    broken,
    made,
    sane,
)

MISSING = f"{REPOSITORY}:missing"
FAULT = "mmcockpit.test/fault"
NEVER: Any = {"settles": False}


def kubectl_does(*commands: str) -> Callable[[Kubectl], None]:
    """Run kubectl commands, written in one line each."""

    def act(kubectl: Kubectl) -> None:
        for command in commands:
            kubectl(*command.split(" "))

    return act


def stateful(name: str, *boxes: Object, **more: Any) -> Object:
    return app(*boxes, kind="StatefulSet", name=name, labels={"app": name}, **more)


PRIMARY = "postgresql-primary"
PG_SETS = [
    sane("pg_statefulset", "one pod", stateful(PRIMARY, replicas=1)),
    sane("pg_statefulset", "limits as numbers", stateful(PRIMARY, box(resources={
        "limits": {"cpu": 2, "memory": "4Gi"}, "requests": {"cpu": "500m", "memory": "1e9"}}), replicas=1)),
    sane("pg_statefulset", "an exporter beside", stateful(PRIMARY, box(), box("exporter"), replicas=1)),
    sane("pg_statefulset", "replaced by hand", stateful(PRIMARY, replicas=1, more={
        "updateStrategy": {"type": "OnDelete"}})),
    sane("pg_statefulset", "limits by a LimitRange", made("v1", "LimitRange", "all", spec={"limits": [
        {"type": "Container", "default": {"cpu": "1", "memory": "1Gi"}}]}), stateful(
        PRIMARY, box(resources={}), replicas=1)),
    broken("pg_statefulset", "no limits", stateful(PRIMARY, box(resources={}), replicas=1)),
    broken("pg_statefulset", "an init container without", stateful(PRIMARY, replicas=1, initContainers=[
        box("init", resources={})])),
    broken("pg_statefulset", "not ready", stateful(PRIMARY, box(image=MISSING), replicas=1), **NEVER),
    broken("pg_statefulset", "scaled to zero", stateful(PRIMARY)),
    broken("pg_statefulset", "missing"),
    broken("pg_statefulset", "another name", stateful("postgres", replicas=1)),
]  # fmt: skip
SLOW = {"strategy": {"rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}}, "progressDeadlineSeconds": 1}


def stuck(name: str) -> Callable[[Kubectl], None]:
    """Begin a rollout that cannot end, and wait for its deadline."""

    def act(kubectl: Kubectl) -> None:
        kubectl("set", "image", f"deploy/{name}", f"*={MISSING}")
        wait_until(lambda: "ProgressDeadlineExceeded" in kubectl("get", f"deploy/{name}", "-o", "yaml"), "late")

    return act


READ = "postgresql-read"
READS = [
    sane("read_pods", "two pods", app(name=READ, labels={"app": READ}, replicas=2)),
    sane("read_pods", "three pods, in per cent", app(name=READ, labels={"app": READ}, replicas=3, more={
        "strategy": {"rollingUpdate": {"maxUnavailable": "34%", "maxSurge": "0%"}}})),
    sane("read_pods", "recreated", app(name=READ, labels={"app": READ}, replicas=2, more={
        "strategy": {"type": "Recreate"}})),
    broken("read_pods", "one pod", app(name=READ, labels={"app": READ}, replicas=1)),
    broken("read_pods", "past its deadline", app(name=READ, labels={"app": READ}, replicas=2, more=SLOW),
           act=stuck(READ)),
    broken("read_pods", "scaled to zero", app(name=READ, labels={"app": READ})),
    broken("read_pods", "missing"),
    broken("read_pods", "paused in the middle", app(name=READ, labels={"app": READ}, replicas=2), act=kubectl_does(
        f"rollout pause deploy/{READ}", f"set image deploy/{READ} *={REPOSITORY}:new")),
]  # fmt: skip
REDIS = "redis-cluster"
PARTITION = {"updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 1}}}
REDIS_SETS = [
    sane("redis_nodes", "in order", stateful(REDIS, replicas=2)),
    sane("redis_nodes", "at once", stateful(REDIS, replicas=2, more={"podManagementPolicy": "Parallel"})),
    sane("redis_nodes", "a partition", stateful(REDIS, replicas=2, more=PARTITION)),
    sane("redis_nodes", "replaced by hand", stateful(REDIS, replicas=2, more={"updateStrategy": {"type": "OnDelete"}})),
    broken(
        "redis_nodes",
        "replaced by hand, and not yet",
        stateful(REDIS, replicas=2, more={"updateStrategy": {"type": "OnDelete"}}),
        act=kubectl_does(f"set image sts/{REDIS} *={REPOSITORY}:new"),
    ),
    broken("redis_nodes", "one too few", stateful(REDIS, replicas=1)),
    broken("redis_nodes", "the second never starts", stateful(REDIS, box(image=MISSING), replicas=2), **NEVER),
    broken("redis_nodes", "scaled to zero", stateful(REDIS)),
    broken("redis_nodes", "missing"),
]
OTHER: Any = {"name": "grafana", "labels": {"app": "grafana"}}
OTHERS = [
    sane("infrastructure", "one beside the application", app(replicas=1), app(replicas=1, **OTHER)),
    sane("infrastructure", "the application is late", app(replicas=1, more=SLOW), app(replicas=1, **OTHER),
         act=stuck(APP)),
    sane("infrastructure", "recreated", app(replicas=2, more={"strategy": {"type": "Recreate"}}, **OTHER)),
    broken("infrastructure", "past its deadline", app(replicas=1, more=SLOW, **OTHER), act=stuck("grafana")),
    broken("infrastructure", "scaled to zero", app(replicas=1, name="x", labels={"app": "x"}), app(
        **OTHER), level=WARN),
    broken("infrastructure", "not ready", app(box(image=MISSING), replicas=1, **OTHER), **NEVER),
    broken("infrastructure", "one of two", app(box(image=MISSING), replicas=1, **OTHER), app(
        replicas=1, name="x", labels={"app": "x"}), **NEVER),
    sane("infrastructure_sets", "two", stateful(REDIS, replicas=2), stateful(PRIMARY, replicas=1)),
    sane("infrastructure_sets", "a partition", stateful(REDIS, replicas=2, more=PARTITION)),
    sane("infrastructure_sets", "replaced by hand", stateful(REDIS, replicas=1, more={
        "updateStrategy": {"type": "OnDelete"}})),
    broken("infrastructure_sets", "not ready", stateful(REDIS, box(image=MISSING), replicas=1), **NEVER),
    broken("infrastructure_sets", "one of two", stateful(REDIS, replicas=1), stateful(
        PRIMARY, box(image=MISSING), replicas=1), **NEVER),
    broken("infrastructure_sets", "scaled to zero", stateful(REDIS), stateful(PRIMARY, replicas=1), level=WARN),
    broken("infrastructure_sets", "none at all", level=UNKNOWN),
]  # fmt: skip


def changed(node: str, change: Any, back: Any) -> Callable[[Kubectl], AbstractContextManager[None]]:
    """Patch a node while the signal is read."""

    @contextmanager
    def during(kubectl: Kubectl) -> Iterator[None]:
        kubectl("patch", "node", node, "--type=merge", "-p", json.dumps(change))
        try:
            yield
        finally:
            kubectl("patch", "node", node, "--type=merge", "-p", json.dumps(back))

    return during


def tainted(key: str, effect: str) -> Any:
    return {"during": changed("node-a", {"spec": {"taints": [{"key": key, "effect": effect}]}}, {"spec": {
        "taints": None}})}  # fmt: skip


def cordoned(*nodes: str) -> Callable[[Kubectl], AbstractContextManager[None]]:
    @contextmanager
    def during(kubectl: Kubectl) -> Iterator[None]:
        kubectl("cordon", *nodes)
        try:
            yield
        finally:
            kubectl("uncordon", *nodes)

    return during


@contextmanager
def a_fourth(kubectl: Kubectl) -> Iterator[None]:
    """Add a node that nothing runs."""
    kubectl.apply(made("v1", "Node", "node-d", spec={"unschedulable": True}))
    try:
        yield
    finally:
        kubectl("delete", "node", "node-d")


NODES = [
    sane("nodes", "three"),
    sane("nodes", "a taint that is only a wish", **tainted("maintenance", "PreferNoSchedule")),
    sane("nodes", "a pool of its own", **tainted("dedicated", "NoSchedule")),
    sane("nodes", "a fourth that is cordoned and has no status", during=a_fourth),
    broken("nodes", "one is cordoned", during=cordoned("node-a")),
    broken("nodes", "all are cordoned", during=cordoned("node-a", "node-b", "node-c")),
    broken("nodes", "a control plane", **tainted("node-role.kubernetes.io/control-plane", "NoSchedule")),
    broken("nodes", "not set up yet", **tainted("node.cloudprovider.kubernetes.io/uninitialized", "NoSchedule")),
]

DIGEST_ONLY = f"{REPOSITORY}@sha256:{HEX}"
PROXY = box("proxy", image=f"example.test/proxy@sha256:{HEX}")
MAIN = {"kubectl.kubernetes.io/default-container": "api"}
HELD = {"strategy": {"rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}}}


BOTH = ("rollout", "rollout_complete")


def moving(
    title: str, level: Any, *objects: Object, signals: Any = ("rollout", "rollout_complete"), **more: Any
) -> Any:
    """The same rollout for both signals that judge it."""
    return [Case(signal, title, level, objects, **more) for signal in signals]


def waiting(text: str, *commands: str) -> Callable[[Kubectl], None]:
    """Run commands, then wait until `kubectl get pods` shows a text."""

    def act(kubectl: Kubectl) -> None:
        kubectl_does(*commands)(kubectl)
        wait_until(lambda: text in kubectl("get", "pods"), text)

    return act


def drained(kubectl: Kubectl) -> None:
    """Make a pod fail as an eviction does, and wait for the one that replaces it."""
    name = kubectl.json("pods")["items"][0]["metadata"]["name"]
    kubectl("patch", "pod", name, "--subresource=status", "--type=merge", "-p",
            '{"status": {"phase": "Failed", "reason": "Evicted"}}')  # fmt: skip
    wait_until(lambda: kubectl("get", "pods").count("Running") == 2, "another one runs")


NEW = f"set image deploy/{APP} *={MISSING}"


def patched(fault: str) -> Callable[[Kubectl], None]:
    """Begin a rollout of pods with a fault."""
    change = json.dumps({"spec": {"template": {"metadata": {"annotations": {FAULT: fault}}}}})

    def act(kubectl: Kubectl) -> None:
        kubectl("patch", f"deploy/{APP}", "--type=merge", "-p", change)
        # Of what the API shows, only the new pod is not ready.
        wait_until(lambda: "0/1" in kubectl("get", "pods"), "a new pod")

    return act


PASSES, FAILS = (sane("x", "x").level, broken("x", "x").level)
ROLLOUTS = [
    *moving("complete", PASSES, app(replicas=2)),
    *moving("a sidecar in front", PASSES, app(PROXY, box(), replicas=2)),
    *moving("an annotated container", PASSES, app(PROXY, box("api"), replicas=2, annotations=MAIN)),
    *moving("named by its image", PASSES, app(PROXY, box("main"), replicas=2)),
    *moving("only a digest", PASSES, app(box(image=DIGEST_ONLY), replicas=2)),
    *moving("in per cent", PASSES, app(replicas=2, more={
        "strategy": {"rollingUpdate": {"maxSurge": "100%", "maxUnavailable": "0%"}}})),
    *moving("a tag alone", WARN, app(box(image=f"{REPOSITORY}:2.4.1"), replicas=2), signals=["rollout"]),
    *moving("another version", WARN, app(box(image=PINNED.replace("ab", "cd")), replicas=2), signals=["rollout"]),
    *moving("the version in a sidecar", WARN, app(PROXY | {"image": PINNED}, box(image="x:1"), replicas=2),
            signals=["rollout"]),
    *moving("two containers, and nothing says which", UNKNOWN, app(PROXY, box("main", image="x:1"), replicas=1)),
    *moving("scaled to zero", FAILS, app()),
    *moving("missing", FAILS),
    *moving("paused", FAILS, app(replicas=2), act=kubectl_does(f"rollout pause deploy/{APP}", NEW)),
    *moving("past its deadline", FAILS, app(replicas=2, more=SLOW), act=stuck(APP)),
    *moving("under way", WARN, app(replicas=2, more=HELD), act=patched("not-ready")),
    *moving("no such image", FAILS, app(replicas=2, more=HELD), act=waiting("ImagePullBackOff", NEW)),
    *moving("a crash loop", FAILS, app(replicas=2, more=HELD), act=patched("crash-loop")),
]  # fmt: skip
UNMET = [{"conditionType": "example.test/registered"}]
PODS = [
    sane("pods_ready", "two", app(replicas=2)),
    sane("pods_ready", "of two Deployments", app(replicas=1), app(name="canary", replicas=1, labels={
        **LABELS, "track": "canary"})),
    sane("pods_ready", "one evicted and replaced", app(replicas=2), act=drained),
    sane("pods_ready", "with a native sidecar", app(replicas=2, initContainers=[box("proxy", restartPolicy="Always")])),
    broken("pods_ready", "one", app(replicas=1)),
    broken("pods_ready", "scaled to zero", app()),
    broken("pods_ready", "no such image", app(box(image=MISSING), replicas=2), **NEVER),
    broken("pods_ready", "an unmet readiness gate", app(replicas=2, readinessGates=UNMET), **NEVER),
    broken("pods_ready", "three of which one is not ready", app(replicas=2), app(box(image=MISSING), name="canary",
        replicas=1, labels={**LABELS, "track": "canary"}), level=WARN, **NEVER),
]  # fmt: skip
RESTART = f"rollout restart deploy/{APP}"


def restarted(kubectl: Kubectl) -> None:
    kubectl("rollout", "restart", f"deploy/{APP}")
    kubectl("rollout", "status", f"deploy/{APP}", "--timeout=120s")


QUOTA = made("v1", "ResourceQuota", "full", spec={"hard": {"pods": "2"}})
RESTARTS = [
    sane("restarted", "never asked for", app(replicas=2)),
    sane("restarted", "done", app(replicas=2), act=restarted),
    sane("restarted", "done, a sidecar in front", app(PROXY, box(), replicas=2), act=restarted),
    broken("restarted", "under a full quota", QUOTA, app(replicas=2, more=HELD), act=kubectl_does(RESTART)),
    broken("restarted", "while it is paused", app(replicas=2), act=kubectl_does(
        f"rollout pause deploy/{APP}", f"set env deploy/{APP} A=b")),
    broken("restarted", "scaled to zero", app()),
    broken("restarted", "missing"),
]  # fmt: skip
CASES: list[Case] = [*PG_SETS, *READS, *REDIS_SETS, *OTHERS, *NODES, *ROLLOUTS, *PODS, *RESTARTS]
__all__ = ["CASES", "LIMITS"]

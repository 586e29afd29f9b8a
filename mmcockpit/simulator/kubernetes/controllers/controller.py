"""The control plane: watches the store, and reconciles every object that a change affects."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from mmcockpit.simulator.kubernetes.api.errors import ApiError
from mmcockpit.simulator.kubernetes.api.registry import Registry
from mmcockpit.simulator.kubernetes.api.resources import (
    ANALYSISRUNS,
    AUTOSCALERS,
    DAEMONSETS,
    DEPLOYMENTS,
    JOBS,
    NODES,
    PODS,
    REPLICASETS,
    RESOURCES,
    ROLLOUTS,
    STATEFULSETS,
    Resource,
)
from mmcockpit.simulator.kubernetes.api.store import ObjectChange
from mmcockpit.simulator.kubernetes.controllers import argo_analysis, argo_rollouts, derived, rollout, workloads
from mmcockpit.simulator.kubernetes.controllers.client import Client, Key, key_of, owners_of
from mmcockpit.simulator.kubernetes.controllers.kubelet import Kubelet
from mmcockpit.simulator.kubernetes.controllers.logs import PodLogs
from mmcockpit.simulator.kubernetes.objects import Object

OWNERS: dict[Resource, Callable[[Client, Object], None]] = {
    DEPLOYMENTS: rollout.reconcile,
    ROLLOUTS: argo_rollouts.reconcile,
    ANALYSISRUNS: argo_analysis.reconcile,
    REPLICASETS: workloads.replica_set,
    STATEFULSETS: workloads.stateful_set,
    DAEMONSETS: workloads.daemon_set,
    JOBS: workloads.job,
}
RETRY_S = 1.0


class Controllers:
    """Deployments, ReplicaSets, StatefulSets, DaemonSets, Jobs, scheduler, kubelets, garbage collector.

    `start` and `stop` need a running event loop. Between changes nothing runs.
    """

    def __init__(self, registry: Registry, logs: PodLogs, *, pod_start_s: float = 3.0) -> None:
        self.client = Client(registry, self._later)
        self.kubelet = Kubelet(self.client, logs, pod_start_s)
        self._due: dict[Key, None] = {}
        self._wake = asyncio.Event()
        self._timers: dict[Key, asyncio.TimerHandle] = {}
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Reconcile all objects once, then follow the changes."""
        revision = self.client.revision
        self._enqueue_all()
        while self._due:
            self._reconcile_next()
        self._tasks = [asyncio.create_task(self._follow(revision)), asyncio.create_task(self._work())]

    async def stop(self) -> None:
        """Stop following; the objects stay as they are. Raise the error that ended a controller, if one failed."""
        for timer in self._timers.values():
            timer.cancel()
        for task in self._tasks:
            task.cancel()
        for ended in await asyncio.gather(*self._tasks, return_exceptions=True):
            if isinstance(ended, Exception):
                raise ended

    def _enqueue_all(self) -> None:
        for resource in (*OWNERS, PODS, *derived.FOLLOWERS):
            for value in self.client.items(resource):
                self._enqueue(key_of(resource, value))

    async def _follow(self, revision: int) -> None:
        while True:
            try:
                changes = await self.client.changes(revision)
            except ApiError:
                revision = self.client.revision
                self._enqueue_all()
                continue
            revision = changes[-1].revision
            for change in changes:
                self._enqueue_affected(change)

    def _enqueue_affected(self, change: ObjectChange) -> None:
        value = change.after or change.before or {}
        known = change.resource in OWNERS or change.resource is PODS or change.resource in derived.FOLLOWERS
        if known and change.after:
            self._enqueue(key_of(change.resource, value))
        for owner in owners_of(value):
            self._enqueue(owner)
        if change.resource is PODS:
            for resource in derived.FOLLOWERS:
                for follower in self.client.items(resource, value["metadata"]["namespace"]):
                    self._enqueue(key_of(resource, follower))
        if change.resource in (DEPLOYMENTS, STATEFULSETS):
            for follower in self.client.items(AUTOSCALERS, value["metadata"]["namespace"]):
                self._enqueue(key_of(AUTOSCALERS, follower))
        if change.resource is NODES:
            for resource in (DAEMONSETS, PODS):
                for affected in self.client.items(resource):
                    self._enqueue(key_of(resource, affected))
        if change.after is None:
            self._collect(change.resource, value)

    def _collect(self, resource: Resource, owner: Object) -> None:
        """Delete the objects that a removed object owned."""
        if resource is PODS:
            self.kubelet.forget(owner)
        for dependent in RESOURCES:
            if dependent.namespaced:
                for value in self.client.owned(dependent, owner):
                    self.client.delete(dependent, value)

    def _enqueue(self, key: Key) -> None:
        self._due[key] = None
        self._wake.set()

    def _later(self, key: Key, delay_s: float) -> None:
        loop = asyncio.get_running_loop()
        when, present = loop.time() + delay_s, self._timers.get(key)
        if present and not present.cancelled() and present.when() <= when:
            return
        if present:
            present.cancel()
        self._timers[key] = loop.call_at(when, self._ring, key)

    def _ring(self, key: Key) -> None:
        self._timers.pop(key, None)
        self._enqueue(key)

    async def _work(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._due:
                self._reconcile_next()
                await asyncio.sleep(0)

    def _reconcile_next(self) -> None:
        key = next(iter(self._due))
        del self._due[key]
        value = self.client.find(key.resource, key.namespace, key.name)
        if value is None:
            return
        try:
            if key.resource is PODS:
                self.kubelet.reconcile(value)
            elif key.resource in OWNERS:
                OWNERS[key.resource](self.client, value)
            elif key.resource in derived.FOLLOWERS:
                derived.FOLLOWERS[key.resource](self.client, value)
        except ApiError:
            self._later(key, RETRY_S)

"""The API as controllers use it: read, write, watch, record events, reconcile later."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from mmcockpit.simulator.kubernetes.api.errors import ApiError
from mmcockpit.simulator.kubernetes.api.registry import ObjectPath, Registry
from mmcockpit.simulator.kubernetes.api.resources import BY_KIND, EVENTS, PODS, Resource
from mmcockpit.simulator.kubernetes.api.store import ObjectChange
from mmcockpit.simulator.kubernetes.objects import Object, name_of, namespace_of, short_hash, stamp

EVENT_LIMIT = 500
"""Maximum number of events; the oldest are dropped, as they are by age in a real cluster."""


@dataclass(frozen=True, slots=True)
class Key:
    """The key of an object to reconcile."""

    resource: Resource
    namespace: str
    name: str


@dataclass(slots=True)
class Client:
    """The one interface of all controllers to the objects; `later` reconciles a key after a number of seconds.

    `measure` is the result of a query to Prometheus, None without one. `speed` is how many times faster than real time
    analyses pass.
    """

    registry: Registry
    later: Callable[[Key, float], None]
    measure: Callable[[str], float | None] = lambda _: None
    speed: float = 1.0
    _measured: dict[str, float] = field(default_factory=dict)
    _recorded: deque[tuple[str, str]] = field(default_factory=deque)

    @property
    def revision(self) -> int:
        """The revision of the latest change."""
        return self.registry.store.revision

    async def changes(self, revision: int) -> Sequence[ObjectChange]:
        """Wait for changes after a revision and return them; ApiError if the history no longer has them."""
        return await self.registry.store.changes(revision)

    def find(self, resource: Resource, namespace: str, name: str) -> Object | None:
        """Return an object, None if it does not exist."""
        return self.registry.store.find(resource, namespace, name)

    def get(self, resource: Resource, namespace: str, name: str) -> Object:
        """Return an object; ApiError 404."""
        return self.registry.store.get(resource, namespace, name)

    def items(self, resource: Resource, namespace: str = "") -> list[Object]:
        """Return the objects of a kind, of one namespace or of all."""
        return self.registry.store.items(resource, namespace)

    def put(self, resource: Resource, value: Object) -> Object:
        """Store a new object as it is, with its status."""
        return self.registry.store.create(resource, value)

    def edit(self, resource: Resource, namespace: str, name: str, change: Callable[[Object], None]) -> Object:
        """Change an object in place; return its new state."""
        return self.registry.store.edit(resource, namespace, name, change)

    def remove(self, resource: Resource, namespace: str, name: str) -> None:
        """Remove an object at once."""
        self.registry.store.remove(resource, namespace, name)

    def due(self, name: str, every_s: float) -> float:
        """Return in how many seconds a measurement is to be taken; 0 or less if now, which counts as taken."""
        now = time.monotonic()
        left = self._measured.get(name, -math.inf) + every_s / self.speed - now
        if left <= 0:
            self._measured[name] = now
        return left

    def suffix(self) -> str:
        """Return a new random end of a name."""
        return self.registry.store.suffix()

    def record(self, about: Object, reason: str, message: str, component: str, *, warning: bool = False) -> None:
        """Write an Event; a repeated one increments its count."""
        namespace = namespace_of(about) or "default"
        name = f"{name_of(about)}.{_fingerprint(about, reason, message)}"
        now = stamp()
        if self.find(EVENTS, namespace, name):
            self.edit(EVENTS, namespace, name, lambda event: event.update(lastTimestamp=now, count=event["count"] + 1))
            return
        self.put(EVENTS, _event(about, name, namespace, reason, message, component, warning, now))
        self._recorded.append((namespace, name))
        while len(self._recorded) > EVENT_LIMIT:
            old = self._recorded.popleft()
            if self.find(EVENTS, *old):
                self.remove(EVENTS, *old)

    def create(self, resource: Resource, value: Object) -> Object:
        """Create with the registry's validation; ApiError."""
        return self.registry.create(ObjectPath(resource, namespace_of(value)), value)

    def delete(self, resource: Resource, value: Object) -> None:
        """Delete gracefully; ignore an object that is already deleted."""
        try:
            self.registry.delete(ObjectPath(resource, namespace_of(value), name_of(value)), {})
        except ApiError as error:
            if error.code != 404:
                raise

    def set_status(self, resource: Resource, value: Object, status: Object) -> Object:
        """Write the status if it has changed."""

        def change(copy: Object) -> None:
            copy["status"] = status

        return self.edit(resource, namespace_of(value), name_of(value), change)

    def owned(self, resource: Resource, owner: Object) -> list[Object]:
        """Return the objects that the owner controls, oldest first."""
        uid = owner["metadata"]["uid"]
        dependents = [
            value
            for value in self.items(resource, namespace_of(owner))
            if any(ref.get("uid") == uid for ref in value["metadata"].get("ownerReferences") or ())
        ]
        return sorted(dependents, key=lambda value: str(value["metadata"]["creationTimestamp"]))

    def active_pods(self, owner: Object) -> list[Object]:
        """Return the owner's pods that are neither finished nor being deleted."""
        pods = self.owned(PODS, owner)
        return [
            pod
            for pod in pods
            if "deletionTimestamp" not in pod["metadata"] and pod["status"].get("phase") not in ("Succeeded", "Failed")
        ]


def key_of(resource: Resource, value: Object) -> Key:
    """Return the key under which an object is stored."""
    return Key(resource, namespace_of(value), name_of(value))


def owners_of(value: Object) -> list[Key]:
    """Return the keys of an object's owners of known kinds."""
    keys = []
    for reference in value["metadata"].get("ownerReferences") or ():
        resource = BY_KIND.get((reference["apiVersion"], reference["kind"]))
        if resource:
            keys.append(Key(resource, namespace_of(value) if resource.namespaced else "", reference["name"]))
    return keys


def _fingerprint(about: Object, reason: str, message: str) -> str:
    return short_hash([about["metadata"]["uid"], reason, message], 16)


def _event(
    about: Object,
    name: str,
    namespace: str,
    reason: str,
    message: str,
    component: str,
    warning: bool,
    now: str,
) -> Object:
    metadata = about["metadata"]
    involved = {
        "kind": about["kind"],
        "namespace": metadata.get("namespace"),
        "name": metadata["name"],
        "uid": metadata["uid"],
        "apiVersion": about["apiVersion"],
        "resourceVersion": metadata["resourceVersion"],
    }
    return {
        "metadata": {"name": name, "namespace": namespace},
        "involvedObject": {key: value for key, value in involved.items() if value},
        "reason": reason,
        "message": message,
        "source": {"component": component},
        "firstTimestamp": now,
        "lastTimestamp": now,
        "count": 1,
        "type": "Warning" if warning else "Normal",
        "reportingComponent": component,
        "reportingInstance": "",
    }

"""Stores objects by key, with a bounded history of their changes, like etcd for the real API server."""

from __future__ import annotations

import asyncio
import random
import uuid
from bisect import bisect_left, bisect_right
from collections.abc import Callable
from dataclasses import dataclass

from mmcockpit.simulator.kubernetes.api.errors import already_exists, conflict, not_found, too_old
from mmcockpit.simulator.kubernetes.api.resources import Resource
from mmcockpit.simulator.kubernetes.objects import NAME_ALPHABET, Object, clone, stamp

FIRST_REVISION = 1000


@dataclass(frozen=True, slots=True)
class ObjectChange:
    """One write: `before` is None for a creation, `after` is None for a removal."""

    revision: int
    resource: Resource
    before: Object | None
    after: Object | None

    @property
    def gone(self) -> Object:
        """The last state of a removed object, with the revision of its removal."""
        last = clone(self.before or {})
        last["metadata"]["resourceVersion"] = str(self.revision)
        return last


class Store:
    """All objects of the cluster. One event loop writes; objects handed out are shared and must not be changed."""

    def __init__(self, *, seed: int = 0, history: int = 10_000) -> None:
        self.revision = FIRST_REVISION
        self._random = random.Random(seed)
        self._limit = history
        self._objects: dict[Resource, dict[tuple[str, str], Object]] = {}
        self._sorted: dict[Resource, list[tuple[str, str]]] = {}
        self._history: list[ObjectChange] = []
        self._oldest = self.revision
        self._wake = asyncio.Event()

    def find(self, resource: Resource, namespace: str, name: str) -> Object | None:
        """Return the object, or None."""
        return self._objects.get(resource, {}).get((namespace, name))

    def get(self, resource: Resource, namespace: str, name: str) -> Object:
        """Return the object; ApiError 404 if missing."""
        value = self.find(resource, namespace, name)
        if value is None:
            raise not_found(resource, name)
        return value

    def items(
        self, resource: Resource, namespace: str = "", *, at: int | None = None, after: tuple[str, str] = ("", "")
    ) -> list[Object]:
        """Return the objects of one namespace ("" is all) by namespace and name, now or as they were at a revision.

        `after` is the namespace and name of the last object to skip.
        """
        objects = self._objects.get(resource, {})
        if at is not None and at < self.revision:
            objects = dict(objects)
            for change in reversed(self.since(at)):
                if change.resource is resource:
                    _undo(objects, change)
            keys = sorted(objects)
        else:
            keys = self._sorted.get(resource) or sorted(objects)
            self._sorted[resource] = keys
        start = bisect_right(keys, max(after, (namespace, "")))
        end = bisect_left(keys, (f"{namespace}\0", "")) if namespace else len(keys)
        return [objects[key] for key in keys[start:end]]

    def create(self, resource: Resource, value: Object) -> Object:
        """Stores a copy, with a new uid unless it has one; ApiError 409 if the name exists."""
        value = clone(value)
        metadata = value.setdefault("metadata", {})
        if not metadata.get("name"):
            metadata["name"] = metadata.get("generateName", "") + self.suffix()
        key = (metadata.get("namespace") or "", metadata["name"])
        if key in self._objects.setdefault(resource, {}):
            raise already_exists(resource, metadata["name"])
        value |= {"apiVersion": resource.group_version, "kind": resource.kind}
        metadata.setdefault("uid", str(uuid.UUID(int=self._random.getrandbits(128), version=4)))
        metadata.setdefault("creationTimestamp", stamp())
        if resource.generation:
            metadata.setdefault("generation", 1)
        return self._write(resource, key, value)

    def replace(self, resource: Resource, value: Object) -> Object:
        """Stores a copy in place of the present one; ApiError 409 if it is based on an older one.

        A copy without changes writes nothing. A change of spec increments the generation. Removing the last finalizer
        of an object that is being deleted removes the object.
        """
        metadata = value["metadata"]
        key = (metadata.get("namespace") or "", metadata["name"])
        present = self.get(resource, *key)
        kept = present["metadata"]
        if metadata.get("resourceVersion") not in (None, "", kept["resourceVersion"]):
            raise conflict(resource, key[1])
        value = clone(value)
        value |= {"apiVersion": resource.group_version, "kind": resource.kind}
        for name in ("uid", "creationTimestamp", "resourceVersion", "generation"):
            if name in kept:
                value["metadata"][name] = kept[name]
        if resource.generation and value.get("spec") != present.get("spec"):
            value["metadata"]["generation"] = kept.get("generation", 0) + 1
        if value == present:
            return present
        if "deletionTimestamp" in kept and kept.get("finalizers") and not value["metadata"].get("finalizers"):
            return self.remove(resource, *key)
        return self._write(resource, key, value)

    def edit(self, resource: Resource, namespace: str, name: str, change: Callable[[Object], None]) -> Object:
        """Replaces the object with a copy changed by `change`; ApiError 404 if missing."""
        value = clone(self.get(resource, namespace, name))
        change(value)
        return self.replace(resource, value)

    def remove(self, resource: Resource, namespace: str, name: str) -> Object:
        """Removes the object at once and returns its last state; ApiError 404 if missing."""
        before = self.get(resource, namespace, name)
        del self._objects[resource][(namespace, name)]
        return self._publish(resource, before, None).gone

    def since(self, revision: int) -> list[ObjectChange]:
        """Return the changes after a revision; ApiError 410 if they were compacted."""
        if revision < self._oldest:
            raise too_old(revision, self._oldest)
        return self._history[max(0, len(self._history) - (self.revision - revision)) :]

    async def changes(self, revision: int) -> list[ObjectChange]:
        """Like `since`, but waits until there is at least one."""
        while not (changes := self.since(revision)):
            await self._wake.wait()
        return changes

    def compact(self) -> None:
        """Drops the history, so that earlier watches have to start again."""
        self._history.clear()
        self._oldest = self.revision

    def suffix(self, length: int = 5) -> str:
        """Return a random suffix for a generated name."""
        return "".join(self._random.choices(NAME_ALPHABET, k=length))

    def _write(self, resource: Resource, key: tuple[str, str], value: Object) -> Object:
        value["metadata"]["resourceVersion"] = str(self.revision + 1)
        objects = self._objects[resource]
        before = objects.get(key)
        objects[key] = value
        self._publish(resource, before, value)
        return value

    def _publish(self, resource: Resource, before: Object | None, after: Object | None) -> ObjectChange:
        self.revision += 1
        if before is None or after is None:
            self._sorted.pop(resource, None)
        change = ObjectChange(self.revision, resource, before, after)
        self._history.append(change)
        if len(self._history) > 2 * self._limit:
            del self._history[: -self._limit]
            self._oldest = self._history[0].revision - 1
        self._wake.set()
        self._wake = asyncio.Event()
        return change


def _undo(objects: dict[tuple[str, str], Object], change: ObjectChange) -> None:
    value = change.after or change.before or {}
    key = (value["metadata"].get("namespace") or "", value["metadata"]["name"])
    if change.before is None:
        objects.pop(key, None)
    else:
        objects[key] = change.before

"""Applies requests to objects: validation, subresources, graceful deletion."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from mmcockpit.simulator.kubernetes.api import quota
from mmcockpit.simulator.kubernetes.api.defaults import complete
from mmcockpit.simulator.kubernetes.api.errors import (
    ApiError,
    bad_request,
    conflict,
    invalid,
    method_not_allowed,
    not_found,
)
from mmcockpit.simulator.kubernetes.api.resources import BUDGETS, NAMESPACES, PODS, QUOTAS, RESOURCES, Resource
from mmcockpit.simulator.kubernetes.api.selectors import field, object_selector
from mmcockpit.simulator.kubernetes.api.store import Store
from mmcockpit.simulator.kubernetes.objects import Object, clone, is_finished, labels_of, name_of, stamp

NAME = re.compile(r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$")
WORKLOAD = ("spec.selector", "spec.template.spec.containers")
REQUIRED: dict[str, tuple[str, ...]] = {
    "Pod": ("spec.containers",),
    "Deployment": WORKLOAD,
    "ReplicaSet": WORKLOAD,
    "StatefulSet": WORKLOAD,
    "DaemonSet": WORKLOAD,
    "Job": ("spec.template.spec.containers",),
    "CronJob": ("spec.schedule", "spec.jobTemplate.spec.template.spec.containers"),
    "HorizontalPodAutoscaler": ("spec.scaleTargetRef.kind", "spec.scaleTargetRef.name", "spec.maxReplicas"),
    "RoleBinding": ("roleRef.kind", "roleRef.name"),
    "ClusterRoleBinding": ("roleRef.kind", "roleRef.name"),
    "StorageClass": ("provisioner",),
}
"""Required fields by kind."""
RBAC_NAME = re.compile(r"^[^/%]+$")


@dataclass(frozen=True, slots=True)
class ObjectPath:
    """The target of a path: without a name the collection, without a part the object itself."""

    resource: Resource
    namespace: str = ""
    name: str = ""
    part: str = ""
    rest: str = ""
    """The path after pods/NAME/proxy/."""


class Registry:
    """Validates requests and applies them to the store."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def get(self, target: ObjectPath) -> Object:
        """The object or its scale; ApiError 404."""
        value = self.store.get(target.resource, target.namespace, target.name)
        return scale_of(value) if target.part == "scale" else value

    def create(self, target: ObjectPath, body: Object, *, dry: bool = False) -> Object:
        """Stores a new object; ApiError 400, 404 (no such namespace), 409, 422."""
        if target.part == "eviction":
            return self._evict(target)
        if target.name:
            raise method_not_allowed()
        value = self._accepted(target, body)
        metadata = value["metadata"]
        for name in ("resourceVersion", "uid", "generation", "creationTimestamp", "deletionTimestamp"):
            metadata.pop(name, None)
        if "status" in target.resource.subresources:
            value.pop("status", None)
        if target.namespace and self.store.find(NAMESPACES, "", target.namespace) is None:
            raise not_found(NAMESPACES, target.namespace)
        complete(target.resource, value)
        _validate(target.resource, value)
        if target.resource is PODS:
            pods, quotas = (self.store.items(row, target.namespace) for row in (PODS, QUOTAS))
            quota.admit(value, pods, quotas)
        if not dry:
            return self.store.create(target.resource, value)
        scratch = Store()
        return scratch.create(target.resource, value)

    def update(self, target: ObjectPath, change: Callable[[Object], Object], *, dry: bool = False) -> Object:
        """Replaces the object, or only the part of it that the target names, by what `change` makes of it."""
        present = self.get(target)
        if target.part == "scale":
            return self._rescale(target, change(clone(present)), dry)
        body = self._accepted(target, change(clone(present)))
        if name_of(body) != target.name:
            given = f"the name of the object ({name_of(body)})"
            raise bad_request(f"{given} does not match the name on the URL ({target.name})")
        given_revision = body["metadata"].get("resourceVersion")
        if given_revision not in (None, "", present["metadata"]["resourceVersion"]):
            raise conflict(target.resource, target.name)
        value = body
        if target.part == "status":
            value = clone(present) | {"status": body.get("status", {})}
        elif "status" in target.resource.subresources:
            value.pop("status", None)
            if "status" in present:
                value["status"] = present["status"]
        for name in ("deletionTimestamp", "deletionGracePeriodSeconds"):
            if name in present["metadata"]:
                value["metadata"][name] = present["metadata"][name]
        complete(target.resource, value)
        _validate(target.resource, value)
        return value if dry else self.store.replace(target.resource, value)

    def delete(self, target: ObjectPath, options: Object) -> Object:
        """Deletes, gracefully if the kind supports it; returns the object while it terminates, else Status Success."""
        resource, value = target.resource, self.store.get(target.resource, target.namespace, target.name)
        uid = value["metadata"]["uid"]
        wanted = (options.get("preconditions") or {}).get("uid")
        if wanted and wanted != uid:
            why = f"Precondition failed: UID in precondition: {wanted}, UID in object meta: {uid}"
            raise conflict(resource, target.name, why)
        if "All" in (options.get("dryRun") or ()):
            return value
        if options.get("propagationPolicy") == "Orphan":
            self._orphan(uid)
        grace = _grace_s(resource, value, options)
        if grace or value["metadata"].get("finalizers"):
            return self.store.edit(resource, target.namespace, target.name, lambda copy: _mark(copy, grace))
        if resource is NAMESPACES:
            self._empty(target.name)
        last = self.store.remove(resource, target.namespace, target.name)
        return last if resource is PODS else _deleted(resource, value)

    def apply(self, target: ObjectPath, body: Object, *, dry: bool = False) -> Object | None:
        """Creates the object of a server-side apply if it is missing; None if it exists and has to be patched."""
        if target.part or self.store.find(target.resource, target.namespace, target.name):
            return None
        collection = ObjectPath(target.resource, target.namespace)
        return self.create(collection, body, dry=dry)

    def _accepted(self, target: ObjectPath, body: Object) -> Object:
        resource = target.resource
        if not isinstance(body, dict) or body.get("kind", resource.kind) != resource.kind:
            raise bad_request(f"the object provided is unrecognized (must be of type {resource.kind})")
        if body.get("apiVersion", resource.group_version) != resource.group_version:
            raise bad_request(f"the API version in the data does not match the expected {resource.group_version}")
        metadata = body.setdefault("metadata", {})
        given = metadata.get("namespace") or target.namespace
        if given != target.namespace:
            raise bad_request("the namespace of the provided object does not match the namespace sent on the request")
        if resource.namespaced:
            metadata["namespace"] = target.namespace
        metadata.pop("managedFields", None)
        return _without_nulls(body)

    def _rescale(self, target: ObjectPath, scale: Object, dry: bool) -> Object:
        replicas = (scale.get("spec") or {}).get("replicas", 0)
        if not isinstance(replicas, int) or replicas < 0:
            why = "Invalid value: must be greater than or equal to 0"
            raise invalid(target.resource, target.name, "spec.replicas", why)

        def change(value: Object) -> None:
            value["spec"]["replicas"] = replicas

        if dry:
            return scale
        return scale_of(self.store.edit(target.resource, target.namespace, target.name, change))

    def _evict(self, target: ObjectPath) -> Object:
        pod = self.store.get(PODS, target.namespace, target.name)
        for budget in self.store.items(BUDGETS, target.namespace):
            covers = object_selector(budget["spec"].get("selector"))(labels_of(pod))
            if covers and budget.get("status", {}).get("disruptionsAllowed", 0) < 1:
                message = "Cannot evict pod as it would violate the pod's disruption budget."
                raise ApiError(429, "TooManyRequests", message)
        self.delete(ObjectPath(PODS, target.namespace, target.name), {})
        return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201}

    def _orphan(self, uid: str) -> None:
        for resource in RESOURCES:
            for value in self.store.items(resource):
                references = value["metadata"].get("ownerReferences") or ()
                kept = [reference for reference in references if reference["uid"] != uid]
                if len(kept) < len(references):
                    copy = clone(value)
                    copy["metadata"]["ownerReferences"] = kept
                    self.store.replace(resource, copy)

    def _empty(self, namespace: str) -> None:
        for resource in RESOURCES:
            if resource.namespaced:
                for value in self.store.items(resource, namespace):
                    self.store.remove(resource, namespace, name_of(value))


def scale_of(value: Object) -> Object:
    """Return the autoscaling/v1 Scale of an object with replicas."""
    metadata = {
        key: value["metadata"][key]
        for key in ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")
        if key in value["metadata"]
    }
    labels = (value["spec"].get("selector") or {}).get("matchLabels") or {}
    selector = ",".join(f"{key}={label}" for key, label in sorted(labels.items()))
    return {
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": metadata,
        "spec": {"replicas": value["spec"].get("replicas", 0)},
        "status": {"replicas": value.get("status", {}).get("replicas", 0), "selector": selector},
    }


def _grace_s(resource: Resource, pod: Object, options: Object) -> int:
    """Return the grace period of a pod on a node in seconds; other objects have none."""
    if resource is not PODS or not pod["spec"].get("nodeName") or is_finished(pod):
        return 0
    asked = options.get("gracePeriodSeconds")
    return int(pod["spec"].get("terminationGracePeriodSeconds", 30) if asked is None else asked)


def _without_nulls(value: Object) -> Object:
    """Drop null fields: they count as missing."""
    return {
        key: _without_nulls(part) if isinstance(part, dict) else part for key, part in value.items() if part is not None
    }


def _mark(value: Object, grace_s: int) -> None:
    metadata = value["metadata"]
    metadata.setdefault("deletionTimestamp", stamp(datetime.now(UTC) + timedelta(seconds=grace_s)))
    metadata.setdefault("deletionGracePeriodSeconds", grace_s)


def _deleted(resource: Resource, value: Object) -> Object:
    details = {
        "name": name_of(value),
        "group": resource.group,
        "kind": resource.plural,
        "uid": value["metadata"]["uid"],
    }
    shown = {key: text for key, text in details.items() if text}
    return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": shown}


def _validate(resource: Resource, value: Object) -> None:
    """Check the basic rules of an object; ApiError 422."""
    metadata = value["metadata"]
    name = str(metadata.get("name") or metadata.get("generateName", "").rstrip("-.") or "")
    if not name:
        raise invalid(resource, "", "metadata.name", "Required value: name or generateName is required")
    rule = RBAC_NAME if resource.group.startswith("rbac") else NAME
    if not rule.match(name) or len(name) > 253:
        why = f'Invalid value: "{name}": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric'
        raise invalid(resource, name, "metadata.name", f"{why} characters, '-' or '.'")
    for path in REQUIRED.get(resource.kind, ()):
        if not field(value, path):
            raise invalid(resource, name, path, "Required value")
    if resource.group == "apps":
        labels = (value["spec"]["template"].get("metadata") or {}).get("labels") or {}
        if not object_selector(value["spec"]["selector"])(labels):
            why = "Invalid value: `selector` does not match template `labels`"
            raise invalid(resource, name, "spec.template.metadata.labels", why)

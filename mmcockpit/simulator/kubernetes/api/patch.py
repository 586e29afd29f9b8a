"""The four ways to patch an object: JSON patch, merge patch, strategic merge patch, server-side apply.

Server-side apply is treated as a strategic merge: field managers are not tracked, so there are no conflicts.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import yaml

from mmcockpit.simulator.kubernetes.api.errors import ApiError, bad_request, unsupported_media_type
from mmcockpit.simulator.kubernetes.api.resources import Resource
from mmcockpit.simulator.kubernetes.objects import Object, clone

JSON_PATCH = "application/json-patch+json"
MERGE_PATCH = "application/merge-patch+json"
STRATEGIC_PATCH = "application/strategic-merge-patch+json"
APPLY_PATCH = "application/apply-patch+yaml"

MERGE_KEYS = {
    "containers": "name",
    "initContainers": "name",
    "ephemeralContainers": "name",
    "env": "name",
    "volumes": "name",
    "volumeMounts": "mountPath",
    "volumeDevices": "devicePath",
    "imagePullSecrets": "name",
    "hostAliases": "ip",
    "topologySpreadConstraints": "topologyKey",
    "resourceClaims": "name",
    "secrets": "name",
    "conditions": "type",
    "addresses": "type",
    "taints": "key",
    "ownerReferences": "uid",
}
"""Lists that a strategic merge patch merges element by element, and the field that identifies an element."""


def apply_patch(resource: Resource, kind: str, present: Object, body: bytes) -> Object:
    """Return the object after a patch of the given content type; ApiError 400, 415 or 422."""
    kinds = {k: v for k, v in PATCHES.items() if not (resource.custom and k == STRATEGIC_PATCH)}
    if kind not in kinds:
        raise unsupported_media_type(kind, tuple(kinds))
    try:
        patch = yaml.safe_load(body) if kind == APPLY_PATCH else msgspec.json.decode(body)
    except (msgspec.DecodeError, yaml.YAMLError) as error:
        raise bad_request(f"error decoding patch: {error}") from error
    if isinstance(patch, list) is not (kind == JSON_PATCH):
        raise bad_request(f"error decoding patch: {kind} does not begin like this one")
    return kinds[kind](clone(present), patch)


def merge(present: Object, patch: Object) -> Object:
    """RFC 7386: null removes, objects merge, everything else replaces."""
    for key, value in patch.items():
        if value is None:
            present.pop(key, None)
        elif isinstance(value, dict):
            old = present.get(key)
            present[key] = merge(old if isinstance(old, dict) else {}, value)
        else:
            present[key] = value
    return present


def strategic(present: Object, patch: Object) -> Object:
    """Like `merge`, but the lists of MERGE_KEYS are merged by key and `$` directives are applied."""
    directive = patch.get("$patch")
    if directive == "replace":
        return {key: value for key, value in patch.items() if key != "$patch"}
    if directive == "delete":
        return {}
    if "$retainKeys" in patch:
        present = {key: value for key, value in present.items() if key in patch["$retainKeys"]}
    for key, value in patch.items():
        if key.startswith("$deleteFromPrimitiveList/"):
            field = key.partition("/")[2]
            present[field] = [item for item in present.get(field) or () if item not in value]
        elif key.startswith("$"):
            continue
        elif value is None:
            present.pop(key, None)
        elif isinstance(value, dict):
            old = present.get(key)
            present[key] = strategic(old if isinstance(old, dict) else {}, value)
        elif isinstance(value, list):
            present[key] = _strategic_list(key, present.get(key) or [], value)
        else:
            present[key] = value
    return _ordered(present, patch)


def _strategic_list(field: str, present: list[Any], patch: list[Any]) -> list[Any]:
    if field == "finalizers":
        return [*present, *(item for item in patch if item not in present)]
    key = MERGE_KEYS.get(field) or _port_key(field, present or patch)
    items = [item for item in patch if item != {"$patch": "replace"}]
    if key is None or len(items) < len(patch) or not all(isinstance(item, dict) for item in patch):
        return items
    merged = {item.get(key): item for item in present}
    for item in items:
        name = item.get(key)
        if item.get("$patch") == "delete":
            merged.pop(name, None)
        else:
            merged[name] = strategic(merged.get(name, {}), item)
    return list(merged.values())


def _port_key(field: str, items: list[Any]) -> str | None:
    """Return the merge key for ports: containerPort for a container, port for a Service."""
    if field != "ports" or not items or not isinstance(items[0], dict):
        return None
    return next((key for key in ("containerPort", "port") if key in items[0]), None)


def _ordered(present: Object, patch: Object) -> Object:
    for directive, order in patch.items():
        field = directive.removeprefix("$setElementOrder/")
        if field == directive or field not in present:
            continue
        key = MERGE_KEYS.get(field) or _port_key(field, present[field])
        names = [item.get(key) if isinstance(item, dict) and key else item for item in order]

        def place(item: Any, names: list[Any] = names, key: str | None = key) -> int:
            name = item.get(key) if isinstance(item, dict) and key else item
            return names.index(name) if name in names else len(names)

        present[field].sort(key=place)
    return present


def json_patch(present: Object, operations: list[Object]) -> Object:
    """RFC 6902; an operation that cannot be applied is ApiError 422."""
    document: Any = present
    try:
        for operation in operations:
            path = _pointer(operation["path"])
            match operation["op"]:
                case "add":
                    document = _put(document, path, operation["value"], insert=True)
                case "replace":
                    _at(document, path)
                    document = _put(document, path, operation["value"], insert=False)
                case "remove":
                    _take(document, path)
                case "test":
                    if _at(document, path) != operation.get("value"):
                        raise ValueError(f"testing value {operation['path']} failed")
                case "move" | "copy" as op:
                    origin = _pointer(operation["from"])
                    value = _take(document, origin) if op == "move" else _at(document, origin)
                    document = _put(document, path, value, insert=True)
                case other:
                    raise ValueError(f"unexpected kind: {other}")
    except (KeyError, IndexError, TypeError, ValueError) as error:
        message = f"the server rejected our request due to an error in our request: {error}"
        raise ApiError(422, "Invalid", message) from error
    changed: Object = document
    return changed


def _pointer(path: str) -> list[str]:
    return [part.replace("~1", "/").replace("~0", "~") for part in path.split("/")[1:]]


def _at(document: Any, path: list[str]) -> Any:
    for part in path:
        document = document[int(part)] if isinstance(document, list) else document[part]
    return document


def _put(document: Any, path: list[str], value: Any, *, insert: bool) -> Any:
    if not path:
        return value
    parent, last = _at(document, path[:-1]), path[-1]
    if isinstance(parent, list) and insert:
        parent.insert(len(parent) if last == "-" else int(last), value)
    elif isinstance(parent, list):
        parent[int(last)] = value
    else:
        parent[last] = value
    return document


def _take(document: Any, path: list[str]) -> Any:
    parent, last = _at(document, path[:-1]), path[-1]
    return parent.pop(int(last) if isinstance(parent, list) else last)


PATCHES: dict[str, Callable[[Object, Any], Object]] = {
    JSON_PATCH: json_patch,
    MERGE_PATCH: merge,
    STRATEGIC_PATCH: strategic,
    APPLY_PATCH: strategic,
}

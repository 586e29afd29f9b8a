"""Discovery: versions, groups, resources, and a minimal OpenAPI for server-side validation."""

from __future__ import annotations

from mmcockpit.simulator.kubernetes.api.resources import RESOURCES, Resource
from mmcockpit.simulator.kubernetes.objects import Object

AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
VERSION: Object = {
    "major": "1",
    "minor": "34",
    "gitVersion": "v1.34.3",
    "gitCommit": "0" * 40,
    "gitTreeState": "clean",
    "buildDate": "2025-12-09T00:00:00Z",
    "goVersion": "go1.24.11",
    "compiler": "gc",
    "platform": "linux/amd64",
}
SCALE = ("autoscaling", "v1", "Scale")
EVICTION = ("policy", "v1", "Eviction")
SUBRESOURCES: dict[str, tuple[tuple[str, str, str] | None, tuple[str, ...]]] = {
    "status": (None, ("get", "patch", "update")),
    "scale": (SCALE, ("get", "patch", "update")),
    "log": (None, ("get",)),
    "eviction": (EVICTION, ("create",)),
    "proxy": (None, ("get",)),
}
"""Kind of a subresource (None: that of its parent), and its verbs."""

PATCH_PARAMETERS = ("dryRun", "fieldManager", "fieldValidation", "force")


def groups() -> dict[str, str]:
    """API group → served version, in the order of the table; "" is the core group."""
    return {row.group: row.version for row in RESOURCES}


def core_versions() -> Object:
    """GET /api."""
    return {"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": []}


def group_list() -> Object:
    """GET /apis."""
    named = [group(name) for name in groups() if name]
    return {"kind": "APIGroupList", "apiVersion": "v1", "groups": named}


def group(name: str) -> Object:
    """GET /apis/NAME; KeyError for an unknown group."""
    version = {"groupVersion": f"{name}/{groups()[name]}", "version": groups()[name]}
    head = {"kind": "APIGroup", "apiVersion": "v1", "name": name}
    return head | {"versions": [version], "preferredVersion": version}


def resource_list(name: str, version: str) -> Object:
    """GET /api/v1 and /apis/NAME/VERSION; KeyError for an unknown one."""
    rows = [row for row in RESOURCES if (row.group, row.version) == (name, version)]
    if not rows:
        raise KeyError(name)
    resources: list[Object] = []
    for row in rows:
        entry: Object = {
            "name": row.plural,
            "singularName": row.singular,
            "namespaced": row.namespaced,
            "kind": row.kind,
            "verbs": list(row.verbs),
        }
        if row.short:
            entry["shortNames"] = list(row.short)
        if row.categories:
            entry["categories"] = list(row.categories)
        resources.append(entry)
        resources += [_part(row, part) for part in row.subresources]
    head = {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": rows[0].group_version}
    return head | {"resources": resources}


def _part(row: Resource, part: str) -> Object:
    kind, verbs = SUBRESOURCES[part]
    entry: Object = {"name": f"{row.plural}/{part}", "singularName": "", "namespaced": row.namespaced}
    if kind:
        entry |= {"group": kind[0], "version": kind[1]}
    return entry | {"kind": kind[2] if kind else row.kind, "verbs": list(verbs)}


def aggregated(core: bool) -> Object:
    """Return everything under /api (core) or /apis in one response, for clients that accept AGGREGATED."""
    items = []
    for name, version in groups().items():
        if core is not (name == ""):
            continue
        rows = [row for row in RESOURCES if row.group == name]
        version_row = {"version": version, "resources": [_aggregated_row(row) for row in rows], "freshness": "Current"}
        items.append({"metadata": {"name": name} if name else {}, "versions": [version_row]})
    head = {"kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2"}
    return head | {"metadata": {}, "items": items}


def _aggregated_row(row: Resource) -> Object:
    parts = []
    for part in row.subresources:
        kind, verbs = SUBRESOURCES[part]
        spoken = kind or (row.group, row.version, row.kind)
        parts.append({"subresource": part, "responseKind": _kind(*spoken), "verbs": list(verbs)})
    entry = {
        "resource": row.plural,
        "responseKind": _kind(row.group, row.version, row.kind),
        "scope": "Namespaced" if row.namespaced else "Cluster",
        "singularResource": row.singular,
        "verbs": list(row.verbs),
        "shortNames": list(row.short),
        "categories": list(row.categories),
        "subresources": parts,
    }
    return {key: value for key, value in entry.items() if value}


def _kind(group_name: str, version: str, kind: str) -> Object:
    return {"group": group_name, "version": version, "kind": kind}


def path_of(group_name: str, version: str) -> str:
    """Return the path of a group below the root, without the leading slash."""
    return f"apis/{group_name}/{version}" if group_name else f"api/{version}"


def openapi_index() -> Object:
    """GET /openapi/v3."""
    paths = [path_of(name, version) for name, version in groups().items()]
    return {"paths": {path: {"serverRelativeURL": f"/openapi/v3/{path}"} for path in paths}}


def openapi(path: str) -> Object:
    """GET /openapi/v3/PATH: no schemas, only the fact that the server validates patches. KeyError for another path."""
    rows = [row for row in RESOURCES if path_of(row.group, row.version) == path and "patch" in row.verbs]
    if not rows:
        raise KeyError(path)
    parameters = [{"name": name, "in": "query", "schema": {"type": "string"}} for name in PATCH_PARAMETERS]
    paths: Object = {}
    for row in rows:
        scope = "namespaces/{namespace}/" if row.namespaced else ""
        patch = {
            "parameters": parameters,
            "responses": {"200": {"description": "OK"}},
            "x-kubernetes-action": "patch",
            "x-kubernetes-group-version-kind": _kind(row.group, row.version, row.kind),
        }
        paths[f"/{path}/{scope}{row.plural}/{{name}}"] = {"patch": patch}
    return {"openapi": "3.0.0", "info": {"title": "Kubernetes", "version": "v1.34.3"}, "paths": paths}

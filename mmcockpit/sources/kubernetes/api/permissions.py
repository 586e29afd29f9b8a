"""RBAC permissions that signals need to read their objects."""

from typing import NamedTuple

from mmcockpit.sources.kubernetes.api.kinds import KINDS, ObjectKind

_VERBS = {"POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete", "WATCH": "watch"}


class Permission(NamedTuple):
    """One verb on one resource; without a namespace cluster-wide, without a name on all objects.

    `resource` is in the plural, with a subresource: pods, pods/log. It is empty if only the cluster knows it: `kind` is
    then what a file names, such as `Rollout.argoproj.io`.
    """

    verb: str
    resource: str
    group: str = ""
    namespace: str = ""
    name: str = ""
    kind: str = ""

    def __str__(self) -> str:
        """Return it as text, e.g. `list nodes (cluster-wide)`, `get secrets app in production`."""
        where = f" in {self.namespace}" if self.namespace else " (cluster-wide)"
        return f"{self.verb} {self.resource or self.kind}{' ' + self.name if self.name else ''}{where}"

    @property
    def attributes(self) -> dict[str, str]:
        """The resourceAttributes of an access review."""
        resource, _, part = self.resource.partition("/")
        named = {
            "verb": self.verb,
            "group": self.group,
            "resource": resource,
            "subresource": part,
            "namespace": self.namespace,
            "name": self.name,
        }
        return {key: text for key, text in named.items() if text}


REVIEW_OTHERS = Permission("create", "subjectaccessreviews", "authorization.k8s.io")
"""The permission to review what another user may do."""


def reading(kind: str, namespace: str, name: str = "") -> Permission:
    """Return the permission to read one object, or without a name to list a kind.

    For a kind without a short name, its `kind` has to be looked up in the cluster: see `reading_of`.
    """
    if kind in KINDS:
        return reading_of(KINDS[kind], namespace, name)
    return Permission("get" if name else "list", "", "", namespace, name, kind)


def reading_of(kind: ObjectKind, namespace: str, name: str = "") -> Permission:
    """Return the permission to read one object of a kind, or without a name to list it."""
    # The API treats a namespace as an object inside itself, so that a Role there is enough.
    within = namespace if kind.namespaced else name if kind == KINDS["namespace"] else ""
    return Permission("get" if name else "list", kind.plural, kind.group, within, name)


def requested(method: str, path: str) -> Permission | None:
    """Return the permission that a request to the API needs; None for a path without a resource.

    The method of a watch is WATCH.
    """
    parts = path.strip("/").split("/")
    depth = {"api": 2, "apis": 3}.get(parts[0], len(parts))
    group, parts = (parts[1] if parts[0] == "apis" else ""), parts[depth:]
    if not parts:
        return None
    namespace = ""
    if parts[0] == "namespaces" and len(parts) > 1:
        namespace, parts = parts[1], parts[2:] or parts
    resource, name, *part = [*parts, ""] if len(parts) == 1 else parts
    verb = _VERBS.get(method) or ("get" if name else "list")
    return Permission(verb, "/".join([resource, *part]), group, namespace, name)

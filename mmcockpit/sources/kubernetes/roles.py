"""Roles that allow exactly what signals read, as YAML for `kubectl apply`."""

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import yaml

from mmcockpit.sources.kubernetes.api.permissions import Permission

_API = "rbac.authorization.k8s.io"
Needs = Mapping[Permission, Sequence[str]]
"""Permissions, and the signals that need them."""


class RoleSubject(NamedTuple):
    """The subject of a binding: a User, a Group, or a ServiceAccount of a namespace."""

    kind: str
    name: str
    namespace: str = ""

    @classmethod
    def parse(cls, text: str) -> "RoleSubject":
        """Return user:NAME, group:NAME or serviceaccount:NAMESPACE:NAME; ValueError for another text."""
        kind, _, name = text.partition(":")
        if kind == "serviceaccount":
            namespace, _, account = name.partition(":")
            if namespace and account:
                return cls("ServiceAccount", account, namespace)
        elif kind in ("user", "group") and name:
            return cls(kind.capitalize(), name)
        raise ValueError("write user:NAME, group:NAME or serviceaccount:NAMESPACE:NAME")

    @property
    def reference(self) -> dict[str, str]:
        """The subject of a binding."""
        if self.namespace:
            return {"kind": self.kind, "name": self.name, "namespace": self.namespace}
        return {"kind": self.kind, "name": self.name, "apiGroup": _API}


class RoleRule(NamedTuple):
    """One rule of a Role, and the signals that need it; without names, for all objects."""

    group: str
    resource: str
    names: tuple[str, ...]
    verbs: tuple[str, ...]
    signals: tuple[str, ...]

    @property
    def lines(self) -> Iterator[str]:
        """Its YAML, after a comment with the signals."""
        comment = textwrap.wrap(", ".join(self.signals), 110, break_on_hyphens=False)
        yield from (f"  # {line}" for line in comment)
        names = {"resourceNames": list(self.names)} if self.names else {}
        yield "  - " + _flow(
            {"apiGroups": [self.group], "resources": [self.resource], **names, "verbs": list(self.verbs)}
        )


def manifest(needs: Needs, name: str, subject: RoleSubject) -> str:
    """Return Roles for each namespace, a ClusterRole and their bindings to the subject, as YAML documents.

    All have this name; a subject that is a ServiceAccount is created as well.
    """
    scopes: dict[str, dict[Permission, Sequence[str]]] = {}
    for permission, signals in needs.items():
        # Namespaces are read cluster-wide: one rule with names instead of a Role in each.
        scope = "" if permission.resource == "namespaces" else permission.namespace
        scopes.setdefault(scope, {})[permission] = signals
    documents = []
    if subject.kind == "ServiceAccount":
        documents.append([*_head("ServiceAccount", subject.name, subject.namespace, "v1")])
    for scope in sorted(scopes, key=lambda scope: (not scope, scope)):
        kind = "Role" if scope else "ClusterRole"
        rules = [line for rule in rules_of(scopes[scope]) for line in rule.lines]
        documents.append([*_head(kind, name, scope), "rules:", *rules])
        documents.append([*_head(f"{kind}Binding", name, scope), *_binding(kind, name, subject)])
    return "---\n".join("".join(f"{line}\n" for line in lines) for lines in documents)


def rules_of(needs: Needs) -> list[RoleRule]:
    """Return a rule for each resource of one scope, several if verbs differ in their object names."""
    names: dict[tuple[str, str, str], set[str]] = {}
    signals: dict[tuple[str, str, str], set[str]] = {}
    for permission, users in needs.items():
        names.setdefault((permission.group, permission.resource, permission.verb), set()).add(permission.name)
        signals.setdefault((permission.group, permission.resource, permission.verb), set()).update(users)
    verbs: dict[tuple[str, str, tuple[str, ...]], list[str]] = {}
    for (group, resource, verb), named in sorted(names.items()):
        verbs.setdefault((group, resource, () if "" in named else tuple(sorted(named))), []).append(verb)
    return [
        RoleRule(*key, tuple(allowed), tuple(sorted(set().union(*(signals[*key[:2], verb] for verb in allowed)))))
        for key, allowed in verbs.items()
    ]


def _head(kind: str, name: str, namespace: str, api: str = f"{_API}/v1") -> Iterator[str]:
    yield f"apiVersion: {api}"
    yield f"kind: {kind}"
    yield f"metadata: {_flow({'name': name, 'namespace': namespace} if namespace else {'name': name})}"


def _binding(kind: str, name: str, subject: RoleSubject) -> Iterator[str]:
    yield f"roleRef: {_flow({'apiGroup': _API, 'kind': kind, 'name': name})}"
    yield f"subjects: {_flow([subject.reference])}"


def _flow(value: object) -> str:
    """Return a value in one line of YAML."""
    return str(yaml.safe_dump(value, default_flow_style=True, width=10_000, sort_keys=False)).strip()

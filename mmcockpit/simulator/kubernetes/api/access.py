"""Authentication and authorization: bearer tokens, impersonation, and the RBAC objects of the store."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from mmcockpit.simulator.kubernetes.api.errors import bad_request, forbidden, unauthorized
from mmcockpit.simulator.kubernetes.api.resources import (
    ACCESS_REVIEWS,
    CLUSTERROLEBINDINGS,
    CLUSTERROLES,
    ROLEBINDINGS,
    ROLES,
    RULES_REVIEWS,
    SELF_REVIEWS,
    SUBJECT_REVIEWS,
    Resource,
)
from mmcockpit.simulator.kubernetes.api.store import Store
from mmcockpit.simulator.kubernetes.objects import Object

MASTERS = "system:masters"
ACCOUNT = "system:serviceaccount:"
EVERYTHING: Object = {"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}
REVIEWS: tuple[Object, ...] = tuple(
    {"verbs": ["create"], "apiGroups": [row.group], "resources": [row.plural]}
    for row in (ACCESS_REVIEWS, RULES_REVIEWS, SELF_REVIEWS)
)
PUBLIC: Object = {"verbs": ["get"], "nonResourceURLs": ["/api", "/api/*", "/apis", "/apis/*", "/healthz", "/version"]}


@dataclass(frozen=True, slots=True)
class User:
    """A subject of RBAC."""

    name: str
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AccessRequest:
    """A request to authorize: a verb on a resource ("pods", "pods/log"); namespace "" is cluster-wide."""

    verb: str
    group: str
    resource: str
    namespace: str = ""
    name: str = ""


def user_named(name: str) -> User:
    """Return the user with the groups that its name implies."""
    groups = ["system:authenticated"]
    if name.startswith(ACCOUNT):
        groups += ["system:serviceaccounts", f"system:serviceaccounts:{name.split(':')[2]}"]
    return User(name, tuple(groups))


class Access:
    """Authorizes requests by the given tokens and the roles and bindings in the store."""

    def __init__(self, store: Store, tokens: Mapping[str, User]) -> None:
        self._store = store
        self._tokens = dict(tokens)

    def rotate(self, former: str, token: str) -> None:
        """Replace a user's token: the previous one is rejected from now on."""
        self._tokens[token] = self._tokens.pop(former)

    def user(self, headers: Mapping[str, str]) -> User:
        """Return the user of these headers; ApiError 401 for an unknown token, 403 if impersonation is not allowed."""
        scheme, _, token = headers.get("Authorization", "").partition(" ")
        user = self._tokens.get(token.strip()) if scheme.lower() == "bearer" else None
        if user is None:
            raise unauthorized()
        assumed = headers.get("Impersonate-User")
        if not assumed:
            return user
        if MASTERS not in user.groups:
            users = Resource("", "v1", "users", "User", False)
            raise forbidden(users, assumed, f'User "{user.name}" cannot impersonate resource "users"')
        return user_named(assumed)

    def require(self, user: User, resource: Resource, action: AccessRequest) -> None:
        """Raise ApiError 403 unless the user may do this."""
        if self.allows(user, action):
            return
        where = f'in the namespace "{action.namespace}"' if action.namespace else "at the cluster scope"
        asked = f'cannot {action.verb} resource "{action.resource}" in API group "{action.group}" {where}'
        raise forbidden(resource, action.name, f'User "{user.name}" {asked}')

    def allows(self, user: User, action: AccessRequest) -> bool:
        """Return whether one of the user's rules allows the action."""
        return any(_covers(rule, action) for rule in self.rules(user, action.namespace))

    def rules(self, user: User, namespace: str) -> list[Object]:
        """Return the rules that apply to the user in the namespace."""
        if MASTERS in user.groups:
            return [EVERYTHING]
        rules = [*REVIEWS]
        bindings = self._store.items(CLUSTERROLEBINDINGS)
        if namespace:
            bindings = [*bindings, *self._store.items(ROLEBINDINGS, namespace)]
        for binding in bindings:
            if _binds(binding.get("subjects") or (), user):
                rules += self._role(binding["roleRef"], namespace)
        return rules

    def review(self, resource: Resource, user: User, body: Object) -> Object:
        """Return the response to a review."""
        spec = body.get("spec") or {}
        if resource is SUBJECT_REVIEWS:
            user = user_named(str(spec.get("user") or ""))
        status: Object
        if resource is SELF_REVIEWS:
            status = {"userInfo": {"username": user.name, "groups": list(user.groups)}}
        elif resource is RULES_REVIEWS:
            if not spec.get("namespace"):
                raise bad_request("no namespace on request")
            rules = self.rules(user, spec["namespace"])
            status = {"resourceRules": rules, "nonResourceRules": [PUBLIC], "incomplete": False}
        else:
            status = {"allowed": self._allows_asked(user, spec)}
        metadata = {"creationTimestamp": body.get("metadata", {}).get("creationTimestamp")}
        kept = {key: value for key, value in metadata.items() if value}
        head = {"kind": resource.kind, "apiVersion": resource.group_version, "metadata": kept}
        return head | {"spec": spec, "status": status}

    def _allows_asked(self, user: User, spec: Object) -> bool:
        asked = spec.get("resourceAttributes")
        if asked is None:
            verb = (spec.get("nonResourceAttributes") or {}).get("verb")
            return MASTERS in user.groups or verb == "get"
        plural, part = asked.get("resource", ""), asked.get("subresource")
        action = AccessRequest(
            asked.get("verb", ""),
            asked.get("group", ""),
            f"{plural}/{part}" if part else plural,
            asked.get("namespace", ""),
            asked.get("name", ""),
        )
        return self.allows(user, action)

    def _role(self, reference: Object, namespace: str) -> list[Object]:
        name = reference["name"]
        if reference["kind"] == "ClusterRole":
            role = self._store.find(CLUSTERROLES, "", name)
        else:
            role = self._store.find(ROLES, namespace, name)
        return list((role or {}).get("rules") or ())


def _binds(subjects: Iterable[Object], user: User) -> bool:
    for subject in subjects:
        if subject["kind"] == "Group":
            named = subject["name"] in user.groups
        elif subject["kind"] == "ServiceAccount":
            named = user.name == f"{ACCOUNT}{subject.get('namespace')}:{subject['name']}"
        else:
            named = subject["name"] == user.name
        if named:
            return True
    return False


def _covers(rule: Object, action: AccessRequest) -> bool:
    part = action.resource.partition("/")[2]
    resources = {"*", action.resource, f"*/{part}"} if part else {"*", action.resource}
    names = rule.get("resourceNames")
    return (
        bool({"*", action.verb} & set(rule.get("verbs") or ()))
        and bool({"*", action.group} & set(rule.get("apiGroups") or ()))
        and bool(resources & set(rule.get("resources") or ()))
        and (not names or action.name in names)
    )

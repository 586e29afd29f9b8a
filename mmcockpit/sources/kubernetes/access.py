"""Checks whether we, or another user, may do something in the cluster, by access reviews of the API."""

from typing import Annotated, Any, ClassVar

import msgspec
from pydantic import AfterValidator, Field

from mmcockpit.core.model.reading import FaultKind, ProbeError, Reading
from mmcockpit.core.words.durations import seconds
from mmcockpit.sources.common.contract import Args
from mmcockpit.sources.kubernetes.api.kinds import KINDS
from mmcockpit.sources.kubernetes.api.page import MAX_PAGE_BYTES
from mmcockpit.sources.kubernetes.api.permissions import REVIEW_OTHERS, Permission
from mmcockpit.sources.kubernetes.probe import ClusterProbe, Namespace


def _span(text: str) -> str:
    if seconds(text) < 1:
        raise ValueError("must be at least 1s")
    return text


Span = Annotated[str, AfterValidator(_span)]
"""A time span up to now, e.g. 5m."""
_GROUP = "authorization.k8s.io"
_ACCOUNT = "system:serviceaccount:"
_BY_PLURAL = {kind.plural: kind for kind in KINDS.values()}


class CanIArgs(Args):
    """An action, as RBAC names it."""

    shorthand: ClassVar[str] = "verb"
    verb: Annotated[str, Field(min_length=1, description="get, list, watch, create, update, patch, delete, …")]
    resource: Annotated[
        str, Field(min_length=1, description="Plural name, with a subresource if needed: pods, pods/log.")
    ]
    group: Annotated[str, Field(description="API group; default: that of a known resource, otherwise core.")] = ""
    name: Annotated[str, Field(description="One object; default: all.")] = ""
    namespace: Annotated[Namespace, Field(description="Default: the source's; empty for cluster-wide resources.")] = ""
    as_user: Annotated[
        str, Field(description="Check this user, e.g. system:serviceaccount:NAMESPACE:NAME; default: ourselves.")
    ] = ""


class _Status(msgspec.Struct, frozen=True, rename="camel"):
    allowed: bool
    denied: bool = False
    reason: str = ""
    evaluation_error: str = ""


class _Review(msgspec.Struct, frozen=True):
    status: _Status


class CanI(ClusterProbe):
    """The decision of the API server's authorisers.

    Our own rights are checked by a SelfSubjectAccessReview, which is allowed to every user; another user's by a
    SubjectAccessReview, which needs a right of its own (a fault if it is missing). It is also a fault if nothing allows
    the action while an authoriser reported an error.
    """

    @classmethod
    def permissions(cls, args: Any, namespace: str) -> tuple[Permission, ...]:
        """Return the permissions that a poll needs."""
        return (REVIEW_OTHERS,) if args.as_user else ()

    async def poll(self) -> Reading:
        kind = "SubjectAccessReview" if self.args.as_user else "SelfSubjectAccessReview"
        path = f"/apis/{_GROUP}/v1/{kind.lower()}s"
        body = {"apiVersion": f"{_GROUP}/v1", "kind": kind, "spec": self._spec()}
        reply = await self.cluster.ask("POST", path, (), body, MAX_PAGE_BYTES)
        status = self.cluster.decode(msgspec.json.Decoder(_Review), reply).status
        if status.evaluation_error and not (status.allowed or status.denied):
            why = f"{self.cluster.host}: permissions only partly known: {status.evaluation_error}"
            raise ProbeError(FaultKind.PARTIAL, why[:300])
        return Reading({"allowed": status.allowed, "reason": status.reason})

    def _spec(self) -> dict[str, Any]:
        resource, _, part = self.args.resource.partition("/")
        known = _BY_PLURAL.get(resource)
        wanted = {
            "verb": self.args.verb,
            "group": self.args.group or (known.group if known else ""),
            "resource": resource,
            "subresource": part,
            "name": self.args.name,
            "namespace": self.namespace if known is None or known.namespaced else "",
        }
        spec: dict[str, Any] = {"resourceAttributes": {name: text for name, text in wanted.items() if text}}
        if user := self.args.as_user:
            spec |= {"user": user, "groups": _groups(user)}
        return spec


def _groups(user: str) -> list[str]:
    """Return the groups that follow from the name: the API server adds none."""
    groups = ["system:authenticated"]
    if user.startswith(_ACCOUNT):
        groups += ["system:serviceaccounts", f"system:serviceaccounts:{user.split(':')[2]}"]
    return groups

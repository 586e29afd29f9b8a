"""The discovery documents of a Kubernetes API: aggregated (all groups in one), and classic (one for each version)."""

import re
from collections.abc import Iterable
from typing import NamedTuple

import msgspec

from mmcockpit.sources.kubernetes.api.kinds import ObjectKind

MAX_VERSIONS = 16
"""Versions of one group that are used, in the order in which the server prefers them."""
MAX_RESOURCES = 20_000
AGGREGATED = ",".join(
    (
        "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList",
        "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList",
        "application/json",
    )
)
"""Accept header: older servers respond with a classic document."""
_PLURAL = re.compile("[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_KIND = re.compile("[A-Za-z0-9]{1,63}")
_GROUP = re.compile("[a-z0-9]([-.a-z0-9]{0,251}[a-z0-9])?")


class Served(msgspec.Struct, frozen=True, gc=False):
    """One kind of objects that the server has, with the singular name of its resource."""

    kind: ObjectKind
    singular: str

    def named(self, name: str) -> bool:
        """Return whether a file may name it so: by its kind, its plural or its singular, in any case."""
        return name.lower() in (self.kind.kind.lower(), self.kind.plural, self.singular)


class GroupVersion(msgspec.Struct, frozen=True, gc=False):
    """One version of a group; without `served`, its document has not been read, or its server does not respond."""

    group: str
    version: str
    served: tuple[Served, ...] | None
    stale: bool = False

    @property
    def prefix(self) -> str:
        """The path of its document, and of its objects."""
        return f"/apis/{self.group}/{self.version}" if self.group else f"/api/{self.version}"


class _Meta(msgspec.Struct, frozen=True, gc=False):
    name: str = ""


class _ResponseKind(msgspec.Struct, frozen=True, gc=False):
    kind: str = ""


class _Part(msgspec.Struct, frozen=True, gc=False):
    subresource: str = ""


class _Resource(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    resource: str
    response_kind: _ResponseKind | None = None
    scope: str = ""
    singular_resource: str = ""
    subresources: list[_Part] | None = None

    @property
    def served(self) -> "_Row":
        """The row of this resource."""
        has_status = any(part.subresource == "status" for part in self.subresources or ())
        kind = self.response_kind.kind if self.response_kind else ""
        return _Row(self.resource, kind, self.scope != "Cluster", has_status, self.singular_resource)


class _Row(NamedTuple):
    """One resource, whichever document describes it."""

    plural: str
    kind: str
    namespaced: bool
    has_status: bool
    singular: str


class _Version(msgspec.Struct, frozen=True, gc=False):
    version: str
    resources: list[_Resource] | None = None
    freshness: str = ""


class _Group(msgspec.Struct, frozen=True, gc=False):
    metadata: _Meta = _Meta()
    versions: list[_Version] | None = None


class _ClassicVersion(msgspec.Struct, frozen=True, gc=False):
    version: str = ""


class _ClassicGroup(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    name: str
    versions: list[_ClassicVersion] | None = None
    preferred_version: _ClassicVersion = _ClassicVersion()


class _ClassicResource(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    name: str
    kind: str
    namespaced: bool = False
    singular_name: str = ""


class Aggregated(msgspec.Struct, frozen=True, gc=False, tag_field="kind", tag="APIGroupDiscoveryList"):
    """All groups with all their kinds."""

    items: list[_Group] | None = None

    def versions(self) -> list[GroupVersion]:
        """Return the versions of all groups, of each group the preferred one first."""
        return [
            GroupVersion(
                group.metadata.name,
                one.version,
                _served(group.metadata.name, one.version, [resource.served for resource in one.resources])
                if one.resources
                else None,
                one.freshness == "Stale",
            )
            for group in self.items or ()
            if _GROUP.fullmatch(group.metadata.name) or not group.metadata.name
            for one in (group.versions or ())[:MAX_VERSIONS]
        ]


class Groups(msgspec.Struct, frozen=True, gc=False, tag_field="kind", tag="APIGroupList"):
    """The names and versions of all groups but the core."""

    groups: list[_ClassicGroup] | None = None

    def versions(self) -> list[GroupVersion]:
        """Return the versions of all groups, of each group the preferred one first; none is read."""
        return [
            GroupVersion(group.name, version, None)
            for group in self.groups or ()
            if _GROUP.fullmatch(group.name)
            for version in _preferred(group)
        ]


class Core(msgspec.Struct, frozen=True, gc=False, tag_field="kind", tag="APIVersions"):
    """The versions of the core group."""

    names: list[str] | None = msgspec.field(name="versions", default=None)

    def versions(self) -> list[GroupVersion]:
        """Return the versions of the core group; none is read."""
        return [GroupVersion("", version, None) for version in (self.names or ())[:MAX_VERSIONS]]


class Resources(msgspec.Struct, frozen=True, gc=False, tag_field="kind", tag="APIResourceList"):
    """The kinds of one version of a group."""

    resources: list[_ClassicResource] | None = None

    def read(self, of: GroupVersion) -> GroupVersion:
        """Return the version with its kinds."""
        named = self.resources or ()
        parts = {one.name for one in named}
        rows = [
            _Row(one.name, one.kind, one.namespaced, f"{one.name}/status" in parts, one.singular_name) for one in named
        ]
        return GroupVersion(of.group, of.version, _served(of.group, of.version, rows))


def _preferred(group: _ClassicGroup) -> list[str]:
    first = group.preferred_version.version
    versions = [one.version for one in group.versions or () if one.version]
    return sorted(versions, key=lambda version: version != first)[:MAX_VERSIONS]


def _served(group: str, version: str, rows: Iterable[_Row]) -> tuple[Served, ...]:
    """Return the kinds of a version; subresources and names that do not fit into a path are left out."""
    prefix = f"/apis/{group}/{version}" if group else f"/api/{version}"
    return tuple(
        Served(ObjectKind(prefix, row.plural, row.kind, row.namespaced, row.has_status), row.singular)
        for row in rows
        if _PLURAL.fullmatch(row.plural) and _KIND.fullmatch(row.kind)
    )

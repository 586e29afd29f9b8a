"""The objects of a namespace, read with one list per kind, and why a kind could not be read."""

import asyncio
from collections.abc import Awaitable
from typing import Any, NamedTuple, TypeVar

import msgspec

from mmcockpit.core.model.reading import FaultKind, ProbeError
from mmcockpit.core.text import plain
from mmcockpit.discovery.budget import Budget, BudgetUsed
from mmcockpit.discovery.findings import NotFound
from mmcockpit.discovery.polls import why_not
from mmcockpit.sources.common.deadline import deadline
from mmcockpit.sources.kubernetes.api.cluster import ClusterClient
from mmcockpit.sources.kubernetes.api.kinds import KINDS
from mmcockpit.sources.kubernetes.api.page import MAX_PAGE_BYTES, ListPage
from mmcockpit.sources.kubernetes.api.permissions import reading
from mmcockpit.sources.kubernetes.helm.release import METADATA
from mmcockpit.sources.kubernetes.objects import require_namespace

Object = dict[str, Any]
"""An object of the API, as its JSON."""
Result = TypeVar("Result")

MOST_OBJECTS = 1_000
"""Most objects of one kind that are read: two pages."""
SECTION = "Kubernetes"
_METADATA = msgspec.json.Decoder(ListPage[Object])


class ListedKind(NamedTuple):
    """A kind of object that is listed, and what a person calls several of it."""

    kind: str
    plural: str


LISTED = (
    ListedKind("deployment", "Deployments"),
    ListedKind("statefulset", "StatefulSets"),
    ListedKind("daemonset", "DaemonSets"),
    ListedKind("replicaset", "ReplicaSets"),
    ListedKind("pod", "Pods"),
    ListedKind("service", "Services"),
    ListedKind("endpointslice", "EndpointSlices"),
    ListedKind("ingress", "Ingresses"),
    ListedKind("hpa", "HorizontalPodAutoscalers"),
    ListedKind("pdb", "PodDisruptionBudgets"),
    ListedKind("cronjob", "CronJobs"),
    ListedKind("job", "Jobs"),
    ListedKind("event", "Events"),
    ListedKind("pvc", "PersistentVolumeClaims"),
    ListedKind("resourcequota", "ResourceQuotas"),
    ListedKind("node", "Nodes"),
    ListedKind("certificate", "cert-manager Certificates"),
)
"""What is listed, the most useful first: the budget may end before the last."""
AT_ONCE = 4
LIST_WITHIN_S, SIGN_IN_WITHIN_S = 10.0, 20.0
"""How long one list may take, and signing in: a program may fetch the credentials."""


class Inventory:
    """The objects of one namespace by kind."""

    def __init__(self, cluster: ClusterClient, budget: Budget) -> None:
        self._cluster = cluster
        self._budget = budget
        self._objects: dict[str, list[Object]] = {}
        self._releases: dict[str, int] | None = None
        self._reasons = {listed.plural: "" for listed in LISTED}
        """What was listed, in the order of the lists, to why it has no objects; empty if it has some."""

    @property
    def namespace(self) -> str:
        """The namespace that is read."""
        return self._cluster.namespace

    @property
    def missing(self) -> tuple[NotFound, ...]:
        """Return which kinds have no objects and why, those with the same reason in one line."""
        plurals: dict[str, list[str]] = {}
        for plural, why in self._reasons.items():
            if why:
                plurals.setdefault(why, []).append(plural)
        return tuple(NotFound(SECTION, ", ".join(several), why) for why, several in plurals.items())

    def listed(self, *kinds: str) -> bool:
        """Return whether all these kinds could be listed, so that a probe that reads them has a value."""
        return all(kind in self._objects for kind in kinds)

    def of(self, kind: str) -> list[Object]:
        """Return the objects of a kind by name; none if it could not be listed."""
        return self._objects.get(kind, [])

    async def sign_in(self) -> None:
        """Sign in and read the namespace; ProbeError if the API does not respond or the namespace does not exist."""
        await self._ask(self._cluster.ready(), SIGN_IN_WITHIN_S)
        try:
            await self._ask(require_namespace(self._cluster, self.namespace))
        except ProbeError as error:
            if error.kind is not FaultKind.FORBIDDEN:
                raise

    async def read(self) -> None:
        """List every kind of LISTED, with one request for each 500 objects."""
        slots = asyncio.Semaphore(AT_ONCE)

        async def one(listed: ListedKind) -> None:
            async with slots:
                await self._list(listed)

        await asyncio.gather(*map(one, LISTED))

    async def custom(self, kind: str, plural: str, namespaces: tuple[str, ...]) -> list[Object]:
        """Return the objects in some namespaces of a kind such as `Rollout.argoproj.io`, found by API discovery."""
        self._reasons[plural] = ""
        try:
            where = await self._ask(self._cluster.kind(kind))
        except ProbeError as error:
            self._reasons[plural] = _why(error, "")
            return []
        found: list[Object] = []
        for namespace in dict.fromkeys(namespaces):
            listed = await self._items(where.path(namespace), plural, f"list {where.plural} in {namespace}")
            found += listed or ()
        if not found:
            self._reasons[plural] = self._reasons[plural] or f"none for namespace {self.namespace}"
        return sorted(found, key=name_of)

    async def releases(self) -> dict[str, int]:
        """Return the Helm releases of the namespace by name, with their highest revision.

        Only metadata of their Secrets is requested, once.
        """
        if self._releases is None:
            self._releases = await self._listed_releases()
        return self._releases

    async def _listed_releases(self) -> dict[str, int]:
        plural, path = "Helm releases", KINDS["secret"].path(self.namespace)
        query = (("labelSelector", "owner=helm"), ("limit", str(MOST_OBJECTS)))
        self._reasons[plural] = ""
        try:
            reply = await self._ask(self._cluster.ask("GET", path, query, None, MAX_PAGE_BYTES, METADATA))
            page = self._cluster.decode(_METADATA, reply)
        except ProbeError as error:
            self._reasons[plural] = _why(error, str(reading("secret", self.namespace)))
            return {}
        highest = dict[str, int]()
        for labels in (one["metadata"].get("labels") or {} for one in page.items or ()):
            if name := str(labels.get("name") or ""):
                revision = str(labels.get("version") or "")
                highest[name] = max(highest.get(name, 0), int(revision) if revision.isdecimal() else 0)
        if not highest:
            self._reasons[plural] = f"none in namespace {self.namespace}"
        return dict(sorted(highest.items()))

    async def _ask(self, result: Awaitable[Result], within_s: float = LIST_WITHIN_S) -> Result:
        """Return a result of the API; ProbeError if it takes longer, or the budget ends before."""
        async with deadline(within_s, self._cluster.host):
            return await self._budget.ask(result)

    async def _list(self, listed: ListedKind) -> None:
        permission = f"list them in {self.namespace}; the ClusterRole view would allow it"
        if not KINDS[listed.kind].namespaced:
            permission = str(reading(listed.kind, self.namespace))
        found = await self._items(KINDS[listed.kind].path(self.namespace), listed.plural, permission)
        if found is not None:
            self._objects[listed.kind] = sorted(found, key=name_of)
            if not found:
                self._reasons[listed.plural] = f"none in namespace {self.namespace}"

    async def _items(self, path: str, plural: str, permission: str) -> list[Object] | None:
        """Return the objects of one list; None, with a reason of its own, if it is not available."""
        try:
            return await self._ask(self._cluster.items(path, (), ListPage[Object], MOST_OBJECTS))
        except ProbeError as error:
            self._reasons[plural] = _why(error, permission)
            return None


def _why(error: ProbeError, permission: str) -> str:
    if isinstance(error, BudgetUsed):
        return why_not(error)
    match error.kind:
        case FaultKind.NOT_FOUND:
            return "not installed in this cluster"
        case FaultKind.FORBIDDEN if permission:
            return f"403: this account may not {permission}"
    return plain(error.message, 300)


def name_of(written: Object) -> str:
    """Return the name of an object."""
    return str((written.get("metadata") or {}).get("name", ""))


def spec_of(written: Object) -> Object:
    """Return the specification of an object; empty if it has none."""
    return written.get("spec") or {}


def owned(written: Object) -> bool:
    """Return whether another object owns this one, such as a CronJob its Jobs."""
    return bool((written.get("metadata") or {}).get("ownerReferences"))

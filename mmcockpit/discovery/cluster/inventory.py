"""The objects of a namespace, read with one list per kind, and why a kind could not be read."""

import asyncio
from typing import Any, NamedTuple

from mmcockpit.core.model.reading import FaultKind, ProbeError
from mmcockpit.core.text import plain
from mmcockpit.discovery.budget import Budget, BudgetUsed
from mmcockpit.discovery.findings import NotFound
from mmcockpit.discovery.polls import why_not
from mmcockpit.sources.kubernetes.api.cluster import ClusterClient
from mmcockpit.sources.kubernetes.api.kinds import KINDS
from mmcockpit.sources.kubernetes.api.page import ListPage
from mmcockpit.sources.kubernetes.api.permissions import reading
from mmcockpit.sources.kubernetes.objects import require_namespace

Object = dict[str, Any]
"""An object of the API, as its JSON."""

MOST_OBJECTS = 1_000
"""Most objects of one kind that are read: two pages."""
SECTION = "Kubernetes"


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


class Inventory:
    """The objects of one namespace by kind."""

    def __init__(self, cluster: ClusterClient, budget: Budget) -> None:
        self._cluster = cluster
        self._budget = budget
        self._objects: dict[str, list[Object]] = {}
        self._refused: dict[ListedKind, str] = {}

    @property
    def namespace(self) -> str:
        """The namespace that is read."""
        return self._cluster.namespace

    @property
    def missing(self) -> tuple[NotFound, ...]:
        """Return which kinds have no objects and why, those with the same reason in one line."""
        none = f"none in namespace {self.namespace}"
        plurals: dict[str, list[str]] = {}
        for listed in LISTED:
            if why := self._refused.get(listed, "" if self.of(listed.kind) else none):
                plurals.setdefault(why, []).append(listed.plural)
        return tuple(NotFound(SECTION, ", ".join(several), why) for why, several in plurals.items())

    def listed(self, *kinds: str) -> bool:
        """Return whether all these kinds could be listed, so that a probe that reads them has a value."""
        return all(kind in self._objects for kind in kinds)

    def of(self, kind: str) -> list[Object]:
        """Return the objects of a kind by name; none if it could not be listed."""
        return self._objects.get(kind, [])

    async def sign_in(self) -> None:
        """Sign in and read the namespace; ProbeError if the API does not respond or the namespace does not exist."""
        await self._budget.ask(self._cluster.ready())
        try:
            await self._budget.ask(require_namespace(self._cluster, self.namespace))
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

    async def _list(self, listed: ListedKind) -> None:
        path = KINDS[listed.kind].path(self.namespace)
        try:
            found = await self._budget.ask(self._cluster.items(path, (), ListPage[Object], MOST_OBJECTS))
        except ProbeError as error:
            self._refused[listed] = self._why(listed, error)
        else:
            self._objects[listed.kind] = sorted(found, key=name_of)

    def _why(self, listed: ListedKind, error: ProbeError) -> str:
        if isinstance(error, BudgetUsed):
            return why_not(error)
        match error.kind:
            case FaultKind.NOT_FOUND:
                return "not installed in this cluster"
            case FaultKind.FORBIDDEN:
                return f"403: this account may not {reading(listed.kind, self.namespace)}"
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

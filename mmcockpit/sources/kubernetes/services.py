"""Services and Ingresses: their ready endpoints, port by port."""

from collections.abc import Iterator
from typing import Annotated, Any, ClassVar

from pydantic import Field

from mmcockpit.core.model.reading import Reading
from mmcockpit.sources.common.contract import Args
from mmcockpit.sources.kubernetes.api.cluster import ClusterClient
from mmcockpit.sources.kubernetes.api.kinds import KINDS
from mmcockpit.sources.kubernetes.api.page import ListPage
from mmcockpit.sources.kubernetes.api.permissions import Permission, reading
from mmcockpit.sources.kubernetes.probe import MAX_LISTED, ClusterProbe, Namespace, Object, ObjectName, find_object

OWNER = "kubernetes.io/service-name"
"""The label of an EndpointSlice with the name of its Service."""


class ServiceArgs(Args):
    """A Service by name."""

    shorthand: ClassVar[str] = "name"
    name: ObjectName
    namespace: Namespace = ""


class IngressArgs(ServiceArgs):
    """An Ingress by name, and the hosts that it must serve."""

    hosts: Annotated[tuple[str, ...], Field(description="Hosts that a rule must cover.")] = ()


class Service(ClusterProbe):
    """One Service with its endpoints."""

    @classmethod
    def permissions(cls, args: Any, namespace: str) -> tuple[Permission, ...]:
        """Return the permissions that a poll needs."""
        return (reading("service", namespace, args.name), reading("endpointslice", namespace))

    async def poll(self) -> Reading:
        namespace = self.namespace
        service = await _get(self.cluster, "service", namespace, self.args.name)
        if service is None:
            return Reading({"exists": False, "ready": 0, "not_ready": 0, "ports": [], "addresses": []})
        slices = await _slices(self.cluster, namespace, self.args.name)
        spec, rows = service.get("spec") or {}, list(_ports(service, slices))
        # A headless Service may have no ports: then all its endpoints count.
        ready, not_ready = _counts(slices) if not spec.get("ports") else (0, 0)
        return Reading(
            {
                "exists": True,
                "type": spec.get("type", "ClusterIP"),
                "external": spec.get("externalName", ""),
                "addresses": _addresses(service),
                "ready": min((row["ready"] for row in rows), default=ready),
                "not_ready": max((row["not_ready"] for row in rows), default=not_ready),
                "ports": rows,
            }
        )


class Ingress(ClusterProbe):
    """One Ingress with the endpoints behind its paths.

    A rule without a host serves all hosts, `*.a.b` one more label.
    """

    @classmethod
    def permissions(cls, args: Any, namespace: str) -> tuple[Permission, ...]:
        """Return the permissions that a poll needs."""
        services = Permission("get", "services", "", namespace)
        return (reading("ingress", namespace, args.name), services, reading("endpointslice", namespace))

    async def poll(self) -> Reading:
        namespace = self.namespace
        ingress = await _get(self.cluster, "ingress", namespace, self.args.name)
        rows = [] if ingress is None else [row async for row in self._backends(ingress, namespace)]
        spec = (ingress or {}).get("spec") or {}
        return Reading(
            {
                "exists": ingress is not None,
                "class": _class(ingress or {}),
                "addresses": _addresses(ingress or {}),
                "annotations": ((ingress or {}).get("metadata") or {}).get("annotations") or {},
                "covered": {host: _covered(spec, host) for host in self.args.hosts},
                "backends": rows,
                "broken": [
                    f"{row['host']}{row['path']} → {row['service']}: {row['why']}" for row in rows if row["why"]
                ],
            }
        )

    async def _backends(self, ingress: Object, namespace: str) -> Any:
        known: dict[str, tuple[Object | None, list[Object]]] = {}
        for host, path, backend in _paths(ingress.get("spec") or {}):
            named = backend.get("service")
            if named is None:
                # A backend other than a Service (for example a bucket) is handled by its controller.
                continue
            name, port = str(named.get("name", "")), named.get("port") or {}
            if name not in known:
                service = await _get(self.cluster, "service", namespace, name)
                known[name] = (service, await _slices(self.cluster, namespace, name) if service else [])
            ready, why = _behind(*known[name], port)
            label = str(port.get("name") or port.get("number") or "")
            yield {"host": host, "path": path, "service": f"{name}:{label}", "ready": ready, "why": why}


def _behind(service: Object | None, slices: list[Object], port: Object) -> tuple[int, str]:
    """Return the number of ready endpoints of a Service's port, and the problem if there are none."""
    if service is None:
        return 0, "Service not found"
    spec = service.get("spec") or {}
    if spec.get("type") == "ExternalName":
        return 1, ""
    for row, declared in zip(_ports(service, slices), spec.get("ports") or (), strict=True):
        if port.get("name") == declared.get("name") if port.get("name") else port.get("number") == declared.get("port"):
            return row["ready"], "" if row["ready"] else "no ready endpoint"
    return 0, "the Service does not have this port"


def _ports(service: Object, slices: list[Object]) -> Iterator[Object]:
    """Yield a row for each port of a Service."""
    for port in (service.get("spec") or {}).get("ports") or ():
        name = port.get("name") or ""
        own = [one for one in slices if any((each.get("name") or "") == name for each in one.get("ports") or ())]
        ready, not_ready = _counts(own)
        yield {"name": name, "port": port.get("port", 0), "ready": ready, "not_ready": not_ready}


def _counts(slices: list[Object]) -> tuple[int, int]:
    """Return how many endpoints of EndpointSlices are ready, and how many are not."""
    ready: set[str] = set()
    others: set[str] = set()
    for endpoint in (one for endpoints in slices for one in endpoints.get("endpoints") or ()):
        # Without the condition, an endpoint is ready.
        serves = (endpoint.get("conditions") or {}).get("ready") is not False
        (ready if serves else others).update(_named(endpoint))
    return len(ready), len(others - ready)


def _named(endpoint: Object) -> list[str]:
    """Return what an endpoint leads to: of a dual-stack Service, a pod has an endpoint for each family of addresses."""
    target = endpoint.get("targetRef") or {}
    if name := target.get("name"):
        return [f"{target.get('kind', '')} {target.get('namespace', '')}/{name}"]
    return list(endpoint.get("addresses") or ())


def _paths(spec: Object) -> Iterator[tuple[str, str, Object]]:
    if spec.get("defaultBackend"):
        yield "*", "/", spec["defaultBackend"]
    for rule in spec.get("rules") or ():
        for path in (rule.get("http") or {}).get("paths") or ():
            yield rule.get("host") or "*", path.get("path") or "/", path.get("backend") or {}


def _covered(spec: Object, host: str) -> bool:
    # A rule without paths leaves its host to the default backend.
    return bool(spec.get("defaultBackend")) or any(
        _same_host(rule.get("host") or "", host)
        for rule in spec.get("rules") or ()
        if (rule.get("http") or {}).get("paths")
    )


def _same_host(pattern: str, host: str) -> bool:
    if pattern.startswith("*."):
        label, _, rest = host.partition(".")
        return bool(label) and rest == pattern[2:]
    return pattern in ("", host)


def _class(ingress: Object) -> str:
    annotations = (ingress.get("metadata") or {}).get("annotations") or {}
    return str(
        (ingress.get("spec") or {}).get("ingressClassName") or annotations.get("kubernetes.io/ingress.class") or ""
    )


def _addresses(service: Object) -> list[str]:
    balancer = (service.get("status") or {}).get("loadBalancer") or {}
    return [str(address.get("ip") or address.get("hostname") or "") for address in balancer.get("ingress") or ()]


async def _get(cluster: ClusterClient, kind: str, namespace: str, name: str) -> Object | None:
    known = await find_object(cluster, kind, namespace, name)
    return known[0] if known else None


async def _slices(cluster: ClusterClient, namespace: str, service: str) -> list[Object]:
    path, query = KINDS["endpointslice"].path(namespace), (("labelSelector", f"{OWNER}={service}"),)
    return await cluster.items(path, query, ListPage[Object], MAX_LISTED)

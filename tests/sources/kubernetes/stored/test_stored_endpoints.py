"""Endpoints behind Services and Ingresses: of two address families, without ports, and hosts without paths."""

from typing import Any

import pytest

from tests.sources.kubernetes.stored.stored_cluster import stored_probe
from tests.sources.polling import value

pytestmark = pytest.mark.anyio
SERVICES, SLICES = "/api/v1/namespaces/shop/services", "/apis/discovery.k8s.io/v1/namespaces/shop/endpointslices"
INGRESSES = "/apis/networking.k8s.io/v1/namespaces/shop/ingresses"
HTTP = {"name": "http", "port": 8000}


def endpoint(address: str, pod: str = "", ready: bool | None = True) -> dict[str, Any]:
    target = {"targetRef": {"kind": "Pod", "namespace": "shop", "name": pod}} if pod else {}
    return {"addresses": [address], "conditions": {"ready": ready}, **target}


def endpoint_slice(*endpoints: dict[str, Any], ports: Any = (HTTP,)) -> dict[str, Any]:
    return {"metadata": {"name": "app-1"}, "endpoints": list(endpoints) or None, "ports": ports}


def service(*ports: dict[str, Any], **spec: Any) -> dict[str, Any]:
    return {"metadata": {"name": "app"}, "spec": {**({"ports": list(ports)} if ports else {}), **spec}}


async def counts(written: dict[str, Any], *slices: dict[str, Any]) -> tuple[int, int]:
    found = await value(stored_probe("service", {"name": "app"}, {f"{SERVICES}/app": written, SLICES: list(slices)}))
    return found["ready"], found["not_ready"]


async def test_a_pod_with_an_address_of_each_family_is_one_endpoint() -> None:
    four = endpoint_slice(endpoint("10.0.0.1", "app-a"), endpoint("10.0.0.2", "app-b", ready=False))
    six = endpoint_slice(endpoint("fd00::1", "app-a"), endpoint("fd00::2", "app-b", ready=False))
    assert await counts(service(HTTP, ipFamilyPolicy="PreferDualStack"), four, six) == (1, 1)


async def test_endpoints_without_a_pod_are_counted_by_their_addresses() -> None:
    external = endpoint_slice(
        endpoint("192.0.2.1"), endpoint("192.0.2.2", ready=None), endpoint("192.0.2.3", "", False)
    )
    assert await counts(service(HTTP), external, endpoint_slice()) == (2, 1)


async def test_a_headless_service_without_ports_has_endpoints() -> None:
    pods = endpoint_slice(endpoint("10.0.0.1", "db-0"), endpoint("10.0.0.2", "db-1", ready=False), ports=None)
    assert await counts(service(clusterIP="None"), pods) == (1, 1)
    assert await counts(service(clusterIP="None")) == (0, 0)


async def test_a_rule_without_paths_serves_its_host_only_with_a_default_backend() -> None:
    backend = {"service": {"name": "app", "port": {"number": 8000}}}
    paths = {"http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]}}
    rules = [{"host": "api.shop.test", **paths}, {"host": "www.shop.test"}, {"host": "*.eu.shop.test", "http": None}]
    args = {"name": "way", "hosts": ["api.shop.test", "www.shop.test", "a.eu.shop.test"]}

    async def covered(**spec: Any) -> dict[str, bool]:
        ingress = {"metadata": {"name": "way"}, "spec": spec}
        found = await value(stored_probe("ingress", args, {f"{INGRESSES}/way": ingress}))
        return dict(found["covered"])

    assert await covered(rules=rules) == {"api.shop.test": True, "www.shop.test": False, "a.eu.shop.test": False}
    assert all((await covered(rules=rules, defaultBackend=backend)).values())

"""Metrics of the exporters next to ModelMuxer: PostgreSQL, Redis, kube-state-metrics, node-exporter and cAdvisor."""

import math
from collections.abc import Callable, Iterable, Mapping

from mmcockpit.simulator.noise import wave
from mmcockpit.simulator.production import SLOTS, World
from mmcockpit.simulator.prometheus.exposition import Family, Sample
from mmcockpit.simulator.prometheus.metrics import MIB

NAMESPACE, CONTAINER = "modelmuxer", "api"
MAX_CONNECTIONS = 100
CACHE_MAX_BYTES = 256 * MIB
MEMORY_LIMIT_BYTES = 2048 * MIB
QUOTA: Mapping[str, tuple[float, float]] = {
    "requests.cpu": (16.0, 2.35),
    "requests.memory": (32768 * MIB, 9920 * MIB),
    "limits.cpu": (40.0, 10.6),
    "limits.memory": (81920 * MIB, 23936 * MIB),
}
"""Hard limit and usage per resource of the namespace's quota."""

NODES, REDIS_PODS = 3, 6
CONTAINER_SIZES: Mapping[str, Mapping[str, Mapping[str, float]]] = {
    "requests": {CONTAINER: {"cpu": 0.2, "memory": 512 * MIB}, "redis": {"cpu": 0.1, "memory": 1024 * MIB}},
    "limits": {CONTAINER: {"cpu": 1.0, "memory": 2048 * MIB}, "redis": {"cpu": 0.5, "memory": 1536 * MIB}},
}
"""Requests and limits of a container, as in the cluster's manifests."""

Page = Callable[[World, float], Iterable[Family]]


def gauge(name: str, value: float, about: str, **labels: str) -> Family:
    """Return a gauge with one sample."""
    return Family(name, "gauge", about, (Sample(name, labels, value),))


def counter(name: str, value: float, about: str, **labels: str) -> Family:
    """Return a counter with one sample."""
    return Family(name, "counter", about, (Sample(name, labels, math.floor(value)),))


def cache_memory(world: World, at: float) -> float:
    """Return the memory usage of the cache in bytes."""
    return float(math.floor((61.0 + 6.0 * wave(world.seed, "cache memory", at, 900.0)) * MIB))


def _postgresql(world: World, at: float) -> Iterable[Family]:
    name = "pg_stat_database_numbackends"
    yield gauge("pg_up", 1.0, "Whether the last scrape could connect")
    yield gauge(name, world.conditions.connections(at), "Connections", datname="modelmuxer")
    yield gauge("pg_settings_max_connections", MAX_CONNECTIONS, "Setting max_connections")
    yield gauge("pg_replication_lag_seconds", 0.0, "Replay lag")


def _redis(world: World, at: float) -> Iterable[Family]:
    hits, misses = world.total("cache_hits", at), world.total("cache_misses", at)
    yield gauge("redis_up", 1.0, "Whether the last scrape could connect")
    yield gauge("redis_connected_clients", 3 + world.conditions.connections(at), "Clients")
    yield gauge("redis_memory_used_bytes", cache_memory(world, at), "Memory in use")
    yield gauge("redis_memory_max_bytes", CACHE_MAX_BYTES, "Setting maxmemory")
    yield counter("redis_keyspace_hits_total", hits + 4e6, "Look-ups that hit")
    yield counter("redis_keyspace_misses_total", misses + 3e5, "Look-ups that missed")
    yield counter("redis_commands_processed_total", hits + misses + 9e6, "Commands")
    yield counter("redis_evicted_keys_total", 0.0, "Keys evicted")


def _kube_state(world: World, at: float) -> Iterable[Family]:
    where = {"namespace": NAMESPACE}
    pods = world.restarts(at)
    ready = sum(world.live(slot, at) is not None for slot in range(SLOTS))
    name = "kube_pod_container_status_restarts_total"
    samples = [Sample(name, {**where, "pod": pod, "container": CONTAINER}, float(n)) for pod, n in pods.items()]
    yield Family(name, "counter", "Container restarts", tuple(samples))
    deployment = {**where, "deployment": "modelmuxer"}
    yield gauge("kube_deployment_spec_replicas", SLOTS, "Desired replicas", **deployment)
    yield gauge("kube_deployment_status_replicas_available", ready, "Available replicas", **deployment)
    yield gauge("kube_deployment_status_replicas_ready", ready, "Ready replicas", **deployment)
    yield from _resources(where, [*pods])
    name = "kube_resourcequota"
    quota = [
        Sample(name, {**where, "resourcequota": "modelmuxer-quota", "resource": resource, "type": kind}, value)
        for resource, pair in QUOTA.items()
        for kind, value in zip(("hard", "used"), pair, strict=True)
    ]
    yield Family(name, "gauge", "Quota and its use", tuple(quota))


def _resources(where: Mapping[str, str], pods: Iterable[str]) -> Iterable[Family]:
    """Requests and limits of containers, capacity of nodes, and range of the autoscaler."""
    boxes = [(pod, CONTAINER) for pod in pods] + [(f"redis-cluster-{n}", "redis") for n in range(REDIS_PODS)]
    for what, sizes in CONTAINER_SIZES.items():
        name = f"kube_pod_container_resource_{what}"
        samples = [
            Sample(name, {**where, "pod": pod, "container": box, "resource": resource}, value)
            for pod, box in boxes
            for resource, value in sizes[box].items()
        ]
        yield Family(name, "gauge", f"Resource {what} of containers", tuple(samples))
    name = "kube_node_status_allocatable"
    rooms = [
        Sample(name, {"node": f"node-{n}", "resource": resource}, value)
        for n in range(1, NODES + 1)
        for resource, value in (("cpu", 15.8), ("memory", 62 * 1024 * MIB))
    ]
    yield Family(name, "gauge", "What a node has for pods", tuple(rooms))
    scaler = {**where, "horizontalpodautoscaler": "modelmuxer-hpa"}
    yield gauge("kube_horizontalpodautoscaler_spec_max_replicas", 20.0, "Largest size", **scaler)
    yield gauge("kube_horizontalpodautoscaler_status_current_replicas", SLOTS, "Present size", **scaler)


def _node(world: World, at: float) -> Iterable[Family]:
    yield gauge("node_boot_time_seconds", world.clock.started - 1e6, "Start of the machine, epoch seconds")


def _cadvisor(world: World, at: float) -> Iterable[Family]:
    for name, value in (
        ("container_memory_working_set_bytes", 390 * MIB),
        ("container_spec_memory_limit_bytes", MEMORY_LIMIT_BYTES),
    ):
        pods = [world.pod(slot, at).pod for slot in range(SLOTS)]
        samples = [Sample(name, {"namespace": NAMESPACE, "pod": pod, "container": CONTAINER}, value) for pod in pods]
        yield Family(name, "gauge", "Memory of a container", tuple(samples))


EXPORTERS: Mapping[str, Page] = {
    "postgresql": _postgresql,
    "redis": _redis,
    "kube-state-metrics": _kube_state,
    "node-exporter": _node,
    "cadvisor": _cadvisor,
}

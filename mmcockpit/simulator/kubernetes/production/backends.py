"""The objects of PostgreSQL and Redis in ModelMuxer's production."""

from __future__ import annotations

from collections.abc import Iterator

from mmcockpit.simulator.kubernetes.api.resources import AUTOSCALERS, BUDGETS, CONFIGMAPS, CRONJOBS, SERVICES
from mmcockpit.simulator.kubernetes.objects import Object
from mmcockpit.simulator.kubernetes.production.manifests import (
    APP,
    Placed,
    ago,
    container,
    deployment,
    make,
    stateful_set,
    template,
    volume_claim,
)

POSTGRES, REDIS = "postgres:15-alpine", "redis:7-alpine"
MAXMEMORY = "1gb"


def labels(name: str, component: str) -> dict[str, str]:
    """Return the labels of one component."""
    return {f"{APP}/name": name, f"{APP}/component": component, f"{APP}/part-of": "modelmuxer-platform"}


def probe(command: str) -> Object:
    """Return a probe that runs a shell command in the container."""
    return {"exec": {"command": ["sh", "-c", command]}, "periodSeconds": 10}


def service(namespace: str, name: str, chosen: dict[str, str], port: int, *, ip: str) -> Object:
    """Return a ClusterIP Service; ip "None" makes it headless."""
    ports = [{"name": "main", "port": port, "targetPort": port}]
    spec = {"selector": dict(chosen), "ports": ports, "clusterIP": ip, "clusterIPs": [ip], "type": "ClusterIP"}
    return make(SERVICES, namespace, name, dict(chosen), spec=spec)


def budget(namespace: str, name: str, chosen: dict[str, str], minimum: int) -> Object:
    """Return a PodDisruptionBudget."""
    spec = {"minAvailable": minimum, "selector": {"matchLabels": dict(chosen)}}
    return make(BUDGETS, namespace, name, dict(chosen), spec=spec)


def autoscaler(namespace: str, name: str, target: str, size: tuple[int, int, int], metrics: list[Object]) -> Object:
    """Return an autoscaler that has current values for all its metrics; size is minimum, maximum, current."""
    minimum, maximum, present = size
    spec = {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": target},
        "minReplicas": minimum,
        "maxReplicas": maximum,
        "metrics": [metric["spec"] for metric in metrics],
    }
    reasons = (("AbleToScale", "True", "ReadyForNewScale"), ("ScalingActive", "True", "ValidMetricFound"))
    rows = (*reasons, ("ScalingLimited", "False", "DesiredWithinRange"))
    times = {"lastTransitionTime": ago(days=26), "message": ""}
    conditions = [{"type": kind, "status": word, "reason": reason} | times for kind, word, reason in rows]
    status = {
        "currentReplicas": present,
        "desiredReplicas": present,
        "currentMetrics": [metric["now"] for metric in metrics],
        "conditions": conditions,
    }
    return make(AUTOSCALERS, namespace, name, spec=spec, status=status)


def utilisation(resource: str, goal: int, now: int) -> Object:
    """Return one resource metric of an autoscaler: target and current value, as a percentage of the request."""
    target = {"type": "Utilization", "averageUtilization": goal}
    current = {"averageUtilization": now, "averageValue": f"{now * 4}m" if resource == "cpu" else f"{now * 8}Mi"}
    return {
        "spec": {"type": "Resource", "resource": {"name": resource, "target": target}},
        "now": {"type": "Resource", "resource": {"name": resource, "current": current}},
    }


def postgres(namespace: str, placed: Placed) -> Iterator[Object]:
    """The primary, two read replicas, and the daily backup."""
    ready = {"readinessProbe": probe("pg_isready"), "livenessProbe": probe("pg_isready")}
    ready["startupProbe"] = probe("pg_isready")
    primary, replica = labels("postgresql", "primary"), labels("postgresql", "read-replica")
    box = container("postgresql", POSTGRES, 5432, "500m:2", "1Gi:4Gi", **ready)
    yield from placed.stateful_set(
        stateful_set(
            namespace, "postgresql-primary", 1, template(primary, box), volume_claim("postgresql-data", "100Gi")
        )
    )
    box = container("postgresql", POSTGRES, 5432, "250m:1", "512Mi:2Gi", **ready)
    volumes = [{"name": "data", "emptyDir": {"sizeLimit": "50Gi"}}]
    pattern = template(replica, box, volumes=volumes)
    yield from placed.deployment(deployment(namespace, "postgresql-read", 2, pattern))
    yield service(namespace, "postgresql-primary", primary, 5432, ip="None")
    yield service(namespace, "postgresql-read", replica, 5432, ip="10.96.4.32")
    yield budget(namespace, "postgresql-primary-pdb", primary, 1)
    yield budget(namespace, "postgresql-read-pdb", replica, 1)
    yield autoscaler(namespace, "postgresql-read-hpa", "postgresql-read", (2, 5, 2), [utilisation("cpu", 70, 22)])
    settings = {"postgresql.conf": "max_connections = 200\nwal_level = replica\nmax_wal_senders = 10\n"}
    yield make(CONFIGMAPS, namespace, "postgresql-config", primary, data=settings)
    rules = {"pg_hba.conf": "hostssl replication replicator 10.244.0.0/16 scram-sha-256\n"}
    yield make(CONFIGMAPS, namespace, "postgresql-hba-config", primary, data=rules)
    yield _backup(namespace)


def redis(namespace: str, placed: Placed) -> Iterator[Object]:
    """Six nodes of a cluster and three sentinels."""
    cluster, sentinel = labels("redis", "cluster"), labels("redis", "sentinel")
    alive = {name: probe("redis-cli ping") for name in ("readinessProbe", "livenessProbe", "startupProbe")}
    arguments = ["redis-server", "--cluster-enabled", "yes", "--maxmemory", MAXMEMORY, "--appendonly", "yes"]
    box = container("redis", REDIS, 6379, "100m:500m", "1Gi:1536Mi", args=arguments, **alive)
    yield from placed.stateful_set(
        stateful_set(namespace, "redis-cluster", 6, template(cluster, box), volume_claim("redis-data", "10Gi"))
    )
    box = container("sentinel", REDIS, 26379, "50m:200m", "64Mi:128Mi", **alive)
    yield from placed.deployment(deployment(namespace, "redis-sentinel", 3, template(sentinel, box)))
    yield service(namespace, "redis-cluster", cluster, 6379, ip="None")
    yield service(namespace, "redis-sentinel", sentinel, 26379, ip="10.96.6.79")
    yield budget(namespace, "redis-cluster-pdb", cluster, 4)
    settings = {"redis.conf": f"maxmemory {MAXMEMORY}\nmaxmemory-policy allkeys-lru\nappendonly yes\n"}
    yield make(CONFIGMAPS, namespace, "redis-config", cluster, data=settings)


def _backup(namespace: str) -> Object:
    box = container("backup", POSTGRES, 5432, "100m:500m", "128Mi:512Mi", args=["pg_dump", "--format=custom"])
    box.pop("ports")
    pattern = template(labels("postgresql", "backup"), box, restartPolicy="OnFailure")
    spec = {"schedule": "0 2 * * *", "jobTemplate": {"spec": {"template": pattern, "backoffLimit": 2}}}
    times = {"lastScheduleTime": ago(hours=3, minutes=5), "lastSuccessfulTime": ago(hours=3)}
    return make(CRONJOBS, namespace, "postgresql-backup", labels("postgresql", "backup"), spec=spec, status=times)

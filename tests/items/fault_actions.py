"""The faults of the table, as what is done to the servers of the good production and undone again."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import psycopg

from mmcockpit.core.model.verdict import Level
from mmcockpit.simulator.monitoring import scrape_jobs
from mmcockpit.simulator.prometheus.history import openmetrics
from tests.items import cluster
from tests.items.application import Mood
from tests.items.faults import Fault
from tests.items.item_session import ItemSession
from tests.items.production import Production
from tests.servers.control_plane import NODES

FAIL, WARN, UNKNOWN = Level.FAIL, Level.WARN, Level.UNKNOWN
Says = dict[str, Level | tuple[Level, ...]]
NOT_GREEN = (FAIL, WARN, UNKNOWN)
RED = (FAIL, WARN)
DEPLOYMENT = "deploy/modelmuxer"
FAULT = "mmcockpit.test/fault"
COUNTED = frozenset({"redis_backup", "redis_hit_rate", "pg_hit_ratio"})
"""Signals of counters and of a snapshot that a restart of their server begins anew."""
QUERIES = ("failures", "over_2500", "rps", "traffic", "provider_errors", "circuit_open")


def of_source(asked: ItemSession, *sources: str) -> frozenset[str]:
    """The signals that ask these sources."""
    return frozenset(name for name, one in asked.session.signals.items() if one.signal.source in sources)


def application(production: Production, asked: ItemSession) -> Iterator[Fault]:
    """The application behind its public names."""
    api = production.api
    touched = of_source(asked, "api", "stranger")
    down: Says = {"health": FAIL, "ingress_health": FAIL}

    def mood(wanted: Mood) -> Callable[[], None]:
        return lambda: setattr(api, "mood", wanted)

    yield Fault("application", "killed", api.stop, api.start, {**down, "edge_port": FAIL}, "refused", touched)
    for wanted, words in ((Mood.HUNG, "no response"), (Mood.ERRORS, "500"), (Mood.SLOW, "no response")):
        yield Fault("application", wanted, mood(wanted), mood(Mood.GOOD), down, words, touched)


def watching(production: Production, asked: ItemSession) -> Iterator[Fault]:
    """Prometheus, its targets, and Alertmanager."""
    prometheus, alertmanager, exporters = production.prometheus, production.alertmanager, production.exporters
    touched = of_source(asked, "prometheus", "alertmanager")
    pod = production.pods[0]
    yield Fault(
        "Prometheus",
        "a target is gone",
        pod.stop,
        pod.start,
        {"scraped_pods": FAIL, "targets_up": FAIL, "unscraped_pods": FAIL},
        touches=touched,
    )
    yield Fault(
        "Prometheus",
        "an exporter is gone",
        lambda: exporters.gone.add("redis"),
        exporters.gone.clear,
        {"redis_target": FAIL, "targets_up": FAIL, "redis_exporter": UNKNOWN},
        touches=touched,
    )
    asleep: Says = dict.fromkeys((*QUERIES, "targets_up", "alert_rules"), UNKNOWN)
    yield Fault("Prometheus", "stopped", prometheus.stop, prometheus.start, asleep, "refused", touched)

    def set_boot(value: float | None) -> Callable[[], None]:
        def change() -> None:
            exporters.instead.clear()
            if value is not None:
                exporters.instead["node_boot_time_seconds"] = value

        return change

    yield Fault(
        "Alertmanager", "an alert fires", set_boot(0.0), set_boot(None), {"critical_alerts": FAIL}, "NightTest", touched
    )
    yield Fault(
        "Alertmanager",
        "killed",
        alertmanager.kill,
        alertmanager.start,
        {"alertmanager_ready": UNKNOWN, "silences": UNKNOWN},
        "refused",
        touched,
    )

    def rescrape(targets: bool) -> Callable[[], None]:
        def restart() -> None:
            prometheus.stop()
            prometheus.scrape = tuple(scrape_jobs(production.targets)) if targets else ()
            prometheus.start()

        return restart

    old: Says = dict.fromkeys(("failures", "over_2500", "traffic"), UNKNOWN)
    yield Fault("Prometheus", "its samples are old", rescrape(False), rescrape(True), old, touches=touched)

    def empty() -> None:
        prometheus.stop()
        for part in prometheus.data.iterdir():
            _remove(part)
        prometheus.start()

    def refill() -> None:
        prometheus.backfill(openmetrics(production.world, production.targets))

    day: Says = {"errors_day": UNKNOWN, "availability": UNKNOWN}
    yield Fault("Prometheus", "restarted empty", empty, refill, day, touches=touched)

    def silence() -> None:
        set_boot(0.0)()
        now = datetime.now(UTC)
        body = {
            "matchers": [{"name": "alertname", "value": "NightTest", "isRegex": False, "isEqual": True}],
            "startsAt": now.isoformat(),
            "endsAt": (now + timedelta(minutes=10)).isoformat(),
            "createdBy": "bo",
            "comment": "known",
        }
        url = f"{alertmanager.url}/api/v2/silences"
        httpx.post(url, json=body, trust_env=False).raise_for_status()

    yield Fault(
        "Alertmanager", "it is silenced", silence, set_boot(None), {"silences": FAIL}, "bo", touched, recovers=False
    )


def _remove(path: Any) -> None:
    import shutil

    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()


def redis(production: Production, asked: ItemSession) -> Iterator[Fault]:
    """The cache."""
    primary, replica = production.caches.primary, production.caches.replica
    touched = of_source(asked, "cache")
    dead: Says = dict.fromkeys(("redis_memory", "redis_role", "redis_persistence", "cache_warm"), UNKNOWN)

    def settle(**settings: str) -> None:
        for name, value in settings.items():
            primary.ask("CONFIG", "SET", name.replace("_", "-"), value)

    yield Fault("Redis", "killed", primary.kill, primary.start, dead, "refused", touched, leaves=COUNTED)
    yield Fault("Redis", "its replica is killed", replica.kill, replica.start, {"redis_role": FAIL}, touches=touched)
    yield Fault(
        "Redis",
        "full, and refuses writes",
        lambda: settle(maxmemory_policy="noeviction", maxmemory="1mb"),
        lambda: settle(maxmemory_policy="allkeys-lru", maxmemory="256mb"),
        {"redis_memory": FAIL, "redis_policy": RED},
        touches=touched,
    )
    yield Fault(
        "Redis",
        "evicts all the time",
        lambda: settle(maxmemory="1mb"),
        lambda: settle(maxmemory="256mb"),
        {"redis_memory": FAIL, "redis_evictions": WARN},
        touches=touched,
        recovers=False,
    )


def postgres(production: Production, asked: ItemSession) -> Iterator[Fault]:
    """The database."""
    primary, standby = production.database.primary, production.database._standbys[0]
    touched = of_source(asked, "database")
    taken = ExitStack()

    def fill() -> None:
        with psycopg.connect(primary.dsn) as connection:
            used = connection.execute("select count(*) from pg_stat_activity where backend_type = 'client backend'")
            free = 95 - used.fetchone()[0]  # type: ignore[index]
        for _ in range(free):
            taken.enter_context(psycopg.connect(primary.dsn))

    dead: Says = dict.fromkeys(("pg_connections", "pg_primary", "pg_replicas", "migrations"), UNKNOWN)
    yield Fault("PostgreSQL", "killed", primary.kill, primary.start, dead, "refused", touched, leaves=COUNTED)
    yield Fault("PostgreSQL", "out of connections", fill, taken.close, {"pg_connections": FAIL}, touches=touched)
    yield Fault(
        "PostgreSQL", "a replica is stopped", standby.stop, standby.start, {"pg_replicas": NOT_GREEN}, touches=touched
    )


def kubernetes(production: Production, asked: ItemSession) -> Iterator[Fault]:
    """What happens to the application's Deployment and its pods."""
    kubectl, touched = production.kubectl, of_source(asked, "cluster")

    def patch(what: str, change: Any) -> Callable[[], object]:
        return lambda: kubectl("patch", *what.split("/"), "--type=merge", "-p", json.dumps(change))

    def pods(fault: str) -> Callable[[], object]:
        template = {"metadata": {"annotations": {FAULT: fault}}}
        return patch(DEPLOYMENT, {"spec": {"progressDeadlineSeconds": 3, "template": template}})

    def undo() -> None:
        kubectl("rollout", "undo", DEPLOYMENT)

    yield Fault("Kubernetes", "a new image is never ready", pods("not-ready"), undo, {"rollout": FAIL}, "", touched)
    yield Fault("Kubernetes", "a crash loop", pods("crash-loop"), undo, {"rollout": FAIL}, "CrashLoopBackOff", touched)
    missing = ("set", "image", DEPLOYMENT, "api=ghcr.io/modelmuxer/modelmuxer:missing")
    yield Fault(
        "Kubernetes", "pull failure", lambda: kubectl(*missing), undo, {"rollout": FAIL}, "ImagePullBackOff", touched
    )

    def scale(to: int) -> Callable[[], object]:
        return lambda: kubectl("scale", DEPLOYMENT, f"--replicas={to}")

    zero: Says = {"rollout": FAIL, "pods_ready": FAIL, "ingress": FAIL, "pdb": FAIL}
    yield Fault("Kubernetes", "scaled to 0", scale(0), scale(3), zero, "", touched)
    paused: Says = {"rollout": RED}
    pause, resume = (lambda word=word: kubectl("rollout", word, DEPLOYMENT) for word in ("pause", "resume"))
    yield Fault("Kubernetes", "paused", pause, resume, paused, "", touched)

    def cordon() -> None:
        kubectl("cordon", *NODES)
        chosen = ("-l", "app.kubernetes.io/name=modelmuxer", "-o", "name")
        kubectl("delete", kubectl("get", "pods", *chosen).split()[0], "--wait=false")

    alone: Says = {"pods_ready": FAIL, "nodes": FAIL}
    yield Fault(
        "Kubernetes", "unschedulable", cordon, lambda: kubectl("uncordon", *NODES), alone, "Unschedulable", touched
    )

    def use(share: int, most: int) -> Callable[[], object]:
        def change() -> None:
            production.kubelet.share[cluster.GOOD] = share
            patch("hpa/modelmuxer-hpa", {"spec": {"maxReplicas": most}})()

        return change

    yield Fault("Kubernetes", "HPA at its maximum", use(360, 3), use(30, 20), {"hpa": RED}, "", touched)
    budget = "pdb/modelmuxer-pdb"
    blocked = patch(budget, {"spec": {"minAvailable": "100%"}})
    yield Fault(
        "Kubernetes", "PDB blocks", blocked, patch(budget, {"spec": {"minAvailable": 2}}), {"pdb": FAIL}, "", touched
    )

    def delete() -> None:
        kubectl("delete", DEPLOYMENT)

    gone: Says = {"rollout": NOT_GREEN, "pods_ready": FAIL, "ingress": FAIL, "image_pinned": NOT_GREEN}
    yield Fault(
        "Kubernetes",
        "Deployment deleted",
        delete,
        lambda: cluster.apply_application(production.plane),
        gone,
        "",
        touched,
    )


def control_plane(production: Production, asked: ItemSession) -> Iterator[Fault]:
    """What happens to the cluster itself; runs in the same row as `kubernetes`, after it."""
    plane, kubectl, touched = production.plane, production.kubectl, of_source(asked, "cluster")
    everything: Says = dict.fromkeys(("rollout", "pods_ready", "nodes", "secrets", "hpa", "ingress"), UNKNOWN)

    def find() -> None:
        plane.kubelets.thaw()
        production.find_nodes()

    lost: Says = {"nodes": FAIL, "pods_ready": FAIL}
    yield Fault("Kubernetes", "all nodes are lost", plane.kubelets.freeze, find, lost, "", touched)
    yield Fault("Kubernetes", "403", production.forbid, production.allow, everything, "", touched)
    yield Fault(
        "Kubernetes", "API server stopped", plane.api.freeze, plane.api.thaw, everything, "no response", touched
    )
    yield Fault("Kubernetes", "API server killed", plane.api.kill, plane.api.start, everything, "", touched)

    def kill_pods() -> None:
        plane.controllers.freeze()
        pods = kubectl("get", "pods", "-l", "app.kubernetes.io/name=modelmuxer", "-o", "name").split()
        kubectl("delete", *pods[:2], "--wait=false")

    stale: Says = {"pods_ready": FAIL, "rollout": NOT_GREEN}
    yield Fault(
        "Kubernetes", "controller manager stopped, pods die", kill_pods, plane.controllers.thaw, stale, "", touched
    )

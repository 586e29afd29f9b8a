"""The faults of the table, as what is done to the servers of the good production and undone again."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import psycopg

from mmcockpit.core.model.verdict import Level
from mmcockpit.simulator.monitoring import scrape_jobs
from mmcockpit.simulator.prometheus.history import openmetrics
from tests.items.application import Mood
from tests.items.faults import Fault
from tests.items.item_session import ItemSession
from tests.items.production import Production

FAIL, WARN, UNKNOWN = Level.FAIL, Level.WARN, Level.UNKNOWN
Says = dict[str, Level | tuple[Level, ...]]
NOT_GREEN = (FAIL, WARN, UNKNOWN)
RED = (FAIL, WARN)
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
    # The refilled history ends where the session began: for some minutes, less traffic than in the baseline is right.
    yield Fault("Prometheus", "restarted empty", empty, refill, day, touches=touched, leaves=frozenset({"traffic"}))

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

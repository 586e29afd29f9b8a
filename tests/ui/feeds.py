"""A feed made of a list of facts, and the facts of a small go-live: every test of the screen is a replay of them."""

from collections.abc import Iterable

from mmcockpit.core.decide.command import AnyCommand
from mmcockpit.core.facts.event import (
    AnyBody,
    Event,
    ItemChanged,
    ItemMarked,
    Noted,
    Observed,
    Opened,
    SessionMode,
    State,
)
from mmcockpit.core.feed import Batch, Commander, Transport
from mmcockpit.core.model.checklist import Checklist, Contact, Item, Link, Mode, Phase, Section
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.cockpit import Cockpit as CockpitFile
from mmcockpit.core.model.layout import Arrangement, Layout, LayoutColumn, PanelSpec, Slot
from mmcockpit.core.model.reading import Fault, FaultKind, Reading
from mmcockpit.core.model.signal import Rule, Signal
from mmcockpit.core.model.states import Mark
from mmcockpit.core.model.verdict import Level, Verdict
from mmcockpit.core.state.evolve import fold
from mmcockpit.core.state.session import Session
from tests.shapes import with_shapes

START = 1_796_522_400.0
"""2026-12-06T02:00:00Z, when the session of these tests began."""


class Notebook:
    """A commander that writes down what it is asked, and never answers."""

    def __init__(self, operator: str = "ana") -> None:
        self.operator = operator
        self.asked: list[AnyCommand] = []

    def submit(self, command: AnyCommand, saw: int | None = None) -> None:
        """Keep the command."""
        self.asked.append(command)


class ListFeed:
    """A feed of given facts, or from a session on; the first batch starts from that session, `tell` adds more."""

    def __init__(
        self, events: Iterable[Event] | Session, commands: Commander | None = None, transport: object = None
    ) -> None:
        self.base: Session | None = events if isinstance(events, Session) else fold(events)
        self.now = self.base.last or Stamp(0.0, START)
        self.commands = commands
        self.rules = ""
        self.transport: Transport | None = transport  # type: ignore[assignment]
        self.pulse: Stamp | None = self.now
        self.beating = True
        self.not_recording = ""
        self._seq = self.base.seq
        self._waiting: list[Event] = []

    def drain(self) -> Batch:
        """Hand over what was recorded since the last call."""
        events, self._waiting = tuple(self._waiting), []
        base, self.base = self.base, None
        return Batch(self.now, events, base, self.pulse, self.not_recording)

    def tell(self, *bodies: AnyBody, recorded: bool = True) -> None:
        """Let facts happen now."""
        for body in bodies:
            self._seq += 1
            self._waiting.append(Event(self._seq, self.now, body, recorded))

    def wait(self, seconds: float) -> None:
        """Let the session's clock run."""
        self.now = Stamp(self.now.at + seconds, self.now.wall + seconds)
        if self.beating:
            self.pulse = self.now


SECTIONS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    (
        "Readiness",
        "Security & Compliance",
        ("SSL/TLS Certificates", "Secrets Management", "API Keys", "Network Policies", "Audit Logging"),
    ),
    ("Readiness", "Database & Storage", ("PostgreSQL", "Read Replicas", "Connection Pooling", "Backup Testing")),
    ("Readiness", "Redis & Caching", ("Redis Cluster", "Persistence", "Memory Limits", "Eviction Policy")),
    ("Deployment", "Deployment Steps", ("Deploy Databases", "Deploy Application", "Verify Deployment")),
    (
        "Cutover",
        "Go-Live Steps",
        (
            "DNS Cutover",
            "Traffic Monitoring",
            "Performance Monitoring",
            "Error Monitoring",
            "User Feedback",
            "System Health",
        ),
    ),
)

SENSED = {
    "SSL/TLS Certificates": "certificate_days",
    "PostgreSQL": "pg_connections",
    "Read Replicas": "pg_replicas",
    "Redis Cluster": "redis_role",
    "Memory Limits": "redis_memory",
    "Deploy Application": "pods_ready",
    "Performance Monitoring": "p95",
    "Error Monitoring": "error_rate",
}
ATTESTED = {"Redis Cluster", "Performance Monitoring"}


def slug(title: str) -> str:
    """Return a title as part of an id."""
    return "-".join("".join(char if char.isalnum() else " " for char in title.lower()).split())


def checklist() -> Checklist:
    """Return three phases with five sections, the last one in order."""
    phases: dict[str, list[Section]] = {}
    number = 0
    for phase, section, titles in SECTIONS:
        items = []
        for title in titles:
            number += 1
            signal = SENSED.get(title, "")
            mode = Mode.MANUAL if not signal else Mode.ATTESTED if title in ATTESTED else Mode.SENSED
            name = f"{slug(phase)}/{slug(section)}/{slug(title)}"
            text = f"Make sure that {title} is as the runbook wants it, and write down where you looked."
            caveat = "Says nothing about the certificates behind the load balancer." if number == 1 else ""
            items.append(Item(name, number, title, text, mode, signal, caveat=caveat))
        phases.setdefault(phase, []).append(Section(slug(section), section, tuple(items), phase == "Cutover"))
    return Checklist(
        "modelmuxer",
        "ModelMuxer go-live",
        tuple(Phase(slug(title), title, tuple(sections)) for title, sections in phases.items()),
        contacts=(Contact("technical lead", "Ana Example, +49 30 1234"), Contact("database", "[Contact Information]")),
        links=(
            Link("Grafana", "https://grafana.example.com/d/modelmuxer"),
            Link("Status", "https://status.example.com"),
        ),
    )


def signals() -> tuple[Signal, ...]:
    """Return one signal of every kind that a panel shows."""
    return with_shapes(
        (
            Signal(
                "error_rate",
                "5xx share on chat routes",
                "prometheus",
                "query",
                {"query": 'sum(rate(http_requests_total{status=~"5.."}[5m]))'},
                Rule("value < 0.01", "value < 0.05", 3, 3, numeric=True),
                "ratio",
                about="What callers see as failures. Streams that fail answer 200 and are not in here.",
            ),
            Signal(
                "p95",
                "p95 of chat routes",
                "prometheus",
                "query",
                {"query": "histogram_quantile(0.95, …)"},
                Rule("value < 2500.0", "value < 5000.0", numeric=True),
                "ms",
                saturates_at=5000,
            ),
            Signal("rps", "Requests", "prometheus", "query", {"query": "sum(rate(…))"}, unit="req/s"),
            Signal("pods_ready", "Pods ready", "cluster", "pods", {}, Rule("value.ready == value.total")),
            Signal(
                "redis_hit_rate", "Redis hit rate", "cache", "hit_rate", {}, Rule("value > 0.8", numeric=True), "ratio"
            ),
            Signal(
                "redis_memory", "Redis memory", "cache", "info", {"section": "memory"}, Rule("value.used_memory < 1")
            ),
            Signal("redis_role", "Redis replicas", "cache", "replication", {}, Rule("value.connected_replicas >= 2")),
            Signal("pg_connections", "PostgreSQL connections", "database", "activity", {}, Rule("value.share < 0.8")),
            Signal("pg_replicas", "PostgreSQL replicas", "database", "replication", {}, Rule("value.streaming >= 2")),
            Signal("health", "Health endpoint", "api", "get", {"path": "/health"}, Rule("value.status == 200")),
            Signal("certificate_days", "Certificate", "api", "tls", {"host": "api"}, Rule("value.days_left >= 30")),
        )
    )


HEADLINE = (
    "error_rate",
    "p95",
    "rps",
    "pods_ready",
    "redis_hit_rate",
    "pg_connections",
    "pg_replicas",
    "certificate_days",
)


def layout() -> Layout:
    """Return a layout with arrangements for every size."""
    panels = (
        PanelSpec("checklist", "checklist"),
        PanelSpec("signals", "stat", "Signals", HEADLINE),
        PanelSpec("errors", "chart", "Errors and latency", ("error_rate", "p95")),
        PanelSpec("pods", "pods", "Pods", ("pods_ready",)),
        PanelSpec("redis", "redis", "Redis", ("redis_hit_rate", "redis_memory", "redis_role")),
        PanelSpec("postgres", "postgres", "PostgreSQL", ("pg_connections", "pg_replicas")),
        PanelSpec("endpoints", "endpoints", "Endpoints", ("health", "certificate_days")),
        PanelSpec("log", "log"),
    )
    left = LayoutColumn((Slot("checklist"),), 5)
    footer = (Slot("log", rows=6),)
    return Layout(
        "go-live",
        panels,
        (
            Arrangement(0, (LayoutColumn((Slot("checklist"),)),)),
            Arrangement(80, (left, LayoutColumn((Slot("signals"),), 4)), 20, (Slot("log", rows=5),)),
            Arrangement(
                120,
                (left, LayoutColumn((Slot("signals", rows=10), Slot("errors", 2), Slot("pods", 1)), 6)),
                30,
                footer,
            ),
            Arrangement(
                160,
                (
                    LayoutColumn((Slot("checklist"),), 6),
                    LayoutColumn((Slot("signals", rows=10), Slot("errors", 2), Slot("endpoints", rows=5)), 6),
                    LayoutColumn((Slot("pods", 3), Slot("redis", 3), Slot("postgres", 3)), 5),
                ),
                40,
                footer,
            ),
        ),
    )


def cockpit_file(environment: str = "production") -> CockpitFile:
    """Return the resolved cockpit file of these tests."""
    return CockpitFile(
        "ModelMuxer go-live",
        environment,
        checklist(),
        signals(),
        layout(),
        vars={"deployment": "modelmuxer", "version": "2.4.1"},
        t0=START + 600,
    )


def judged(level: Level, because: str = "", agree: int = 1, of: int = 1) -> Verdict:
    """Return a verdict whose latest reading has the same level."""
    return Verdict(level, level, because, agree, of)


def pods(ready: int = 5) -> dict[str, object]:
    """Return a reading of `kubernetes.pods` with six pods."""
    rows = [
        {
            "name": f"modelmuxer-7d9f8b6c5-{name}",
            "phase": "Running",
            "ready": n < ready,
            "restarts": 0 if n < ready else 4,
            "reason": "" if n < ready else "CrashLoopBackOff",
            "age_s": 700 + n,
            "node": f"node-{n % 3}",
            "zone": f"eu-west-1{'abc'[n % 3]}",
            "digest": "sha256:9f3c1b2a77de",
            "image": "ghcr.io/example/modelmuxer:2.4.1",
        }
        for n, name in enumerate(("x2k4p", "9qz7m", "b6t5w", "h8n2d", "l3v9c", "r7f1s"))
    ]
    return {"total": 6, "ready": ready, "restarts": 6 - ready, "restarts_total": 6 - ready, "pods": rows}


READINGS: dict[str, object] = {
    "pods_ready": pods(),
    "redis_memory": {"used_memory": 734_003_200, "maxmemory": 1_073_741_824, "maxmemory_policy": "allkeys-lru"},
    "redis_role": {
        "role": "master",
        "connected_replicas": 2,
        "online": 2,
        "max_lag_s": 0.4,
        "replicas": [
            {"address": "10.0.3.11:6379", "state": "online", "offset_lag": 112, "lag_s": 0},
            {"address": "10.0.3.12:6379", "state": "online", "offset_lag": 98, "lag_s": 1},
        ],
    },
    "pg_connections": {
        "connections": 43,
        "max_connections": 200,
        "share": 0.215,
        "active": 7,
        "idle": 34,
        "idle_in_transaction": 2,
        "longest_s": 4.2,
        "slow": [{"pid": 4711, "state": "active", "seconds": 4.2, "query": "SELECT sum(cost) FROM usage GROUP BY day"}],
    },
    "pg_replicas": {
        "streaming": 2,
        "max_lag_s": 0.21,
        "max_lag_bytes": 4096,
        "replicas": [
            {"name": "replica-a", "state": "streaming", "sync": "async", "lag_s": 0.21, "lag_bytes": 4096},
            {"name": "replica-b", "state": "streaming", "sync": "async", "lag_s": 0.08, "lag_bytes": 512},
        ],
    },
    "health": {"status": 200, "ms": 12.4, "json": {"status": "healthy"}, "headers": {}, "text": ""},
    "certificate_days": {"days_left": 61.5, "verified": True, "names": ["api"], "issuer": "R3", "version": "TLSv1.3"},
}


def _wave(n: int) -> tuple[float, float, float]:
    """Errors, p95 and requests of the n-th five seconds: an incident begins at 150."""
    error = 0.002 + 0.001 * (n % 7) / 7 + (max(0, n - 150) * 0.0011)
    p95 = 640 + 40 * (n % 5) + (max(0, n - 140) * 22)
    return min(error, 0.083), min(p95, 5000.0), 118 + 9.5 * (n % 6)


def _says(level: Level, broken: str) -> str:
    return "" if level is Level.PASS else broken


def go_live(mode: SessionMode = SessionMode.LIVE, environment: str = "production") -> list[Event]:
    """Return the facts of a quarter of an hour: hands tick, signals answer, then errors rise and a replica is lost."""
    opened = Opened("s1", "0.1.0", "ana", "bastion", mode, cockpit_file(environment))
    timed: list[tuple[float, AnyBody]] = [(0.0, opened)]
    for n in range(200):
        at, (error, p95, rps) = n * 5.0 + 1, _wave(n)
        level = Level.PASS if error < 0.01 else Level.WARN if error < 0.05 else Level.FAIL
        slow = Level.PASS if p95 < 2500 else Level.WARN if p95 < 5000 else Level.FAIL
        # No poll for a while: the charts show a gap.
        if not 90 <= n < 100:
            timed.append(
                (
                    at,
                    Observed(
                        "error_rate",
                        Reading(error),
                        judged(level, _says(level, f"{100 * error:.1f}% (must be < 1%)"), 3, 3),
                        8.1,
                    ),
                )
            )
            timed.append(
                (at, Observed("p95", Reading(p95), judged(slow, _says(slow, f"{p95:.0f} ms (must be < 2500 ms)")), 7.9))
            )
            timed.append((at, Observed("rps", Reading(rps), judged(Level.UNKNOWN, "no rule"), 7.2)))
    for n, (name, value) in enumerate(READINGS.items()):
        bad = name in ("pods_ready", "redis_memory")
        said = "5 of 6 ready" if name == "pods_ready" else ""
        timed.append((985.0 + n, Observed(name, Reading(value), judged(Level.FAIL if bad else Level.PASS, said), 11.0)))
    timed.append((900.0, Observed("redis_hit_rate", Reading(0.974), judged(Level.PASS), 3.0)))
    timeout = Fault(FaultKind.TIMEOUT, "no answer within 3 s")
    timed.append((970.0, Observed("redis_hit_rate", timeout, judged(Level.UNKNOWN, "timeout"), 3000.0)))
    timed += [(at, body) for at, body in _hands()]
    timed.sort(key=lambda entry: entry[0])
    return [Event(n, Stamp(at, START + at), body) for n, (at, body) in enumerate(timed, 1)]


def _hands() -> list[tuple[float, AnyBody]]:
    items = {item.title: item.id for item in checklist().items}
    return [
        (60.0, ItemMarked(items["Secrets Management"], Mark.DONE, "ana")),
        (90.0, ItemMarked(items["API Keys"], Mark.DONE, "bo", "checked with the provider")),
        (100.0, ItemMarked(items["Connection Pooling"], Mark.DONE, "bo")),
        (160.0, Noted("PgBouncer is not used here, agreed with the database role", "bo", items["Connection Pooling"])),
        (991.5, ItemChanged(items["SSL/TLS Certificates"], State.OPEN, State.GOOD, "61 days left")),
        (992.0, ItemChanged(items["PostgreSQL"], State.OPEN, State.GOOD, "")),
        (993.0, ItemChanged(items["Read Replicas"], State.OPEN, State.GOOD, "")),
        (994.0, ItemChanged(items["Memory Limits"], State.OPEN, State.BAD, "value.used_memory < 1")),
        (995.0, Noted("errors rise since the rollout began", "ana", marker=True)),
    ]

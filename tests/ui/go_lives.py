"""Nights made by the core's own rules: what was asked and observed, and every fact that follows from it."""

from collections.abc import Callable
from functools import cache, wraps
from typing import Any, ParamSpec

import msgspec

from mmcockpit.core.decide import command as commands
from mmcockpit.core.decide.decide import decide
from mmcockpit.core.decide.elapse import elapse
from mmcockpit.core.facts.event import AnyBody, Event, Observed, Opened, SessionMode
from mmcockpit.core.model.checklist import Hold, Item
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.cockpit import Abort, Allowed, BaselinePlan, Person
from mmcockpit.core.model.cockpit import Cockpit as CockpitFile
from mmcockpit.core.model.layout import Arrangement, Layout, LayoutColumn, PanelSpec, Slot
from mmcockpit.core.model.reading import Answer, Fault, FaultKind, Reading
from mmcockpit.core.model.signal import Rule, Signal
from mmcockpit.core.model.states import Mark
from mmcockpit.core.rules.gate import gate
from mmcockpit.core.rules.judge import judge
from mmcockpit.core.state.copies import copied
from mmcockpit.core.state.evolve import evolve
from mmcockpit.core.state.session import Session
from tests.shapes import with_shapes
from tests.ui.feeds import READINGS, START, ListFeed, Notebook, checklist, cockpit_file, layout, pods, signals

P = ParamSpec("P")

HOSTILE = "[/b] \x1b[31mred\u202e evil \u200bзло 日本語の理由 " + "very long words " * 12

CHANGED: dict[str, dict[str, Any]] = {
    "Read Replicas": {"hold": Hold(900.0, 900.0)},
    "API Keys": {"approvals": 2},
    "Audit Logging": {"evidence_required": True},
    "Redis Cluster": {"role": "database"},
    "Memory Limits": {"hold": Hold(60.0, 3600.0)},
}

ALERTS = [
    {
        "name": "ErrorBudgetBurn",
        "severity": "critical",
        "state": "active",
        "since": "2026-12-06T02:10:00Z",
        "labels": {"alertname": "ErrorBudgetBurn", "namespace": "modelmuxer", "evil": "[/b]\x1b[31m"},
        "summary": "5xx over budget [/red]",
    },
    {
        "name": "RedisMemoryHigh",
        "severity": "warning",
        "state": "silenced",
        "since": "2026-12-06T01:52:00Z",
        "labels": {"alertname": "RedisMemoryHigh", "pod": "redis-0"},
        "summary": "",
    },
]
ROLLOUT = {
    "exists": True,
    "desired": 6,
    "updated": 4,
    "ready": 5,
    "available": 5,
    "observed": True,
    "complete": False,
    "paused": False,
    "reason": "ProgressDeadlineExceeded",
    "message": 'ReplicaSet "modelmuxer-7d9f8b6c5" has timed out progressing.',
    "revision": "41",
    "image": "ghcr.io/example/modelmuxer:2.4.1@sha256:9f3c1b2a77de",
}
MORE = (
    Signal("alerts", "Alerts", "alertmanager", "alerts", {}, Rule("value.size() == 0", empty="value")),
    Signal("silences", "Silences", "alertmanager", "silences", {}, Rule(empty="value")),
    Signal("rollout", "Rollout", "cluster", "rollout", {}, Rule("value.complete")),
    Signal("smoke_chat", "Paid chat", "api", "post", {"path": "/v1/chat"}, Rule("value.status == 200"), active=True),
)


def go_live_file() -> CockpitFile:
    """Return the cockpit file of these nights: abort rules, a poll, people, a baseline, readiness, a paid chat."""
    base = cockpit_file()
    phases = tuple(
        msgspec.structs.replace(
            phase,
            sections=tuple(
                msgspec.structs.replace(section, items=tuple(map(_changed, section.items)))
                for section in phase.sections
            ),
        )
        for phase in checklist().phases
    )
    return msgspec.structs.replace(
        base,
        checklist=msgspec.structs.replace(base.checklist, phases=phases),
        signals=with_shapes((*signals(), *MORE)),
        layout=go_live_layout(),
        people=(Person("ana", "conductor"), Person("bo", "database"), Person("cy", "network")),
        poll=("database", "network", "support"),
        aborts=(Abort("error_rate", 120.0, "deployment"),),
        baseline=BaselinePlan(("error_rate", "p95"), 600.0),
        readiness=("rollout", "certificate_days"),
        allow=Allowed(active=("smoke_chat",)),
    )


def _changed(item: Item) -> Item:
    return msgspec.structs.replace(item, **CHANGED.get(item.title, {}))


def go_live_layout() -> Layout:
    """Return the layout of the tests with the panels of the closed loop in it."""
    base = layout()
    more = (
        PanelSpec("decision", "decision"),
        PanelSpec("alerts", "alerts", signals=("alerts", "silences")),
        PanelSpec("rollout", "rollout", signals=("rollout",)),
        PanelSpec("smoke", "stat", "Smoke", ("smoke_chat",)),
    )
    wide = Arrangement(
        160,
        (
            LayoutColumn((Slot("checklist"),), 6),
            LayoutColumn((Slot("signals", rows=10), Slot("errors", 2)), 5),
            LayoutColumn((Slot("decision", 3), Slot("alerts", 1), Slot("rollout", 1)), 5),
        ),
        40,
        (Slot("log", rows=6),),
    )
    middle = Arrangement(
        120,
        (LayoutColumn((Slot("checklist"),), 5), LayoutColumn((Slot("signals", rows=10), Slot("decision", 2)), 6)),
        30,
        (Slot("log", rows=6),),
    )
    narrow = base.arrangements[:2]
    return Layout("go-live", (*base.panels[:2], *more, *base.panels[2:]), (*narrow, middle, wide))


class GoLive:
    """A session that is conducted: `ask` and `see` make facts as the engine would, `wait` lets the clock run."""

    def __init__(self, file: CockpitFile | None = None) -> None:
        self.session = Session()
        self.events: list[Event] = []
        self.now = Stamp(0.0, START)
        self._apply(Opened("s1", "0.1.0", "ana", "bastion", SessionMode.LIVE, file or go_live_file()))
        self._settle()

    def ask(self, *asked: commands.AnyCommand) -> "GoLive":
        """Let commands be decided."""
        for command in asked:
            for body in decide(self.session, command, self.now):
                self._apply(body)
            self._settle()
        return self

    def see(self, **values: object) -> "GoLive":
        """Let signals answer: a value, or a fault."""
        for name, value in values.items():
            answer: Answer = value if isinstance(value, Fault) else Reading(value)
            state = self.session.signals[name]
            self._apply(Observed(name, answer, judge(state.signal, answer, self.session, self.now), 8.0))
        self._settle()
        return self

    def good(self, **values: object) -> "GoLive":
        """Let every signal answer well, but for those given."""
        fine = {
            **READINGS,
            "error_rate": 0.002,
            "p95": 640.0,
            "rps": 120.0,
            "redis_hit_rate": 0.97,
            "pods_ready": pods(6),
            "redis_memory": {"used_memory": 0, "maxmemory": 1},
            "rollout": {**ROLLOUT, "updated": 6, "ready": 6, "available": 6, "complete": True, "reason": ""},
            "alerts": [],
            "silences": [],
        }
        return self.see(**{**fine, **values})

    def wait(self, seconds: float) -> "GoLive":
        """Let the clock run."""
        self.now = Stamp(self.now.at + seconds, self.now.wall + seconds)
        self._settle()
        return self

    def watched(self, seconds: float, **values: object) -> "GoLive":
        """Let time pass in steps of ten seconds in which everything answers well, but for the values given."""
        for _ in range(int(seconds // 10)):
            self.wait(10).good(**values)
        return self

    def copy(self) -> "GoLive":
        """Return a session that continues from the same facts."""
        other = GoLive.__new__(GoLive)
        other.events, other.now, other.session = [*self.events], self.now, copied(self.session)
        return other

    def feed(self, book: Notebook | None = None) -> ListFeed:
        """Return a feed that starts from here."""
        feed = ListFeed(copied(self.session), book)
        feed.now = feed.pulse = self.now
        return feed

    def tell(self, *bodies: AnyBody) -> "GoLive":
        """Let facts happen that the engine makes by itself."""
        for body in bodies:
            self._apply(body)
        self._settle()
        return self

    def _apply(self, body: AnyBody) -> None:
        event = Event(len(self.events) + 1, self.now, body)
        self.events.append(event)
        evolve(self.session, event)

    def _settle(self) -> None:
        while bodies := elapse(self.session, self.now):
            for body in bodies:
                self._apply(body)


def made_once(make: Callable[P, GoLive]) -> Callable[P, GoLive]:
    """Make a night once for the same arguments, and let each caller continue from its facts."""
    made = cache(make)

    @wraps(make)
    def night(*args: P.args, **kwargs: P.kwargs) -> GoLive:
        return made(*args, **kwargs).copy()  # type: ignore[arg-type]

    return night


def item(title: str) -> str:
    """Return the id of an item by its title."""
    return next(one.id for one in checklist().items if one.title == title)


@made_once
def marked() -> GoLive:
    """A night in its first phase with every mark on some item, a hold that runs, and hostile reasons."""
    night = GoLive().good().watched(200)
    night.ask(
        commands.MarkItem("ana", item("Secrets Management")),
        commands.MarkItem("ana", item("API Keys"), "checked with the provider"),
        commands.MarkItem("bo", item("Network Policies"), HOSTILE, Mark.BLOCK),
        commands.MarkItem("ana", item("Connection Pooling"), "PgBouncer is not used here", Mark.NOT_APPLICABLE),
        commands.MarkItem("bo", item("Backup Testing"), "after the freeze", Mark.DEFER),
        commands.MarkItem("bo", item("Audit Logging"), mark=Mark.CLAIM),
        commands.MarkItem("ana", item("Persistence"), "AOF is rewritten right now", Mark.OVERRIDE, 1200.0),
        commands.MarkItem("bo", item("Eviction Policy"), HOSTILE, Mark.OVERRIDE),
    )
    night.watched(60, certificate_days=Fault(FaultKind.TIMEOUT, "no answer within 3 s"))
    bad = {"connections": 190, "max_connections": 200, "share": 0.95}
    return night.watched(20, certificate_days=Fault(FaultKind.TIMEOUT, "no answer within 3 s"), pg_connections=bad)


@made_once
def cutover(bad: bool = True) -> GoLive:
    """A night whose gates were forced to the last phase; `bad`: errors rise until a rollback is advised."""
    night = GoLive().watched(620)
    night.ask(commands.RecordBaseline("ana"))
    for reason in ("rehearsed last week", "all hands agree"):
        night.ask(commands.OpenPhase("ana", gate(night.session).phase, reason, override=True)).watched(60)
    night.ask(commands.MarkItem("ana", item("DNS Cutover")))
    if bad:
        night.watched(180, error_rate=0.081, rollout=ROLLOUT, alerts=ALERTS, pods_ready=pods(5))
    return night

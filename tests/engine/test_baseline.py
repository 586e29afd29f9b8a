"""A late baseline: the engine looks up the window before the deployment in the history of Prometheus."""

import json
from pathlib import Path

import msgspec

from mmcockpit.core.decide.command import OpenPhase, RecordBaseline
from mmcockpit.core.facts.event import PhaseChanged, Refused
from mmcockpit.core.model.checklist import Checklist, Item, Phase, Section
from mmcockpit.core.model.cockpit import BaselinePlan, Cockpit, SourceSpec
from mmcockpit.core.model.layout import Layout
from mmcockpit.core.model.signal import Rule, Signal
from tests.engine.engine_run import running
from tests.servers.http import Answer, HttpServer


def cockpit(url: str) -> Cockpit:
    phases = tuple(
        Phase(name, name, (Section("s", "S", (Item(f"{name}/s/a", 1, "A"),)),)) for name in ("ready", "live")
    )
    rule = Rule("value < 2.0 * baseline", numeric=True)
    signals = tuple(
        Signal(
            name, name, "prometheus", "query", {"query": f"vector({n})", "each": False}, rule, every=30.0, timeout=5.0
        )
        for n, name in enumerate(("traffic", "latency"))
    )
    spec = SourceSpec("prometheus", "prometheus", {"url": url}, budget=100.0)
    made = Cockpit("Late", "test", Checklist("c", "C", phases), signals, Layout("none", ()), (spec,))
    return msgspec.structs.replace(made, baseline=BaselinePlan(("traffic", "latency"), 60.0, "live"))


def matrix(*points: tuple[float, str]) -> Answer:
    found = {"resultType": "matrix", "result": [{"metric": {}, "values": [[at, value] for at, value in points]}]}
    return Answer(200, json.dumps({"status": "success", "data": found}), {"Content-Type": "application/json"})


def test_a_baseline_after_the_deployment_opened_is_taken_from_the_history(
    tmp_path: Path, http_server: HttpServer
) -> None:
    with running(cockpit(http_server.url), tmp_path / "session" / "journal.jsonl") as (_, watcher):
        watcher.do(OpenPhase("ana", "ready", "late", override=True))
        watcher.until(lambda now: now.phase == 1, "the deployment is open")
        watcher.do(RecordBaseline("ana"))
        watcher.until(lambda now: any(isinstance(one.body, Refused) for one in watcher.events), "no history: refused")
        (opened,) = [event.stamp.wall for event in watcher.events if isinstance(event.body, PhaseChanged)]
        http_server.answers["/api/v1/query_range"] = matrix(*((opened - 50 + 5 * n, "4") for n in range(8)))
        watcher.do(RecordBaseline("ana"))
        watcher.until(lambda now: now.baseline is not None, "the baseline is recorded")
        assert watcher.session.baseline is not None
        assert watcher.session.baseline.values == {"traffic": 4.0, "latency": 4.0}
        assert watcher.session.baseline.history == ("traffic", "latency")

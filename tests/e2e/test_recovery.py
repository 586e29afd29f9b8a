"""Five real systems, one of which goes away and comes back without a key pressed."""

import json
import re
import time
from pathlib import Path

import pytest

from mmcockpit.simulator.servers.postgres import Postgres
from mmcockpit.simulator.servers.prometheus import Prometheus, ScrapeJob
from mmcockpit.simulator.servers.valkey import Valkey
from tests.conftest import KubernetesApi
from tests.e2e.pty_session import Place, in_order, until
from tests.servers.http import Answer, HttpServer
from tests.servers.needs import need
from tests.servers.wait import PATIENCE_S
from tests.terminal import Terminal

EVERY_S = 1.0
STAT = re.compile(r"│ +\[(?P<letter>.)\] (?P<name>\w+)(?P<value>.*?)(?P<age>(?:\d+[smh]\S* ?)+)? *$")


@pytest.fixture
def five(
    place: Place,
    tmp_path: Path,
    valkey: Valkey,
    postgres: Postgres,
    kubernetes_api: KubernetesApi,
    http_server: HttpServer,
) -> tuple[Prometheus, str]:
    """Write a cockpit file that asks one thing of each of five systems; return its Prometheus, not yet started."""
    need(Prometheus.binary(), "no prometheus: run `make servers`")
    http_server.answers["/metrics"] = Answer(200, "# TYPE jobs gauge\njobs 7\n", {"Content-Type": "text/plain"})
    http_server.answers["/health"] = Answer(200, '{"status": "ok"}', {"Content-Type": "application/json"})
    prometheus = Prometheus(tmp_path / "prometheus", scrape=[ScrapeJob("jobs", [f"127.0.0.1:{http_server.port}"])])
    signals: dict[str, dict[str, object]] = {
        "jobs": {"prometheus.query": "max(jobs)", "pass": "value == 7.0", "fresh": "jobs"},
        "up": {"prometheus.query": 'max(up{job="jobs"})', "pass": "value == 1.0"},
        "clients": {"cache.info": {"section": "clients"}, "pass": "value.connected_clients >= 1"},
        "answer": {"database.scalar": "select 42", "pass": "value == 42.0"},
        "health": {"api.get": "/health", "pass": "value.status == 200"},
        "accounts": {"cluster.get": {"kind": "namespace", "name": "default"}, "pass": "value.exists"},
    }
    document = {
        "name": "Five systems",
        "environment": "test",
        "checklist": "list.yaml",
        "layout": "layout.yaml",
        "sources": {
            "prometheus": {"kind": "prometheus", "url": prometheus.url, "every": f"{EVERY_S}s", "timeout": "800ms"},
            "cache": {"kind": "redis", "url": valkey.url, "every": f"{EVERY_S}s"},
            "database": {"kind": "postgres", "dsn": {"env": "E2E_DSN"}, "every": f"{EVERY_S}s"},
            "api": {"kind": "http", "url": http_server.url, "every": f"{EVERY_S}s"},
            "cluster": {"kind": "kubernetes", "kubeconfig": str(kubernetes_api.kubeconfig), "every": f"{EVERY_S}s"},
        },
        "signals": {name: {"title": name, **signal} for name, signal in signals.items()},
    }
    items = [{"title": f"Item {name}", "signal": name} for name in signals]
    phases = [{"title": "All", "sections": [{"title": "Sensed", "items": items}]}]
    place.write("list.yaml", json.dumps({"name": "five", "title": "Five", "phases": phases}))
    columns = [{"slots": ["checklist"]}, {"slots": ["signals", "detail"]}]
    panels = {"checklist": {"kind": "checklist"}, "signals": {"kind": "stat", "signals": list(signals)}}
    panels["detail"] = {"kind": "detail"}
    layout = {"name": "two", "panels": panels, "arrangements": [{"min_width": 0, "columns": columns}]}
    place.write("layout.yaml", json.dumps(layout))
    place.write("cockpit.yaml", json.dumps(document))
    return prometheus, postgres.dsn


def test_a_prometheus_that_stops_is_unknown_and_comes_back_by_itself(
    place: Place, five: tuple[Prometheus, str], kubernetes_api: KubernetesApi
) -> None:
    prometheus, dsn = five
    with prometheus, place.open("run", "cockpit.yaml", size=(120, 40), env={"E2E_DSN": dsn}) as program:
        until_letters(program, dict.fromkeys(["jobs", "up", "clients", "answer", "health", "accounts"], "+"))
        prometheus.stop()
        gone = until_one_line(program)
        program.press("2")
        program.wait_for("2 Signals ━")
        program.press("\x1b[Hl")
        until_letters(program, {"jobs": "?", "up": "?"})
        ages: list[int] = []
        end = time.monotonic() + PATIENCE_S
        while len(ages) < 4:
            assert time.monotonic() < end, f"the age does not rise: {ages}\n{program.text()}"
            program.read(0.2)
            # Where it is just being drawn, it is -1.
            if (age := age_of(program, "jobs")) >= 0 and ages[-1:] != [age]:
                ages.append(age)
        assert ages == sorted(ages)
        others = dict.fromkeys(("clients", "answer", "health", "accounts"), "+")
        until_letters(program, {"jobs": "?", "up": "?", **others})
        program.press("jj")
        for name in ("clients", "answer", "health"):
            program.press("j")
            program.wait_for(rf"3 Why [^\n]*\[\+\] {name} ")
            program.wait_for(r"│ seen [\s\S]*?<10s ago[\s\S]*│ to pass ")
        assert re.search(r"jobs +.*\b7\b", program.text()), "the last value stays in sight"
        in_order(program)
        program.wait_for(r"\[\?\] +1 Item jobs")
        prometheus.start()
        back = until_letters(program, {"jobs": "+", "up": "+"})
        print(f"{type(kubernetes_api).__name__}: unknown {gone / EVERY_S:.1f} polls after the stop, ages {ages}")
        print(f"good again {back / EVERY_S:.1f} polls after Prometheus was ready")
        program.wait_for(r"\[\+\] +1 Item jobs|\[R\]")


def until_one_line(program: Terminal) -> float:
    """Wait until what has no data is one line, in the header and in the panel; return how long it took."""
    began = time.monotonic()
    program.wait_for(r"(?m)^ HOLD +Prometheus: no answer for \S+ \(2 signals, 2 items\)")
    program.wait_for(r"\[\?\] Prometheus: no answer for [^\n]*: 2 signals +▸")
    until(program, lambda: not {"jobs", "up"} & stats(program).keys(), "both signals are in that line")
    return time.monotonic() - began


def until_letters(program: Terminal, wanted: dict[str, str], within_s: float = PATIENCE_S) -> float:
    """Wait until these signals have these letters; return how long it took."""
    began = time.monotonic()
    while not wanted.items() <= stats(program).items():
        assert program.process.poll() is None, program.text()
        assert time.monotonic() < began + within_s, f"never {wanted}:\n{program.text()}"
        program.read(0.05)
    return time.monotonic() - began


def stats(program: Terminal) -> dict[str, str]:
    """Return the letters of the signals on the stat panel."""
    return {found["name"]: found["letter"] for line in program.lines() if (found := STAT.search(line))}


def age_of(program: Terminal, name: str) -> int:
    """Return the age in seconds that the stat panel gives a signal."""
    rows = [found for line in program.lines() if (found := STAT.search(line)) and found["name"] == name]
    assert rows, program.text()
    parts = re.findall(r"(\d+)([smh])", rows[0]["age"] or "")
    return sum(int(number) * {"s": 1, "m": 60, "h": 3600}[unit] for number, unit in parts) if parts else -1

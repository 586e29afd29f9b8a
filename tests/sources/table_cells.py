"""Cells of the table of answers and questions, and those of systems of several parts: clusters, poolers."""

import json
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from mmcockpit.core.model.cockpit import SourceSpec
from mmcockpit.core.model.procedure import Danger, Procedure, Step
from mmcockpit.core.model.signal import Rule, Signal
from mmcockpit.simulator.servers.postgres import Postgres
from mmcockpit.simulator.servers.process import HOST
from mmcockpit.simulator.servers.valkey import Valkey
from tests.servers.databases.pgbouncer import PgBouncer
from tests.servers.go_programs import go_program
from tests.servers.http import Answer, HttpServer
from tests.servers.loki.server import Loki
from tests.servers.needs import need
from tests.sources.raw import RawServer, names_master
from tests.sources.redis.responses import CLUSTERS, SENTINELS
from tests.sources.responses import NOW, streams, vector

TIMEOUT_S = 20.0
SHORT_S = {"timeout": 12.0, "half answer": 4.0}
"""Timeouts of what never answers: a hung service differs from a cockpit that is busy with 200 first answers."""


PROCEDURES = (
    *(
        Procedure(name, name, (Step("read", "Read", argv=argv, timeout=TIMEOUT_S),))
        for name, argv in {
            "good": (sys.executable, "-c", "pass"),
            "failing step": (sys.executable, "-c", "raise SystemExit('no revision')"),
            "missing program": ("/nowhere/program",),
            "timeout": (sys.executable, "-c", "import time; time.sleep(600)"),
        }.items()
    ),
    Procedure("unproven", "unproven", (Step("copy", "Copy", argv=("cp", "old", "new"), danger=Danger.DANGEROUS),)),
    Procedure("nothing to check", "nothing to check", (Step("tell", "Tell the team", manual=True),)),
)
"""Procedures of one step, by what a check of them finds."""


class Cell(NamedTuple):
    """One question to one answer."""

    probe: str
    answer: str
    source: SourceSpec
    signal: Signal


def cell(probe: str, answer: str, kind: str, options: dict[str, Any], args: Any, rule: Rule, fresh: str = "") -> Cell:
    name = f"{probe}_{answer}".replace(".", "_").replace(" ", "_").lower()
    asked = probe.partition(".")[2].partition(" ")[0]
    timeout = SHORT_S.get(answer, TIMEOUT_S)
    signal = Signal(name, name, name, asked, dict(args), rule, every=600.0, timeout=timeout, fresh=fresh)
    return Cell(probe, answer, SourceSpec(name, kind, options), signal)


def kubeconfig(path: Path, server: str, ca: Path, token: str = "t") -> str:
    """Write a kubeconfig and return its path."""
    config = {
        "current-context": "c",
        "clusters": [{"name": "c", "cluster": {"server": server, "certificate-authority": str(ca)}}],
        "users": [{"name": "u", "user": {"token": token}}],
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
    }
    path.write_text(json.dumps(config))
    return str(path)


def by_procedures() -> Iterator[Cell]:
    """The procedures of the session itself, whose reading steps are run, and one that it does not have."""
    for name in (*(one.id for one in PROCEDURES), "unknown procedure"):
        yield cell("procedures.ready", name, "procedures", {}, {"procedure": name}, Rule("value.failed == 0"))


def by_many_redis(stack: ExitStack, valkey: Valkey) -> Iterator[Cell]:
    """A cluster by one of its nodes, and a master by a sentinel."""
    for answer, script in CLUSTERS.items():
        options = {"url": f"redis://{HOST}:{stack.enter_context(RawServer(script)).port}", "cluster": True}
        rule = Rule("value.used_memory < 5")
        yield cell("redis.info of a cluster", answer, "redis", options, {"section": "memory"}, rule)
    for answer, script in {"good": names_master(valkey.port), **SENTINELS}.items():
        sentinel = f"{HOST}:{stack.enter_context(RawServer(script)).port}"
        options = {"sentinels": [sentinel], "service": "main"}
        yield cell("redis.replication by sentinels", answer, "redis", options, {}, Rule('value.role == "master"'))


def by_pooler(stack: ExitStack, folder: Path, postgres: Postgres, environment: pytest.MonkeyPatch) -> Iterator[Cell]:
    """A real PgBouncer: it works, is full, pools statements, or its server is down."""
    need(PgBouncer.binary(), "no pgbouncer: run `make servers`")
    settings: dict[str, dict[str, str]] = {
        "good": {},
        "429": {"max_client_conn": "0"},
        "broken query": {"pool_mode": "statement"},
    }
    for n, (answer, lines) in enumerate(settings.items()):
        pooler = stack.enter_context(PgBouncer(folder / f"pooler-{n}", postgres, settings=lines))
        environment.setenv(f"TABLE_POOLER_{n}", pooler.dsn)
        options = {"dsn": {"env": f"TABLE_POOLER_{n}"}}
        rule = Rule("value < 1.0", numeric=True)
        yield cell("postgres.scalar by a pooler", answer, "postgres", options, {"sql": "SELECT 0.5::float8"}, rule)


def by_victoria_metrics(stack: ExitStack) -> Iterator[Cell]:
    """Its own bytes: the rules that it has without vmalert must not pass for rules that are all healthy."""
    server = stack.enter_context(HttpServer())
    json_type = {"Content-Type": "application/json"}
    server.answers["/api/v1/rules"] = Answer(body='{"status":"success","data":{"groups":[]}}', headers=json_type)
    build = '{"status":"success","data":{"version":"2.24.0"}}'
    server.answers["/api/v1/status/buildinfo"] = Answer(body=build, headers=json_type)
    server.answers["/api/v1/query"] = Answer(
        body='{"status":"success","data":{"resultType":"scalar","result":[1,"1"]}}', headers=json_type
    )
    rule = Rule('value.all(r, r.health == "ok")')
    options = {"url": server.url}
    yield cell("prometheus.rules of VictoriaMetrics", "empty result", "prometheus", options, {}, rule)


def by_loki(stack: ExitStack) -> Iterator[Cell]:
    """Queries whose streams do not exist, and lines that are too old: no line is no proof of no errors."""
    lines = {"query": '{app="shop"} |= "error"'}
    nothing = {"query": 'sum(count_over_time({app="shpo"}[5m])) or vector(0)'}
    old = streams(f'{{"stream": {{}}, "values": [["{round(NOW - 93)}000000000", "ready"]]}}')
    for answer, found in {"unknown name": streams(), "stale sample": old}.items():
        server = stack.enter_context(HttpServer())
        zero = vector(f'{{"metric": {{}}, "value": [{NOW}, "0"]}}')
        server.answers = {"/loki/api/v1/query_range": Answer(body=found), "/loki/api/v1/query": Answer(body=zero)}
        fresh = '{app="shop"}' if answer == "stale sample" else ""
        for name, args, rule in (
            ("query", nothing, Rule("value < 1.0", numeric=True)),
            ("lines", lines, Rule("value.count < 5")),
        ):
            yield cell(f"loki.{name} of streams", answer, "loki", {"url": server.url}, args, rule, fresh)


def by_real_loki(stack: ExitStack, folder: Path) -> Iterator[Cell]:
    """The same questions to a real Loki, with a stream whose last line is old."""
    if go_program("loki") is None:
        print("NOT TESTED: no loki: run `make servers`")
        return
    server = stack.enter_context(Loki(folder / "loki"))
    server.push("table", [(93, "error")], app="shop")
    counted = "sum(count_over_time({app=%s} |= `error` [5m]))"
    asked = {
        "good": (f"{counted % '`shop`'} or vector(0)", ""),
        "unknown name": (f"{counted % '`shpo`'} or vector(0)", ""),
        "empty result": (counted % "`shpo`", ""),
        "stale sample": (f"{counted % '`shop`'} or vector(0)", '{app="shop"}'),
        "broken query": (counted % "`shop", ""),
        "400": ("{app=`shop`}", ""),
    }
    for answer, (query, fresh) in asked.items():
        options = {"url": server.url, "tenant": "table"}
        args, rule = {"query": query}, Rule("value < 5.0", numeric=True)
        yield cell("loki.query of a real one", answer, "loki", options, args, rule, fresh)
    yield cell("loki.query of a real one", "401", "loki", {"url": server.url}, {"query": "vector(1)"}, rule)
    lines = {"good": "shop", "unknown name": "shpo"}
    for answer, app in lines.items():
        args = {"query": f'{{app="{app}"}}'}
        yield cell("loki.lines of a real one", answer, "loki", options, args, Rule("value.count < 5"))

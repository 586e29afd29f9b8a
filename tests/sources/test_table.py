"""Answers by questions: what the engine makes of each. A fault is unknown and names its cause; good data never is.

`pytest tests/sources/test_table.py -rP` prints the table.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
import trustme

from mmcockpit.core.facts.event import Observed
from mmcockpit.core.model.checklist import Checklist
from mmcockpit.core.model.cockpit import Allowed, Cockpit
from mmcockpit.core.model.layout import Layout
from mmcockpit.core.model.reading import Fault, FaultKind, Reading
from mmcockpit.core.model.signal import Rule
from mmcockpit.core.model.verdict import Level
from mmcockpit.journal.reader import read
from mmcockpit.simulator.servers.postgres import Postgres
from mmcockpit.simulator.servers.process import HOST
from mmcockpit.simulator.servers.prometheus import ScrapeJob
from mmcockpit.simulator.servers.valkey import Valkey
from mmcockpit.sources.prometheus.compare.probe import DEFAULT_RULE as COMPARE_RULE
from mmcockpit.sources.prometheus.slo import DEFAULT_RULE
from tests.conftest import PrometheusFactory
from tests.engine.engine_run import running
from tests.servers.http import Answer, HttpServer
from tests.servers.wait import wait_until
from tests.sources.raw import RawServer, Script
from tests.sources.redis.responses import PARTS, REDIS
from tests.sources.responses import (
    ANSWERS,
    BESIDE,
    FILES,
    HTTP,
    POSTGRES,
    PROMQL,
    QUERY,
    SQL,
    Asked,
    sampled,
)
from tests.sources.table_cells import (
    PROCEDURES,
    SHORT_S,
    Cell,
    by_loki,
    by_many_redis,
    by_pooler,
    by_procedures,
    by_real_loki,
    by_victoria_metrics,
    cell,
    kubeconfig,
)

pytestmark = pytest.mark.timeout(300)

MOST_AT_ONCE = 60
"""Cells that are polled at once: each is a source of its own, and signs in."""
NOBODY = 1
"""A port without a listener."""
READS = {"refused", "401", "403", "429", "500"}
"""Answers that tell of the target where it is asked by HTTP for itself: a dead API is an answer, and fails."""
NAMES = {
    "timeout": {FaultKind.TIMEOUT},
    "refused": {FaultKind.REFUSED},
    "401": {FaultKind.UNAUTHORISED},
    "403": {FaultKind.FORBIDDEN},
    "429": {FaultKind.RATE_LIMITED, FaultKind.SERVER_ERROR},
    "500": {FaultKind.SERVER_ERROR, FaultKind.QUERY},
    "partial": {FaultKind.PARTIAL},
    "isPartial": {FaultKind.PARTIAL},
    "limited": {FaultKind.PARTIAL},
    "paged": {FaultKind.PARTIAL},
    "401 to token": {FaultKind.UNAUTHORISED},
    "unknown name": {FaultKind.NO_DATA},
    "unknown procedure": {FaultKind.CONFIGURATION},
    "empty history": {FaultKind.NO_DATA},
    "broken query": {FaultKind.CONFIGURATION},
    "stale sample": {FaultKind.STALE},
    "clock skew": {FaultKind.STALE},
    "huge": {FaultKind.TOO_LARGE},
    "endless list": {FaultKind.TOO_LARGE},
    "HTML": {FaultKind.MALFORMED, FaultKind.UNREACHABLE},
    "half answer": {FaultKind.TIMEOUT},
    "truncated": {FaultKind.MALFORMED, FaultKind.PARTIAL, FaultKind.UNREACHABLE},
}
"""Kinds of fault that name these causes."""
FAILS = {
    **{("http.get", answer): "a refusal of the asked is an answer" for answer in READS},
    ("http.get", "timeout"): "a hung service is an answer",
    ("http.tls", "timeout"): "a hung service is an answer",
    ("http.tcp", "refused"): "a closed port is an answer",
    ("http.tls", "refused"): "a closed port is an answer",
    ("http.tls", "HTML"): "a failed handshake is an answer",
    ("kubernetes.pods", "empty result"): "no pod is an answer",
    ("kubernetes.argo_analysis", "empty result"): "no run is an answer",
    ("kubernetes.helm", "empty result"): "no release is an answer",
    ("procedures.ready", "failing step"): "a step that fails is an answer",
    ("procedures.ready", "missing program"): "a step that cannot run is an answer",
}
"""Answers other than the good one that are no failure to ask, and why."""


GOOD = {"good", "notes"}
"""Answers that pass; notes about a whole result are a remark."""


def by_http(stack: ExitStack, folder: Path) -> Iterator[Cell]:
    # Without an authority of its own, each cluster would read all of the machine's: 0.05 s of processor time.
    ca = folder / "ca.pem"
    trustme.CA().cert_pem.write_to_path(ca)
    for probe, asked in HTTP.items():
        for answer, making in ANSWERS.items():
            made = making(asked)
            if made is None and answer != "refused":
                continue
            of_samples = answer in ("stale sample", "clock skew")
            url = served(stack, asked, made, of_samples)
            options: dict[str, Any] = {"url": url}
            if answer == "401 to token":
                options["token"] = {"env": "TABLE_TOKEN"}
            if asked.kind == "kubernetes":
                options = {"kubeconfig": kubeconfig(folder / f"{probe}-{answer}".replace(" ", "-"), url, ca)}
            yield cell(probe, answer, asked.kind, options, asked.args, asked.rule, "up" if of_samples else "")


def served(stack: ExitStack, asked: Asked, made: Answer | Script | None, of_samples: bool) -> str:
    """Return the address of a server that answers so, to the question itself or to that for the newest sample."""
    if made is None:
        return f"http://{HOST}:{NOBODY}"
    if not isinstance(made, Answer):
        return stack.enter_context(RawServer(made)).url
    server = stack.enter_context(HttpServer())
    good = Answer(body=asked.with_(asked.good))
    pods = HTTP["kubernetes.pods"]
    beside = {
        QUERY: sampled(0),
        pods.path: Answer(body=pods.with_(pods.good)),
        **{path: Answer(body=body) for path, body in BESIDE.items()},
    }
    server.answers = {asked.path: good, QUERY: made} if of_samples else {**beside, asked.path: made}
    return server.url


def by_past(stack: ExitStack, factory: PrometheusFactory) -> Iterator[Cell]:
    """Questions to a real Prometheus that was started a moment ago."""
    scraped = stack.enter_context(HttpServer())
    scraped.answers["/metrics"] = Answer(body="requests_total 90\n", headers={"Content-Type": "text/plain"})
    server = factory(scrape=(ScrapeJob("app", [f"{HOST}:{scraped.port}"]),))
    wait_until(lambda: b'"value"' in urlopen(f"{server.url}{QUERY}?query=up").read(), "it has a sample")
    for answer, query in PROMQL.items():
        rule = Rule("value < 100.0", numeric=True)
        yield cell("prometheus.query of a past", answer, "prometheus", {"url": server.url}, {"query": query}, rule)
    for answer, name in {"empty history": "requests_total", "unknown name": "typo_total"}.items():
        total = f"sum(rate({name}[$window])) + 1"
        args = {"objective": 99.9, "errors": "sum(rate(requests_total[$window]))", "total": total}
        samples = {"baseline": "requests_total", "candidate": f"{name} + 1"}
        rule = Rule(*COMPARE_RULE)
        yield cell("prometheus.compare of a past", answer, "prometheus", {"url": server.url}, samples, rule)
        yield cell("prometheus.slo of a past", answer, "prometheus", {"url": server.url}, args, Rule(*DEFAULT_RULE))


def by_redis(stack: ExitStack, valkey: Valkey) -> Iterator[Cell]:
    ports = {name: stack.enter_context(RawServer(script)).port for name, script in REDIS.items()}
    for answer, port in {"good": valkey.port, "refused": NOBODY, **ports}.items():
        options = {"url": f"redis://{HOST}:{port}/0"}
        yield cell("redis.replication", answer, "redis", options, {}, Rule('value.role == "master"'))
    rules = {"redis.cluster": Rule('value.state == "ok"'), "redis.info": Rule("value.used_memory < 5")}
    for (probe, answer), script in PARTS.items():
        options = {"url": f"redis://{HOST}:{stack.enter_context(RawServer(script)).port}/0"}
        args = {"section": "memory"} if probe == "redis.info" else {}
        yield cell(probe, answer, "redis", options, args, rules[probe])


def by_postgres(stack: ExitStack, postgres: Postgres, environment: pytest.MonkeyPatch) -> Iterator[Cell]:
    rule = Rule("value < 1.0", numeric=True)
    wrong = postgres.dsn.replace(postgres.password, "wrong")
    raw = {name: stack.enter_context(RawServer(script)).port for name, script in POSTGRES.items()}
    elsewhere = {name: f"postgresql://u@{HOST}:{port}/d?sslmode=disable" for name, port in raw.items()}
    refused = f"postgresql://u@{HOST}:{NOBODY}/d"
    asked = {answer: (postgres.dsn, sql) for answer, sql in SQL.items()}
    asked |= {answer: (dsn, "SELECT 1") for answer, dsn in {"401": wrong, "refused": refused, **elsewhere}.items()}
    for n, (answer, (dsn, sql)) in enumerate(asked.items()):
        environment.setenv(f"TABLE_DSN_{n}", dsn)
        options = {"dsn": {"env": f"TABLE_DSN_{n}"}}
        yield cell("postgres.scalar", answer, "postgres", options, {"sql": sql}, rule)


def by_file(folder: Path) -> Iterator[Cell]:
    for answer, text in FILES.items():
        path = folder / f"file-{answer}"
        path.write_text(text, encoding="utf-8")
        args = {"path": str(path), "select": {"queue": "queue"}}
        yield cell("file.json", answer, "file", {}, args, Rule("value.queue < 5"))


def by_address(stack: ExitStack) -> Iterator[Cell]:
    ports = {name: stack.enter_context(RawServer(REDIS[name])).port for name in ("timeout", "HTML")}
    for answer, port in {"refused": NOBODY, **ports}.items():
        args = {"host": HOST, "port": port}
        yield cell("http.tls", answer, "http", {}, args, Rule("value.verified"))
        if answer == "refused":
            yield cell("http.tcp", answer, "http", {}, args, Rule("value.open"))


def test_every_answer_to_every_question(
    tmp_path: Path,
    valkey: Valkey,
    postgres: Postgres,
    prometheus_factory: PrometheusFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TABLE_TOKEN", "a-token")
    # A machine that is busy with so many cells must not pass for a cockpit that stood still.
    monkeypatch.setattr("mmcockpit.sources.http.silence.LATE_S", 60.0)
    monkeypatch.setattr("mmcockpit.sources.http.silence.SHARE", 0.0)
    monkeypatch.setattr("mmcockpit.sources.redis.sentinel.WITHIN_S", 10.0)
    with ExitStack() as stack:
        cells = [
            *by_http(stack, tmp_path),
            *by_past(stack, prometheus_factory),
            *by_redis(stack, valkey),
            *by_many_redis(stack, valkey),
            *by_pooler(stack, tmp_path, postgres, monkeypatch),
            *by_victoria_metrics(stack),
            *by_loki(stack),
            *by_real_loki(stack, tmp_path),
            *by_postgres(stack, postgres, monkeypatch),
            *by_file(tmp_path),
            *by_address(stack),
            *by_procedures(),
        ]
        seen: dict[str, Observed] = {}
        for n, together in enumerate(sessions(cells)):
            seen |= polled(together, tmp_path / f"session-{n}")
    wrong = [text for one in cells if (text := flaw(one, seen[one.signal.name]))]
    for one in cells:
        print(row(one, seen[one.signal.name]))
    questions, answers = {one.probe for one in cells}, {one.answer for one in cells}
    print(f"{len(cells)} cells: {len(questions)} questions, {len(answers)} answers")
    assert not wrong, "\n".join(wrong)


def sessions(cells: list[Cell]) -> list[list[Cell]]:
    """Return the cells that are polled together: not so many that they wait for one another, the slow ones at once."""
    # An Alertmanager asks the Prometheus sources of its cockpit who sends to it, and those here are broken.
    alone = [one for one in cells if one.source.kind == "alertmanager"]
    slow = [one for one in cells if one.answer in SHORT_S and one not in alone]
    rest = [one for one in cells if one not in alone and one not in slow]
    return [slow, *(rest[n : n + MOST_AT_ONCE] for n in range(0, len(rest), MOST_AT_ONCE)), alone]


def polled(cells: list[Cell], folder: Path) -> dict[str, Observed]:
    """Return what a session made of the first answer to each signal."""
    sources, signals = tuple(one.source for one in cells), tuple(one.signal for one in cells)
    checklist, allow = Checklist("c", "C", (), PROCEDURES), Allowed(procedures=True)
    cockpit = Cockpit("Table", "test", checklist, signals, Layout("none", ()), sources, allow=allow)
    seen: dict[str, Observed] = {}
    with running(cockpit, folder / "journal.jsonl") as (_, watcher):
        watcher.until(
            lambda now: bool(now.signals) and all(one.asked_at for one in now.signals.values()), "every answer", 200
        )
    for event in read(folder / "journal.jsonl"):
        if isinstance(event.body, Observed):
            seen.setdefault(event.body.signal, event.body)
    return seen


def row(one: Cell, body: Observed) -> str:
    """Return a row of the table: question, answer, what came of it, level, why."""
    came = f"fault: {body.answer.kind}" if isinstance(body.answer, Fault) else "reading"
    return f"{one.probe:<22} {one.answer:<13} {came:<20} {body.verdict.level:<8} {body.verdict.because}"


def flaw(one: Cell, body: Observed) -> str:
    """Return what is wrong with a cell, empty where nothing is."""
    expected = Level.PASS if one.answer in GOOD else Level.FAIL if (one.probe, one.answer) in FAILS else Level.UNKNOWN
    if body.verdict.level is not expected:
        return f"not {expected}: {row(one, body)}"
    if one.answer == "notes" and not (isinstance(body.answer, Reading) and "PromQL" in body.answer.remark):
        return f"says nothing of the notes: {row(one, body)}"
    if expected is Level.UNKNOWN:
        if not body.verdict.because:
            return f"names no cause: {row(one, body)}"
        if one.answer in NAMES and not (isinstance(body.answer, Fault) and body.answer.kind in NAMES[one.answer]):
            return f"names another cause: {row(one, body)}"
    return ""


def test_the_table_has_the_readiness_of_procedures(tmp_path: Path) -> None:
    cells = list(by_procedures())
    seen = polled(cells, tmp_path / "session")
    assert [text for one in cells if (text := flaw(one, seen[one.signal.name]))] == []
    answers = {one.answer: seen[one.signal.name].answer for one in cells}
    causes = {name: one.value["because"] if isinstance(one, Reading) else one.message for name, one in answers.items()}
    assert causes["good"] == ""
    assert causes["failing step"] == "cannot run step Read: no revision"
    assert causes["missing program"].startswith("cannot run step Read: /nowhere/program: ")
    assert causes["timeout"].startswith("the checks did not end within ")
    assert causes["unknown procedure"] == "unknown procedure 'unknown procedure'"
    proof = "target and rights are not checked: cp has no dry run"
    assert causes["unproven"] == f"nothing is proven: Copy: {proof}"
    assert causes["nothing to check"] == "nothing is checked: no step has a command or a signal"

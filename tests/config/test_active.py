"""Whatever may change something is active, is never polled by itself, and needs the cockpit file's permission."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import psycopg
import pytest

from mmcockpit import sources
from mmcockpit.config.load import check_file, load_cockpit
from mmcockpit.core.decide.command import SenseNow
from mmcockpit.core.facts.event import Refused
from mmcockpit.core.model.checklist import Checklist
from mmcockpit.core.model.cockpit import Allowed, Cockpit, SourceSpec
from mmcockpit.core.model.layout import Layout
from mmcockpit.core.model.signal import Rule, Signal
from mmcockpit.core.model.verdict import Level
from mmcockpit.core.rules.read_only_commands import not_read_only
from mmcockpit.simulator.servers.postgres import Postgres
from mmcockpit.sources.postgres.acts import acts
from tests.config.files import cockpit, written
from tests.engine.engine_run import Watcher, running
from tests.servers.http import Answer, HttpServer
from tests.servers.wait import PATIENCE_S

SOURCES = """\
sources:
  web: {kind: http, url: "http://h"}
  tools: {kind: command}
  db: {kind: postgres, dsn: "postgresql://h/d"}
"""
ACTING = {
    "web.post: {path: /delete}": "a POST may change something",
    'web.get: "/items/1?_method=DELETE"': "its query sets another method",
    "tools.run: {argv: [kubectl, delete, pod, a]}": "kubectl delete pod is not known as read-only",
    "tools.run: {argv: [kubectl, exec, a, --, rm, -rf, /]}": "kubectl exec a is not known as read-only",
    "tools.run: {argv: [redis-cli, flushall]}": "redis-cli flushall is not known as read-only",
    "tools.run: {argv: [sh, -c, kubectl get pods]}": "sh is not known as read-only",
    "tools.run: {argv: [./smoke-test]}": "smoke-test is not known as read-only",
    'db.scalar: "SELECT pg_terminate_backend(1)"': "pg_terminate_backend may change something",
    'db.row: "DO $$ BEGIN END $$"': "DO may change something",
    "db.rows: {sql: \"SELECT * FROM dblink('x', 'y') AS t(a int)\"}": "dblink may change something",
}
READING = [
    "web.get: /health",
    "web.tls: {host: h}",
    "tools.run: {argv: [kubectl, get, pods]}",
    "tools.run: {argv: [trivy, image, a]}",
    'db.scalar: "SELECT count(*) FROM pg_stat_activity"',
]


def signals_of(folder: Path, question: str, keys: str = "", allow: str = "") -> tuple[Cockpit, list[str]]:
    """Return the cockpit of a checklist with one signal that asks this, and what `check` warns of."""
    head = "name: c\ntitle: C\nphases: [{title: P, sections: [{title: S, items: [{title: a}]}]}]\n"
    written(folder, c=f"{head}signals:\n  s:\n    {question}\n    pass: 'true'\n{keys}")
    path = cockpit(folder, f"checklist: c.yaml\n{SOURCES}{allow}")
    warnings: list[Any] = []
    assert check_file(path, sources, warnings) == []
    # Whether a program may run at all is another question.
    return load_cockpit(path, sources).cockpit, [
        str(one) for one in warnings if "program is not allowed" not in str(one)
    ]


@pytest.mark.parametrize("question", ACTING)
def test_a_signal_that_may_change_something_is_active_whatever_the_checklist_sets(
    tmp_path: Path, question: str
) -> None:
    found, warnings = signals_of(tmp_path, question, keys="    active: false\n")
    assert found.signals[0].active
    assert f"`active: false` has no effect on signal 's': {ACTING[question]}" in "\n".join(warnings)
    assert f"1 active signal is not in allow.active and never polled: s ({ACTING[question]})" in "\n".join(warnings)
    _, warnings = signals_of(tmp_path, question, allow="allow: {active: [s]}\n")
    assert warnings == []


@pytest.mark.parametrize("question", READING)
def test_what_only_reads_is_polled(tmp_path: Path, question: str) -> None:
    found, warnings = signals_of(tmp_path, question)
    assert (found.signals[0].active, warnings) == (False, [])


@pytest.mark.parametrize(
    ("command", "reads"),
    [
        ("kubectl delete pod a --dry-run=server", True),
        ("kubectl delete pod a --dry-run=client --dry-run=none", False),
        ("kubectl exec a -- rm -rf / --dry-run=client", False),
        ("kubectl exec a -- cat /etc/hosts", True),
        ("sudo kubectl get pods", True),
        ("timeout 5 rm a", False),
        ("env -S rm cat a", False),
        ("curl --silent --output /dev/null https://h", True),
        ("curl -o file https://h", False),
        ("curl -ofile https://h", False),
        ("curl --json {} https://h", False),
        ("date", True),
        ("date -s 12:00", False),
        ("trivy k8s cluster", False),
        ("nc -z h 443", True),
        ("nc -e sh h 443", False),
        ("gh api -X DELETE repos/a", False),
    ],
)
def test_a_command_only_reads_where_its_program_and_words_are_known_to(command: str, reads: bool) -> None:
    assert (not_read_only(command.split()) == "") is reads, not_read_only(command.split())


@pytest.mark.parametrize(
    ("sql", "reads"),
    [
        ("-- why\nSELECT 1", True),
        ("/* why */ ( (SELECT 1))", True),
        ("WITH a AS (SELECT 1) SELECT * FROM a", True),
        ("SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_terminate_backend%'", True),
        ("SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')", True),
        ("SELECT '--', pg_terminate_backend(1)", False),
        ("SELECT pg_catalog.pg_switch_wal /* x */ ()", False),
        ('SELECT "pg_reload_conf"()', False),
        ("SELECT pg_stat_statements_reset()", False),
        ("SELECT query_to_xml('SELECT pg_rel' || 'oad_conf()', true, true, '')", False),
        ("SELECT lo_export(1, '/tmp/a')", False),
        ("SELECT pg_try_advisory_lock(1)", False),
        ("COPY (SELECT 1) TO PROGRAM 'rm a'", False),
        ("CHECKPOINT", False),
    ],
)
def test_a_statement_only_reads_where_a_read_only_transaction_is_enough(sql: str, reads: bool) -> None:
    assert (acts(sql) == "") is reads, acts(sql)


def test_a_statement_that_a_rule_names_acting_passes_a_read_only_transaction(postgres: Postgres) -> None:
    """The reason why a read-only transaction is not enough, on a real server."""
    with psycopg.connect(postgres.dsn) as victim, psycopg.connect(postgres.dsn) as reader:
        reader.read_only = True
        assert reader.execute("SELECT pg_terminate_backend(%s)", [victim.info.backend_pid]).fetchone() == (True,)
        with pytest.raises(psycopg.OperationalError):
            victim.execute("SELECT 1")
        victim.close()


@contextmanager
def posting(folder: Path, server: HttpServer, active: bool, allow: tuple[str, ...] = ()) -> Iterator[Watcher]:
    """Run a session with a POST and a GET, each polled twenty times a second if it is polled at all."""
    server.answers = {"/delete": Answer(204), "/health": Answer(200)}
    rule, often, slow = Rule("value.status < 300"), 0.05, PATIENCE_S
    signals = (
        Signal("wipe", "Wipe", "web", "post", {"path": "/delete"}, rule, "", often, slow, active=active),
        Signal("health", "Health", "web", "get", {"path": "/health"}, rule, "", often, slow),
        Signal("both", "Both", "session", "all_of", {"signals": ["health", "wipe"]}, every=0.05),
        Signal("all", "All", "session", "any_of", {"signals": ["both"]}, every=0.05),
    )
    made = Cockpit("Active", "test", Checklist("c", "C", ()), signals, Layout("none", ()))
    spec = SourceSpec("web", "http", {"url": server.url}, budget=100.0)
    made = msgspec.structs.replace(made, sources=(spec,), allow=Allowed(active=allow))
    with running(made, folder / "session" / "journal.jsonl") as (_, watcher):
        yield watcher


def posts(server: HttpServer) -> int:
    return sum(request.method == "POST" for request in server.requests)


def polled(server: HttpServer, times: int) -> bool:
    return sum(request.method == "GET" for request in server.requests) >= times


@pytest.mark.parametrize("active", [True, False])
def test_a_post_is_never_sent_at_an_interval(tmp_path: Path, http_server: HttpServer, active: bool) -> None:
    with posting(tmp_path, http_server, active) as watcher:
        watcher.until(lambda now: polled(http_server, 10), "ten polls of the other signal")
        watcher.do(SenseNow("ana", ("wipe",), confirmed=True))
        if active:
            watcher.until(lambda now: any(isinstance(one.body, Refused) for one in watcher.events), "a refusal")
        watcher.until(lambda now: polled(http_server, 20), "ten more polls")
    assert posts(http_server) == 0


def test_a_post_is_sent_once_when_it_is_allowed_and_confirmed(tmp_path: Path, http_server: HttpServer) -> None:
    with posting(tmp_path, http_server, active=True, allow=("wipe",)) as watcher:
        watcher.do(SenseNow("ana", ("wipe",)))
        watcher.until(lambda now: any(isinstance(one.body, Refused) for one in watcher.events), "it asks first")
        watcher.do(SenseNow("ana", ("wipe",), confirmed=True))
        watcher.until(lambda now: posts(http_server) == 1, "one POST")
        watcher.until(lambda now: polled(http_server, 20), "polls of the other signal")
    assert posts(http_server) == 1


def test_a_combination_is_judged_from_its_active_member_once_that_ran(tmp_path: Path, http_server: HttpServer) -> None:
    with posting(tmp_path, http_server, active=True, allow=("wipe",)) as watcher:
        watcher.do(SenseNow("ana", ("all",)))
        watcher.until(lambda now: polled(http_server, 3), "polls of the passive member")
        watcher.until(lambda now: "active check, not run yet" in now.signals["both"].verdict.because, "it is missing")
        assert posts(http_server) == 0
        watcher.do(SenseNow("ana", ("all", "wipe"), confirmed=True))
        watcher.until(lambda now: now.signals["all"].verdict.level is Level.PASS, "the outer combination passes")
    assert posts(http_server) == 1

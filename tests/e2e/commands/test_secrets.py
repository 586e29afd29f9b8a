"""Canaries in every place a secret may come from: none is on the screen, in a file of ours, or printed."""

import base64
import html
import json
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, quote_plus

import psycopg
import pytest

from mmcockpit.simulator.servers.postgres import Postgres
from mmcockpit.simulator.servers.valkey import Valkey
from tests.conftest import KubernetesApi
from tests.e2e.pty_session import Place, cursor, leave, until
from tests.servers.http import Answer, HttpServer
from tests.servers.needs import need
from tests.sources.kubernetes.kubernetes_writer import Writer

SIGNALS = {
    "answer": {"database.scalar": "select note from {table}", "pass": 'value == "nothing"'},
    "stranger": {"other_database.scalar": "select 1", "pass": "value == 1.0"},
    "clients": {"cache.info": {"section": "clients"}, "pass": "value.connected_clients >= 1"},
    "unknown": {"other_cache.info": {"section": "clients"}, "pass": "value.connected_clients >= 1"},
    "echo": {
        "api.get": {"path": "/echo", "headers": ["x-echo"], "json": {"you": "you"}},
        "pass": "value.status == 200",
    },
    "denied": {"prometheus.query": "up", "pass": "value == 1.0"},
    "vault": {"cluster.get": {"kind": "secret", "name": "vault"}, "pass": "value.exists"},
}


def canary() -> str:
    """Return a value that is nowhere else."""
    return f"Canary{secrets.token_hex(8)}"


def forms(secret: str) -> set[str]:
    """Return what a system may make of a secret that it repeats."""
    plain = {secret, json.dumps(secret)[1:-1], quote(secret), quote_plus(secret), html.escape(secret)}
    pairs = (f"{name}{secret}".encode() for name in ("", "u:", "us:", "usr:"))
    return {*plain, *(base64.b64encode(pair).decode() for pair in pairs)}


def traces(secret: str) -> set[str]:
    """Return what must be nowhere: each form, and of those in base64 the part that holds nothing but the secret."""
    return {part for form in forms(secret) for part in (form, form[6:-6])}


@pytest.fixture
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Valkey, str]]:
    """Give a Valkey with a password, and the password."""
    need(Valkey.binary(), "no valkey-server")
    password = canary()
    with Valkey(tmp_path_factory.mktemp("guarded"), config={"requirepass": password}) as server:
        yield server, password


def test_no_secret_gets_out(
    place: Place,
    tmp_path_factory: pytest.TempPathFactory,
    guarded: tuple[Valkey, str],
    postgres: Postgres,
    kubernetes_api: KubernetesApi,
    http_server: HttpServer,
) -> None:
    valkey, cache_password = guarded
    wrong, token, in_vault, table = canary(), f'"{canary()}\\<&/ x', canary(), f"e2e_{secrets.token_hex(4)}"
    database_password = psycopg.conninfo.conninfo_to_dict(postgres.dsn)["password"]
    assert database_password
    token_file = tmp_path_factory.mktemp("token") / "token"
    token_file.write_text(f"{token}\n")
    echoed = {"X-Echo": f"Bearer {token}", "Content-Type": "application/json"}
    more = sorted(forms(token))
    http_server.answers["/echo"] = Answer(200, json.dumps({"you": f"Bearer {token}", token: more}), echoed)
    refused = json.dumps({"status": "error", "errorType": "unauthorized", "error": f"no such token {token}"})
    for path in ("/api/v1/query", "/api/v1/status/buildinfo"):
        http_server.answers[path] = Answer(401, refused, echoed)
    env = {
        "E2E_DSN": postgres.dsn,
        "E2E_OTHER_DSN": postgres.dsn.replace(str(database_password), wrong),
        "E2E_URL": valkey.url,
        "E2E_OTHER_URL": valkey.url.replace(cache_password, wrong),
    }
    with (
        psycopg.connect(postgres.dsn, autocommit=True) as connection,
        Writer(kubernetes_api.kubeconfig, f"e2e-{secrets.token_hex(4)}") as cluster,
    ):
        connection.execute(f"create table {table} as select '{database_password}'::text as note")
        cluster.make("secret", "vault", data={"key": base64.b64encode(in_vault.encode()).decode()})
        write_cockpit(place, table, cluster, http_server.url, token_file)
        output = watched(place, env)
        output += b"".join(printed(place, env))
        connection.execute(f"drop table {table}")
    canaries = [wrong, token, in_vault, cache_password, str(database_password)]
    for secret in canaries:
        for form in traces(secret):
            assert form.encode() not in output, "on the screen, or printed"
            for file in filter(Path.is_file, place.folder.rglob("*")):
                assert form.encode() not in file.read_bytes(), f"in {file.name}"
    assert "•••".encode() in output, "something was struck out at all"


def watched(place: Place, env: dict[str, str]) -> bytes:
    """Run until every signal was asked, tell about every item, copy; return every byte drawn."""
    with place.open("run", "cockpit.yaml", size=(200, 50), env=env) as program:
        until(program, lambda: bool(place.journals) and asked(place.journal) >= set(SIGNALS), "all are asked")
        # The grouped list was drawn; the order of the document has every item in one place.
        program.press("g")
        program.wait_for(r"\[.\] +1 Item")
        program.press("\x1b[H")
        until(program, lambda: cursor(program).startswith(("▾", "▸")), "the cursor is on the first row")
        program.press("jj")
        for number, name in enumerate(SIGNALS, 1):
            program.wait_for(rf">.\[.\] +{number} Item {name}")
            program.press("\r")
            program.wait_for("Why ━")
            program.press("1yj")
            program.wait_for("copied")
        program.press("GL")
        program.quiet(0.5, 2)
        program.press("0")
        assert leave(program) == 0
        return bytes(program.output)


def printed(place: Place, env: dict[str, str]) -> Iterator[bytes]:
    """What the commands print of the session and of the sources."""
    reports = [["report"], ["report", "--format", "html"]]
    commands = [
        *reports,
        ["log"],
        ["log", "--format", "jsonl"],
        ["verify"],
        ["sessions"],
        ["doctor"],
        ["check", "cockpit.yaml"],
    ]
    for words in commands:
        done = place.call(*words, env=env)
        assert "Traceback" not in done.stderr
        yield (done.stdout + done.stderr).encode()


def asked(journal: Path) -> set[str]:
    """Return the names of the signals that the journal holds an answer of."""
    lines = journal.read_bytes().split(b"\n")[:-1]
    return {body[0] for _, _, _, tag, body, _ in map(json.loads, lines) if tag == "o"}


def write_cockpit(place: Place, table: str, cluster: Writer, url: str, token: Path) -> None:
    """Write a cockpit file that asks for every canary."""
    bearer = {"file": os.fspath(token)}
    kubeconfig = {"kubeconfig": os.fspath(cluster.kubeconfig), "namespace": cluster.namespace}
    sources: dict[str, dict[str, object]] = {
        "database": {"kind": "postgres", "dsn": {"env": "E2E_DSN"}},
        "other_database": {"kind": "postgres", "dsn": {"env": "E2E_OTHER_DSN"}},
        "cache": {"kind": "redis", "url": {"command": ["printenv", "E2E_URL"]}},
        "other_cache": {"kind": "redis", "url": {"env": "E2E_OTHER_URL"}},
        "api": {"kind": "http", "url": url, "token": bearer},
        "prometheus": {"kind": "prometheus", "url": url, "token": {"command": ["cat", os.fspath(token)]}},
        "cluster": {"kind": "kubernetes", **kubeconfig},
    }
    signals = json.loads(json.dumps(SIGNALS).replace("{table}", table))
    items = [{"title": f"Item {name}", "signal": name} for name in SIGNALS]
    phases = [{"title": "All", "sections": [{"title": "Sensed", "items": items}]}]
    place.write("list.yaml", json.dumps({"name": "canaries", "title": "Canaries", "phases": phases}))
    head = {"name": "Canaries", "environment": "test", "checklist": "list.yaml", "layout": "go-live"}
    every = {name: {**source, "every": "1s"} for name, source in sources.items()}
    titled = {name: {"title": name, **signal} for name, signal in signals.items()}
    place.write("cockpit.yaml", json.dumps({**head, "sources": every, "signals": titled}))

"""What is found in a Loki: in a real one, and by the bytes of others."""

import asyncio
import json
import time
from pathlib import Path
from typing import Any

import pytest

from mmcockpit import sources
from mmcockpit.core.model.cockpit import SourceSpec
from mmcockpit.core.model.reading import Fault, ProbeError, Reading
from mmcockpit.core.model.verdict import Level
from mmcockpit.discovery.budget import Budget
from mmcockpit.discovery.connection import Connection
from mmcockpit.discovery.loki import discover as loki
from mmcockpit.sources.common.secrets import Secrets
from tests.discovery.command import Program
from tests.discovery.discoveries import discover
from tests.servers.http import Answer, HttpServer
from tests.servers.loki.server import Loki
from tests.sources.polling import answer, opened, probe

pytestmark = pytest.mark.anyio
BUILD = {"version": "3.5.1", "revision": "d4e637d", "branch": "release-3.5.x", "goVersion": "go1.24.1"}


class RecordedLoki(HttpServer):
    """A Loki whose streams have these labels; every number is 7."""

    labels = ("app", "namespace")

    def answer(self, request: Any) -> Answer:
        found = self.answers.get(request.path)
        if found is not None:
            return found
        stamp = time.time()
        match request.path:
            case "/loki/api/v1/status/buildinfo":
                body: dict[str, Any] = BUILD
            case "/loki/api/v1/labels":
                body = {"status": "success", "data": list(self.labels)}
            case "/loki/api/v1/query_range":
                stream = {"stream": {"app": "api"}, "values": [[f"{int(stamp)}000000000", "GET /"]]}
                body = {"status": "success", "data": {"resultType": "streams", "result": [stream], "stats": {}}}
            case _:
                one = {"metric": {}, "value": [stamp, "7"]}
                body = {"status": "success", "data": {"resultType": "vector", "result": [one], "stats": {}}}
        return Answer(body=json.dumps(body))


async def found_in(server: RecordedLoki, namespace: str) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the arguments of the signals by name, and what was left out with the reason."""
    spec = SourceSpec("loki", "loki", {"url": server.url})
    source = sources.open_source(spec, Secrets())
    try:
        found = await loki(Connection(spec, source, namespace), Budget())
    finally:
        await source.close()
    assert found.sources[0].comment == "Loki 3.5.1"
    return {one.name: one.args for one in found.signals}, {one.what: one.reason for one in found.missing}


async def test_it_is_recognised_and_its_first_signal_passes(tmp_path: Path) -> None:
    with RecordedLoki() as server:
        found = await discover(loki, "loki", "loki", url=server.url)
        assert (await found.results(tmp_path))["loki_answers"].level is Level.PASS
        assert found.used == 2
        assert found.missing == {"errors in logs": "no namespace given: use --namespace"}
        assert found.items == {"Loki answers queries": "loki_answers"}


async def test_the_errors_of_a_namespace_are_counted_by_the_label_that_exists() -> None:
    with RecordedLoki() as server:
        signals, missing = await found_in(server, "shop")
        assert signals["loki_errors"].startswith('sum(count_over_time({namespace="shop"} |~ `')
        assert missing == {}
        server.labels = ("app", "pod")
        signals, missing = await found_in(server, "shop")
        assert signals.keys() == {"loki_answers"}
        assert missing["errors in logs"].startswith("none of the labels namespace, k8s_namespace_name")


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (Answer(401, "no org id"), "no org id; set tenant, because this Loki has several$"),
        (Answer(200, "<html>"), "HTML instead of JSON"),
    ],
    ids=["no tenant", "another page"],
)
async def test_what_is_no_loki_is_a_fault_with_the_reason(answer: Answer, why: str) -> None:
    with RecordedLoki() as server:
        server.answers = dict.fromkeys(("/loki/api/v1/status/buildinfo", "/loki/api/v1/labels"), answer)
        with pytest.raises(ProbeError, match=why):
            await discover(loki, "loki", "loki", url=server.url)


def test_init_writes_the_source_with_its_tenant_and_the_signals_that_answer(program: Program) -> None:
    with RecordedLoki() as server:
        ran = program.discover(
            "--loki", server.url, "--loki-tenant", "team", "--context", "none", "--namespace", "shop"
        )
        assert ran.code == 0, ran
        assert {one.headers.get("X-Scope-OrgID") for one in server.requests} == {"team"}
    text = program.cockpit_text
    assert "# Loki 3.5.1" in text
    assert "tenant: team" in text
    (errors,) = [one for one in program.cockpit.signals if one.name == "loki_errors"]
    assert (errors.informational, errors.fresh) == (True, '{namespace="shop"}')
    refused = program.discover("--prometheus", "http://127.0.0.1:9", "--loki-tenant", "team")
    assert (refused.code, "--loki-tenant needs --loki URL" in refused.err) == (2, True)


def test_the_signals_that_init_finds_in_a_real_loki_have_data(program: Program, loki_server: Loki) -> None:
    found = ("--loki", loki_server.url, "--loki-tenant", "found", "--context", "none", "--namespace", "shop")
    loki_server.push("found", [(0, "GET / 200")], app="api")
    empty = program.discover(*found)
    assert empty.code == 0, empty
    assert "none of the labels namespace" in program.cockpit_text
    loki_server.push("found", [(1, "level=error no route"), (0, "GET / 200")], app="api", namespace="shop")
    ran = program.discover(*found)
    assert ran.code == 0, ran
    assert "# Loki 3.7.8" in program.cockpit_text
    program.assert_all_answer()
    signals = {one.name: one.args for one in program.cockpit.signals}
    assert isinstance(asyncio.run(read_by("found|other", loki_server, signals["loki_answers"])), Fault)


async def read_by(tenant: str, server: Loki, args: dict[str, Any]) -> Reading | Fault:
    """Poll a query as a tenant; several are not allowed in this Loki, but it answers them what reads no lines."""
    async with opened("loki", url=server.url, tenant=tenant) as source:
        return await answer(probe("loki", source, "query", args, timeout=2.0))

"""What is found on a web server: over real connections, with and without TLS."""

import argparse
from pathlib import Path
from typing import Any

import pytest

from mmcockpit.cli.discovery_sources import arguments, specs
from mmcockpit.core.model.cockpit import SourceSpec
from mmcockpit.core.model.reading import ProbeError
from mmcockpit.core.model.verdict import Level
from mmcockpit.discovery.budget import Budget
from mmcockpit.discovery.cluster.hosts import MOST_HOSTS, add_hosts
from mmcockpit.discovery.draft import FindingsDraft
from mmcockpit.discovery.http import HEALTH_PATHS
from mmcockpit.discovery.http import discover as http
from mmcockpit.simulator.servers.process import free_port
from tests.discovery.discoveries import discover
from tests.servers.http import Answer, HttpServer
from tests.servers.tls import TlsServers

pytestmark = pytest.mark.anyio


async def test_only_health_paths_that_respond_get_a_signal(http_server: HttpServer, tmp_path: Path) -> None:
    http_server.answers |= {"/": Answer(body="shop"), "/healthz": Answer(body="ok"), "/ready": Answer(302)}
    found = await discover(http, "web", "http", url=http_server.url)
    results = await found.results(tmp_path)
    assert {name: result.level for name, result in results.items()} == {
        "web_status": Level.PASS,
        "web_healthz": Level.PASS,
    }
    url = http_server.url
    assert found.missing == {
        f"{url} /readyz, /livez, /health, /status, /actuator/health": "status 404, as for any path that does not exist",
        f"{url} /ready": "status 302",
    }
    assert found.used == len(http_server.requests) - 2 == 2 + len(HEALTH_PATHS)


@pytest.mark.parametrize(
    ("given", "base"),
    [("/health", ""), ("/shop/actuator/health/", "/shop"), ("/shop", "/shop"), ("/shop/", "/shop/"), ("", "")],
)
async def test_a_health_path_in_the_address_is_found_below_the_rest(given: str, base: str) -> None:
    parser = argparse.ArgumentParser()
    arguments(parser)
    (spec,) = specs(parser.parse_args(["--http", f"https://shop.example{given}"]))
    assert spec.options["url"] == f"https://shop.example{base}"


async def test_a_service_that_is_not_ready_fails_with_its_status(http_server: HttpServer, tmp_path: Path) -> None:
    http_server.answers |= {"/": Answer(body="shop"), "/readyz": Answer(503, '{"error": "no database"}')}
    found = await discover(http, "web", "http", url=http_server.url)
    result = (await found.results(tmp_path))["web_readyz"]
    assert result.level is Level.FAIL
    assert "503" in result.reason


class EveryPath(HttpServer):
    """It has the same answer for every path."""

    same = Answer(body="<html>shop</html>")

    def answer(self, request: Any) -> Answer:
        return self.same


async def test_a_page_for_every_path_proves_no_health(tmp_path: Path) -> None:
    with EveryPath() as server:
        found = await discover(http, "web", "http", url=server.url)
        assert (await found.results(tmp_path)).keys() == {"web_status"}
    (reason,) = found.missing.values()
    assert reason == "status 200, as for any path that does not exist"


async def test_a_gateway_without_a_service_fails_once(tmp_path: Path) -> None:
    with EveryPath() as server:
        server.same = Answer(502, "bad gateway")
        found = await discover(http, "web", "http", url=server.url)
        results = await found.results(tmp_path)
    assert {name: result.level for name, result in results.items()} == {"web_status": Level.FAIL}


async def test_a_trusted_certificate_gets_a_signal(tls_servers: TlsServers, tmp_path: Path) -> None:
    host, port = tls_servers.good
    found = await discover(http, "web", "http", url=f"https://{host}:{port}", ca=str(tls_servers.ca))
    results = await found.results(tmp_path)
    assert {name: result.level for name, result in results.items()} == {
        "web_certificate": Level.PASS,
        "web_status": Level.PASS,
    }
    assert found.items[f"Certificate of {host} is valid for more than 14 days"] == "web_certificate"


@pytest.mark.parametrize(("kind", "reason"), [("expiring", "days"), ("expired", "expired"), ("wrong_name", "mismatch")])
async def test_an_invalid_certificate_fails_with_its_reason(
    kind: str, reason: str, tls_servers: TlsServers, tmp_path: Path
) -> None:
    host, port = getattr(tls_servers, kind)
    found = await discover(http, "web", "http", url=f"https://{host}:{port}", ca=str(tls_servers.ca))
    result = (await found.results(tmp_path))["web_certificate"]
    assert result.level is Level.FAIL
    assert reason in result.reason.lower()


async def test_a_server_that_is_down_is_a_fault_with_the_reason() -> None:
    url = f"http://127.0.0.1:{free_port()}"
    with pytest.raises(ProbeError, match=f"{url}: refused"):
        await discover(http, "web", "http", url=url)


async def test_paths_beyond_the_budget_are_named_as_not_queried(http_server: HttpServer) -> None:
    http_server.answers["/"] = Answer(body="shop")
    found = await discover(http, "web", "http", Budget(requests=2), url=http_server.url)
    assert len(http_server.requests) == found.used == 2
    (reason,) = found.missing.values()
    assert reason == "not queried: budget used: 2 requests sent"


async def test_hosts_of_ingresses_that_respond_get_a_source(http_server: HttpServer, tls_servers: TlsServers) -> None:
    http_server.answers["/"] = Answer(body="shop")
    hosts = ["{}:{}".format(*http_server.address), "{}:{}".format(*tls_servers.good), f"127.0.0.1:{free_port()}"]
    draft = FindingsDraft(SourceSpec("cluster", "kubernetes"))
    await add_hosts(draft, hosts, Budget())
    assert [source.options["url"] for source in draft.sources[1:]] == [f"http://{hosts[0]}", f"https://{hosts[1]}"]
    plain, secure = (source.name for source in draft.sources[1:])
    assert [signal.name for signal in draft.signals] == [f"{plain}_status", f"{secure}_certificate"]
    assert [(one.what, one.reason) for one in draft.missing][-1] == (
        f"Ingress host {hosts[2]}",
        f"https://{hosts[2]}: refused",
    )


async def test_hosts_beyond_the_limit_and_wildcards_are_left_out() -> None:
    draft = FindingsDraft(SourceSpec("cluster", "kubernetes"))
    hosts = [f"127.0.0.1:{free_port()}" for _ in range(MOST_HOSTS + 1)]
    await add_hosts(draft, [*hosts, "*.example.com"], Budget())
    missing = {one.what: one.reason for one in draft.missing}
    assert missing[f"Ingress host {hosts[-1]}"] == f"only the first {MOST_HOSTS} have signals of their own"
    assert missing["Ingress host *.example.com"] == "a wildcard: no name to query"
    assert [missing[f"Ingress host {host}"] for host in hosts[:-1]] == [
        f"https://{host}: refused" for host in hosts[:-1]
    ]

"""Servers that ask for a pause with Retry-After: the fault has it, for every system that is polled over HTTP."""

import time
from email.utils import formatdate
from pathlib import Path

import pytest

from mmcockpit.core.model.reading import Probe, ProbeError
from tests.servers.http import Answer, HttpServer
from tests.sources.kubernetes.kubernetes_replies import kubeconfig, says_http
from tests.sources.polling import opened, probe
from tests.sources.raw import RawServer

pytestmark = pytest.mark.anyio
LATER = "in an hour"
"""In place of a date, which is written when the test runs."""


async def pause(asking: Probe) -> float:
    with pytest.raises(ProbeError) as caught:
        await asking.read()
    return caught.value.retry_after_s


@pytest.mark.parametrize(
    ("kind", "name", "args", "paths"),
    [
        ("prometheus", "query", {"query": "up"}, ["/api/v1/query"]),
        ("alertmanager", "alerts", {}, ["/api/v2/status", "/api/v2/alerts"]),
        ("loki", "query", {"query": 'sum(rate({app="a"}[5m]))'}, ["/loki/api/v1/query"]),
        ("registry", "tag", {"image": "shop/api:1.0"}, ["/v2/shop/api/manifests/1.0"]),
    ],
)
@pytest.mark.parametrize(
    ("status", "headers", "seconds"),
    [
        (429, {"Retry-After": "3000"}, 3000.0),
        (503, {"Retry-After": LATER}, 3600.0),
        (503, {"Retry-After": "soon"}, 0.0),
        (503, {}, 0.0),
        (500, {"Retry-After": "3000"}, 0.0),
    ],
)
async def test_a_pause_that_a_server_asks_for_is_in_the_fault(
    http_server: HttpServer,
    kind: str,
    name: str,
    args: dict[str, str],
    paths: list[str],
    status: int,
    headers: dict[str, str],
    seconds: float,
) -> None:
    hour = formatdate(time.time() + 3600, usegmt=True)
    dated = {name: hour if value == LATER else value for name, value in headers.items()}
    http_server.answers = dict.fromkeys(paths, Answer(status, headers=dated))
    async with opened(kind, url=http_server.url) as source:
        assert await pause(probe(kind, source, name, args)) == pytest.approx(seconds, abs=300)


async def test_a_busy_kubernetes_api_asks_for_a_pause_too(tmp_path: Path) -> None:
    busy = says_http("429 Too Many Requests", "Too many requests, please try again later.", "Retry-After: 7\r\n")
    with RawServer(busy) as server:
        async with opened("kubernetes", kubeconfig=kubeconfig(tmp_path, server.url)) as source:
            assert await pause(probe("kubernetes", source, "get", {"kind": "service", "name": "api"})) == 7.0

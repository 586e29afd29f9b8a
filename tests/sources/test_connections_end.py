"""A source that is closed leaves no connection open, whatever its polls were doing."""

import asyncio
import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest

from mmcockpit import sources
from mmcockpit.simulator.servers.valkey import Valkey
from mmcockpit.sources.common.contract import Question
from tests.servers.http import HttpServer
from tests.servers.kube_apiserver import KubeApiserver
from tests.sources.polling import answer, opened

pytestmark = [pytest.mark.anyio, pytest.mark.filterwarnings("error::ResourceWarning")]
CANCELLED_AFTER_S = (0.0, 0.001, 0.003, 0.01, 0.05)
"""When a poll is cancelled: before, while and after it connects."""


@contextmanager
def nothing_left_open(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Fail if garbage collection finds something open that was not there before."""
    gc.collect()
    found: list[str] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda raised: found.append(str(raised.exc_value)))
    yield
    gc.collect()
    assert found == []


async def polled_and_cancelled(kind: str, name: str, args: dict[str, Any], **options: Any) -> None:
    """Open a source and close it, with a poll that was cancelled, and after polls that ended."""
    described = sources.kind(kind).probes[name]
    for after_s in CANCELLED_AFTER_S:
        for polls in (0, 3):
            async with opened(kind, **options) as source:
                asked = described.make(source, Question(described.args.model_validate(args), 5.0, 60.0))
                for _ in range(polls):
                    await answer(asked)
                with suppress(TimeoutError):
                    async with asyncio.timeout(after_s):
                        await asyncio.gather(*(answer(asked) for _ in range(4)))


async def test_of_kubernetes(kube_apiserver: KubeApiserver, monkeypatch: pytest.MonkeyPatch) -> None:
    with nothing_left_open(monkeypatch):
        await polled_and_cancelled("kubernetes", "pods", {}, kubeconfig=str(kube_apiserver.kubeconfig))


async def test_of_http(http_server: HttpServer, monkeypatch: pytest.MonkeyPatch) -> None:
    with nothing_left_open(monkeypatch):
        await polled_and_cancelled("http", "get", {"path": "/"}, url=http_server.url)


async def test_of_redis(valkey: Valkey, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_REDIS_URL", valkey.url)
    with nothing_left_open(monkeypatch):
        await polled_and_cancelled("redis", "info", {}, url={"env": "TEST_REDIS_URL"})

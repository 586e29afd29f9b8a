"""Watches that break, freeze, expire or are not offered: the list is read again, or polled."""

import asyncio
import time
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from mmcockpit.core.model.cockpit import SourceSpec
from mmcockpit.core.model.reading import Fault, FaultKind, Reading
from mmcockpit.sources import open_source
from mmcockpit.sources.common.secrets import Secrets
from mmcockpit.sources.kubernetes.api.watch import watched_list
from tests.servers.kube_apiserver import KubeApiserver
from tests.servers.wait import PATIENCE_S
from tests.sources.kubernetes.kubernetes_writer import Writer
from tests.sources.kubernetes.watch.api_proxy import ApiProxy, Asked, status
from tests.sources.kubernetes.watch.watching import PODS, SPEC, sampled, until, where
from tests.sources.polling import answer, answer_until, fault, opened, poll_until, probe, value

pytestmark = pytest.mark.anyio


async def test_a_frozen_connection_is_no_data_in_time_and_recovers(proxy: ApiProxy, writer: Writer) -> None:
    limit = 4.0
    async with opened("kubernetes", **where(proxy)) as source:
        pods = probe("kubernetes", source, "pods", {"selector": "app=x"}, stale_after=limit, timeout=0.5)
        await value(pods)
        await value(pods)
        await until(lambda: bool(proxy.watches))
        proxy.frozen, began = True, time.monotonic()
        while True:
            # The age when the poll began: what comes later is the machine's.
            asked, asked_after = time.time(), time.monotonic() - began
            if not isinstance(read := await answer(pods), Reading):
                break
            assert asked - sampled(read) < limit
            assert asked_after < limit
            await asyncio.sleep(0.05)
        print(f"frozen: no data after {time.monotonic() - began:.1f} s with stale_after {limit:g} s: {read.message}")
        assert read.kind is FaultKind.TIMEOUT
        proxy.frozen = False
        await poll_until(pods, lambda counted: counted["total"] == 1)


@pytest.mark.parametrize("gone", ["status", "event"])
async def test_versions_that_expired_are_read_again(proxy: ApiProxy, writer: Writer, gone: str) -> None:
    event = b'{"type":"ERROR","object":' + status(410, "Expired", "too old resource version: 1 (9)")[1] + b"}\n"
    answers = {"status": status(410, "Expired", "too old resource version"), "event": (200, event)}
    refused: list[Asked] = []

    def once(asked: Asked) -> Any:
        if not asked.watch or refused:
            return None
        refused.append(asked)
        return answers[gone]

    async with opened("kubernetes", **where(proxy)) as source:
        proxy.answer = once
        pods = probe("kubernetes", source, "pods", {"selector": "app=x"})
        await value(pods)
        await value(pods)
        await until(lambda: bool(refused))
        read = await poll_until(pods, lambda counted: counted["total"] == 1 and len(proxy.watches) > 1)
        assert read.remark == ""
        assert proxy.lists(PODS) == 3, "the first two polls, and once again"


@pytest.mark.parametrize(
    ("answered", "why"),
    [
        (status(403, "Forbidden", "no"), "polled, not watched: may not watch pods in watched"),
        (status(405, "MethodNotAllowed", "the server does not allow this method"), "does not allow this method"),
        ((200, b'{"kind": "PodList", "metadata": {}, "items": []}'), "the response is not a watch"),
        ((200, b"<html>Sign in</html>\n"), "the response is not a watch"),
    ],
    ids=["forbidden", "not allowed", "a list", "html"],
)
async def test_what_cannot_be_watched_is_polled_with_a_remark(proxy: ApiProxy, answered: Any, why: str) -> None:
    proxy.answer = lambda asked: answered if asked.watch else None
    async with opened("kubernetes", **where(proxy)) as source:
        pods = probe("kubernetes", source, "pods", {"selector": "app=x"})
        await value(pods)
        await value(pods)
        await until(lambda: bool(proxy.watches))
        # The poll that is first after the watch may begin before the response to it is read.
        await answer_until(pods, lambda read: isinstance(read, Reading) and bool(read.remark))
        listed = proxy.lists(PODS)
        for number in range(1, 4):
            last = await answer(pods)
            assert isinstance(last, Reading)
            assert (last.value["total"], last.sampled) == (1, None)
            assert why in last.remark
            assert proxy.lists(PODS) == listed + number
        assert len(proxy.watches) == 1


async def test_a_login_that_is_refused_during_a_watch_is_no_data_until_it_is_accepted(
    proxy: ApiProxy, writer: Writer
) -> None:
    refused = status(401, "Unauthorized", "Unauthorized")
    async with opened("kubernetes", **where(proxy)) as source:
        pods = probe("kubernetes", source, "pods", {"selector": "app=x"})
        await value(pods)
        await value(pods)
        await until(lambda: bool(proxy.watches))
        proxy.answer = lambda asked: refused
        proxy.cut()
        # A poll on a connection that was just cut may fail otherwise.
        await answer_until(pods, lambda read: isinstance(read, Fault) and read.kind is FaultKind.UNAUTHORISED)
        proxy.answer = lambda asked: None
        watches = len(proxy.watches)
        read = await poll_until(pods, lambda counted: counted["total"] == 1 and len(proxy.watches) > watches)
        assert read.remark == ""


async def test_a_watch_that_alone_is_refused_a_login_is_polled_with_a_remark(proxy: ApiProxy, writer: Writer) -> None:
    proxy.answer = lambda asked: status(401, "Unauthorized", "Unauthorized") if asked.watch else None
    async with opened("kubernetes", **where(proxy)) as source:
        pods = probe("kubernetes", source, "pods", {"selector": "app=x"})
        read = await answer_until(pods, lambda read: "401" in getattr(read, "remark", ""))
        assert isinstance(read, Reading)
        assert read.value["total"] == 1
        assert len(proxy.watches) == 2 * watched_list.FAILURES, "each is tried again with a new login"


async def test_a_namespace_that_is_deleted_while_it_is_watched_reads_as_if_it_were_polled(
    proxy: ApiProxy, kube_apiserver: KubeApiserver
) -> None:
    name = "deleted-while-watched"
    queries = [
        ("pods", {"selector": "app=x"}),
        ("get", {"kind": "pod/stays"}),
        ("get", {"kind": f"namespace/{name}"}),
        ("list", {"kind": "pod"}),
    ]
    with Writer(kube_apiserver.kubeconfig, name) as inside:
        inside.make("pod", "stays", spec=SPEC, metadata={"labels": {"app": "x"}})
        async with opened("kubernetes", **{**where(proxy), "namespace": name}) as source:
            watched = [probe("kubernetes", source, *query) for query in queries]
            for _ in range(2):
                for asked in watched:
                    await value(asked)
            await until(lambda: len(proxy.watches) >= 2)
            await asyncio.to_thread(inside.remove_namespace)
            async with opened("kubernetes", **{**where(proxy), "namespace": name}) as other:
                for asked, query in zip(watched, queries, strict=True):
                    expected = told(await answer(probe("kubernetes", other, *query)))
                    await answer_until(asked, partial(_reads, expected))
                    print(query, expected)


def told(read: Any) -> Any:
    return read.value if isinstance(read, Reading) else (read.kind, read.message)


def _reads(expected: Any, read: Any) -> bool:
    return bool(told(read) == expected)


async def test_a_proxy_that_holds_back_a_watch_is_noticed(
    proxy: ApiProxy, writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watched_list, "HELD_BACK", 1)
    proxy.held_back = True
    async with opened("kubernetes", **where(proxy)) as source:
        pods = probe("kubernetes", source, "pods", {"selector": "app=x"}, stale_after=8.0)
        await value(pods)
        await value(pods)
        async with asyncio.timeout(PATIENCE_S):
            while "holds back" not in getattr(await answer(pods), "remark", ""):
                # The API server sends bookmarks where versions have changed.
                await asyncio.to_thread(writer.patch, "pod", "stays", {"metadata": {"labels": {"n": f"{time.time()}"}}})


async def test_connections_that_are_cut_again_and_again_are_polled(proxy: ApiProxy) -> None:
    async with opened("kubernetes", **where(proxy)) as source:
        proxy.answer = lambda asked: (200, b"") if asked.watch else None
        pods = probe("kubernetes", source, "pods", {"selector": "app=x"})
        await answer_until(pods, lambda read: "ended early" in getattr(read, "remark", ""))
        assert len(proxy.watches) == watched_list.FAILURES


async def test_a_lost_server_is_the_fault_as_without_a_watch(
    kube_apiserver: KubeApiserver, tmp_path: Path, writer: Writer
) -> None:
    with ApiProxy(kube_apiserver.kubeconfig, tmp_path) as proxy:
        source = open_source(SourceSpec("under-test", "kubernetes", where(proxy)), Secrets())
        pods = probe("kubernetes", source, "pods", {"selector": "app=x"})
        await value(pods)
        await value(pods)
        await until(lambda: bool(proxy.watches))
    try:
        await answer_until(pods, lambda read: isinstance(read, Fault) and read.kind is FaultKind.REFUSED)
        assert (await fault(pods)).kind is FaultKind.REFUSED
    finally:
        await source.close()

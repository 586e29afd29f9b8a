"""Lists that are kept up to date by a watch, against the real API server: few requests, quick, never outdated."""

import asyncio
import time
import tracemalloc
from asyncio import sslproto
from typing import Any

import pytest

from mmcockpit.core.model.reading import Reading
from mmcockpit.sources.kubernetes.api.cluster import KUBE_SYSTEM
from mmcockpit.sources.kubernetes.api.watch import watched_list
from tests.servers.wait import PATIENCE_S
from tests.sources.kubernetes.kubernetes_writer import Writer
from tests.sources.kubernetes.watch.api_proxy import ApiProxy
from tests.sources.kubernetes.watch.watching import NAMESPACE, PODS, SPEC, sampled, until, where
from tests.sources.polling import answer, opened, poll_until, probe, value

pytestmark = pytest.mark.anyio


async def test_one_poll_starts_no_watch_and_the_second_one_does(proxy: ApiProxy) -> None:
    async with opened("kubernetes", **where(proxy)) as source:
        pods = probe("kubernetes", source, "pods", {"selector": "app=x"})
        first = await answer(pods)
        assert isinstance(first, Reading)
        assert first.sampled is None
        assert not proxy.watches
        began = time.time()
        assert (await value(pods))["total"] == 1
        await until(lambda: bool(proxy.watches))
        (watch,) = proxy.watches
        assert (watch.path, watch.query["allowWatchBookmarks"]) == (PODS, "true")
        asked = len(proxy.requests)
        third = await answer(pods)
        assert sampled(third) >= began - 1, "the API server tells its time in whole seconds"
        await poll_until(pods, lambda counted: counted["total"] == 1)
        # The new connection is identified once.
        assert [one.path for one in proxy.requests[asked:]] in ([], [KUBE_SYSTEM])


async def test_all_signals_of_a_list_share_one_watch(proxy: ApiProxy, writer: Writer) -> None:
    async with opened("kubernetes", **where(proxy)) as source:
        args: dict[str, dict[str, Any]] = {
            "pods": {"selector": "app=x"},
            "network": {"port": "80"},
            "list": {"kind": "pod"},
            "get": {"kind": "pod/stays"},
        }
        probes = [probe("kubernetes", source, name, given) for name, given in args.items()]
        for _ in range(4):
            await asyncio.gather(*map(value, probes))
        watched = [one for one in proxy.watches if one.path == PODS and "fieldSelector" not in one.query]
        polled = len(proxy.requests)
        for _ in range(5):
            assert (await value(probes[0]))["total"] == 1
            assert [one["metadata"]["name"] for one in await value(probes[2])] == ["stays"]
            assert (await value(probes[3]))["exists"]
        assert not [one for one in proxy.requests[polled:] if one.path.startswith(PODS) and not one.watch]
        assert len(watched) <= 2, "restarted at most once, for another form of the objects"


async def test_the_connection_of_a_watch_takes_little_memory(proxy: ApiProxy) -> None:
    async with opened("kubernetes", **where(proxy)) as source:
        pods = probe("kubernetes", source, "pods", {"selector": "app=x"})
        tracemalloc.start()
        try:
            assert (await value(pods))["total"] == (await value(pods))["total"] == 1
            await until(lambda: bool(proxy.watches))
            of_tls = tracemalloc.take_snapshot().filter_traces([tracemalloc.Filter(True, sslproto.__file__)])
        finally:
            tracemalloc.stop()
    buffers = [trace.size for trace in of_tls.traces if trace.size > 16 * 1024]
    assert buffers
    assert max(buffers) < 72 * 1024


async def test_a_change_wakes_the_probes_that_read_it(proxy: ApiProxy, writer: Writer) -> None:
    async with opened("kubernetes", **where(proxy)) as source:
        mine = probe("kubernetes", source, "pods", {"selector": "app=y"})
        other = probe("kubernetes", source, "pods", {"selector": "app=z"})
        woken: list[tuple[str, float]] = []
        for name, one in (("mine", mine), ("other", other)):
            one.listen(lambda name=name: woken.append((name, time.monotonic())))  # type: ignore[attr-defined]
            assert (await value(one))["total"] == 0
            assert (await value(one))["total"] == 0
        await until(lambda: bool(proxy.watches))
        writer.make("pod", "comes", spec=SPEC, metadata={"labels": {"app": "y"}})
        await until(lambda: bool(woken))
        assert (await value(mine))["total"] == 1
        woken.clear()
        began = time.monotonic()
        await asyncio.to_thread(writer.delete, "pod", "comes")
        await until(lambda: bool(woken))
        print(f"a pod deleted: the probe is woken after {(woken[0][1] - began) * 1000:.0f} ms, request included")
        await poll_until(mine, lambda counted: counted["total"] == 0)
        assert {name for name, _ in woken} == {"mine"}


async def test_a_quiet_list_is_never_older_than_its_limit(proxy: ApiProxy) -> None:
    async with opened("kubernetes", **where(proxy)) as source:
        limit, ages = 6.0, list[float]()
        pods = probe("kubernetes", source, "pods", {"selector": "app=x"}, stale_after=limit)
        await value(pods)
        await value(pods)
        async with asyncio.timeout(PATIENCE_S):
            # Each watch lasts half of the limit.
            while len(proxy.watches) < 3:
                asked = time.time()
                ages.append(asked - sampled(await answer(pods)))
                await asyncio.sleep(0.05)
        print(f"oldest reading {max(ages):.1f} s with stale_after {limit:g} s")
        assert max(ages) < limit
        assert proxy.lists(PODS) == 2


async def test_a_source_that_is_closed_leaves_no_task(proxy: ApiProxy) -> None:
    before = asyncio.all_tasks()
    async with opened("kubernetes", **where(proxy)) as source:
        for name, args in (("pods", {}), ("get", {"kind": "pod/stays"}), ("list", {"kind": "service"})):
            one = probe("kubernetes", source, name, args)
            for _ in range(3):
                await value(one)
        assert any(task.get_name().startswith("watch ") for task in asyncio.all_tasks())
    assert asyncio.all_tasks() == before


async def test_a_watch_that_no_signal_needs_ends(proxy: ApiProxy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watched_list, "UNUSED_S", 0.5)
    before = asyncio.all_tasks()
    async with opened("kubernetes", **where(proxy)) as source:
        pods = probe("kubernetes", source, "pods", {}, stale_after=2.0)
        await value(pods)
        await value(pods)
        await until(lambda: asyncio.all_tasks() == before)


async def test_a_poll_that_is_cancelled_does_not_end_the_watch(proxy: ApiProxy) -> None:
    async with opened("kubernetes", **where(proxy)) as source:
        pods = probe("kubernetes", source, "pods", {"selector": "app=x"})
        await value(pods)
        await value(pods)
        await until(lambda: bool(proxy.watches))
        poll = asyncio.create_task(pods.read())
        await asyncio.sleep(0)
        poll.cancel()
        await asyncio.gather(poll, return_exceptions=True)
        assert (await value(pods))["total"] == 1
        assert len(proxy.watches) == 1


async def test_secrets_are_never_kept(proxy: ApiProxy, writer: Writer) -> None:
    writer.make("secret", "login", data={"password": "aHVudGVyMg=="})
    async with opened("kubernetes", **where(proxy)) as source:
        one = probe("kubernetes", source, "get", {"kind": "secret/login"})
        all_ = probe("kubernetes", source, "list", {"kind": "secret"})
        for _ in range(3):
            assert (await value(one))["exists"]
            assert len(await value(all_)) == 1
        assert not [asked for asked in proxy.watches if "secrets" in asked.path]


async def test_a_poll_of_one_object_never_reads_a_long_list(
    proxy: ApiProxy, writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watched_list, "FEW", 2)
    names = [f"map-{number}" for number in range(5)]
    for name in names:
        writer.make("configmap", name, data={"a": "b"})
    path = f"/api/v1/namespaces/{NAMESPACE}/configmaps"
    async with opened("kubernetes", **where(proxy)) as source:
        probes = [probe("kubernetes", source, "get", {"kind": f"configmap/{name}"}) for name in names[:3]]
        for _ in range(4):
            for one in probes:
                read = await answer(one)
                assert isinstance(read, Reading)
                assert (read.value["exists"], read.remark) == (True, "")
        lists = [asked for asked in proxy.requests if asked.path == path and not asked.watch]
        assert [asked.query.get("fieldSelector") for asked in lists].count(None) == 1, "one short page"
        only = {f"metadata.name={name}" for name in names[:3]}
        await until(lambda: {asked.query.get("fieldSelector") for asked in proxy.watches} == only)
        polled = len(proxy.requests)
        writer.delete("configmap", names[0])
        await poll_until(probes[0], lambda one: not one["exists"])
        # A new connection also asks which cluster this is.
        assert {asked.path for asked in proxy.requests[polled:] if not asked.watch} <= {KUBE_SYSTEM}

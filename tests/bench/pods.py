"""10,000 pods: the first list, stalls of the loop, memory, and 1,000 changes a second, from a real kube-apiserver.

`python -m tests.bench.pods [PODS]` prints only these figures. Beside the first list is what the same requests take with
aiohttp and msgspec alone: below that no client gets.
"""

import asyncio
import contextlib
import gc
import statistics
import sys
import tempfile
import time
import tracemalloc
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import aiohttp
import msgspec

from mmcockpit.core.model.cockpit import SourceSpec
from mmcockpit.core.model.reading import Probe
from mmcockpit.sources import kind, open_source
from mmcockpit.sources.common.contract import Question
from mmcockpit.sources.common.secrets import Secrets
from mmcockpit.sources.kubernetes.api.lists import PAGE
from mmcockpit.sources.kubernetes.api.page import ListPage
from mmcockpit.sources.kubernetes.api.watch.cache import Cache
from mmcockpit.sources.kubernetes.api.watch.event_lines import EventLines
from mmcockpit.sources.kubernetes.api.watch.store import ObjectEnvelope, WatchEvent
from mmcockpit.sources.kubernetes.pod.model import Pod
from tests.bench import event_sender, pod_writer
from tests.bench.files import Figure
from tests.bench.measure import cpu_s
from tests.servers.kube_apiserver import KubeApiserver

PODS = 10_000
RATE = 1_000
WATCHED_S = 8.0
RUNS = 5


def figures(pods: int = PODS) -> list[Figure]:
    """Return (what, value, unit, goal, against) for each."""
    with tempfile.TemporaryDirectory() as folder, KubeApiserver(Path(folder)) as server:
        pod_writer.fill(server.kubeconfig, pods)
        return measured(server, pods)


def measured(server: KubeApiserver, pods: int) -> list[Figure]:
    """Return the figures of a server that has the pods."""
    assert server.pid is not None, "the server runs"
    alone = asyncio.run(_alone(server.kubeconfig, server.pid))
    watch = asyncio.run(_watch(server.kubeconfig, pods))
    size, name = sum(map(len, alone.pages)) / 1e6, f"{pods} pods"
    made = f"the API server made {watch.made.rate:.0f}/s ({watch.made.share:.1f} %)"
    bound = (
        f"the requests alone {alone.wall_s:.2f} (CPU {alone.cpu_s:.2f}, API server {alone.server_s:.2f}; {size:.0f} MB)"
    )
    return [
        (f"{name}: first list", watch.first_s, "s", 0.5, bound),
        (f"{name}: CPU of the first list", watch.first_cpu_s, "s", 0, f"alone {alone.cpu_s:.2f}"),
        (
            f"{name}: longest stall of the loop",
            watch.stall_ms,
            "ms",
            15,
            f"CPU of one callback {watch.callback_ms:.1f}",
        ),
        (f"{name}: counted from the cache", watch.cached_s * 1000, "ms", 0, "CPU of a poll"),
        (f"{name}: memory of the cache", _kept(alone.pages), "MB", 20, f"pages of {PAGE}"),
        (
            f"{name}: CPU of {RATE} changes/s",
            watch.sent.share,
            "%",
            15,
            f"{watch.sent.rate:.0f}/s sent again, alone {watch.alone_share:.1f}; {made}",
        ),
    ]


class Alone(NamedTuple):
    """The list without our program: its pages, seconds, CPU seconds of the client and of the server."""

    pages: list[bytes]
    wall_s: float
    cpu_s: float
    server_s: float


async def _alone(kubeconfig: Path, server: int) -> Alone:
    """Read the list with aiohttp, and decode it with msgspec."""
    decoder = msgspec.json.Decoder(ListPage[Pod])
    runs = []
    with pod_writer.connected(kubeconfig) as (url, headers, trust):
        connector = aiohttp.TCPConnector(ssl=trust)
        async with aiohttp.ClientSession(url, headers=headers, connector=connector) as session:
            for _ in range(RUNS):
                pages, token = list[bytes](), ""
                began, spent, served = time.perf_counter(), time.process_time(), cpu_s(server)
                while not pages or token:
                    query = {"limit": str(PAGE), **({"continue": token} if token else {})}
                    async with session.get(pod_writer.PATH, params=query) as response:
                        pages.append(await response.read())
                    token = decoder.decode(pages[-1]).following
                taken = time.perf_counter() - began, time.process_time() - spent, cpu_s(server) - served
                runs.append(Alone(pages, *taken))
    return sorted(runs, key=lambda run: run.wall_s)[RUNS // 2]


class Changes(NamedTuple):
    """Changes of a watch: how many came a second, the per cent of a core that they took, and the events themselves."""

    rate: float
    share: float
    events: list[bytes]


class Watch(NamedTuple):
    """What was measured of the probe; changes as the API server `made` them, and `sent` again at RATE.

    `alone_share` is what the same changes take of a core with nothing but aiohttp and msgspec.
    """

    first_s: float
    first_cpu_s: float
    stall_ms: float
    callback_ms: float
    cached_s: float
    made: Changes
    sent: Changes
    alone_share: float


@contextlib.asynccontextmanager
async def _opened(kubeconfig: Path) -> AsyncIterator[Callable[[], Probe]]:
    """Yield what makes a probe of the pods."""
    source = open_source(SourceSpec("cluster", "kubernetes", {"kubeconfig": str(kubeconfig)}), Secrets())
    described = kind("kubernetes").probes["pods"]
    try:
        yield lambda: described.make(source, Question(described.args(), 60.0, 60.0))
    finally:
        await source.close()


async def _watch(kubeconfig: Path, pods: int) -> Watch:
    """List, then let the list be watched while it changes."""
    async with _opened(kubeconfig) as probe:
        await probe().read()
        # As the schedule does after the first poll of a source.
        gc.freeze()
        with _stalls() as late, _callbacks() as busy:
            first = [await _timed(probe()) for _ in range(RUNS)]
            watched = await _watched(probe(), pods)
            cached = min([(await _timed(watched))[1] for _ in range(RUNS)])
        # Without the watch of the loop, which takes CPU itself.
        with pod_writer.changing(kubeconfig, pods, RATE):
            made = await _applied(watched)
    with (
        tempfile.TemporaryDirectory() as folder,
        event_sender.sending(kubeconfig, made.events, RATE, Path(folder)) as address,
    ):
        async with _opened(address) as probe:
            sent = await _applied(await _watched(probe(), pods))
        alone_share = await _decoded(address)
    return Watch(
        statistics.median(wall for wall, _ in first),
        statistics.median(cpu for _, cpu in first),
        *(max(late), max(busy), cached, made, sent, alone_share),
    )


async def _decoded(kubeconfig: Path) -> float:
    """Return the per cent of a core that reading a watch takes if each event is only decoded, as it comes."""
    decoder, whole = msgspec.json.Decoder(WatchEvent[Pod]), EventLines()
    with pod_writer.connected(kubeconfig) as (url, headers, trust):
        async with (
            aiohttp.ClientSession(url, headers=headers, connector=aiohttp.TCPConnector(ssl=trust)) as session,
            session.get(pod_writer.PATH, params={"watch": "1"}) as response,
        ):
            since, spent = time.perf_counter(), time.process_time()
            async for part in response.content.iter_any():
                for line in whole.add(part):
                    decoder.decode(line)
                if (wall := time.perf_counter() - since) > WATCHED_S:
                    return (time.process_time() - spent) / wall * 100
    raise AssertionError("the watch ended")


async def _watched(probe: Probe, pods: int) -> Probe:
    for _ in range(2):
        assert (await probe.read()).value["total"] == pods
    return probe


async def _timed(probe: Probe) -> tuple[float, float]:
    """Return the seconds and the CPU seconds of a poll."""
    began, spent = time.perf_counter(), time.process_time()
    await probe.read()
    return time.perf_counter() - began, time.process_time() - spent


async def _applied(watched: Probe) -> Changes:
    """Return the changes of the next WATCHED_S."""
    events, began = list[bytes](), asyncio.Event()
    apply = Cache.apply

    def noted(self: Cache, line: bytes, host: str) -> None:
        events.append(line)
        began.set()
        apply(self, line, host)

    Cache.apply = noted  # type: ignore[method-assign]
    try:
        await began.wait()
        events.clear()
        since, spent = time.perf_counter(), time.process_time()
        await asyncio.sleep(WATCHED_S)
        wall, busy = time.perf_counter() - since, time.process_time() - spent
        await watched.read()
    finally:
        Cache.apply = apply  # type: ignore[method-assign]
    return Changes(len(events) / wall, busy / wall * 100, events)


@contextlib.contextmanager
def _stalls() -> Iterator[list[float]]:
    """Note by how much the loop comes late, in ms."""
    late: list[float] = []

    async def note() -> None:
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + 0.001
            await asyncio.sleep(0.001)
            late.append((loop.time() - due) * 1000)

    task = asyncio.create_task(note())
    try:
        yield late
    finally:
        task.cancel()


@contextlib.contextmanager
def _callbacks() -> Iterator[list[float]]:
    """Note the CPU of each callback of the loop, in ms: the stall on a machine that does nothing else."""
    busy = [0.0]
    run = asyncio.events.Handle._run

    def noted(self: asyncio.events.Handle) -> None:
        began = time.thread_time()
        run(self)
        busy[0] = max(busy[0], (time.thread_time() - began) * 1000)

    asyncio.events.Handle._run = noted  # type: ignore[method-assign]
    try:
        yield busy
    finally:
        asyncio.events.Handle._run = run  # type: ignore[method-assign]


def _kept(pages: list[bytes]) -> float:
    """Return the MB that the cache of the list takes."""
    page = msgspec.json.Decoder(ListPage[ObjectEnvelope])
    tracemalloc.start()
    cache = Cache([Pod])
    for body in pages:
        cache.add_page(cache.stores[Pod], page.decode(body), body, "")
    size = tracemalloc.get_traced_memory()[0] / 1e6
    tracemalloc.stop()
    return size


def main(pods: int) -> None:
    """Print the figures as a table."""
    for what, value, unit, goal, against in figures(pods):
        met = f"goal {goal:g} {'met' if value <= goal else 'MISSED'}" if goal else ""
        print(f"{what:52} {value:10.2f} {unit:6} {met:18} {against}", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else PODS)

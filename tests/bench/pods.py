"""How long the list of 10,000 pods takes, read by the probe over loopback, and what its watch costs.

`python -m tests.bench.pods [PODS]`. The server makes its pages and events beforehand, in a process of its own.
"""

import asyncio
import gc
import json
import multiprocessing
import multiprocessing.connection
import resource
import sys
import tempfile
import time
import tracemalloc
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from aiohttp import web

from mmcockpit.core.model.cockpit import SourceSpec
from mmcockpit.core.model.reading import Probe
from mmcockpit.sources import kind, open_source
from mmcockpit.sources.common.contract import Question
from mmcockpit.sources.common.secrets import Secrets
from mmcockpit.sources.kubernetes.api.lists import PAGE
from mmcockpit.sources.kubernetes.api.page import ListPage
from mmcockpit.sources.kubernetes.api.watch.cache import Cache
from mmcockpit.sources.kubernetes.api.watch.store import ObjectEnvelope
from mmcockpit.sources.kubernetes.pod.model import Pod

PODS = 10_000
GOAL_S, GOAL_STALL_MS, GOAL_MB, GOAL_SHARE = 0.5, 15.0, 20.0, 15.0
CHANGES_A_SECOND, WATCHED_S = 1_000, 6.0
BATCH = 20
"""Events sent at once."""


def pod(number: int) -> dict[str, Any]:
    """Return a pod as a real API server sends it, about 7.5 kB."""
    env = [{"name": f"SETTING_{n:02}", "value": "v" * 60} for n in range(30)]
    container = {"name": "app", "image": "registry.test/app:1", "env": env, "resources": {"limits": {"cpu": "1"}}}
    fields: dict[str, Any] = {f"f:setting-{n:02}": {".": {}, "f:value": {}} for n in range(60)}
    status = {
        "name": "app",
        "imageID": "registry.test/app@sha256:" + "ab" * 32,
        "ready": True,
        "restartCount": number % 3,
        "state": {"running": {"startedAt": "2026-12-06T02:00:00Z"}},
    }
    return {
        "metadata": {
            "name": f"app-{number:05}",
            "uid": f"{number:032x}",
            "creationTimestamp": "2026-12-06T02:00:00Z",
            "namespace": "default",
            "labels": {"app": "x", "pod-template-hash": f"{number % 50:x}"},
            "managedFields": [{"manager": "kubelet", "fieldsV1": fields}],
        },
        "spec": {"nodeName": f"node-{number % 100}", "containers": [container]},
        "status": {
            "phase": "Running",
            "conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": "2026-12-06T02:00:00Z"}],
            "containerStatuses": [status],
        },
    }


def pages(pods: int) -> list[bytes]:
    """Return the list in pages."""
    starts = range(0, pods, PAGE)
    return [
        json.dumps(
            {
                "metadata": {"resourceVersion": "1", "continue": str(number + 1) if number + 1 < len(starts) else ""},
                "items": [pod(n) for n in range(start, min(start + PAGE, pods))],
            }
        ).encode()
        for number, start in enumerate(starts)
    ]


def events(pods: int) -> list[bytes]:
    """Return changes of pods as a watch sends them: each restarts once more."""
    lines = []
    for number in range(min(pods, 2_000)):
        changed = pod(number * 7 % pods)
        changed["status"]["containerStatuses"][0]["restartCount"] += number % 5
        changed["metadata"]["resourceVersion"] = str(number + 2)
        lines.append(json.dumps({"type": "MODIFIED", "object": changed}).encode() + b"\n")
    return lines


def serve(whole: list[bytes], line: "multiprocessing.connection.Connection[Any, Any]") -> None:
    """Answer any list with the pages and any watch with CHANGES_A_SECOND; tell the port first."""
    lines = events(PODS)

    async def stream(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        loop, sent = asyncio.get_running_loop(), 0
        began = loop.time()
        while loop.time() - began < float(request.query["timeoutSeconds"]):
            await asyncio.sleep(max(0.0, began + sent / CHANGES_A_SECOND - loop.time()))
            first = sent % len(lines)
            try:
                await response.write(b"".join(lines[first : first + BATCH]))
            except ConnectionError:
                break
            sent += BATCH
        return response

    async def answer(request: web.Request) -> web.StreamResponse:
        if "watch" in request.query:
            return await stream(request)
        if request.path.endswith("/nodes"):
            return web.json_response({"metadata": {}, "items": []})
        return web.Response(body=whole[int(request.query.get("continue", "0"))], content_type="application/json")

    async def run() -> None:
        application = web.Application()
        application.router.add_get("/{path:.*}", answer)
        runner = web.AppRunner(application)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        line.send(runner.addresses[0][1])
        await asyncio.Event().wait()

    asyncio.run(run())


async def stall(longest: list[float]) -> None:
    """Note by how much the loop comes late, in ms."""
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + 0.001
        await asyncio.sleep(0.001)
        longest.append((loop.time() - due) * 1000)


class Figures(NamedTuple):
    """What was measured; `changes` are those that arrived, `share` the percentage of a core that they took."""

    pods: int
    first_s: float
    cached_s: float
    stall_ms: float
    changes: float
    share: float
    polling_share: float


async def measure(port: int) -> Figures:
    """List, then let the list be watched."""
    with tempfile.TemporaryDirectory() as folder:
        written = Path(folder) / "kubeconfig"
        cluster = {"name": "c", "cluster": {"server": f"http://127.0.0.1:{port}"}}
        user, context = (
            {"name": "u", "user": {"token": "none"}},
            {"name": "c", "context": {"cluster": "c", "user": "u"}},
        )
        written.write_text(
            json.dumps({"current-context": "c", "clusters": [cluster], "users": [user], "contexts": [context]})
        )
        source = open_source(SourceSpec("cluster", "kubernetes", {"kubeconfig": str(written)}), Secrets())
        described = kind("kubernetes").probes["pods"]

        def probe() -> Probe:
            return described.make(source, Question(described.args(), 60.0, 60.0))

        await probe().read()
        # As the schedule does after the first poll of a source.
        gc.freeze()
        late: list[float] = []
        watcher = asyncio.create_task(stall(late))
        first = min([await timed(probe()) for _ in range(5)])
        watched = probe()
        await watched.read()
        await watched.read()
        cached, share, changes = await watching(watched)
        watcher.cancel()
        reading = await watched.read()
        await source.close()
        return Figures(reading.value["total"], first, cached, max(late), changes, *share)


async def timed(probe: Probe) -> float:
    """Return the seconds of a poll."""
    began = time.perf_counter()
    await probe.read()
    return time.perf_counter() - began


async def watching(watched: Probe) -> tuple[float, tuple[float, float], float]:
    """Return seconds of a poll, the share of a core of the watch and of it with polls every 5 s, and the changes."""
    applied = [0]
    apply = Cache.apply

    def counted(self: Cache, line: bytes, host: str) -> None:
        applied[0] += 1
        apply(self, line, host)

    Cache.apply = counted  # type: ignore[method-assign]
    began, spent = time.perf_counter(), busy()
    await asyncio.sleep(WATCHED_S)
    share = (busy() - spent) / (time.perf_counter() - began) * 100
    changes = applied[0] / (time.perf_counter() - began)
    spent = busy()
    cached = min([await timed(watched) for _ in range(3)])
    polled = (busy() - spent) / 3
    return cached, (share, share + polled / 5 * 100), changes


def busy() -> float:
    """Return the CPU seconds of this process."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def kept(whole: list[bytes]) -> float:
    """Return the MB that the cache of the list takes."""
    page = msgspec.json.Decoder(ListPage[ObjectEnvelope])
    tracemalloc.start()
    cache = Cache([Pod])
    for body in whole:
        cache.add_page(cache.stores[Pod], page.decode(body), body, "")
    size = tracemalloc.get_traced_memory()[0] / 1e6
    tracemalloc.stop()
    return size


def main(pods: int) -> None:
    """Print the figures beside their goals."""
    whole = pages(pods)
    ours, theirs = multiprocessing.Pipe()
    server = multiprocessing.get_context("fork").Process(target=serve, args=(whole, theirs), daemon=True)
    server.start()
    try:
        figures = asyncio.run(measure(ours.recv()))
    finally:
        server.terminate()
        server.join()
    print(f"{figures.pods} pods, {sum(map(len, whole)) / 1e6:.0f} MB of JSON in pages of {PAGE}")
    print(f"read, decoded and counted  {figures.first_s:6.3f} s    goal {GOAL_S:g}")
    print(f"counted from the cache     {figures.cached_s:6.3f} s")
    print(f"longest stall of the loop  {figures.stall_ms:6.1f} ms   goal {GOAL_STALL_MS:g}")
    print(f"memory of the cache        {kept(whole):6.1f} MB   goal {GOAL_MB:g}")
    print(f"{figures.changes:6.0f} changes/s           {figures.share:6.1f} % of a core  goal {GOAL_SHARE:g}")
    print(f"the same, polled every 5 s {figures.polling_share:6.1f} %")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else PODS)

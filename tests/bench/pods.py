"""How long the list of 10,000 pods takes, read by the probe over loopback, and how long the loop is blocked.

`python -m tests.bench.pods [PODS]`. The server makes its pages beforehand, in a process of its own.
"""

import asyncio
import json
import multiprocessing
import multiprocessing.connection
import sys
import tempfile
import tracemalloc
from pathlib import Path
from typing import Any

import msgspec
from aiohttp import web

from mmcockpit.core.model.cockpit import SourceSpec
from mmcockpit.sources import kind, open_source
from mmcockpit.sources.common.contract import Question
from mmcockpit.sources.common.secrets import Secrets
from mmcockpit.sources.kubernetes.api.lists import PAGE
from mmcockpit.sources.kubernetes.api.page import ListPage
from mmcockpit.sources.kubernetes.pods import Pod

PODS = 10_000
GOAL_S, GOAL_STALL_MS, GOAL_MB = 0.5, 15.0, 20.0


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
            "labels": {"app": "x"},
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
                "metadata": {"continue": str(number + 1)} if number + 1 < len(starts) else {},
                "items": [pod(n) for n in range(start, min(start + PAGE, pods))],
            }
        ).encode()
        for number, start in enumerate(starts)
    ]


def serve(whole: list[bytes], line: "multiprocessing.connection.Connection[Any, Any]") -> None:
    """Answer any list with the pages; tell the port first."""

    async def answer(request: web.Request) -> web.Response:
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


async def measure(port: int) -> tuple[float, float, dict[str, Any]]:
    """Return the best of five readings in seconds, the longest stall meanwhile in ms, and the value."""
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
        asked = described.make(source, Question(described.args(), 60.0, 60.0))
        await asked.read()
        late: list[float] = []
        watcher = asyncio.create_task(stall(late))
        loop, took = asyncio.get_running_loop(), []
        for _ in range(5):
            started = loop.time()
            reading = await asked.read()
            took.append(loop.time() - started)
        watcher.cancel()
        await source.close()
        return min(took), max(late), reading.value


def decoded(whole: list[bytes]) -> tuple[float, float]:
    """Return seconds and peak MB of decoding alone."""
    decoder, counter = msgspec.json.Decoder(ListPage[Pod]), asyncio.new_event_loop()
    started = counter.time()
    for page in whole:
        decoder.decode(page)
    took = counter.time() - started
    tracemalloc.start()
    kept = [decoder.decode(page) for page in whole]
    assert len(kept) == len(whole)
    peak = tracemalloc.get_traced_memory()[1] / 1e6
    tracemalloc.stop()
    counter.close()
    return took, peak


def main(pods: int) -> None:
    """Print the figures beside their goals."""
    whole = pages(pods)
    ours, theirs = multiprocessing.Pipe()
    server = multiprocessing.get_context("fork").Process(target=serve, args=(whole, theirs), daemon=True)
    server.start()
    try:
        seconds, late_ms, value = asyncio.run(measure(ours.recv()))
    finally:
        server.terminate()
        server.join()
    decoding, megabytes = decoded(whole)
    print(f"{value['total']} pods, {sum(map(len, whole)) / 1e6:.0f} MB of JSON in pages of {PAGE}")
    print(f"read, decoded and counted  {seconds:6.3f} s   goal {GOAL_S:g}")
    print(f"longest stall of the loop  {late_ms:6.1f} ms  goal {GOAL_STALL_MS:g}")
    print(f"decoding alone             {decoding:6.3f} s")
    print(f"memory of the decoded pods {megabytes:6.1f} MB  goal {GOAL_MB:g}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else PODS)

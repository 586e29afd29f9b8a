"""Writes pods through the API of a real API server, in a process of its own, so that its CPU time is not ours.

`python -m tests.bench.pod_writer KUBECONFIG fill PODS` creates them; `… change PODS RATE` changes one after the other
until it is ended, RATE of them a second if the server can, and prints a line when it begins.
"""

import asyncio
import contextlib
import json
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import aiohttp

PATH = "/api/v1/namespaces/default/pods"
CONNECTIONS = 32
_MERGE = {"Content-Type": "application/merge-patch+json"}


def pod(number: int) -> dict[str, Any]:
    """Return a pod of about 7 kB."""
    env = [{"name": f"SETTING_{n:02}", "value": "v" * 60} for n in range(40)]
    container = {"name": "app", "image": "registry.test/app:1", "env": env, "resources": {"limits": {"cpu": "1"}}}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": f"app-{number:05}", "labels": {"app": "x", "pod-template-hash": f"{number % 50:x}"}},
        "spec": {"nodeName": f"node-{number % 100}", "containers": [container]},
    }


def status(restarts: int) -> dict[str, Any]:
    """Return the status of a pod that is ready, after so many restarts."""
    container = {
        "name": "app",
        "image": "registry.test/app:1",
        "imageID": "registry.test/app@sha256:" + "ab" * 32,
        "ready": True,
        "restartCount": restarts,
        "state": {"running": {"startedAt": "2026-12-06T02:00:00Z"}},
    }
    ready = {"type": "Ready", "status": "True", "lastTransitionTime": "2026-12-06T02:00:00Z"}
    return {"status": {"phase": "Running", "conditions": [ready], "containerStatuses": [container]}}


@contextmanager
def connected(kubeconfig: Path) -> Iterator[tuple[str, dict[str, str], ssl.SSLContext]]:
    """Yield the address, the headers and the authorities of an API server that tests started."""
    config = json.loads(kubeconfig.read_text(encoding="utf-8"))
    cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
    trust = ssl.create_default_context(cafile=cluster["certificate-authority"])
    yield cluster["server"], {"Authorization": f"Bearer {user['token']}"}, trust


def fill(kubeconfig: Path, pods: int) -> None:
    """Create the pods in a process of its own, and wait for its end."""
    subprocess.run([sys.executable, "-m", __name__, str(kubeconfig), "fill", str(pods)], check=True)


@contextmanager
def changing(kubeconfig: Path, pods: int, rate: int) -> Iterator[None]:
    """Change pods in a process of its own."""
    argv = [sys.executable, "-m", __name__, str(kubeconfig), "change", str(pods), str(rate)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE) as writer:
        try:
            assert writer.stdout is not None
            writer.stdout.readline()
            yield
        finally:
            writer.kill()


class PodWriter:
    """Sends requests over CONNECTIONS connections."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    async def fill(self, pods: int) -> None:
        """Create the pods with their status."""
        numbers = iter(range(pods))

        async def work() -> None:
            for number in numbers:
                async with self._session.post(PATH, json=pod(number)) as response:
                    if response.status not in (201, 409):
                        raise RuntimeError(await response.text())
                await self._patch(number, 0)

        await asyncio.gather(*(work() for _ in range(CONNECTIONS)))

    async def change(self, pods: int, rate: int) -> None:
        """Let one pod after the other restart once more."""
        loop, numbers = asyncio.get_running_loop(), count()
        began = loop.time()
        # Other than what an earlier run left: a patch that changes nothing is no event.
        restarts = int(time.time()) % 1_000_000
        print("changing", flush=True)

        async def work() -> None:
            for number in numbers:
                await asyncio.sleep(max(0.0, began + number / rate - loop.time()))
                await self._patch(number * 7 % pods, restarts + number // pods)

        await asyncio.gather(*(work() for _ in range(CONNECTIONS)))

    async def _patch(self, number: int, restarts: int) -> None:
        path = f"{PATH}/app-{number:05}/status"
        async with self._session.patch(path, data=json.dumps(status(restarts)), headers=_MERGE) as response:
            if response.status != 200:
                raise RuntimeError(await response.text())


async def main(kubeconfig: Path, what: str, pods: int, rate: int = 0) -> None:
    """Create or change the pods."""
    with connected(kubeconfig) as (url, headers, trust):
        connector = aiohttp.TCPConnector(ssl=trust, limit=CONNECTIONS)
        async with aiohttp.ClientSession(url, headers=headers, connector=connector) as session:
            writer = PodWriter(session)
            await (writer.fill(pods) if what == "fill" else writer.change(pods, rate))


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(main(Path(sys.argv[1]), sys.argv[2], *map(int, sys.argv[3:])))

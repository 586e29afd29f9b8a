"""Sends recorded events of a watch again, at a rate that no API server reaches beside a program that is measured.

`python -m tests.bench.event_sender KUBECONFIG EVENTS PORT RATE` serves HTTPS in a process of its own: to a watch it
sends the lines of the file EVENTS, again and again; every other request goes to the API server of the kubeconfig.
"""

import asyncio
import contextlib
import itertools
import json
import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import aiohttp
from aiohttp import web

from mmcockpit.simulator.servers.process import HOST, free_port
from tests.bench import pod_writer


@contextlib.contextmanager
def sending(kubeconfig: Path, events: list[bytes], rate: int, folder: Path) -> Iterator[Path]:
    """Serve the events at a rate (events a second); yield the kubeconfig of that address."""
    port, lines, ours = free_port(), folder / "events", folder / "kubeconfig-events"
    lines.write_bytes(b"\n".join(events))
    config = json.loads(kubeconfig.read_text(encoding="utf-8"))
    config["clusters"][0]["cluster"]["server"] = f"https://{HOST}:{port}"
    ours.write_text(json.dumps(config), encoding="utf-8")
    ours.chmod(0o600)
    argv = [sys.executable, "-m", __name__, str(kubeconfig), str(lines), str(port), str(rate)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE) as sender:
        try:
            assert sender.stdout is not None
            sender.stdout.readline()
            yield ours
        finally:
            sender.kill()


class EventSender:
    """Forwards requests to an API server, but for watches."""

    def __init__(self, session: aiohttp.ClientSession, events: list[bytes], rate: int) -> None:
        self._session, self._events, self._rate = session, events, rate

    async def serve(self, request: web.BaseRequest) -> web.StreamResponse:
        """Respond to one request."""
        if "watch" in request.query:
            return await self._watch(request)
        async with self._session.request(request.method, request.path_qs, data=await request.read()) as response:
            body, kind = await response.read(), response.headers["Content-Type"]
            return web.Response(status=response.status, body=body, headers={"Content-Type": kind})

    async def _watch(self, request: web.BaseRequest) -> web.StreamResponse:
        response, loop = web.StreamResponse(headers={"Content-Type": "application/json"}), asyncio.get_running_loop()
        await response.prepare(request)
        began = loop.time()
        with contextlib.suppress(ConnectionResetError):
            for number, event in enumerate(itertools.cycle(self._events)):
                if (left := began + number / self._rate - loop.time()) > 0:
                    await asyncio.sleep(left)
                # One by one, as an API server sends them.
                await response.write(event + b"\n")
        return response


async def main(kubeconfig: Path, lines: list[bytes], port: int, rate: int) -> None:
    """Serve until the process is ended."""
    own = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    own.load_cert_chain(kubeconfig.parent / "server.pem", kubeconfig.parent / "server.key")
    with pod_writer.connected(kubeconfig) as (url, headers, trust):
        connector = aiohttp.TCPConnector(ssl=trust)
        async with aiohttp.ClientSession(url, headers=headers, connector=connector) as session:
            runner = web.ServerRunner(web.Server(EventSender(session, lines, rate).serve))
            await runner.setup()
            await web.TCPSite(runner, HOST, port, ssl_context=own).start()
            print("ready", flush=True)
            await asyncio.Event().wait()


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(main(Path(sys.argv[1]), Path(sys.argv[2]).read_bytes().split(b"\n"), *map(int, sys.argv[3:])))

"""A hung service accepts connections and gives no answer: a reading that a rule can fail, never a fault for ever."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from mmcockpit.core.model.checklist import Checklist, Item, Mode, Phase, Section
from mmcockpit.core.model.cockpit import Cockpit, SourceSpec
from mmcockpit.core.model.layout import Layout
from mmcockpit.core.model.reading import FaultKind, Probe, Reading
from mmcockpit.core.model.signal import Rule, Signal
from mmcockpit.core.model.verdict import Level
from mmcockpit.core.state.session import Session
from mmcockpit.simulator.servers.process import HOST, free_port
from mmcockpit.sources.http.source import MAX_CONNECTIONS
from tests.engine.engine_run import running
from tests.servers.http import Answer
from tests.servers.tls import TlsServers
from tests.servers.wait import PATIENCE_S, wait_until
from tests.sources.polling import answer, fault, in_time, opened, probe, value
from tests.sources.raw import RawServer, Script, drips, says, silent

pytestmark = pytest.mark.anyio

APPLICATION = """
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

class Health(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"status": "healthy"}')

    do_POST = do_GET

HTTPServer(("127.0.0.1", int(sys.argv[1])), Health).serve_forever()
"""
QUEUE = 5
"""Connections that the kernel keeps for the application above."""


@contextmanager
def application() -> Iterator[tuple[str, int]]:
    """Give the address and process id of an application that answers every GET with a 200."""
    port = free_port()
    process = subprocess.Popen([sys.executable, "-c", APPLICATION, str(port)], stderr=subprocess.DEVNULL)
    try:
        wait_until(lambda: accepts(port), "the application listens")
        yield f"http://{HOST}:{port}", process.pid
    finally:
        process.kill()
        process.wait()


def accepts(port: int) -> bool:
    with socket.socket() as line:
        return line.connect_ex((HOST, port)) == 0


async def hung(asking: Probe) -> Any:
    """Return the value that a hung service reads as."""
    read = await in_time(asking)
    assert isinstance(read, Reading), read
    return read.value


@pytest.mark.parametrize("name", ["get", "post"])
async def test_a_stopped_application_reads_hung_until_it_continues(name: str) -> None:
    with application() as (url, process):
        async with opened("http", url=url) as source:
            args = {"path": "/health", "json": {"state": "status"}}
            asking, patient = (probe("http", source, name, args, timeout=seconds) for seconds in (0.3, 60.0))
            assert (await value(patient))["hung"] is False
            os.kill(process, signal.SIGSTOP)
            # More often than the queue has room: the kernel no longer accepts, and the service is as hung as before.
            for _ in range(QUEUE + 4):
                read = await hung(asking)
                # The timeout also counts the wait for a free connection, and for the TLS contexts.
                assert read.pop("ms") > 100
                assert "0.3s" in read.pop("error")
                assert read == {"status": 0, "hung": True, "json": {}, "headers": {}, "text": ""}
            os.kill(process, signal.SIGCONT)
            read = await value(patient)
            assert (read["status"], read["hung"], read["json"]) == (200, False, {"state": "healthy"})


async def test_requests_cancelled_as_their_turn_comes_leave_room_for_later_ones() -> None:
    """Many more requests than connections, which time out while others end and hand on their place."""
    with application() as (url, _):
        async with opened("http", url=url) as source:
            args = {"path": "/health", "json": {"state": "status"}}
            for milliseconds in range(20, 60):
                hurried = probe("http", source, "get", args, timeout=milliseconds / 1000)
                await asyncio.gather(*(answer(hurried) for _ in range(8 * MAX_CONNECTIONS)))
            patient = probe("http", source, "get", args, timeout=60.0)
            assert (await value(patient))["status"] == 200


SILENCES: dict[str, tuple[Script, str]] = {
    "no byte over http": (silent, "http"),
    "no handshake": (silent, "https"),
    "a handshake that never ends": (drips(b"\x16\x03\x03\x40\x00"), "https"),
}


@pytest.mark.parametrize("case", SILENCES)
async def test_no_answer_behind_an_accepted_connection_is_hung(case: str) -> None:
    script, scheme = SILENCES[case]
    with RawServer(script) as server:
        async with opened("http", url=server.url.replace("http", scheme, 1)) as source:
            read = await hung(probe("http", source, "get", {"path": "/"}, timeout=0.3))
            assert (read["status"], read["hung"]) == (0, True)
        if scheme == "https":
            async with opened("http") as source:
                read = await hung(probe("http", source, "tls", {"host": f"{HOST}:{server.port}"}, timeout=0.3))
                assert (read["verified"], read["hung"]) == (False, True)
                assert "no TLS handshake within 0.3s" in read["error"]


async def test_a_tls_server_that_answers_nothing_behind_its_handshake_is_hung(tls_servers: TlsServers) -> None:
    host, port = tls_servers.good
    tls_servers.servers["good"].answers["/hangs"] = Answer(delay_s=60.0)
    async with opened("http", url=f"https://{host}:{port}", ca=str(tls_servers.ca)) as source:
        read = await hung(probe("http", source, "get", {"path": "/hangs"}, timeout=0.5))
        assert (read["status"], read["hung"]) == (0, True)
        seen = await value(probe("http", source, "tls", {"host": f"{host}:{port}"}))
        assert (seen["verified"], seen["hung"]) == (True, False)


async def test_check_calls_a_hung_service_not_reachable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mmcockpit.sources.http.source.CHECK_TIMEOUT_S", 0.3)
    with RawServer(silent) as server:
        async with opened("http", url=server.url) as source:
            async with asyncio.timeout(PATIENCE_S):
                # A busy machine may take so long to connect alone.
                while "accepted the connection" not in (health := await source.check()).message:
                    assert not health.reachable
    assert (health.reachable, "accepted the connection, no response within 0.3s" in health.message) == (False, True)


async def test_a_redirect_to_a_hung_server_is_hung() -> None:
    with RawServer(silent) as quiet:
        moved = f"HTTP/1.1 302 Found\r\nLocation: {quiet.url}/\r\nContent-Length: 0\r\n\r\n".encode()
        with RawServer(says(moved)) as server:
            async with opened("http", url=server.url, follow=True) as source:
                read = await hung(probe("http", source, "get", {"path": "/"}, timeout=0.5))
    assert (read["status"], read["hung"]) == (0, True)


@pytest.mark.parametrize("name", ["get", "tls"])
async def test_no_connection_in_time_stays_a_fault(name: str) -> None:
    with socket.create_server((HOST, 0), backlog=0) as full, ExitStack() as waiting:
        for _ in range(3):
            client = waiting.enter_context(socket.socket())
            client.setblocking(False)
            client.connect_ex(full.getsockname())
        port = full.getsockname()[1]
        args: dict[str, Any] = {"path": "/"} if name == "get" else {"host": f"{HOST}:{port}"}
        async with opened("http", url=f"http://{HOST}:{port}") as source:
            found = await fault(probe("http", source, name, args, timeout=0.3))
    assert found.kind is FaultKind.TIMEOUT, found
    assert "within 0.3s" in found.message


async def test_a_cockpit_that_stood_still_itself_calls_no_service_hung(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mmcockpit.sources.http.silence.LATE_S", 0.1)
    with RawServer(silent) as server:
        async with opened("http", url=server.url) as source:
            asking = asyncio.create_task(fault(probe("http", source, "get", {"path": "/"}, timeout=2.0)))
            await asyncio.to_thread(wait_until, lambda: server.open == 1, "the connection is accepted")
            # What a stopped process or a sleeping laptop does to the loop.
            time.sleep(2.5)  # noqa: ASYNC251
            assert (await asking).kind is FaultKind.TIMEOUT


async def test_a_stopped_application_fails_its_rule_after_persist(tmp_path: Path) -> None:
    with application() as (url, process):
        health = Signal(
            "health", "Health", "api", "get", {"path": "/health"}, Rule("value.status == 200", agree=3, of=3),
            every=0.2, timeout=0.3,
        )  # fmt: skip
        item = Item("p/s/health", 1, "Health", mode=Mode.SENSED, signal="health")
        checklist = Checklist("c", "C", (Phase("p", "P", (Section("s", "S", (item,)),)),))
        sources = (SourceSpec("api", "http", {"url": url}, budget=100.0),)
        cockpit = Cockpit("Hung", "test", checklist, (health,), Layout("none", ()), sources)
        with running(cockpit, tmp_path / "session" / "journal.jsonl") as (_, watcher):

            def level(session: Session) -> Level | None:
                return session.signals["health"].verdict.level if "health" in session.signals else None

            watcher.until(lambda now: level(now) is Level.PASS, "the application passes")
            os.kill(process, signal.SIGSTOP)
            watcher.until(lambda now: level(now) is Level.FAIL, "the stopped application fails")
            assert watcher.session.signals["health"].verdict.because.startswith("status 0 (must be 200)")
            os.kill(process, signal.SIGCONT)
            watcher.until(lambda now: level(now) is Level.PASS, "the application passes again")

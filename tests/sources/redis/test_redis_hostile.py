"""Answers of a server that is not a Redis: a fault within bounds of time, work and memory; the loop runs on."""

import socket
import threading
import time
from collections.abc import Awaitable

import pytest

from mmcockpit.core.model.reading import Answer, Fault, FaultKind, Reading
from mmcockpit.sources.redis.connection import MAX_ELEMENTS
from tests.sources.endless_server import pours
from tests.sources.loop_turns import BLOCKED_S, least_blocked
from tests.sources.polling import answer, opened, probe
from tests.sources.raw import RawServer, Script

pytestmark = pytest.mark.anyio


def answers(data: bytes) -> Script:
    """Answer every request with these bytes."""

    def script(connection: socket.socket, closing: threading.Event) -> None:
        while connection.recv(65_536):
            connection.sendall(data)

    return script


def bulk(text: bytes) -> Script:
    return answers(b"$%d\r\n%s\r\n" % (len(text), text))


MIB = 1024 * 1024
ANSWERS: dict[str, tuple[Script, FaultKind]] = {
    "endless list": (pours(b"*9000000000\r\n", b":1\r\n" * 16_384), FaultKind.TOO_LARGE),
    "list within its bytes": (answers(b"*200000\r\n" + b":1\r\n" * 200_000), FaultKind.TOO_LARGE),
    "lists of lists": (answers(b"*900\r\n" + (b"*900\r\n" + b":1\r\n" * 900) * 900), FaultKind.TOO_LARGE),
    "empty lists": (answers(b"*900\r\n" + b"*0\r\n" * 900), FaultKind.MALFORMED),
    "list of its most elements": (answers(b"*999\r\n" + b":1\r\n" * 999), FaultKind.MALFORMED),
    "deep nesting": (answers(b"*1\r\n" * 900 + b":1\r\n"), FaultKind.MALFORMED),
    "endless depth": (pours(b"", b"*1\r\n" * 16_384), FaultKind.MALFORMED),
    "endless bulk": (pours(b"$9000000000\r\n", b"x" * 65_536), FaultKind.TOO_LARGE),
    "negative sizes": (answers(b"*-5\r\n"), FaultKind.MALFORMED),
    "negative bulk": (answers(b"$-5\r\n"), FaultKind.MALFORMED),
    "size of many digits": (answers(b"$" + b"9" * 60_000 + b"\r\n"), FaultKind.MALFORMED),
    "integer of many digits": (answers(b":" + b"9" * 60_000 + b"\r\n"), FaultKind.MALFORMED),
    "push": (pours(b"", b">2\r\n+message\r\n+a\r\n"), FaultKind.MALFORMED),
    "attribute": (pours(b"", b"|1\r\n+key\r\n+a\r\n"), FaultKind.MALFORMED),
    "map": (answers(b"%1000000\r\n"), FaultKind.MALFORMED),
    "set": (answers(b"~2\r\n:1\r\n:2\r\n"), FaultKind.MALFORMED),
    "many lines": (bulk(b"a:1\n" * (MIB // 4 - 1)), FaultKind.TOO_LARGE),
    "one line of many pairs": (bulk(b"a:" + b"b=1," * (MIB // 4 - 1) + b"b=1"), FaultKind.TOO_LARGE),
    "one line without an end": (bulk(b"a:" + b"b" * (MIB - 64)), FaultKind.MALFORMED),
    "other line ends": (bulk(b"a:1\x1c" * (MIB // 4 - 16)), FaultKind.MALFORMED),
}


@pytest.mark.parametrize("probe_name", ["replication", "info", "cluster"])
@pytest.mark.parametrize("name", ANSWERS)
async def test_a_hostile_answer_is_a_fault_that_blocks_nothing(name: str, probe_name: str) -> None:
    script, expected = ANSWERS[name]
    with RawServer(script) as server:
        async with opened("redis", url=f"redis://127.0.0.1:{server.port}/0") as source:
            asked = probe("redis", source, probe_name, {})
            await answer(asked)
            began: list[float] = []

            def ask() -> Awaitable[Answer]:
                began.append(time.process_time())
                return answer(asked)

            def check(found: Answer) -> None:
                assert time.process_time() - began[-1] < 2.0
                if probe_name == "info" and isinstance(found, Reading):
                    assert name in ("one line without an end", "other line ends")
                    assert list(found.value) == ["a"]
                else:
                    assert isinstance(found, Fault), found
                    assert found.kind is expected, found

            blocked = await least_blocked(ask, check)
    assert blocked < BLOCKED_S, f"the loop stood still for {blocked:.3f} s"


async def test_a_real_list_is_read_whole() -> None:
    reply = b"*2\r\n$9\r\nmaxmemory\r\n$1\r\n0\r\n"
    with RawServer(answers(reply)) as server:
        async with opened("redis", url=f"redis://127.0.0.1:{server.port}/0") as source:
            found = await answer(probe("redis", source, "config", {"name": "maxmemory"}))
    assert isinstance(found, Reading)
    assert found.value == "0"
    assert MAX_ELEMENTS > 100

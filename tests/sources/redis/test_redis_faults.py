"""Invalid answers of a Redis, and the faults they become."""

import asyncio

import pytest

from mmcockpit.core.model.reading import FaultKind
from tests.servers.wait import PATIENCE_S
from tests.sources.endless_server import pours
from tests.sources.polling import fault, opened, probe
from tests.sources.raw import RawServer, Script, drips, says, silent

pytestmark = pytest.mark.anyio

ANSWERS: dict[str, tuple[Script, FaultKind]] = {
    "noauth": (says(b"-NOAUTH Authentication required.\r\n"), FaultKind.UNAUTHORISED),
    "wrongpass": (says(b"-WRONGPASS invalid username-password pair\r\n"), FaultKind.UNAUTHORISED),
    "noperm": (says(b"-NOPERM this user has no permissions\r\n"), FaultKind.FORBIDDEN),
    "denied": (says(b"-DENIED Redis is running in protected mode\r\n"), FaultKind.FORBIDDEN),
    "loading": (says(b"-LOADING Redis is loading the dataset in memory\r\n"), FaultKind.SERVER_ERROR),
    "clusterdown": (says(b"-CLUSTERDOWN The cluster is down\r\n"), FaultKind.SERVER_ERROR),
    "masterdown": (says(b"-MASTERDOWN Link with MASTER is down\r\n"), FaultKind.SERVER_ERROR),
    "full": (says(b"-ERR max number of clients reached\r\n"), FaultKind.SERVER_ERROR),
    "unknown": (says(b"-ERR unknown command 'INFO'\r\n"), FaultKind.QUERY),
    "garbage": (says(b"\x00\xff\x1b[31mno redis\r\n"), FaultKind.MALFORMED),
    "html": (says(b"HTTP/1.1 400 Bad Request\r\n\r\n<html>"), FaultKind.MALFORMED),
    "number": (says(b":42\r\n"), FaultKind.MALFORMED),
    "null": (says(b"$-1\r\n"), FaultKind.MALFORMED),
    "nothing": (says(b""), FaultKind.UNREACHABLE),
    "truncated": (says(b"$500\r\nused_memory:1"), FaultKind.UNREACHABLE),
    "silence": (silent, FaultKind.TIMEOUT),
    "dripping": (drips(b"x", first=b"$500\r\n"), FaultKind.TIMEOUT),
    "endless text": (pours(b"$9000000000\r\n", b"x" * 65_536), FaultKind.TOO_LARGE),
    "endless line": (pours(b"+", b"x" * 65_536), FaultKind.MALFORMED),
    "endless depth": (pours(b"", b"*1\r\n" * 16_384), FaultKind.MALFORMED),
    "no size": (says(b"$many\r\n"), FaultKind.MALFORMED),
    "endless list": (pours(b"*9000000000\r\n", b":1\r\n" * 16_384), FaultKind.TOO_LARGE),
}


@pytest.mark.parametrize("name", ANSWERS)
async def test_an_invalid_response_is_a_fault_in_time_that_names_the_host(name: str) -> None:
    script, expected = ANSWERS[name]
    with RawServer(script) as server:
        async with opened("redis", url=f"redis://127.0.0.1:{server.port}/0") as source:
            asked = probe("redis", source, "replication", {}, timeout=0.5 if expected is FaultKind.TIMEOUT else 30)
            async with asyncio.timeout(PATIENCE_S):
                found = await fault(asked)
    assert found.kind is expected, found
    assert f"127.0.0.1:{server.port}" in found.message
    assert "\n" not in found.message
    assert "\x1b" not in found.message


@pytest.mark.parametrize("url", ["redis://127.0.0.1:1/0", "redis://localhost:1/0"])
async def test_a_closed_port_is_a_refused_fault(url: str) -> None:
    async with opened("redis", url=url) as source:
        assert (await fault(probe("redis", source, "info", {}))).kind is FaultKind.REFUSED


async def test_an_unknown_host_name_is_unreachable() -> None:
    async with opened("redis", url="redis://no-such-host.invalid:6379") as source:
        found = await fault(probe("redis", source, "info", {}))
    assert found.kind in (FaultKind.UNREACHABLE, FaultKind.TIMEOUT)
    assert "no-such-host.invalid" in found.message


async def test_tls_with_a_server_without_tls_is_a_tls_fault() -> None:
    with RawServer(says(b"-ERR what is this\r\n")) as server:
        async with opened("redis", url=f"rediss://127.0.0.1:{server.port}/0") as source:
            assert (await fault(probe("redis", source, "info", {}))).kind is FaultKind.TLS

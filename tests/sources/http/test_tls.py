"""Valid and invalid certificates and ports: whatever the target shows is a reading."""

import socket
import ssl
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from mmcockpit.core.model.reading import FaultKind, Reading
from mmcockpit.simulator.servers.process import HOST, free_port
from mmcockpit.sources import kind
from tests.servers.http import HttpServer
from tests.servers.tls import EXPIRING_DAYS, GOOD_DAYS, OTHER_NAME, TlsServers
from tests.sources.polling import fault, in_time, opened, probe, value
from tests.sources.raw import RawServer, says

pytestmark = pytest.mark.anyio


async def look(address: tuple[str, int], ca: Path | None, **args: Any) -> Any:
    async with opened("http", ca=str(ca or "")) as source:
        return await value(probe("http", source, "tls", {"host": f"{address[0]}:{address[1]}", **args}))


@pytest.mark.parametrize(
    ("name", "days_left", "error", "names"),
    [
        ("good", GOOD_DAYS, "", [HOST]),
        ("expiring", EXPIRING_DAYS, "", [HOST]),
        ("expired", -1, "certificate has expired", [HOST]),
        ("wrong_name", GOOD_DAYS, "IP address mismatch", [OTHER_NAME]),
        ("self_signed", GOOD_DAYS, "self-signed certificate", ["localhost"]),
    ],
)
async def test_every_certificate_is_read(
    tls_servers: TlsServers, name: str, days_left: int, error: str, names: list[str]
) -> None:
    read = await look(getattr(tls_servers, name), tls_servers.ca)
    assert read["verified"] is (not error)
    assert error in read["error"]
    assert bool(read["error"]) is bool(error)
    assert read["days_left"] == pytest.approx(days_left, abs=0.1)
    assert read["names"] == names
    assert read["version"] == "TLSv1.3"
    assert "trustme" in read["issuer"] or name == "self_signed"


async def test_the_name_that_is_asked_for_is_the_one_that_must_be_in_the_certificate(tls_servers: TlsServers) -> None:
    assert (await look(tls_servers.wrong_name, tls_servers.ca, server_name=OTHER_NAME))["verified"] is True


async def test_an_unknown_authority_is_not_trusted(tls_servers: TlsServers) -> None:
    read = await look(tls_servers.good, None)
    assert (read["verified"], "local issuer" in read["error"]) == (False, True)
    assert read["days_left"] > 0


async def test_no_handshake_reads_not_verified(http_server: HttpServer) -> None:
    nothing = {"verified": False, "hung": False, "version": "", "names": [], "issuer": ""}
    assert await look((HOST, free_port()), None) == {**nothing, "error": "refused"}
    for script, words in (
        (says(b"HTTP/1.1 400 Bad Request\r\n\r\n"), "wrong version number; this port may not use TLS"),
        (says(b""), ""),
    ):
        with RawServer(script) as server:
            read = await look((HOST, server.port), None)
            assert words in read["error"]
            assert {**read, "error": ""} == {**nothing, "error": ""}
            assert read["error"]


async def test_an_old_protocol_is_a_failed_handshake(tls_servers: TlsServers) -> None:
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    old.set_ciphers("aNULL:@SECLEVEL=0")
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    with HttpServer(tls=old) as server:
        read = await look(server.address, tls_servers.ca)
    assert (read["verified"], "handshake failed" in read["error"]) == (False, True), read


@pytest.mark.parametrize("name", ["tls", "tcp"])
async def test_a_name_that_does_not_resolve_is_a_fault(name: str) -> None:
    async with opened("http") as source:
        found = await fault(probe("http", source, name, {"host": "no-such-host.invalid:443"}))
    assert (found.kind, "no-such-host.invalid:443: host name does not" in found.message) == (
        FaultKind.UNREACHABLE,
        True,
    )


async def test_a_port_is_open_or_refused_and_the_same_probe_sees_it_open_again(http_server: HttpServer) -> None:
    async with opened("http") as source:
        asking = probe("http", source, "tcp", {"host": f"localhost:{http_server.port}"})
        read = await value(asking)
        assert read.pop("ms") > 0
        assert read == {"open": True, "error": ""}
        http_server.stop()
        assert {**await value(asking), "ms": 0} == {"open": False, "error": "refused", "ms": 0}
        http_server.start()
        assert (await value(asking))["open"] is True


async def test_a_port_that_sends_nothing_reads_closed() -> None:
    with socket.create_server((HOST, 0), backlog=0) as full, ExitStack() as waiting:
        # The kernel drops what comes after the queue is full.
        for _ in range(3):
            client = waiting.enter_context(socket.socket())
            client.setblocking(False)
            client.connect_ex(full.getsockname())
        async with opened("http") as source:
            asking = probe("http", source, "tcp", {"host": HOST, "port": full.getsockname()[1]}, timeout=0.3)
            read = await in_time(asking)
    assert isinstance(read, Reading), read
    assert (read.value["open"], read.value["error"]) == (False, "no response within 0.27s")


async def test_how_an_address_is_written() -> None:
    tls, tcp = kind("http").probes["tls"].args, kind("http").probes["tcp"].args

    def address(written: Any) -> tuple[str, int]:
        return written.host, written.port

    assert address(tls.model_validate({"host": "a.example"})) == ("a.example", 443)
    assert address(tls.model_validate({"host": "a.example:8443"})) == ("a.example", 8443)
    assert address(tcp.model_validate({"host": "[::1]:80"})) == ("::1", 80)
    assert address(tcp.model_validate({"host": "::1", "port": 80})) == ("::1", 80)
    assert address(tcp.model_validate({"host": "[::1]", "port": 80})) == ("::1", 80)
    assert address(tls.model_validate({"host": "[2001:db8::1]"})) == ("2001:db8::1", 443)
    for bad in ({"host": "a"}, {"host": "a:0"}, {"host": "a:99999"}, {"host": "https://a:1"}):
        with pytest.raises(ValidationError):
            tcp.model_validate(bad)

"""GET and POST against real servers: any answer of the target is a reading, a failure to ask is a fault."""

import asyncio
import gzip
import json
import zlib
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import ValidationError

from mmcockpit.core.model.reading import Fault, FaultKind, Reading
from mmcockpit.simulator.servers.process import HOST, free_port
from mmcockpit.sources import kind
from mmcockpit.sources.http.source import MAX_BYTES
from tests.servers.http import Answer, HttpServer
from tests.servers.tls import OTHER_NAME, TlsServers
from tests.servers.wait import wait_until
from tests.sources.endless_server import starts
from tests.sources.polling import answer, answer_until, fault, opened, probe, value
from tests.sources.raw import RawServer, Script, drips, says

pytestmark = pytest.mark.anyio

CANARY = "canary-8b1e55d0f7"
PROBES = ("get", "post")
HTML = "<html>Bad gateway</html>"
STATUS = {"json": {"state": "status"}}


async def ask(name: str, url: str, args: dict[str, Any] | None = None, **options: Any) -> Any:
    async with opened("http", url=url, **options) as source:
        return await value(probe("http", source, name, {"path": "/health", **(args or {})}))


async def refuse(name: str, url: str, args: dict[str, Any] | None = None, timeout: float = 30.0, **options: Any) -> Any:
    async with opened("http", url=url, **options) as source:
        return await fault(probe("http", source, name, {"path": "/health", **(args or {})}, timeout=timeout))


@pytest.mark.parametrize("name", PROBES)
@pytest.mark.parametrize("status", [200, 204, 302, 401, 403, 404, 429, 500, 503])
async def test_every_status_is_a_reading(http_server: HttpServer, name: str, status: int) -> None:
    http_server.answers = {"/health": Answer(status, "" if status == 204 else "said", {"Location": "/other"})}
    read = await ask(name, http_server.url)
    assert read.pop("ms") > 0
    text = "" if status == 204 else "said"
    error = text if status >= 400 else ""
    assert read == {"status": status, "hung": False, "json": {}, "headers": {}, "text": text, "error": error}


async def test_named_json_paths_kept_headers_and_text(http_server: HttpServer) -> None:
    body = {"status": "ok", "data": {"items": [{"name": "a"}, {"name": "b"}]}, "none": None, "long": "x" * 9000}
    http_server.answers = {"/health": Answer(body=json.dumps(body), headers={"X-Version": "2.4.1", "X-Other": "no"})}
    paths = {
        "state": "status",
        "second": "data.items[1].name",
        "gone": "data.items[7].name",
        "odd": "status.x",
        "null": "none",
    }
    read = await ask("get", http_server.url, {"json": paths, "headers": ["X-Version", "strict-transport-security"]})
    assert read["json"] == {"state": "ok", "second": "b", "gone": None, "odd": None, "null": None}
    assert read["headers"] == {"x-version": "2.4.1", "strict-transport-security": ""}
    assert len(read["text"]) == 4096


async def test_a_post_sends_its_body(http_server: HttpServer) -> None:
    http_server.answers = {"/prefix/v1/chat": Answer(body="{}")}
    await ask("post", f"{http_server.url}/prefix/", {"path": "/v1/chat", "body": {"stream": False}})
    await ask("post", f"{http_server.url}/prefix", {"path": "/v1/chat?a=b", "body": "plain"})
    first, second = http_server.requests
    assert (first.method, first.body, first.headers["Content-Type"]) == (
        "POST",
        b'{"stream":false}',
        "application/json",
    )
    assert (second.target, second.body) == ("/prefix/v1/chat?a=b", b"plain")


@pytest.mark.parametrize("name", PROBES)
@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [(502, HTML, {}), (503, '{"error": "x"}', {}), (503, '{"status": "down"}', {"state": "down"}), (500, "", {})],
)
async def test_an_error_page_owes_no_json(
    http_server: HttpServer, name: str, status: int, body: str, expected: dict[str, Any]
) -> None:
    http_server.answers = {"/health": Answer(status, body)}
    read = await ask(name, http_server.url, STATUS)
    assert (read["status"], read["json"]) == (status, expected)


@pytest.mark.parametrize("name", PROBES)
@pytest.mark.parametrize(
    ("status", "body", "message"),
    [
        (
            502,
            '{"error": {"message": "Provider error: 401 invalid x-api-key"}}',
            "Provider error: 401 invalid x-api-key",
        ),
        (400, '{"error": "no model"}', "no model"),
        (422, '{"detail": "no body"}', "no body"),
        (503, '{"title": "Down", "status": 503}', "Down"),
        (500, '{"message": "x\\u001b[2J"}', "x␛[2J"),
        (500, '{"error": {"code": 7}, "message": ["a"]}', ""),
        (500, HTML, ""),
        (200, '{"message": "welcome", "status": "ok"}', ""),
    ],
)
async def test_the_message_of_an_error_response_is_its_error(
    http_server: HttpServer, name: str, status: int, body: str, message: str
) -> None:
    http_server.answers = {"/health": Answer(status, body)}
    assert (await ask(name, http_server.url))["error"] == message


@pytest.mark.parametrize(
    ("reply", "remark"),
    [
        (Answer(503, HTML), "503 Service Unavailable"),
        (Answer(429, "slow down"), "429 Too Many Requests: slow down"),
        (Answer(503, '{"status": "down"}'), ""),
        (Answer(302, "", {"Location": "/login?next=a"}), "302 Found to /login; set follow: true or url to it"),
    ],
)
async def test_a_remark_tells_why_fields_of_the_json_are_left_out(
    http_server: HttpServer, reply: Answer, remark: str
) -> None:
    http_server.answers = {"/health": reply}
    async with opened("http", url=http_server.url) as source:
        found = await answer(probe("http", source, "get", {"path": "/health", **STATUS}))
        plain = await answer(probe("http", source, "get", {"path": "/health"}))
    assert isinstance(found, Reading)
    assert isinstance(plain, Reading)
    assert (found.remark, plain.remark) == (remark, "")


@pytest.mark.parametrize("name", PROBES)
@pytest.mark.parametrize(("encoding", "pack"), [("gzip", gzip.compress), ("deflate", zlib.compress)])
async def test_a_body_that_comes_compressed_all_the_same_is_read(
    http_server: HttpServer, name: str, encoding: str, pack: Callable[[bytes], bytes]
) -> None:
    http_server.answers = {"/health": Answer(200, pack(b'{"status": "ok"}'), {"Content-Encoding": encoding})}
    read = await ask(name, http_server.url, STATUS)
    assert (read["json"], read["text"]) == ({"state": "ok"}, '{"status": "ok"}')


BAD: dict[str, tuple[Answer, FaultKind, str]] = {
    "HTML": (Answer(200, HTML), FaultKind.MALFORMED, "/health is HTML instead of JSON"),
    "empty": (Answer(200, ""), FaultKind.MALFORMED, "not valid JSON"),
    "cut off, and complete by its length": (Answer(200, '{"status": '), FaultKind.MALFORMED, "not valid JSON"),
    "NaN": (Answer(200, '{"status": NaN}'), FaultKind.MALFORMED, "not valid JSON"),
    "not UTF-8": (Answer(200, b'{"status": "\xff"}'), FaultKind.MALFORMED, "not valid JSON"),
    "too deep": (Answer(200, "[" * 100_000), FaultKind.MALFORMED, "not valid JSON"),
    "compressed": (Answer(200, b"\x1f\x8b", {"Content-Encoding": "gzip"}), FaultKind.MALFORMED, "encoded as gzip"),
    "compressed to little": (
        Answer(200, gzip.compress(b"0" * (MAX_BYTES + 1)), {"Content-Encoding": "gzip"}),
        FaultKind.TOO_LARGE,
        f"more than {MAX_BYTES >> 20} MiB",
    ),
    "cut off": (
        Answer(200, '{"status": "ok"}', truncated_to=9),
        FaultKind.MALFORMED,
        "malformed response: peer closed",
    ),
    "too many parts": (Answer(200, "[" + "[]," * 300_000 + "0]"), FaultKind.TOO_LARGE, "100000 lists and objects"),
    "huge": (Answer(200, endless=True), FaultKind.TOO_LARGE, f"more than {MAX_BYTES >> 20} MiB"),
    "huge error page": (Answer(500, endless=True), FaultKind.TOO_LARGE, f"more than {MAX_BYTES >> 20} MiB"),
}


@pytest.mark.parametrize("name", PROBES)
@pytest.mark.parametrize("case", BAD)
async def test_an_invalid_response_is_a_fault_that_names_its_cause(
    http_server: HttpServer, case: str, name: str
) -> None:
    bad, kind_, words = BAD[case]
    http_server.answers = {"/health": bad}
    found = await refuse(name, http_server.url, STATUS)
    assert (found.kind, words in found.message) == (kind_, True), found
    assert found.message.startswith(f"{HOST}:{http_server.port}: ")


BROKEN: dict[str, tuple[Script, FaultKind, str]] = {
    "headers, then silence": (
        starts(b"HTTP/1.1 200 OK\r\nX-A: b\r\n"),
        FaultKind.TIMEOUT,
        "no complete response within 1s",
    ),
    "half a body": (
        starts(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab"),
        FaultKind.TIMEOUT,
        "no complete response",
    ),
    "dripping headers": (drips(b"X-A: b\r\n", b"HTTP/1.1 200 OK\r\n"), FaultKind.TIMEOUT, "1s"),
    "dripping body": (drips(b"x", b"HTTP/1.1 200 OK\r\n\r\n"), FaultKind.TIMEOUT, "1s"),
    "not HTTP": (says(b"SSH-2.0-OpenSSH_9.2\r\n"), FaultKind.MALFORMED, "malformed response"),
    "hung up": (says(b""), FaultKind.MALFORMED, "without sending a response"),
}


@pytest.mark.parametrize("name", PROBES)
@pytest.mark.parametrize("case", BROKEN)
async def test_a_broken_server_is_a_fault_within_the_timeout(case: str, name: str) -> None:
    script, kind_, words = BROKEN[case]
    with RawServer(script) as server:
        async with opened("http", url=server.url) as source:
            # The client is imported by the first question, outside its time.
            await answer(probe("http", source, name, {"path": "/"}, timeout=0.05))
            timeout = 1.0 if kind_ is FaultKind.TIMEOUT else 30.0
            # Before the server's first byte, it would read as hung.
            asked = probe("http", source, name, {"path": "/"}, timeout=timeout)
            found = await answer_until(asked, lambda read: isinstance(read, Fault))
            assert isinstance(found, Fault)
            assert (found.kind, words in found.message) == (kind_, True), found
            if "silence" not in case and "half" not in case:
                await asyncio.to_thread(wait_until, lambda: server.open == 0, "every connection is closed")


@pytest.mark.parametrize("name", PROBES)
async def test_a_dead_api_reads_refused_and_the_same_probe_reads_it_again_when_it_is_back(
    http_server: HttpServer, name: str
) -> None:
    http_server.answers = {"/health": Answer(body='{"status": "ok"}')}
    async with opened("http", url=http_server.url) as source:
        asking = probe("http", source, name, {"path": "/health", **STATUS})
        assert (await value(asking))["json"] == {"state": "ok"}
        http_server.stop()
        dead = await value(asking)
        assert dead.pop("ms") >= 0
        assert dead == {"status": 0, "hung": False, "json": {}, "headers": {}, "text": "", "error": "refused"}
        assert (await source.check()).reachable is False
        http_server.start()
        assert (await value(asking))["json"] == {"state": "ok"}


async def test_a_name_that_does_not_resolve_is_a_fault() -> None:
    found = await refuse("get", "http://no-such-host.invalid")
    assert (found.kind, "no-such-host.invalid: host name does not resolve" in found.message) == (
        FaultKind.UNREACHABLE,
        True,
    )


async def test_certificates(tls_servers: TlsServers) -> None:
    async def ask_tls(name: str, args: dict[str, Any] | None = None, **options: Any) -> tuple[int, str]:
        host, port = getattr(tls_servers, name)
        read = await ask("get", f"https://{host}:{port}", {"path": "/", **(args or {})}, **options)
        return read["status"], read["error"]

    ca = str(tls_servers.ca)
    assert await ask_tls("good", ca=ca) == (200, "")
    assert await ask_tls("self_signed", verify=False) == (200, "")
    assert await ask_tls("expired", ca=ca) == (
        0,
        "certificate not trusted: certificate has expired; renew it on the server, or check the clock of this machine",
    )
    assert await ask_tls("self_signed", ca=ca) == (
        0,
        "certificate not trusted: self-signed certificate; "
        "set ca to the PEM file of this certificate if it is the right one",
    )
    assert await ask_tls("wrong_name", ca=ca) == (
        0,
        "certificate not trusted: IP address mismatch, certificate is not valid for '127.0.0.1'; "
        "connect by a name of the certificate, or have it issued for this one",
    )
    assert await ask_tls("good") == (
        0,
        "certificate not trusted: unable to get local issuer certificate; "
        "set ca to the PEM file of its authority, or have the server send the whole chain",
    )
    assert await ask_tls("wrong_name", {"host": OTHER_NAME}, ca=ca) == (200, "")
    host, port = tls_servers.good
    assert (await refuse("get", f"https://{host}:{port}", ca="/none.pem")).kind is FaultKind.CONFIGURATION


async def test_redirects_are_followed_only_where_asked_for(http_server: HttpServer) -> None:
    http_server.answers = {
        "/health": Answer(302, headers={"Location": "/ready", "Set-Cookie": "session=1"}),
        "/ready": Answer(body="here"),
        "/loop": Answer(302, headers={"Location": "/loop"}),
    }
    assert (await ask("get", http_server.url, {"headers": ["location"]}))["headers"] == {"location": "/ready"}
    assert (await ask("get", http_server.url, follow=True))["text"] == "here"
    assert not any("Cookie" in request.headers for request in http_server.requests)
    found = await refuse("get", http_server.url, {"path": "/loop"}, follow=True)
    assert (found.kind, "5 redirects" in found.message) == (FaultKind.MALFORMED, True)


async def test_the_token_is_sent_and_never_shown(http_server: HttpServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("API_CANARY", CANARY)
    http_server.answers = {
        "/health": Answer(body=f"you sent Bearer {CANARY}"),
        "/away": Answer(302, headers={"Location": f"x://{CANARY}/"}),
    }
    token = {"env": "API_CANARY"}
    read = await ask("get", http_server.url, {"host": "api.example"}, token=token)
    assert read["text"] == "you sent Bearer •••"
    sent = http_server.requests[0].headers
    assert (sent["Authorization"], sent["Host"]) == (f"Bearer {CANARY}", "api.example")
    assert CANARY not in (await refuse("get", http_server.url, {"path": "/away"}, follow=True, token=token)).message


async def test_the_environment_has_no_say(http_server: HttpServer, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://{HOST}:{free_port()}")
    http_server.answers = {"/health": Answer(body="direct")}
    assert (await ask("get", http_server.url))["text"] == "direct"


async def test_check_tells_reachable_authorised_and_version(http_server: HttpServer) -> None:
    http_server.answers = {"/": Answer(401)}
    async with opened("http", url=http_server.url) as source:
        health = await source.check()
        assert (health.reachable, health.authorised, health.message) == (True, False, "401 Unauthorized")
        assert health.version.startswith("BaseHTTP")
        http_server.answers = {"/": Answer(404)}
        assert (await source.check()).authorised
    async with opened("http") as source:
        assert (await source.check()).reachable
        assert (await fault(probe("http", source, "get", {"path": "/"}))).kind is FaultKind.CONFIGURATION


async def test_what_a_cockpit_file_may_not_say() -> None:
    get, post = kind("http").probes["get"].args, kind("http").probes["post"].args
    for bad in ("health", "http://other.example/", "//a b", "/a#b"):
        with pytest.raises(ValidationError):
            get.model_validate({"path": bad})
    for bad in ("a..b", "a[x]", ".a", "a[0"):
        with pytest.raises(ValidationError, match="invalid path"):
            get.model_validate({"path": "/", "json": {"x": bad}})
    with pytest.raises(ValidationError):
        post.model_validate({"path": "/", "named": {}})
    assert kind("http").target(kind("http").options()) == "the addresses of its signals"

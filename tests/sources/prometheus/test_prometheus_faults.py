"""Every invalid answer to every probe: a fault of its kind whose message names the cause, or a reading."""

import asyncio
import json
import math
import os
from pathlib import Path
from typing import Any

import pytest

from mmcockpit.core.model.reading import FaultKind, Reading
from mmcockpit.simulator.servers.process import HOST, free_port
from mmcockpit.sources.prometheus.session import MAX_BYTES
from tests.servers.http import Answer, HttpServer
from tests.servers.tls import TlsServers
from tests.servers.wait import wait_until
from tests.sources.polling import answer, fault, opened, probe, value
from tests.sources.raw import RawServer, Script, drips, says, silent

pytestmark = pytest.mark.anyio

CANARY = "canary-3f9d2b7c61"
NOW = 1_700_000_000.0
PROBES: dict[str, dict[str, Any]] = {
    "query": {"query": "up"},
    "range": {"query": "up", "over": "1m", "step": "15s"},
    "targets": {"job": ""},
    "rules": {"names": ["Down"]},
}
PATHS = {"query": "/api/v1/query", "range": "/api/v1/query", "targets": "/api/v1/targets", "rules": "/api/v1/rules"}


def success(data: Any, **more: Any) -> Answer:
    return Answer(body=json.dumps({"status": "success", "data": data, **more}))


def vector(*values: Any) -> Answer:
    result = [{"metric": {"n": str(n)}, "value": [NOW, one]} for n, one in enumerate(values)]
    return success({"resultType": "vector", "result": result})


def error(status: int, kind: str, text: str) -> Answer:
    return Answer(status, json.dumps({"status": "error", "errorType": kind, "error": text}))


TIME = success({"resultType": "scalar", "result": [NOW, str(NOW)]})
HTML = "<!doctype html><html><body>Sign in</body></html>"
WHOLE = json.dumps({"status": "success", "data": {"resultType": "vector", "result": []}})

BAD: dict[str, tuple[Answer, FaultKind, str]] = {
    "401": (Answer(401), FaultKind.UNAUTHORISED, "token"),
    "403": (Answer(403, "no"), FaultKind.FORBIDDEN, "permissions of token"),
    "404": (Answer(404, HTML), FaultKind.NOT_FOUND, "path of url"),
    "429": (Answer(429), FaultKind.RATE_LIMITED, "poll less often"),
    "500": (Answer(500, "boom"), FaultKind.SERVER_ERROR, "500 Internal Server Error from /api/v1/"),
    "502 with HTML": (Answer(502, HTML), FaultKind.SERVER_ERROR, "502 Bad Gateway"),
    "503, its own time is up": (error(503, "timeout", "query timed out"), FaultKind.TIMEOUT, "query timed out"),
    "422": (error(422, "execution", "found duplicate series"), FaultKind.QUERY, "found duplicate series"),
    "error under 200": (Answer(200, '{"status":"error","error":"odd"}'), FaultKind.QUERY, "odd"),
    "redirect": (
        Answer(302, headers={"Location": "https://login.example/a?state=secret"}),
        FaultKind.CONFIGURATION,
        "302 Found to https://login.example/a; redirects are not followed",
    ),
    "HTML instead of JSON": (Answer(200, HTML), FaultKind.MALFORMED, "HTML instead of JSON"),
    "empty body": (Answer(200, ""), FaultKind.MALFORMED, "empty response"),
    "not UTF-8": (Answer(200, b'{"status": "\xff\xfe"}'), FaultKind.MALFORMED, "unexpected response"),
    "cut off, and complete by its length": (Answer(200, WHOLE[:40]), FaultKind.MALFORMED, "truncated"),
    "cut off by a broken connection": (Answer(200, WHOLE, truncated_to=40), FaultKind.MALFORMED, "cut off"),
    "wrong type of everything": (Answer(200, "[1, 2]"), FaultKind.MALFORMED, "Expected `object`"),
    "wrong type of data": (success("text"), FaultKind.MALFORMED, "unexpected response"),
    "null data": (success(None), FaultKind.MALFORMED, "unexpected response"),
    "too deep": (Answer(200, '{"status":"success","data":' + "[" * 100_000), FaultKind.MALFORMED, "recursion"),
    "too deep inside": (
        Answer(200, WHOLE.replace("[]", "[" * 90_000 + "]" * 90_000)),
        FaultKind.MALFORMED,
        "recursion",
    ),
    "partial": (
        Answer(200, WHOLE.replace("{", '{"warnings": ["store eu-2 did not answer", "b"], ', 1)),
        FaultKind.PARTIAL,
        "store eu-2 did not answer (and 1 more)",
    ),
    "partial, VictoriaMetrics": (
        Answer(200, WHOLE.replace("{", '{"isPartial": true, ', 1)),
        FaultKind.PARTIAL,
        "isPartial is true",
    ),
    "partial, marked inside its data": (
        Answer(200, WHOLE.replace('"data": {', '"data": {"isPartial": true, ')),
        FaultKind.PARTIAL,
        "isPartial is true",
    ),
    "partial, Cortex": (
        Answer(200, WHOLE.replace("{", '{"warnings": ["query result may contain partial data"], "infos": ["a"], ', 1)),
        FaultKind.PARTIAL,
        "query result may contain partial data",
    ),
    "partial beside a note": (
        Answer(200, WHOLE.replace("{", '{"warnings": ["PromQL info: a (1:6)", "No StoreAPIs matched"], ', 1)),
        FaultKind.PARTIAL,
        "No StoreAPIs matched",
    ),
    "partial by a header, M3": (
        Answer(200, WHOLE, {"M3-Results-Limited": "max_fetch_series_limit_applied"}),
        FaultKind.PARTIAL,
        "max_fetch_series_limit_applied",
    ),
    "partial by its status": (Answer(206, WHOLE), FaultKind.PARTIAL, "206 Partial Content"),
    "huge": (Answer(200, endless=True), FaultKind.TOO_LARGE, f"more than {MAX_BYTES >> 20} MiB"),
    "broken gzip": (Answer(200, b"nonsense", {"Content-Encoding": "gzip"}), FaultKind.MALFORMED, "compressed"),
}


@pytest.mark.parametrize("name", PROBES)
@pytest.mark.parametrize("case", BAD)
async def test_an_invalid_response_is_a_fault_that_names_its_cause(
    http_server: HttpServer, case: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROM_CANARY", CANARY)
    bad, kind, words = BAD[case]
    http_server.answers = {PATHS["query"]: TIME, PATHS[name]: bad}
    async with opened("prometheus", url=http_server.url, token={"env": "PROM_CANARY"}) as source:
        found = await fault(probe("prometheus", source, name, PROBES[name]))
    assert (found.kind, words in found.message) == (kind, True), found
    assert f"{HOST}:{http_server.port}" in found.message
    assert "\n" not in found.message
    assert all(request.headers["Authorization"] == f"Bearer {CANARY}" for request in http_server.requests)


@pytest.mark.parametrize("name", PROBES)
async def test_a_token_that_the_server_echoes_stays_out_of_the_message(
    http_server: HttpServer, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROM_CANARY", CANARY)
    http_server.answers = {PATHS["query"]: TIME, PATHS[name]: error(422, "execution", f"bad\nBearer {CANARY}!")}
    async with opened("prometheus", url=http_server.url, token={"env": "PROM_CANARY"}) as source:
        found = await fault(probe("prometheus", source, name, PROBES[name]))
    assert CANARY not in found.message
    assert "bad Bearer •••!" in found.message


def head(length: int) -> bytes:
    return f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n".encode()


BROKEN: dict[str, tuple[Script, FaultKind, str]] = {
    "silent": (silent, FaultKind.TIMEOUT, "0.3s"),
    "dripping headers": (drips(b"X-A: b\r\n", b"HTTP/1.1 200 OK\r\n"), FaultKind.TIMEOUT, "0.3s"),
    "dripping body": (drips(b"     ", head(10**6)), FaultKind.TIMEOUT, "0.3s"),
    "not HTTP": (says(b"SSH-2.0-OpenSSH_9.2\r\n"), FaultKind.MALFORMED, "not HTTP"),
    "hung up": (says(b""), FaultKind.UNREACHABLE, "connection closed without a response"),
}


@pytest.mark.parametrize("name", PROBES)
@pytest.mark.parametrize("case", BROKEN)
async def test_a_broken_server_is_a_fault_within_the_timeout_and_holds_no_connection(case: str, name: str) -> None:
    script, kind, words = BROKEN[case]
    with RawServer(script) as server:
        async with opened("prometheus", url=server.url) as source:
            # The client is imported by the first question, outside its time.
            await answer(probe("prometheus", source, name, PROBES[name], timeout=0.3))
            timeout = 0.3 if kind is FaultKind.TIMEOUT else 30.0
            found = await fault(probe("prometheus", source, name, PROBES[name], timeout=timeout))
            assert (found.kind, words in found.message) == (kind, True), found
            if script is not silent:
                await asyncio.to_thread(wait_until, lambda: server.open == 0, "every connection is closed")


async def test_more_queries_than_connections_to_a_slow_server_all_end_and_the_source_continues(
    http_server: HttpServer,
) -> None:
    with RawServer(drips(b" ", head(10**6))) as server:
        async with opened("prometheus", url=server.url) as source:
            await answer(probe("prometheus", source, "query", PROBES["query"], timeout=0.3))
            asked = [fault(probe("prometheus", source, "query", PROBES["query"], timeout=0.5)) for _ in range(20)]
            assert {one.kind for one in await asyncio.gather(*asked)} == {FaultKind.TIMEOUT}
            body = WHOLE.encode()
            # The server closes each connection after its response, and announces it.
            closing = head(len(body)).replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
            server.script = says(closing + body)
            assert await value(probe("prometheus", source, "query", PROBES["query"])) == []


@pytest.mark.parametrize("name", PROBES)
async def test_refused_then_answered_by_the_same_probe(name: str, http_server: HttpServer) -> None:
    http_server.answers = {
        "/api/v1/query": TIME if name in ("targets", "rules") else vector(),
        "/api/v1/targets": success({"activeTargets": []}),
        "/api/v1/rules": success({"groups": []}),
    }
    async with opened("prometheus", url=http_server.url) as source:
        asking = probe("prometheus", source, name, PROBES[name])
        before = await value(asking)
        http_server.stop()
        found = await fault(asking)
        assert (found.kind, "connection refused" in found.message) == (FaultKind.REFUSED, True), found
        http_server.start()
        assert await value(asking) == before


VALUES: list[tuple[str, Answer, dict[str, Any], Any]] = [
    ("a number", vector("0.5"), {}, 0.5),
    ("a scalar", TIME, {}, NOW),
    ("empty", vector(), {}, []),
    ("empty, each", vector(), {"each": True}, []),
    ("+Inf", vector("+Inf"), {}, math.inf),
    ("-Inf", vector("-Inf"), {}, -math.inf),
    ("each", vector("1", "2"), {"each": True}, [{"labels": {"n": str(n)}, "value": n + 1.0} for n in range(2)]),
    ("infos alone", success({"resultType": "vector", "result": []}, infos=["might not be a counter"]), {}, []),
]  # fmt: skip


@pytest.mark.parametrize(("case", "given", "more", "expected"), VALUES, ids=[row[0] for row in VALUES])
async def test_a_valid_answer_is_a_reading(
    http_server: HttpServer, case: str, given: Answer, more: dict[str, Any], expected: Any
) -> None:
    http_server.answers = {"/api/v1/query": given}
    async with opened("prometheus", url=http_server.url) as source:
        assert await value(probe("prometheus", source, "query", {"query": "up", **more})) == expected


NOTES: dict[str, dict[str, Any]] = {
    "Prometheus 2.48": {"warnings": ['PromQL info: metric might not be a counter: "a" (1:6)']},
    "Prometheus 3": {"infos": ["PromQL info: metric might not be a counter"], "warnings": None},
    "a warning of the engine": {"warnings": ["PromQL warning: quantile value should be between 0 and 1"]},
    "VictoriaMetrics": {"isPartial": False, "infos": ["a note"]},
}


@pytest.mark.parametrize("case", NOTES)
async def test_a_note_about_a_whole_result_is_a_remark(http_server: HttpServer, case: str) -> None:
    data = {"resultType": "vector", "result": [{"metric": {"n": "a"}, "value": [NOW, "0.5"]}]}
    http_server.answers = {"/api/v1/query": success(data, **NOTES[case])}
    async with opened("prometheus", url=http_server.url) as source:
        read = await answer(probe("prometheus", source, "query", {"query": "sum(a)"}))
    assert isinstance(read, Reading), read
    assert read.value == 0.5
    assert all(note in read.remark for note in NOTES[case].get("infos") or NOTES[case]["warnings"])


@pytest.mark.parametrize(
    "note",
    [
        'PromQL warning: encountered a mix of histograms and floats for metric name "a" (1:5)',
        "PromQL warning: vector contains a mix of classic and native histograms",
        'PromQL warning: bucket label "le" is missing or has a malformed value of "" (1:25)',
        "PromQL info: incompatible sample types encountered for binary operator",
    ],
)
@pytest.mark.parametrize("place", ["warnings", "infos"])
async def test_a_result_without_some_samples_is_partial(http_server: HttpServer, note: str, place: str) -> None:
    data = {"resultType": "vector", "result": [{"metric": {}, "value": [NOW, "0"]}]}
    http_server.answers = {"/api/v1/query": success(data, **{place: [note]})}
    async with opened("prometheus", url=http_server.url) as source:
        found = await fault(probe("prometheus", source, "query", {"query": "sum(a) or vector(0)"}))
    assert (found.kind, note in found.message) == (FaultKind.PARTIAL, True)


async def test_a_range_of_histograms_has_no_points(http_server: HttpServer) -> None:
    series = {"metric": {}, "values": [[NOW - 15, "1"]], "histograms": [[NOW, {"count": "1", "sum": "2"}]]}
    http_server.answers = {"/api/v1/query": success({"resultType": "matrix", "result": [series]})}
    async with opened("prometheus", url=http_server.url) as source:
        found = await fault(probe("prometheus", source, "range", {"query": "a", "over": "1m"}))
    assert (found.kind, "native histogram" in found.message) == (FaultKind.QUERY, True)


@pytest.mark.parametrize("refused", [False, True])
@pytest.mark.parametrize("name", ["query", "range"])
async def test_a_query_too_long_for_an_address_goes_by_post(http_server: HttpServer, name: str, refused: bool) -> None:
    http_server.answers = {"/api/v1/query": vector("0.5")}
    labels = "|".join(str(n) for n in range(100 if refused else 4000))
    http_server.longest = 300 if refused else 10**6
    async with opened("prometheus", url=http_server.url) as source:
        args = {"query": f'sum(a{{b=~"{labels}"}})', **({"over": "1m"} if name == "range" else {})}
        await answer(probe("prometheus", source, name, args))
    posted = [one for one in http_server.requests if one.method == "POST"]
    assert posted
    assert posted[0].body.startswith(b"query=")
    assert len(posted[0].target) < 100


async def test_nan_is_read_as_nan(http_server: HttpServer) -> None:
    http_server.answers = {"/api/v1/query": vector("NaN")}
    async with opened("prometheus", url=http_server.url) as source:
        assert math.isnan(await value(probe("prometheus", source, "query", {"query": "up"})))


ODD: list[tuple[str, Answer, FaultKind, str]] = [
    ("two series", vector("1", "2"), FaultKind.QUERY, "aggregate them, or set each: true"),
    ("null", vector(None), FaultKind.MALFORMED, "Expected `str`, got `null`"),
    ("a number as number", vector(1.5), FaultKind.MALFORMED, "Expected `str`, got `float`"),
    ("a word", vector("many"), FaultKind.MALFORMED, "'many' is not a number"),
    ("a list", vector(["1"]), FaultKind.MALFORMED, "Expected `str`, got `array`"),
    ("a matrix", success({"resultType": "matrix", "result": []}), FaultKind.QUERY, "matrix"),
    ("a string", success({"resultType": "string", "result": [NOW, "x"]}), FaultKind.QUERY, "string"),
    ("a histogram", success({"resultType": "vector", "result": [{"metric": {}, "histogram": [1, {}]}]}),
     FaultKind.QUERY, "native histogram"),
]  # fmt: skip


@pytest.mark.parametrize(("case", "given", "kind", "words"), ODD, ids=[row[0] for row in ODD])
async def test_an_odd_value_is_a_fault(
    http_server: HttpServer, case: str, given: Answer, kind: FaultKind, words: str
) -> None:
    http_server.answers = {"/api/v1/query": given}
    async with opened("prometheus", url=http_server.url) as source:
        found = await fault(probe("prometheus", source, "query", {"query": "up"}))
    assert (found.kind, words in found.message) == (kind, True), found


@pytest.mark.parametrize("name", PROBES)
async def test_a_stale_sample_is_a_fault_for_every_probe(http_server: HttpServer, name: str) -> None:
    http_server.answers = {"/api/v1/query": vector(str(NOW - 93))}
    async with opened("prometheus", url=http_server.url) as source:
        found = await fault(probe("prometheus", source, name, PROBES[name], fresh='up{job="m"}'))
    assert found.kind is FaultKind.STALE
    assert 'newest sample of up{job="m"} is 1m 33s old' in found.message


async def test_certificates_are_believed_by_the_given_authority_alone(tls_servers: TlsServers, tmp_path: Path) -> None:
    for server in tls_servers.servers.values():
        server.answers["/api/v1/query"] = vector("1")

    async def ask(name: str, **options: Any) -> tuple[FaultKind, str] | Any:
        host, port = getattr(tls_servers, name)
        async with opened("prometheus", url=f"https://{host}:{port}", **options) as source:
            read = await answer(probe("prometheus", source, "query", {"query": "up"}))
            return read.value if isinstance(read, Reading) else (read.kind, read.message.split(": ")[-1])

    ca = str(tls_servers.ca)
    assert await ask("good", ca=ca) == 1.0
    assert await ask("self_signed", verify=False) == 1.0
    unknown, expired, own = (await ask("good"), await ask("expired", ca=ca), await ask("self_signed", ca=ca))
    assert unknown[0] is expired[0] is own[0] is FaultKind.TLS
    assert unknown[1].split("; ") == [
        "unable to get local issuer certificate",
        "set ca to the PEM file of its authority, or have the server send the whole chain",
    ]
    assert expired[1].split("; ") == [
        "certificate has expired",
        "renew it on the server, or check the clock of this machine",
    ]
    assert own[1].split("; ") == [
        "self-signed certificate",
        "set ca to the PEM file of this certificate if it is the right one",
    ]
    assert (await ask("wrong_name", ca=ca))[0] is FaultKind.TLS
    assert await ask("good", ca="/none.pem") == (FaultKind.CONFIGURATION, "No such file or directory")
    empty = tmp_path / "empty.pem"
    empty.touch()
    assert (await ask("good", ca=str(empty)))[0] is FaultKind.CONFIGURATION


async def test_the_environment_has_no_say(http_server: HttpServer, monkeypatch: pytest.MonkeyPatch) -> None:
    nowhere = f"http://{HOST}:{free_port()}"
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, nowhere)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", os.devnull)
    http_server.answers = {"/api/v1/query": vector("1")}
    async with opened("prometheus", url=http_server.url) as source:
        assert await value(probe("prometheus", source, "query", {"query": "up"})) == 1.0


async def test_a_cancelled_question_frees_its_connection_at_once() -> None:
    with RawServer(drips(b" ", head(10**6))) as server:
        async with opened("prometheus", url=server.url) as source:
            await answer(probe("prometheus", source, "query", PROBES["query"], timeout=0.1))
            asking = asyncio.create_task(answer(probe("prometheus", source, "query", PROBES["query"], timeout=30)))
            await asyncio.to_thread(wait_until, lambda: server.open == 1, "the question is asked")
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)
            await asyncio.to_thread(wait_until, lambda: server.open == 0, "the connection is closed")

"""A real Alertmanager asked by every probe, and every invalid answer: a fault that names its cause."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import ValidationError

from mmcockpit.core.model.reading import FaultKind
from mmcockpit.simulator.servers.alertmanager import Alertmanager
from mmcockpit.simulator.servers.process import HOST
from mmcockpit.sources import kind
from tests.servers.http import Answer, HttpServer
from tests.servers.tls import TlsServers
from tests.servers.wait import PATIENCE_S
from tests.sources.polling import fault, opened, poll_until, probe, value
from tests.sources.raw import RawServer, Script, drips, says, silent

pytestmark = pytest.mark.anyio

CANARY = "canary-71d0e4b95a"
PROBES: dict[str, dict[str, Any]] = {
    "alerts": {"filters": 'severity="critical"'},
    "status": {},
    "silences": {"since_start": True},
}
PATHS = {name: f"/api/v2/{name}" for name in PROBES}
HTML = "<!doctype html><html><body>Sign in</body></html>"
STATUS = {"versionInfo": {"version": "0.28.0"}, "cluster": {"status": "ready", "peers": [{"name": "a"}, {"name": "b"}]}}


async def post(server: Alertmanager, path: str, body: Any) -> Any:
    async with httpx.AsyncClient(base_url=server.url, trust_env=False, timeout=PATIENCE_S) as client:
        answered = await client.post(f"/api/v2/{path}", json=body)
        answered.raise_for_status()
        return answered.json() if answered.content else None


def silence(name: str, starts_in_s: float = 0, lasts_s: float = 600, **more: Any) -> dict[str, Any]:
    now = datetime.now(UTC)
    return {
        "matchers": [{"name": "alertname", "value": name, "isRegex": False, "isEqual": True}],
        "startsAt": (now + timedelta(seconds=starts_in_s)).isoformat(),
        "endsAt": (now + timedelta(seconds=starts_in_s + lasts_s)).isoformat(),
        "createdBy": "ana",
        "comment": "known",
        **more,
    }


async def test_alerts_are_listed_filtered_and_silenced(alertmanager: Alertmanager) -> None:
    labels = {"alertname": "Slow", "severity": "critical", "job": "listed"}
    async with opened("alertmanager", url=alertmanager.url, resend_every="0s") as source:
        listed = probe("alertmanager", source, "alerts", {"filters": ['job="listed"', 'severity=~"crit.*"']})
        assert await value(listed) == []
        annotations = {"summary": "p95 is high", "description": "long"}
        await post(alertmanager, "alerts", [{"labels": labels, "annotations": annotations}])
        await post(alertmanager, "alerts", [{"labels": {**labels, "severity": "warning"}}])
        row = (await poll_until(listed, lambda read: len(read) == 1 and read[0]["state"] == "active")).value[0]
        assert datetime.fromisoformat(row.pop("since")).tzinfo is not None
        assert row == {
            "name": "Slow", "severity": "critical", "state": "active", "labels": labels, "summary": "p95 is high",
        }  # fmt: skip
        assert len(await value(probe("alertmanager", source, "alerts", {"filters": 'job="listed"'}))) == 2

        made = await post(alertmanager, "silences", silence("Slow"))
        assert (await poll_until(listed, lambda read: read == [])).value == []
        shown = probe("alertmanager", source, "alerts", {"filters": 'job="listed"', "silenced": True})
        assert {one["state"] for one in (await poll_until(shown, lambda read: len(read) == 2)).value} == {"silenced"}
        async with httpx.AsyncClient(base_url=alertmanager.url, trust_env=False, timeout=PATIENCE_S) as client:
            (await client.delete(f"/api/v2/silence/{made['silenceID']}")).raise_for_status()
        await poll_until(listed, lambda read: len(read) == 1)


async def test_only_silences_made_after_the_probe_are_of_this_session(tmp_path: Path) -> None:
    with Alertmanager(tmp_path) as server:
        await post(server, "silences", silence("Before"))
        old = await post(server, "silences", silence("Old"))
        async with opened("alertmanager", url=server.url, resend_every="0s") as source:
            before = await value(probe("alertmanager", source, "silences", {"since_start": False}))
            assert [one["matchers"] for one in before] == [['alertname="Before"'], ['alertname="Old"']]
            # The server tells its time in whole seconds: what is made in the second before counts, too.
            changed = max(datetime.fromisoformat(one["created"]) for one in before)
            asyncio_now = asyncio.get_running_loop().time
            later = asyncio_now() + 2.1 - (datetime.now(UTC) - changed).total_seconds()
            await poll_until(probe("alertmanager", source, "status", {}), lambda read: asyncio_now() > later)

            asking = probe("alertmanager", source, "silences", {})
            assert await value(asking) == []
            made = await post(server, "silences", silence("During", comment="while we look", lasts_s=60))
            rows = (await poll_until(asking, lambda read: len(read) == 1)).value
            assert (rows[0]["id"], rows[0]["by"], rows[0]["comment"]) == (made["silenceID"], "ana", "while we look")
            assert rows[0]["state"] == "active"
            created, ends = (datetime.fromisoformat(rows[0][name]) for name in ("created", "ends"))
            assert timedelta(seconds=50) < ends - created < timedelta(seconds=70)

            async with httpx.AsyncClient(base_url=server.url, trust_env=False, timeout=PATIENCE_S) as client:
                for id_ in (made["silenceID"], old["silenceID"]):
                    (await client.delete(f"/api/v2/silence/{id_}")).raise_for_status()
            # One made and ended meanwhile is listed; an older one that ended is not.
            assert [
                one["state"] for one in (await poll_until(asking, lambda read: read[0]["state"] == "expired")).value
            ] == ["expired"]


async def test_status_and_check(alertmanager: Alertmanager) -> None:
    async with opened("alertmanager", url=alertmanager.url, resend_every="0s") as source:
        read = await value(probe("alertmanager", source, "status", {}))
        assert read["version"].startswith("0.")
        assert (read["ready"], read["receivers"], read["peers"]) == (True, ["void"], 0)
        health = await source.check()
        assert (health.reachable, health.authorised, health.version) == (True, True, read["version"])
        bad = await fault(probe("alertmanager", source, "alerts", {"filters": 'job=~"("'}))
        assert (bad.kind, "missing closing )" in bad.message) == (FaultKind.QUERY, True), bad


async def test_a_settling_cluster_is_not_ready(http_server: HttpServer) -> None:
    http_server.answers = {
        "/api/v2/status": Answer(body=json.dumps(STATUS)),
        "/api/v2/receivers": Answer(body='[{"name": "page"}, {"name": "mail"}]'),
    }
    async with opened("alertmanager", url=http_server.url) as source:
        asking = probe("alertmanager", source, "status", {})
        assert await value(asking) == {"version": "0.28.0", "ready": True, "receivers": ["mail", "page"], "peers": 2}
        settling = {**STATUS, "cluster": {"status": "settling", "peers": None}}
        http_server.answers["/api/v2/status"] = Answer(body=json.dumps(settling))
        assert ((await value(asking))["ready"], (await value(asking))["peers"]) == (False, 0)


BAD: dict[str, tuple[Answer, FaultKind, str]] = {
    "400": (Answer(400, '"bad matcher format: x"'), FaultKind.QUERY, ": bad matcher format: x"),
    "401": (Answer(401), FaultKind.UNAUTHORISED, "token"),
    "403": (Answer(403, "no"), FaultKind.FORBIDDEN, "permissions of token"),
    "404": (Answer(404, HTML), FaultKind.NOT_FOUND, "path of url"),
    "429": (Answer(429), FaultKind.RATE_LIMITED, "poll less often"),
    "500": (Answer(500, '"boom"'), FaultKind.SERVER_ERROR, ": boom"),
    "502 with HTML": (Answer(502, HTML), FaultKind.SERVER_ERROR, "502 Bad Gateway"),
    "redirect": (
        Answer(302, headers={"Location": "https://login.example"}),
        FaultKind.CONFIGURATION,
        "302 Found to https://login.example",
    ),
    "HTML": (Answer(200, HTML), FaultKind.MALFORMED, "HTML instead of JSON"),
    "empty": (Answer(200, ""), FaultKind.MALFORMED, "empty response"),
    "null": (Answer(200, "null"), FaultKind.MALFORMED, "unexpected response"),
    "a word": (Answer(200, '"fine"'), FaultKind.MALFORMED, "unexpected response"),
    "wrong types": (Answer(200, '[{"labels": 1}]'), FaultKind.MALFORMED, "unexpected response"),
    "a null in it": (Answer(200, "[null]"), FaultKind.MALFORMED, "unexpected response"),
    "NaN": (Answer(200, "[NaN]"), FaultKind.MALFORMED, "unexpected response"),
    "not UTF-8": (Answer(200, b'["\xff"]'), FaultKind.MALFORMED, "unexpected response"),
    "too deep": (Answer(200, "[" * 100_000), FaultKind.MALFORMED, "unexpected response"),
    "cut off, whole by its length": (Answer(200, '[{"labels'), FaultKind.MALFORMED, "unexpected response"),
    "cut off": (Answer(200, "[" + " " * 99 + "]", truncated_to=9), FaultKind.MALFORMED, "malformed"),
    "huge": (Answer(200, endless=True), FaultKind.TOO_LARGE, "more than 1 MiB"),
    "huge error": (Answer(500, endless=True), FaultKind.TOO_LARGE, "more than 1 MiB"),
}


@pytest.mark.parametrize("name", PROBES)
@pytest.mark.parametrize("case", BAD)
async def test_an_invalid_response_is_a_fault_that_names_its_cause(
    http_server: HttpServer, case: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AM_CANARY", CANARY)
    bad, expected, words = BAD[case]
    http_server.answers = {PATHS[name]: bad}
    async with opened("alertmanager", url=http_server.url, token={"env": "AM_CANARY"}) as source:
        found = await fault(probe("alertmanager", source, name, PROBES[name]))
    assert (found.kind, words in found.message) == (expected, True), found
    assert found.message.startswith(f"{HOST}:{http_server.port}: ")
    assert "\n" not in found.message
    assert all(request.headers["Authorization"] == f"Bearer {CANARY}" for request in http_server.requests)


async def test_a_token_that_the_server_echoes_stays_out_of_the_message(
    http_server: HttpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AM_CANARY", CANARY)
    http_server.answers = {path: Answer(400, json.dumps(f"bad\nBearer {CANARY}!")) for path in PATHS.values()}
    async with opened("alertmanager", url=http_server.url, token={"env": "AM_CANARY"}) as source:
        for name, args in PROBES.items():
            found = await fault(probe("alertmanager", source, name, args))
            assert found.message.endswith("bad Bearer •••!")
        assert CANARY not in str(await source.check())


BROKEN: dict[str, tuple[Script, FaultKind, str]] = {
    "silent": (silent, FaultKind.TIMEOUT, "0.3s"),
    "dripping": (drips(b" ", b"HTTP/1.1 200 OK\r\n\r\n"), FaultKind.TIMEOUT, "0.3s"),
    "not HTTP": (says(b"SSH-2.0-OpenSSH_9.2\r\n"), FaultKind.MALFORMED, "malformed"),
}


@pytest.mark.parametrize("name", PROBES)
@pytest.mark.parametrize("case", BROKEN)
async def test_a_broken_server_is_a_fault_within_the_timeout(case: str, name: str) -> None:
    script, expected, words = BROKEN[case]
    with RawServer(script) as server:
        async with opened("alertmanager", url=server.url, resend_every="0s") as source:
            timeout = 0.3 if expected is FaultKind.TIMEOUT else 30.0
            found = await fault(probe("alertmanager", source, name, PROBES[name], timeout=timeout))
    assert (found.kind, words in found.message) == (expected, True), found


async def test_refused_unbelieved_and_without_time(http_server: HttpServer, tls_servers: TlsServers) -> None:
    http_server.stop()
    async with opened("alertmanager", url=http_server.url) as source:
        for name, args in PROBES.items():
            found = await fault(probe("alertmanager", source, name, args))
            assert (found.kind, "connection refused" in found.message) == (FaultKind.REFUSED, True), found
        assert (await source.check()).reachable is False
    http_server.start()
    host, port = tls_servers.expired
    async with opened("alertmanager", url=f"https://{host}:{port}", ca=str(tls_servers.ca)) as source:
        assert (await fault(probe("alertmanager", source, "status", {}))).kind is FaultKind.TLS
    body = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]"
    with RawServer(says(body)) as server:
        async with opened("alertmanager", url=server.url, resend_every="0s") as source:
            found = await fault(probe("alertmanager", source, "silences", {}))
    assert (found.kind, "no Date header" in found.message) == (FaultKind.MALFORMED, True), found


async def test_an_alert_that_a_time_interval_mutes_is_shown_as_muted(http_server: HttpServer) -> None:
    status = {"state": "suppressed", "silencedBy": [], "inhibitedBy": [], "mutedBy": ["nights"]}
    alert = {"labels": {"alertname": "a"}, "annotations": {}, "startsAt": "2026-12-06T02:00:00Z", "status": status}
    http_server.answers = {"/api/v2/alerts": Answer(body=json.dumps([alert]))}
    async with opened("alertmanager", url=http_server.url, resend_every="0s") as source:
        assert [one["state"] for one in await value(probe("alertmanager", source, "alerts", {}))] == ["muted"]


async def test_the_session_begins_by_the_clock_of_the_server() -> None:
    there = datetime(2031, 5, 1, 12, 0, 0, tzinfo=UTC)
    rows = [
        {
            **silence(str(second)),
            "id": str(second),
            "updatedAt": (there + timedelta(seconds=second)).isoformat(),
            "startsAt": (there + timedelta(seconds=second)).isoformat(),
            "status": {"state": "active"},
        }
        for second in (-30, 30)
    ]
    date = format_datetime(there, usegmt=True).encode()
    body = json.dumps(rows).encode()
    whole = b"HTTP/1.1 200 OK\r\nDate: %s\r\nContent-Length: %d\r\n\r\n%s" % (date, len(body), body)
    with RawServer(says(whole)) as server:
        async with opened("alertmanager", url=server.url, resend_every="0s") as source:
            assert [one["id"] for one in await value(probe("alertmanager", source, "silences", {}))] == ["30"]


async def test_what_a_cockpit_file_may_not_say() -> None:
    described = kind("alertmanager")
    for bad in ("alertmanager:9093", "http://u:hunter2@a", "http://a?b=c"):
        with pytest.raises(ValidationError) as refused:
            described.options.model_validate({"url": bad})
        assert "hunter2" not in str(refused.value)
    for matcher in ('"service.name"="shop"', "service.name=shop", 'größe=~"a|b"', 'team != ""', r'"a\"b"="c"'):
        described.probes["alerts"].args.model_validate({"filters": matcher})
    for matcher in ("severity", "=x", "a b=c", '"a="b"', '""="b"', "{a=b}", "a'b=c"):
        with pytest.raises(ValidationError):
            described.probes["alerts"].args.model_validate({"filters": matcher})

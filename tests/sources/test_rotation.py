"""Tokens and passwords in files that are replaced while the cockpit runs."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from mmcockpit.core.cockpit import SourceSpec
from mmcockpit.core.reading import FaultKind
from mmcockpit.sources import open_source
from mmcockpit.sources.secrets import Secrets
from tests.servers.http import Answer, HttpServer, Received
from tests.sources.asking import fault, probe, value

pytestmark = pytest.mark.anyio
OLD, NEW = "old-token-8d1f22", "new-token-66b0aa"
VECTOR = {"status": "success", "data": {"resultType": "scalar", "result": [1_796_522_400.0, "1"]}}
ANSWERS: Mapping[str, tuple[str, dict[str, Any], str]] = {
    "http": ("get", {"path": "/api"}, "{}"),
    "alertmanager": ("alerts", {}, "[]"),
    "prometheus": ("query", {"query": "1"}, json.dumps(VECTOR)),
}
"""Kind of source to a probe, its arguments, and what the server answers to whom it lets in."""


class Guarded(HttpServer):
    """Answers only those that send the token of the moment."""

    token = OLD
    body = "{}"

    def answer(self, request: Received) -> Answer:
        if request.headers.get("Authorization") != f"Bearer {self.token}":
            return Answer(401, f"who is {request.headers.get('Authorization')}?")
        return Answer(body=self.body, headers={"Date": "Sun, 06 Dec 2026 02:00:00 GMT"})


@pytest.mark.parametrize("kind", ANSWERS)
async def test_a_token_that_was_replaced_is_read_again_by_every_source(kind: str, tmp_path: Path) -> None:
    name, arguments, body = ANSWERS[kind]
    file = tmp_path / "token"
    file.write_text(f"{OLD}\n")
    secrets = Secrets()
    with Guarded() as server:
        server.body = body
        source = open_source(SourceSpec("s", kind, {"url": server.url, "token": {"file": str(file)}}), secrets)
        asked = probe(kind, source, name, arguments)
        await value(asked)
        server.token = NEW
        refused = await fault(asked)
        assert refused.kind is FaultKind.UNAUTHORISED, refused
        assert OLD not in refused.message
        file.write_text(f"{NEW}\n")
        await value(asked)
        # As kubelet replaces it: by a link to another file.
        server.token = f"{NEW}-linked"
        (tmp_path / "other").write_text(server.token)
        (tmp_path / "link").symlink_to(tmp_path / "other")
        os.replace(tmp_path / "link", file)
        await value(asked)
        # Gone or empty for a moment: what it held counts.
        file.unlink()
        await value(asked)
        file.write_text("")
        await value(asked)
        await source.close()
    assert secrets.redact(f"{OLD} {NEW}") == "••• •••"


@pytest.mark.parametrize("kind", ANSWERS)
async def test_a_token_that_was_replaced_without_a_trace_is_read_again_after_a_401(kind: str, tmp_path: Path) -> None:
    name, arguments, body = ANSWERS[kind]
    file = tmp_path / "token"
    file.write_text(OLD)
    seen = os.stat(file)
    with Guarded() as server:
        server.body = body
        source = open_source(SourceSpec("s", kind, {"url": server.url, "token": {"file": str(file)}}), Secrets())
        asked = probe(kind, source, name, arguments)
        await value(asked)
        server.token = NEW
        file.write_text(NEW)
        os.utime(file, ns=(seen.st_atime_ns, seen.st_mtime_ns))
        await value(asked)
        await source.close()


async def test_a_401_without_a_credential_of_ours_is_a_reading(http_server: HttpServer) -> None:
    http_server.answers["/x"] = Answer(401, "who are you?")
    source = open_source(SourceSpec("web", "http", {"url": http_server.url}), Secrets())
    assert (await value(probe("http", source, "get", {"path": "/x"})))["status"] == 401
    await source.close()


@pytest.mark.parametrize("name", ["get", "post"])
async def test_a_401_to_our_own_token_is_no_reading(
    name: str, http_server: HttpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEST_TOKEN", OLD)
    http_server.answers["/x"] = Answer(401, "expired")
    options = {"url": http_server.url, "token": {"env": "TEST_TOKEN"}}
    source = open_source(SourceSpec("web", "http", options), Secrets())
    found = await fault(probe("http", source, name, {"path": "/x"}))
    assert (found.kind, "HTTP 401 for /x" in found.message) == (FaultKind.UNAUTHORISED, True)
    http_server.answers["/x"] = Answer(403, "not you")
    assert (await value(probe("http", source, name, {"path": "/x"})))["status"] == 403
    await source.close()

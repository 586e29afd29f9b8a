"""The message of an error response is quoted by every source over HTTP: in one line, bounded, without secrets."""

import json
from pathlib import Path
from typing import Any

import pytest
import trustme

from mmcockpit.core.model.reading import Fault, FaultKind
from mmcockpit.sources.common.http_status import ERROR_LIMIT, error_message
from mmcockpit.sources.common.secrets import Secrets
from tests.servers.http import Answer, HttpServer
from tests.sources.polling import answer, opened, probe
from tests.sources.responses import HTTP
from tests.sources.table_cells import kubeconfig

pytestmark = pytest.mark.anyio

CANARY = "canary-token-5b1d7e"
PROBES = ("prometheus.query", "alertmanager.alerts", "loki.query", "registry.tag", "kubernetes.pods", "http.get")
KINDS = {401: FaultKind.UNAUTHORISED, 403: FaultKind.FORBIDDEN, 429: FaultKind.RATE_LIMITED}
PLAIN = f"access denied\r\nby policy 7 \x1b[31mfor {CANARY}\n{'x' * 900}"
BODIES = {
    "plain text": (PLAIN, "access denied by policy 7 ␛[31mfor •••"),
    "JSON of a gateway": (json.dumps({"message": f"limit of {CANARY} exceeded"}), "limit of ••• exceeded"),
    "a web page": (f"<html>{CANARY}</html>", ""),
    "nothing": ("", ""),
}


async def told(server: HttpServer, name: str, folder: Path) -> tuple[FaultKind | None, str]:
    """Poll once; return the kind of fault and its message, or the message in the value of a response."""
    asked = HTTP[name]
    options: dict[str, Any] = {"url": server.url}
    if asked.kind == "kubernetes":
        trustme.CA().cert_pem.write_to_path(folder / "ca.pem")
        options = {"kubeconfig": kubeconfig(folder / "kubeconfig", server.url, folder / "ca.pem", CANARY)}
    else:
        options["token"] = {"env": "CANARY"}
    async with opened(asked.kind, **options) as source:
        read = await answer(probe(asked.kind, source, asked.probe, dict(asked.args)))
    return (read.kind, read.message) if isinstance(read, Fault) else (None, read.value["error"])


@pytest.mark.parametrize("name", PROBES)
@pytest.mark.parametrize("status", KINDS)
async def test_the_message_of_an_error_response_is_quoted(
    http_server: HttpServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, status: int
) -> None:
    monkeypatch.setenv("CANARY", CANARY)
    for body, quoted in BODIES.values():
        http_server.answers[HTTP[name].path] = Answer(status, body)
        kind, message = await told(http_server, name, tmp_path)
        # A refusal of what is polled is a value of this probe, except to its own token.
        assert kind is (KINDS[status] if name != "http.get" or status == 401 else None)
        # A tag is asked for by HEAD, whose response has no body; a GET would count as another pull.
        assert (quoted in message) is not (name == "registry.tag" and status == 429 and bool(quoted))
        assert CANARY not in message
        assert "<html>" not in message
        assert len(message) <= 300
        assert message.isprintable()


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"no org id\n", "no org id"),
        (b'"silence not found"', "silence not found"),
        (b'{"error": {"message": "all providers failed", "code": 7}}', "all providers failed"),
        (b'{"error": "invalid_token", "detail": "expired"}', "invalid_token"),
        (b'{"errors": [{"code": "DENIED", "message": "requested access is denied"}]}', "requested access is denied"),
        (b'{"details": "incorrect username or password"}', "incorrect username or password"),
        (b'{"status": "DOWN"}', ""),
        (b"[7, 8]", ""),
        (b"[warn] too busy", "[warn] too busy"),
        (b'{"error": "<b>no</b>"}', ""),
        (b"\x1f\x8b\x08\x00binary", ""),
        (b"a\0b", ""),
        (b"Service Unavailable\n", ""),
        (b"503: Service Unavailable", ""),
        (b"503 no healthy upstream", "503 no healthy upstream"),
        (b"404 page not found", "404 page not found"),
    ],
)
def test_the_message_is_a_field_of_json_or_the_text(body: bytes, message: str) -> None:
    assert error_message(503, body, str) == message


def test_a_secret_where_the_message_is_cut_is_struck_out_first() -> None:
    secrets = Secrets()
    secrets.protect(CANARY)
    message = error_message(403, f"{'x' * (ERROR_LIMIT - 9)} {CANARY}".encode(), secrets.redact)
    assert message == f"{'x' * (ERROR_LIMIT - 9)} •••"

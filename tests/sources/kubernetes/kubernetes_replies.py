"""Replies of a Kubernetes API that are faults, and a kubeconfig for the server that sends them."""

import json
from functools import cache
from pathlib import Path

import trustme

from mmcockpit.core.model.reading import FaultKind
from tests.sources.endless_server import pours
from tests.sources.raw import Script, drips, says, silent

CANARY = "canary-51d2f8c4"
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"


def says_http(status: str, body: str, more: str = "") -> Script:
    return says(f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n{more}\r\n{body}".encode())


def says_status(code: int, reason: str, message: str) -> Script:
    body = {"kind": "Status", "apiVersion": "v1", "message": message, "reason": reason, "code": code}
    return says_http(f"{code} {reason}", json.dumps(body))


ANSWERS: dict[str, tuple[Script, FaultKind]] = {
    "401": (says_status(401, "Unauthorized", f"bad token {CANARY}"), FaultKind.UNAUTHORISED),
    "403": (says_status(403, "Forbidden", "pods is forbidden"), FaultKind.FORBIDDEN),
    "404 of no API": (says_http("404 Not Found", "404 page not found\n"), FaultKind.NOT_FOUND),
    "404 of a proxy": (says_http("404 Not Found", "<html>"), FaultKind.NOT_FOUND),
    "410": (says_status(410, "Expired", "the list changed"), FaultKind.PARTIAL),
    "429": (says_status(429, "TooManyRequests", "slow down"), FaultKind.RATE_LIMITED),
    "400": (says_status(400, "BadRequest", "unable to parse"), FaultKind.QUERY),
    "500": (says_status(500, "InternalError", "etcd is gone"), FaultKind.SERVER_ERROR),
    "503 of a proxy": (says_http("503 Service Unavailable", "<html>"), FaultKind.SERVER_ERROR),
    "redirect": (says_http("302 Found", "", "Location: http://127.0.0.1:1/login\r\n"), FaultKind.CONFIGURATION),
    "html": (says_http("200 OK", "<html>Sign in</html>"), FaultKind.MALFORMED),
    "empty": (says_http("200 OK", ""), FaultKind.MALFORMED),
    "wrong type": (says_http("200 OK", '{"metadata": {}, "items": [{"metadata": {"name": 5}}]}'), FaultKind.MALFORMED),
    "another shape": (says_http("200 OK", '{"status": "success"}'), FaultKind.MALFORMED),
    "bad text": (says(HEAD + b'Content-Length: 4\r\n\r\n"\xff\xfe"'), FaultKind.MALFORMED),
    "truncated": (says(HEAD + b'Content-Length: 500\r\n\r\n{"metadata": {}, "items": ['), FaultKind.PARTIAL),
    "garbage": (says(b"\x00\xff\x1b[31mno http\r\n\r\n"), FaultKind.MALFORMED),
    "nothing": (says(b""), FaultKind.UNREACHABLE),
    "silence": (silent, FaultKind.TIMEOUT),
    "dripping": (drips(b" ", first=HEAD + b"Content-Length: 100000\r\n\r\n"), FaultKind.TIMEOUT),
    "endless": (pours(CHUNKED, b"10000\r\n" + b" " * 65_536 + b"\r\n"), FaultKind.TOO_LARGE),
    "endless headers": (pours(HEAD, b"X-More: " + b"x" * 4_000 + b"\r\n"), FaultKind.MALFORMED),
    "deep": (says_http("200 OK", "[" * 100_000), FaultKind.MALFORMED),
}


@cache
def authority() -> bytes:
    """Return an authority, PEM: a cluster without one would read all of the machine's, which takes 0.05 s."""
    return trustme.CA().cert_pem.bytes()


def kubeconfig(folder: Path, server: str) -> str:
    written, ca = folder / "kubeconfig", folder / "ca.pem"
    ca.write_bytes(authority())
    config = {
        "current-context": "c",
        "clusters": [{"name": "c", "cluster": {"server": server, "certificate-authority": str(ca)}}],
        "users": [{"name": "u", "user": {"token": CANARY}}],
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
    }
    written.write_text(json.dumps(config))
    return str(written)

"""What an unusable HTTP response means: its kind of fault, and its text in messages."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, TypeVar

import msgspec

from mmcockpit.core.model.reading import FaultKind, ProbeError
from mmcockpit.core.text import plain
from mmcockpit.sources.common.json_path import value_at

Document = TypeVar("Document")
PROXY_LOGIN = 407
"""The status by which a proxy asks for a login; the target was not reached."""
PAUSING = frozenset({429, 503})
"""Statuses with which a server may ask not to be polled for a time."""
_KINDS: Mapping[int, FaultKind] = {
    206: FaultKind.PARTIAL,
    401: FaultKind.UNAUTHORISED,
    403: FaultKind.FORBIDDEN,
    404: FaultKind.NOT_FOUND,
    408: FaultKind.TIMEOUT,
    410: FaultKind.PARTIAL,
    429: FaultKind.RATE_LIMITED,
}
HINTS: Mapping[int, str] = {
    401: "check token",
    403: "check the permissions of token",
    404: "check the path of url",
    PROXY_LOGIN: "check the user and password of proxy",
    429: "poll less often (every, budget)",
}
"""What to do about a status."""

TEMPORARY = frozenset(
    {
        FaultKind.REFUSED,
        FaultKind.TIMEOUT,
        FaultKind.UNREACHABLE,
        FaultKind.RATE_LIMITED,
        FaultKind.SERVER_ERROR,
        FaultKind.PARTIAL,
        FaultKind.TLS,
    }
)
"""Faults after which the next poll may succeed."""

SEARCHED_BYTES = 64 * 1024
"""Bytes of a response that are searched for a message."""

ERROR_LIMIT = 200
"""Characters kept of a message."""

ERROR_PATHS = (
    "error.message",
    "error",
    "message",
    "detail",
    "details",
    "title",
    "errors[0].message",
    "errors[0].detail",
)
"""Where APIs write it: OpenAI, Express, Spring, FastAPI, Docker Hub, problem details (RFC 9457), OCI, JSON:API."""


def status_kind(status: int) -> FaultKind:
    """Return the kind of fault for an HTTP status."""
    if 300 <= status < 400:
        return FaultKind.CONFIGURATION
    if status in _KINDS:
        return _KINDS[status]
    return FaultKind.SERVER_ERROR if status >= 500 else FaultKind.QUERY if status >= 400 else FaultKind.MALFORMED


def with_pause(fault: ProbeError, status: int, headers: Mapping[str, str]) -> ProbeError:
    """Return a fault with the pause that a 429 or a 503 asks for by its header Retry-After: seconds, or a date."""
    wanted = headers.get("retry-after", "").strip()
    if status in PAUSING and wanted:
        with suppress(ValueError):
            fault.retry_after_s = float(wanted) if wanted.isdecimal() else _seconds(headers.get("date", ""), wanted)
    return fault


def _seconds(start: str, end: str) -> float:
    """Return the seconds from one date of a response to another; ValueError if one is not a date."""
    return max((parsedate_to_datetime(end) - parsedate_to_datetime(start)).total_seconds(), 0.0)


def status_words(status: int, message: str = "") -> str:
    """Return a status as text, with the server's own message if it sent one: `403 Forbidden: no access`."""
    phrase = _phrase(status)
    words = f"{status} {phrase}".strip()
    return f"{words}: {message}" if message and message != phrase else words


def redirect_words(status: int, target: str) -> str:
    """Return the text of a redirect that is not followed."""
    return (
        f"{status_words(status)}{f' to {target}' if target else ''}; redirects are not followed, set url to the target"
    )


def decoded(
    text: bytes | msgspec.Raw, kind: type[Document], body: bytes, fault: Callable[[FaultKind, str], ProbeError]
) -> Document:
    """Return JSON as a document of this type; else the fault malformed, with what `body` is instead."""
    try:
        return msgspec.json.decode(text, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise fault(FaultKind.MALFORMED, not_json_words(body, error)) from error


def not_json_words(body: bytes, error: Exception) -> str:
    """Return why a response of 2xx is not what the API returns: it is empty, a web page, or of another shape."""
    if not body.strip():
        return "empty response"
    if body.lstrip().startswith(b"<"):
        return "HTML instead of JSON, for example a login page; check url"
    return f"unexpected response: {error}"


def refusal_words(status: int, path: str, message: str = "", hint: str = "") -> str:
    """Return the text of a refusal, and what to do: `401 Unauthorized from /api/v1/query; check token`."""
    hint = hint or HINTS.get(status, "")
    return f"{status_words(status)} from {path}{f': {message}' if message else ''}{f'; {hint}' if hint else ''}"


def proxy_login_words(path: str) -> str:
    """Return the text of a login that the proxy asks for."""
    return f"through the proxy: {refusal_words(PROXY_LOGIN, path)}"


def error_message(status: int, body: bytes, redact: Callable[[str], str]) -> str:
    """Return the message of an error response, in one line without secrets.

    Empty for a web page, for JSON without a message, and for a text that only repeats the status.
    """
    text = body[:SEARCHED_BYTES].decode(errors="replace").strip()
    message = _named(text) if text.startswith(("{", "[", '"')) else text
    if message.startswith("<") or "\N{REPLACEMENT CHARACTER}" in message or "\0" in message:
        # A web page, or something compressed.
        return ""
    # Redact before cutting: a cut could leave a part of a secret.
    message = plain(redact(message), ERROR_LIMIT)
    return "" if _repeats(status, message) else message


def _repeats(status: int, message: str) -> bool:
    """Return whether a message has no more than the status, such as `404: Not Found` and `404 page not found`."""
    words = message.casefold().removeprefix(str(status)).strip(" :.-")
    return words in (_phrase(status).casefold(), "page not found", "")


def _phrase(status: int) -> str:
    return HTTPStatus(status).phrase if status in HTTPStatus._value2member_map_ else ""


def _named(text: str) -> str:
    """Return the message of a JSON document; a text that is not JSON is one itself."""
    try:
        document: Any = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return text
    if isinstance(document, str):
        return document
    messages = (value_at(document, path) for path in ERROR_PATHS)
    return next((text for text in messages if isinstance(text, str) and text), "")

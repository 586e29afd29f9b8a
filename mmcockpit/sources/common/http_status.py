"""What an unusable HTTP response means: its kind of fault, and its text in messages."""

from collections.abc import Mapping
from http import HTTPStatus

from mmcockpit.core.model.reading import FaultKind

_KINDS: Mapping[int, FaultKind] = {
    206: FaultKind.PARTIAL,
    401: FaultKind.UNAUTHORISED,
    403: FaultKind.FORBIDDEN,
    404: FaultKind.NOT_FOUND,
    408: FaultKind.TIMEOUT,
    410: FaultKind.PARTIAL,
    429: FaultKind.RATE_LIMITED,
}
_HINTS: Mapping[int, str] = {
    401: "check token",
    403: "check the permissions of token",
    404: "check the path of url",
    429: "poll less often (every, budget)",
}

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


def status_kind(status: int) -> FaultKind:
    """Return the kind of fault for an HTTP status."""
    if 300 <= status < 400:
        return FaultKind.CONFIGURATION
    if status in _KINDS:
        return _KINDS[status]
    return FaultKind.SERVER_ERROR if status >= 500 else FaultKind.QUERY if status >= 400 else FaultKind.MALFORMED


def status_words(status: int, message: str = "") -> str:
    """Return a status as text, with the server's own message if it sent one: `403 Forbidden: no access`."""
    phrase = HTTPStatus(status).phrase if status in HTTPStatus._value2member_map_ else ""
    words = f"{status} {phrase}".strip()
    return f"{words}: {message}" if message and message != phrase else words


def redirect_words(status: int, target: str) -> str:
    """Return the text of a redirect that is not followed."""
    return (
        f"{status_words(status)}{f' to {target}' if target else ''}; redirects are not followed, set url to the target"
    )


def not_json_words(body: bytes, error: Exception) -> str:
    """Return why a response of 2xx is not what the API returns: it is empty, a web page, or of another shape."""
    if not body.strip():
        return "empty response"
    if body.lstrip().startswith(b"<"):
        return "HTML instead of JSON, for example a login page; check url"
    return f"unexpected response: {error}"


def refusal_words(status: int, path: str, message: str = "") -> str:
    """Return the text of a refusal, and what to do: `401 Unauthorized from /api/v1/query; check token`."""
    hint = f"; {_HINTS[status]}" if status in _HINTS else ""
    return f"{status_words(status)} from {path}{f': {message}' if message else ''}{hint}"

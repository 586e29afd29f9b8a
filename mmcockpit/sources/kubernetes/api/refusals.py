"""Error responses of a Kubernetes API, as faults."""

from collections.abc import Callable
from typing import Any

import msgspec

from mmcockpit.core.model.reading import FaultKind, ProbeError
from mmcockpit.core.text import plain
from mmcockpit.sources.common.deadline import cause
from mmcockpit.sources.kubernetes.api.permissions import requested

_BY_STATUS = {
    206: FaultKind.PARTIAL,
    401: FaultKind.UNAUTHORISED,
    403: FaultKind.FORBIDDEN,
    404: FaultKind.NOT_FOUND,
    410: FaultKind.PARTIAL,
    429: FaultKind.RATE_LIMITED,
}
"""Status to fault; other 4xx are query errors, 5xx server errors, all others malformed responses."""


class _Details(msgspec.Struct, frozen=True, gc=False):
    name: str = ""


class _Status(msgspec.Struct, frozen=True, gc=False, tag_field="kind", tag="Status"):
    message: str = ""
    reason: str = ""
    details: _Details | None = None


class NotThere(ProbeError):
    """The API itself reported that the object does not exist."""


class RequestRefused(ProbeError):
    """The API responded with a status other than 2xx."""

    def __init__(self, kind: FaultKind, message: str, status: int) -> None:
        super().__init__(kind, message)
        self.status = status


def broken(host: str, aiohttp: Any, error: Exception) -> ProbeError:
    """Return the fault for a connection error."""
    match error:
        case aiohttp.ClientPayloadError():
            kind, why = FaultKind.PARTIAL, "the answer broke off"
        case aiohttp.ClientResponseError() | aiohttp.InvalidURL():
            kind, why = FaultKind.MALFORMED, "the answer is not HTTP"
        case aiohttp.ServerDisconnectedError():
            kind, why = FaultKind.UNREACHABLE, "it closed the connection without an answer"
        case _:
            # aiohttp's errors are OSErrors whose fields may be unset: use the error that they wrap.
            kind, why = cause(getattr(error, "certificate_error", getattr(error, "os_error", error)))
    return ProbeError(kind, f"{host}: {why}")


def refusal(host: str, status: int, raw: bytes, method: str, path: str, redact: Callable[[str], str]) -> ProbeError:
    """Return the fault for a status other than 200 and 201; NotThere only if Kubernetes itself reports it."""
    try:
        told = msgspec.json.decode(raw, type=_Status)
    except (msgspec.DecodeError, UnicodeDecodeError):
        told = _Status()
    why = redact(plain(told.message, 300)) or "without a word of Kubernetes"
    name = path.rsplit("/", 1)[-1]
    if status == 404 and told.reason == "NotFound" and told.details and told.details.name == name:
        return NotThere(FaultKind.NOT_FOUND, f"{host}: {why}")
    otherwise = FaultKind.SERVER_ERROR if status >= 500 else FaultKind.QUERY if status >= 400 else FaultKind.MALFORMED
    if status == 403 and told.reason == "Forbidden" and (permission := requested(method, path)):
        why = f"may not {permission}: {status} {why}"
    else:
        why = f"{status} {why}"
    return RequestRefused(_BY_STATUS.get(status, otherwise), f"{host}: {why}", status)

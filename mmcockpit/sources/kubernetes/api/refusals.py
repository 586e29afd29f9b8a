"""Error responses of a Kubernetes API, as faults."""

from collections.abc import Callable
from typing import Any

import msgspec

from mmcockpit.core.model.reading import FaultKind, ProbeError
from mmcockpit.core.text import plain
from mmcockpit.sources.common.deadline import cause
from mmcockpit.sources.common.http_status import error_message, status_kind, status_words
from mmcockpit.sources.kubernetes.api.permissions import requested


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
            kind, why = FaultKind.PARTIAL, "response cut off"
        case aiohttp.ClientResponseError() | aiohttp.InvalidURL():
            kind, why = FaultKind.MALFORMED, "response is not HTTP"
        case aiohttp.ServerDisconnectedError():
            kind, why = FaultKind.UNREACHABLE, "connection closed without a response"
        case _:
            # aiohttp's errors are OSErrors whose fields may be unset: use the error that they wrap.
            raised = getattr(error, "certificate_error", getattr(error, "os_error", error))
            kind, why = cause(raised, ca="certificate-authority of the kubeconfig")
    return ProbeError(kind, f"{host}: {why}")


def refusal(host: str, status: int, raw: bytes, method: str, path: str, redact: Callable[[str], str]) -> ProbeError:
    """Return the fault for a status other than 200 and 201; NotThere only if Kubernetes itself reports it."""
    try:
        answer = msgspec.json.decode(raw, type=_Status)
    except (msgspec.DecodeError, UnicodeDecodeError):
        answer = _Status()
    # A gateway, and the API server itself while it is busy, respond with plain text.
    message = redact(plain(answer.message, 300)) or error_message(status, raw, redact) or "no message of Kubernetes"
    name = path.rsplit("/", 1)[-1]
    if status == 404 and answer.reason == "NotFound" and answer.details and answer.details.name == name:
        return NotThere(FaultKind.NOT_FOUND, f"{host}: {message}")
    why = status_words(status, message)
    if status == 403 and answer.reason == "Forbidden" and (permission := requested(method, path)):
        why = f"may not {permission}: {why}"
    return RequestRefused(status_kind(status), f"{host}: {why}", status)

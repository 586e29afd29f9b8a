"""TLS trust, and causes of network errors; imported with the first poll."""

import errno
import re
import socket
import ssl
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from http.client import HTTPException, IncompleteRead, RemoteDisconnected
from typing import Any

import certifi

from mmcockpit.core.model.reading import FaultKind, ProbeError
from mmcockpit.core.text import plain
from mmcockpit.sources.common.http_status import HINTS, PROXY_LOGIN

_PROXY = re.compile(r"(\d{3})(?: .*)?$")
_REFUSED = f"[Errno {errno.ECONNREFUSED}]"

OTHER_NAME = "connect by a name of the certificate, or have it issued for this one"
_UNKNOWN_AUTHORITY = "set {ca} to the PEM file of its authority"
_CERTIFICATE_HINTS = {
    9: "check the clocks of the server and of this machine",
    10: "renew it on the server, or check the clock of this machine",
    18: "set {ca} to the PEM file of this certificate if it is the right one",
    19: _UNKNOWN_AUTHORITY,
    20: f"{_UNKNOWN_AUTHORITY}, or have the server send the whole chain",
    21: f"{_UNKNOWN_AUTHORITY}, or have the server send the whole chain",
    62: OTHER_NAME,
    64: OTHER_NAME,
}
"""What to do about a certificate, by the X509_V_ERR number of OpenSSL."""


def trust(ca: str = "", verify: bool = True) -> ssl.SSLContext:
    """Return a TLS context that trusts the authorities in the file `ca`, else the machine's and certifi's.

    Without `verify` it trusts every certificate. Raises ProbeError(configuration) for a file that is missing or holds
    no certificate.
    """
    if not verify:
        # Authorities take 0.1 s to read.
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT) if ca else ssl.create_default_context()
    try:
        context.load_verify_locations(cafile=ca or certifi.where())
    except ssl.SSLError as error:
        raise ProbeError(FaultKind.CONFIGURATION, f"ca file {ca}: contains no PEM certificate") from error
    except OSError as error:
        raise ProbeError(FaultKind.CONFIGURATION, f"ca file {ca}: {error.strerror}") from error
    return context


@cache
def usual_trust() -> ssl.SSLContext:
    """Return the TLS context for all sources that have neither a `ca` nor a client certificate; never change it."""
    return trust()


@cache
def no_trust() -> ssl.SSLContext:
    """Return the TLS context for plain HTTP, which never uses it: it has no authorities, which take 0.1 s to read."""
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def cause(error: BaseException, ca: str = "ca") -> tuple[FaultKind, str]:
    """Return the kind of fault behind a client's exception, and its cause as text.

    `ca` is the option of the client that has the trusted authorities.
    """
    errors = list(_chain(error, set()))
    for raised in errors:
        if isinstance(raised, ssl.SSLCertVerificationError):
            return FaultKind.TLS, f"certificate not trusted: {distrust_text(raised, ca)}"
    for type_, kind, text_of in _CAUSES:
        for raised in errors:
            if isinstance(raised, type_):
                return kind, text_of(raised)
    # For a name with two addresses, asyncio joins both errors in one text without an errno.
    if any(_REFUSED in str(raised) for raised in errors):
        return FaultKind.REFUSED, "connection refused"
    if refused := _refused_by_proxy(errors):
        return FaultKind.UNREACHABLE, refused
    told_by_system = [
        raised.strerror for raised in errors if isinstance(raised, OSError) and raised.errno and raised.strerror
    ]
    return FaultKind.UNREACHABLE, told_by_system[-1] if told_by_system else "connection lost"


def distrust_text(error: ssl.SSLCertVerificationError, ca: str) -> str:
    """Return why a certificate is not trusted, with what to do about it; `ca` is the option with the authorities."""
    why = str(error.verify_message or error.reason).rstrip(".")
    hint = _CERTIFICATE_HINTS.get(error.verify_code if error.verify_message else 0, "")
    return f"{why}; {hint.format(ca=ca)}" if hint else why


def _chain(error: BaseException, seen: set[int]) -> Iterator[BaseException]:
    """Yield an exception and everything it was raised from: clients wrap the original error several times."""
    if id(error) in seen:
        return
    seen.add(id(error))
    yield error
    wrapped = [error.__cause__, error.__context__, getattr(error, "reason", None), *error.args]
    if isinstance(error, BaseExceptionGroup):
        wrapped.extend(error.exceptions)
    for inner in wrapped:
        if isinstance(inner, BaseException):
            yield from _chain(inner, seen)


def refused_by_proxy(error: BaseException) -> str:
    """Return the text of a proxy that refused to connect, with its status; empty for any other error."""
    return _refused_by_proxy(_chain(error, set()))


def _refused_by_proxy(errors: Iterable[BaseException]) -> str:
    refused = next(filter(None, (_PROXY.match(_proxy_text(raised)) for raised in errors)), None)
    if refused is None:
        return ""
    hint = f"; {HINTS[PROXY_LOGIN]}" if refused[1] == str(PROXY_LOGIN) else ""
    return f"the proxy refused to connect: {refused[0]}{hint}"


def _proxy_text(error: BaseException) -> str:
    """Return the status of a proxy that refused to connect, as httpx and urllib3 report it; else empty."""
    text = plain(str(error), 100)
    tunnel = text.removeprefix("Tunnel connection failed: ")
    return tunnel if tunnel != text or type(error).__name__ == "ProxyError" else ""


def _handshake(error: Any) -> str:
    reason = str(error.reason or error.strerror or "connection closed").lower().replace("_", " ")
    # What OpenSSL calls the first bytes of a protocol other than TLS.
    hint = "; this port may not use TLS" if reason == "wrong version number" else ""
    return f"TLS handshake failed: {reason}{hint}"


_CAUSES: list[tuple[type[BaseException], FaultKind, Callable[[Any], str]]] = [
    (ssl.SSLError, FaultKind.TLS, _handshake),
    # Before its base class BadStatusLine.
    (RemoteDisconnected, FaultKind.UNREACHABLE, lambda error: "connection closed without a response"),
    (IncompleteRead, FaultKind.MALFORMED, lambda error: "response cut off"),
    (HTTPException, FaultKind.MALFORMED, lambda error: "response is not HTTP"),
    (ConnectionRefusedError, FaultKind.REFUSED, lambda error: "connection refused"),
    (socket.gaierror, FaultKind.UNREACHABLE, lambda error: f"host name does not resolve: {error.strerror}"),
    (TimeoutError, FaultKind.TIMEOUT, lambda error: "no response in time"),
    (ConnectionError, FaultKind.UNREACHABLE, lambda error: "connection closed without a response"),
]

"""Checks of a port below any application protocol: whether it is open, and its TLS certificate."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from importlib import import_module
from time import perf_counter
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Protocol

from pydantic import Field, model_validator

from mmcockpit.core.model.reading import FaultKind, Reading
from mmcockpit.sources.common.base import Connectionless
from mmcockpit.sources.common.contract import Args, Question
from mmcockpit.sources.common.endpoint import Endpoint
from mmcockpit.sources.common.request_limit import take_request
from mmcockpit.sources.http.peer_certificate import parsed_certificate, verified_certificate
from mmcockpit.sources.http.silence import Wait

if TYPE_CHECKING:
    import ssl

TCP_SHARE = 0.9
"""Part of its timeout that a tcp poll waits: no response is a result, and must be known before the timeout."""
_ADDRESS = re.compile(r"(\[[^\]]+\]|[^:]+):(\d+)")
_BRACKETS = re.compile(r"\[[^\[\]]+\]")
"""An IPv6 address as in a URL, which no resolver knows."""


class TlsContexts(Protocol):
    """The TLS contexts of a source."""

    verifying: "ssl.SSLContext"
    unverified: "ssl.SSLContext"


class TlsClient(Protocol):
    """What a probe needs of its source."""

    endpoint: Endpoint

    async def trust(self) -> TlsContexts:
        """Return the TLS contexts."""
        ...


class Address(Args):
    """A host and a port; `host: name:port` has both."""

    shorthand: ClassVar[str] = "host"
    host: Annotated[str, Field(pattern=r"^[^\s/@]+$", description="Name or address.")]

    @model_validator(mode="before")
    @classmethod
    def _split(cls, written: Any) -> Any:
        if not isinstance(written, dict) or not isinstance(written.get("host"), str):
            return written
        both = None if "port" in written else _ADDRESS.fullmatch(written["host"])
        if both:
            return {**written, "host": both[1].strip("[]"), "port": int(both[2])}
        if _BRACKETS.fullmatch(written["host"]):
            return {**written, "host": written["host"][1:-1]}
        return written


class Tcp(Address):
    """A TCP connection that is opened and closed again."""

    port: Annotated[int, Field(ge=1, le=65_535)]
    open_port: Annotated[
        int | None,
        Field(
            ge=1,
            le=65_535,
            description="A port of the same host that must be open; without it a closed port proves nothing.",
        ),
    ] = None


class Tls(Address):
    """A TLS handshake."""

    port: Annotated[int, Field(ge=1, le=65_535)] = 443
    server_name: Annotated[str, Field(description="Name that is requested (SNI) and must be in the certificate.")] = ""


@dataclass(frozen=True, slots=True)
class TcpProbe(Connectionless):
    """Opens and closes a TCP connection.

    With `open_port`, that port is tried in the same poll: if it does not connect either, a closed port proves nothing,
    which is a fault.
    """

    source: TlsClient
    question: Question

    async def read(self) -> Reading:
        """Connect once; ProbeError if the name does not resolve, no route exists, or `open_port` is closed as well."""
        args, began = self.question.args, perf_counter()
        ports = (args.port,) if args.open_port is None else (args.port, args.open_port)
        errors = await asyncio.gather(*(self._tried(port) for port in ports))
        if errors[0] and errors[-1] and args.open_port is not None:
            why = f"closed, but port {args.open_port} of this host is not open either ({errors[-1]})"
            raise self.source.endpoint.fault(FaultKind.UNREACHABLE, why, f"{args.host}:{args.port}")
        return Reading({"open": not errors[0], "ms": round((perf_counter() - began) * 1000, 1), "error": errors[0]})

    async def _tried(self, port: int) -> str:
        """Connect and disconnect; return why there is no connection, empty if there is one."""
        try:
            async with asyncio.timeout(self.question.timeout * TCP_SHARE), _connected(self.question.args.host, port):
                return ""
        except TimeoutError:
            return f"no response within {self.question.timeout * TCP_SHARE:g}s"
        except OSError as caught:
            return _refusal(self, caught)


@dataclass(frozen=True, slots=True)
class TlsProbe(Connectionless):
    """Does a TLS handshake and reads the certificate.

    A certificate that is not trusted is read on a second connection without verification.
    """

    source: TlsClient
    question: Question

    async def read(self) -> Reading:
        """Do one or two TLS handshakes; ProbeError if there is no connection in time, or the host is unreachable."""
        timeout, wait = self.question.timeout, Wait(self.question.timeout)
        seen: dict[str, Any] = {"verified": False, "error": "", "hung": False, "version": "", "names": [], "issuer": ""}
        try:
            async with asyncio.timeout(timeout):
                await self._look(await self.source.trust(), seen, wait)
        except TimeoutError as error:
            if not seen["error"]:
                self._late(error, wait.fair)
                seen |= {"hung": True, "error": f"accepted the connection, no TLS handshake within {timeout:g}s"}
        return Reading(seen)

    def _late(self, error: TimeoutError, hung: bool) -> None:
        """Raise ProbeError(timeout) unless the server is hung."""
        args = self.question.args
        if not hung:
            why = f"no TLS handshake within {self.question.timeout:g}s"
            raise self.source.endpoint.fault(FaultKind.TIMEOUT, why, f"{args.host}:{args.port}") from error

    async def _look(self, trust: TlsContexts, seen: dict[str, Any], wait: Wait) -> None:
        try:
            seen |= await self._shaken(trust.verifying, wait)
            seen["verified"] = True
        except OSError as caught:
            seen["error"] = _refusal(self, caught)
            if _is_distrust(caught):
                with suppress(OSError):
                    seen |= await self._shaken(trust.unverified, wait)

    async def _shaken(self, context: "ssl.SSLContext", wait: Wait) -> dict[str, Any]:
        args = self.question.args
        async with _connected(args.host, args.port) as writer:
            wait.sent = perf_counter()
            await writer.start_tls(context, server_hostname=args.server_name or args.host)
            wait.sent = None
            tls: ssl.SSLObject = writer.get_extra_info("ssl_object")
            return {"version": tls.version() or "", **await _presented(tls)}


async def _presented(tls: "ssl.SSLObject") -> dict[str, Any]:
    """Return the certificate of a connection, as `parsed_certificate` does."""
    verified = tls.getpeercert()
    read = verified_certificate(verified) if verified else None
    if read is not None:
        return read
    # The first call imports a parser.
    return await asyncio.to_thread(parsed_certificate, tls.getpeercert(binary_form=True) or b"")


@asynccontextmanager
async def _connected(host: str, port: int) -> AsyncIterator[asyncio.StreamWriter]:
    """Open a connection; close it at the end without waiting for the other side."""
    take_request()
    _, writer = await asyncio.open_connection(host, port)
    try:
        yield writer
    finally:
        writer.transport.abort()
        # The loop closes it in its next turn. After an interrupted handshake, wait_closed() would wait forever.
        await asyncio.sleep(0)


def _is_distrust(error: OSError) -> bool:
    return type(error).__name__ == "SSLCertVerificationError"


def _refusal(probe: TcpProbe | TlsProbe, error: OSError) -> str:
    """Return how the target refused the connection; raise ProbeError for any other error."""
    kind, why = import_module("mmcockpit.sources.common.network").cause(error)
    if kind is FaultKind.REFUSED:
        return "refused"
    if kind is FaultKind.TLS or isinstance(error, ConnectionError):
        return str(why)
    args = probe.question.args
    raise probe.source.endpoint.fault(kind, why, f"{args.host}:{args.port}") from error

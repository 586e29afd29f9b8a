"""One request to a Kubernetes API over the official client's connections, and its response as bytes."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from email.utils import parsedate_to_datetime
from importlib import import_module
from typing import Any

import msgspec

from mmcockpit.core.model.reading import FaultKind, ProbeError
from mmcockpit.sources.common.http_status import with_pause
from mmcockpit.sources.common.request_limit import take_request
from mmcockpit.sources.kubernetes.api.page import MAX_PAGE_BYTES, Query
from mmcockpit.sources.kubernetes.api.refusals import broken, refusal

JSON = "application/json"


class ApiRequest(msgspec.Struct, frozen=True):
    """One request; `limit` is the most bytes of its response, `accept` its media type."""

    method: str
    path: str
    query: Query = ()
    body: Any = None
    limit: int = MAX_PAGE_BYTES
    accept: str = JSON


class Response(msgspec.Struct, frozen=True):
    """A response whose body is still to be read; `date` is the server's time (Unix seconds).

    `new_connection` is whether one may have been opened for it.
    """

    parts: AsyncIterator[bytes]
    date: float | None
    new_connection: bool = False

    async def read(self, host: str, limit: int) -> bytes:
        """Return the whole body; ProbeError(too large) beyond `limit` bytes."""
        parts, left = [], limit
        async for part in self.parts:
            left -= len(part)
            if left < 0:
                raise ProbeError(FaultKind.TOO_LARGE, f"{host}: response longer than {limit} bytes")
            parts.append(part)
        return b"".join(parts)


@asynccontextmanager
async def responding(
    client: Any, host: str, request: ApiRequest, redact: Callable[[str], str]
) -> AsyncIterator[Response]:
    """Send a request; errors of the connection and of the response, also while it is read, are ProbeError."""
    take_request()
    aiohttp = import_module("aiohttp")
    answer = None
    try:
        _, url, headers, body, _ = await client.param_serialize(
            request.method,
            request.path,
            query_params=list(request.query),
            body=request.body,
            auth_settings=["BearerToken"],
        )
        headers["Accept"] = request.accept
        answer = await _sent(client, aiohttp, request.method, url, headers, body)
        response = Response(answer.content.iter_any(), _seconds(answer.headers.get("Date", "")))
        if answer.status not in (200, 201):
            raw = await response.read(host, request.limit)
            method = "WATCH" if ("watch", "1") in request.query else request.method
            fault = refusal(host, answer.status, raw, method, request.path, redact)
            raise with_pause(fault, answer.status, answer.headers)
        yield response
    except (aiohttp.ClientError, OSError) as error:
        raise broken(host, aiohttp, error) from None
    finally:
        if answer is not None:
            # A connection that was not read to the response's end cannot be used again.
            answer.close()


async def _sent(client: Any, aiohttp: Any, method: str, *request: Any) -> Any:
    # Without a timeout of its own: the deadline of the poll covers connecting and reading together.
    unlimited = aiohttp.ClientTimeout(total=None)
    try:
        called = await client.call_api(method, *request, _request_timeout=unlimited)
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        if method != "POST" or isinstance(error, aiohttp.ClientConnectorError):
            raise
        # The server had closed the idle connection: aiohttp sends a GET again, and a review changes nothing either.
        called = await client.call_api(method, *request, _request_timeout=unlimited)
    return called.response


def _seconds(date: str) -> float | None:
    try:
        return parsedate_to_datetime(date).timestamp()
    except ValueError:
        return None

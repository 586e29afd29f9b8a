"""One HTTP request with JSON: never repeated, never redirected, without the proxies of the environment."""

import asyncio
from collections.abc import Mapping
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from mmcockpit.core.model.messages.channels import LOOPBACK
from mmcockpit.core.model.reading import FaultKind, ProbeError
from mmcockpit.engine.outward.outgoing import WITHIN_S
from mmcockpit.sources.common.workers import in_thread


async def post(url: str, body: Any, headers: Mapping[str, str] | None = None) -> str:
    """Send a request; return why it was not accepted, or an empty text."""
    answered = await _answered("POST", url, body, headers or {})
    return answered if isinstance(answered, str) else _refusal(answered)


async def read(url: str, headers: Mapping[str, str]) -> tuple[int, str]:
    """Send a GET; return its status and an empty text, or 0 and why there is no response."""
    answered = await _answered("GET", url, None, headers)
    return (0, answered) if isinstance(answered, str) else (answered, "")


async def connected(url: str) -> str:
    """Connect to the server of a URL, with TLS for https, and send nothing; return why that fails."""
    parts = urlsplit(url)
    library = await in_thread(_library)
    tls = library.trust if parts.scheme == "https" else None
    try:
        async with asyncio.timeout(WITHIN_S):
            _, writer = await asyncio.open_connection(
                parts.hostname, parts.port or (443 if tls else 80), ssl=tls, ssl_handshake_timeout=None
            )
    except TimeoutError:
        return f"no response within {WITHIN_S:g}s"
    except (OSError, ValueError) as error:
        return f"cannot connect: {type(error).__name__}"
    writer.transport.abort()
    return ""


def _refusal(status: int) -> str:
    if 300 <= status < 400:
        return f"redirected ({status}): use the address that it redirects to"
    return "" if status < 300 else f"HTTP {status}"


async def _answered(method: str, url: str, body: Any, headers: Mapping[str, str]) -> int | str:
    """Return the status of the response, or why there is none."""
    # Imported with the first message: httpx takes longer to import than everything else here.
    library = await in_thread(_library)
    try:
        # The body of the response is not needed, and may be endless.
        async with (
            asyncio.timeout(WITHIN_S),
            library.client() as client,
            client.stream(method, url, json=body, headers=dict(headers)) as answer,
        ):
            return int(answer.status_code)
    except TimeoutError:
        return f"no response within {WITHIN_S:g}s"
    except library.errors as error:
        return f"cannot connect: {type(error).__name__}"


def require_tls(url: str) -> None:
    """Raise ProbeError(configuration) for an address that others on the network could read."""
    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
        raise ProbeError(FaultKind.CONFIGURATION, "its address must begin with https://")


class _Library:
    """The parts of httpx that are used."""

    def __init__(self) -> None:
        import httpx

        from mmcockpit.sources.common.network import usual_trust

        # A header cannot hold every character that a file or a variable can.
        self.errors = (httpx.HTTPError, httpx.InvalidURL, UnicodeEncodeError)
        self.trust = usual_trust()
        self._client = httpx.AsyncClient

    def client(self) -> Any:
        """Return a client that follows no redirects and ignores the environment."""
        return self._client(verify=self.trust, follow_redirects=False, timeout=WITHIN_S, trust_env=False)


@cache
def _library() -> _Library:
    return _Library()

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
    # Imported with the first message: httpx takes longer to import than everything else here.
    library = await in_thread(_library)
    try:
        # The body of the response is not needed, and may be endless.
        async with (
            asyncio.timeout(WITHIN_S),
            library.client() as client,
            client.stream("POST", url, json=body, headers=dict(headers or {})) as answer,
        ):
            status = int(answer.status_code)
    except TimeoutError:
        return f"no response within {WITHIN_S:g}s"
    except library.errors as error:
        return f"cannot connect: {type(error).__name__}"
    if 300 <= status < 400:
        return f"redirected ({status}): use the address that it redirects to"
    return "" if status < 300 else f"HTTP {status}"


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
        self._trust = usual_trust()
        self._client = httpx.AsyncClient

    def client(self) -> Any:
        """Return a client that follows no redirects and ignores the environment."""
        return self._client(verify=self._trust, follow_redirects=False, timeout=WITHIN_S, trust_env=False)


@cache
def _library() -> _Library:
    return _Library()

"""How long a response may take, and which system error an asyncio client ran into."""

import asyncio
import errno
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module

from mmcockpit.core.model.reading import FaultKind, ProbeError

_REFUSED = f"[Errno {errno.ECONNREFUSED}]"


@asynccontextmanager
async def deadline(seconds: float, host: str) -> AsyncIterator[None]:
    """Limit the block to `seconds`; after that, raise ProbeError(timeout) that names the polled host."""
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError as error:
        raise ProbeError(FaultKind.TIMEOUT, f"{host}: no response within {seconds:g}s") from error


def cause(error: BaseException, ca: str = "ca") -> tuple[FaultKind, str]:
    """Return the kind of fault behind an asyncio client's error, and its cause as text; see `network.cause`."""
    kind, why = import_module("mmcockpit.sources.common.network").cause(error, ca)
    # For a name with two addresses, asyncio joins both errors in one text without an errno.
    if kind is FaultKind.UNREACHABLE and _REFUSED in f"{error} {error.__context__}":
        return FaultKind.REFUSED, "connection refused"
    return kind, why

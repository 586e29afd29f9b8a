"""How long an answer may take, and which system error an asyncio client ran into."""

import asyncio
import errno
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module

from mmcockpit.core.model.reading import FaultKind, ProbeError

_REFUSED = f"[Errno {errno.ECONNREFUSED}]"


@asynccontextmanager
async def deadline(seconds: float, host: str) -> AsyncIterator[None]:
    """Give what is inside so many seconds; then ProbeError(timeout) names the host that was asked."""
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError as error:
        raise ProbeError(FaultKind.TIMEOUT, f"{host}: no answer within {seconds:g} s") from error


def cause(error: BaseException) -> tuple[FaultKind, str]:
    """Return the kind of fault behind an asyncio client's error, and its cause in words."""
    kind, why = import_module("mmcockpit.sources.common.network").cause(error)
    # A name with two addresses: asyncio tells both errors as one text without a number.
    if kind is FaultKind.UNREACHABLE and _REFUSED in f"{error} {error.__context__}":
        return FaultKind.REFUSED, "connection refused"
    return kind, why

"""Whether the streams that a query selects exist: without them, no lines and no errors prove nothing."""

import math
from collections.abc import Iterable, Mapping
from time import monotonic
from typing import Protocol, TypeVar

import msgspec

from mmcockpit.core.model.reading import ProbeError
from mmcockpit.core.words.durations import duration
from mmcockpit.sources.common.http_status import TEMPORARY

LOOK_BACK_S = 86_400.0
"""Seconds within which a stream must have a line to exist."""
LOOK_EVERY_S = 600.0
"""Seconds for which streams that exist are taken to exist."""
LOOK_AGAIN_S = 10.0
"""Seconds until missing streams are looked up again."""
Shape = TypeVar("Shape")


class LokiApi(Protocol):
    """The queries of a Loki."""

    async def get(
        self, path: str, fields: Mapping[str, str], shape: type[Shape], timeout: float
    ) -> tuple[Shape, float]:
        """Return a result, and the server's Unix time of the response."""
        ...


class _Stats(msgspec.Struct):
    streams: int


class KnownStreams:
    """The selectors of one Loki that were found to have streams, and when they were looked up."""

    def __init__(self) -> None:
        self._looked: dict[str, tuple[float, bool]] = {}

    async def missing(self, api: LokiApi, selectors: Iterable[str], now: float, timeout: float) -> str:
        """Return why a query proves nothing because a selector has no streams; empty if all have some.

        `now` is the server's Unix time.
        """
        lacking = [one for one in selectors if not await self._exists(api, one, now, timeout)]
        if not lacking:
            return ""
        return f"no log stream in the last {duration(LOOK_BACK_S)} for {', '.join(lacking)}"

    async def _exists(self, api: LokiApi, selector: str, now: float, timeout: float) -> bool:
        looked, exists = self._looked.get(selector, (-math.inf, False))
        if monotonic() - looked < (LOOK_EVERY_S if exists else LOOK_AGAIN_S):
            return exists
        fields = {"query": selector, "start": nanoseconds(now - LOOK_BACK_S), "end": nanoseconds(now + 1.0)}
        stats, _ = await api.get("/loki/api/v1/index/stats", fields, _Stats, timeout)
        self._looked[selector] = monotonic(), stats.streams > 0
        return stats.streams > 0


async def flaw(
    known: KnownStreams, api: LokiApi, selectors: Iterable[str], now: float, timeout: float
) -> tuple[str, str]:
    """Return why a result proves nothing, and a remark where the server does not report its streams.

    ProbeError for a temporary failure to look them up.
    """
    try:
        return await known.missing(api, selectors, now, timeout), ""
    except ProbeError as error:
        message = f"streams not verified: {error}"
        if error.kind in TEMPORARY:
            raise ProbeError(error.kind, message) from error
        return "", message


def nanoseconds(at: float) -> str:
    """Return a Unix time as Loki takes it: whole nanoseconds."""
    return str(round(at * 1000) * 1_000_000)

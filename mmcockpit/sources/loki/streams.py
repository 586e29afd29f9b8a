"""Whether the streams that a query selects exist: without them, no lines and no errors prove nothing."""

import math
from collections.abc import Iterable, Mapping
from time import monotonic
from typing import Protocol

from mmcockpit.core.model.reading import ProbeError
from mmcockpit.core.words.durations import duration
from mmcockpit.sources.common.endpoint import Endpoint
from mmcockpit.sources.common.http_status import TEMPORARY
from mmcockpit.sources.loki.results import QueryResult, lines_of

LOOK_BACK_S = 86_400
"""Seconds within which a stream must have a line to exist."""
LOOK_EVERY_S = 600.0
"""Seconds for which streams that exist are taken to exist."""
LOOK_AGAIN_S = 10.0
"""Seconds until missing streams are looked up again."""


class LokiQueries(Protocol):
    """The queries of a Loki."""

    endpoint: Endpoint

    async def query(self, kind: str, fields: Mapping[str, str], timeout: float) -> tuple[QueryResult, float]:
        """Return the result of `query` or `query_range`, and the server's Unix time."""
        ...


class KnownStreams:
    """The selectors of one Loki that were found to have streams, and when they were looked up."""

    def __init__(self) -> None:
        self._looked: dict[str, tuple[float, bool]] = {}

    async def missing(self, api: LokiQueries, selectors: Iterable[str], timeout: float) -> str:
        """Return why a query proves nothing because a selector has no streams; empty if all have some."""
        lacking = [one for one in selectors if not await self._exists(api, one, timeout)]
        return f"no log stream in the last {duration(LOOK_BACK_S)} for {', '.join(lacking)}" if lacking else ""

    async def flaw(self, api: LokiQueries, selectors: Iterable[str], timeout: float) -> tuple[str, str]:
        """Return why a result proves nothing, and a remark if the server does not tell.

        ProbeError for a temporary failure to look the streams up.
        """
        try:
            return await self.missing(api, selectors, timeout), ""
        except ProbeError as error:
            message = f"streams not verified: {error}"
            if error.kind in TEMPORARY:
                raise ProbeError(error.kind, message) from error
            return "", message

    async def _exists(self, api: LokiQueries, selector: str, timeout: float) -> bool:
        looked, exists = self._looked.get(selector, (-math.inf, False))
        if monotonic() - looked < (LOOK_EVERY_S if exists else LOOK_AGAIN_S):
            return exists
        # The statistics of the index lack what ingesters have not stored yet: up to two hours of a new stream.
        fields = {"query": selector, "since": f"{LOOK_BACK_S}s", "limit": "1", "direction": "backward"}
        result, _ = await api.query("query_range", fields, timeout)
        exists = bool(lines_of(api.endpoint, result))
        self._looked[selector] = monotonic(), exists
        return exists

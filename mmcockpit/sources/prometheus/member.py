"""Which member of a Prometheus pair responds: its host and start time; a change is a failover, never a fault."""

from collections.abc import Awaitable, Callable
from time import monotonic
from typing import TYPE_CHECKING, Any

from mmcockpit.core.model.reading import FaultKind, ProbeError
from mmcockpit.sources.common.contract import Witness
from mmcockpit.sources.common.lookup import Lookup

if TYPE_CHECKING:
    from mmcockpit.sources.prometheus.line import PrometheusLine

LOOK_EVERY_S = 30.0
GONE_AFTER_S = 3 * LOOK_EVERY_S
"""A member without a response for so long has failed; behind a Service both respond in turn, which is no event."""
WITHIN_S = 2.0
AGAIN_S = 1.0
"""Seconds until the next lookup after one that failed."""
_PATH = "/api/v1/status/runtimeinfo"


class PrometheusMember:
    """Compares the responding member with the one before; its requests do not delay polls."""

    def __init__(
        self, ask: Callable[[float, Callable[["PrometheusLine"], Any]], Awaitable[Any]], changed: Callable[[], None]
    ) -> None:
        """`changed` is called when an unknown member responds: it may have another history."""
        self._ask = ask
        self._changed = changed
        self._seen: dict[str, float] = {}
        self._last = ""
        self._lookup = Lookup()

    def lost(self) -> None:
        """Schedule a lookup after a poll failed: another member may respond next."""
        self._lookup.hurry()

    def look(self, witness: Witness) -> None:
        """Look up the responding member, at most every LOOK_EVERY_S."""
        self._lookup.start(lambda: self._compare(witness), LOOK_EVERY_S)

    async def close(self) -> None:
        """Stop the lookups."""
        await self._lookup.close()

    async def _compare(self, witness: Witness) -> None:
        try:
            document = await self._ask(WITHIN_S, lambda line: line.get(_PATH, dict[str, object]))
        except ProbeError as fault:
            if fault.kind in (FaultKind.NOT_FOUND, FaultKind.FORBIDDEN, FaultKind.QUERY):
                # Not every system with this API reports it.
                self._lookup.end()
            else:
                self._lookup.hurry(AGAIN_S)
            return
        member = " ".join(str(document[name]) for name in ("hostname", "startTime") if document.get(name))
        if not member:
            return
        now = monotonic()
        known, before = member in self._seen, self._last
        gone = before and now - self._seen[before] > GONE_AFTER_S
        self._seen[member], self._last = now, member
        if before and not known:
            self._changed()
        if before and before != member and (gone or not known):
            witness.failed_over("member", before, member)

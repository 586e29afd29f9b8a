"""Which member of a Prometheus pair responds: its host and start time; a change is a failover, never a fault."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING, Any

from mmcockpit.core.model.reading import FaultKind, ProbeError
from mmcockpit.sources.common.contract import Witness

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
        self._due = 0.0
        self._looking: asyncio.Task[None] | None = None

    def lost(self) -> None:
        """Schedule a lookup after a poll failed: another member may respond next."""
        self._due = 0.0 if self._due < float("inf") else self._due

    def look(self, witness: Witness) -> None:
        """Look up the responding member, at most every LOOK_EVERY_S."""
        if monotonic() >= self._due and (self._looking is None or self._looking.done()):
            self._due = monotonic() + LOOK_EVERY_S
            self._looking = asyncio.create_task(self._compare(witness))

    async def close(self) -> None:
        """Stop the lookups."""
        if self._looking is not None:
            self._looking.cancel()
            with suppress(asyncio.CancelledError):
                await self._looking

    async def _compare(self, witness: Witness) -> None:
        try:
            told = await self._ask(WITHIN_S, lambda line: line.get(_PATH, dict[str, object]))
        except ProbeError as fault:
            if fault.kind in (FaultKind.NOT_FOUND, FaultKind.FORBIDDEN, FaultKind.QUERY):
                # Not every system with this API reports it.
                self._due = float("inf")
            else:
                self._due = min(self._due, monotonic() + AGAIN_S)
            return
        member = " ".join(str(told[name]) for name in ("hostname", "startTime") if told.get(name))
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

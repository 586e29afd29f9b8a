"""Which member of a Prometheus pair answers: its host and start, whose change is a failover and never a fault."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING, Any

from mmcockpit.core.model.reading import FaultKind, ProbeError
from mmcockpit.sources.common.contract import Witness

if TYPE_CHECKING:
    from mmcockpit.sources.prometheus.line import Line

LOOK_EVERY_S = 30.0
GONE_AFTER_S = 3 * LOOK_EVERY_S
"""A member that did not answer for so long has failed; behind a Service both answer in turn, which is no event."""
WITHIN_S = 2.0
AGAIN_S = 1.0
"""After a look that failed."""
_PATH = "/api/v1/status/runtimeinfo"


class Member:
    """Compares who answers with who answered before; costs no question its time."""

    def __init__(self, ask: Callable[[float, Callable[["Line"], Any]], Awaitable[Any]]) -> None:
        self._ask = ask
        self._seen: dict[str, float] = {}
        self._last = ""
        self._due = 0.0
        self._looking: asyncio.Task[None] | None = None

    def lost(self) -> None:
        """A question failed: whoever answers next is looked at."""
        self._due = 0.0 if self._due < float("inf") else self._due

    def look(self, witness: Witness) -> None:
        """Ask now and then who answers."""
        if monotonic() >= self._due and (self._looking is None or self._looking.done()):
            self._due = monotonic() + LOOK_EVERY_S
            self._looking = asyncio.create_task(self._compare(witness))

    async def close(self) -> None:
        """Ask no more."""
        if self._looking is not None:
            self._looking.cancel()
            with suppress(asyncio.CancelledError):
                await self._looking

    async def _compare(self, witness: Witness) -> None:
        try:
            told = await self._ask(WITHIN_S, lambda line: line.get(_PATH, dict[str, object]))
        except ProbeError as fault:
            if fault.kind in (FaultKind.NOT_FOUND, FaultKind.FORBIDDEN, FaultKind.QUERY):
                # Not every system that speaks this API tells.
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
        if before and before != member and (gone or not known):
            witness.failed_over("member", before, member)

"""Which member of a Redis system responds: run id and role; a change is a failover, never a fault."""

import re
from collections.abc import Awaitable, Callable
from typing import Any

from mmcockpit.core.model.reading import FaultKind, ProbeError
from mmcockpit.sources.common.contract import Witness
from mmcockpit.sources.common.deadline import deadline
from mmcockpit.sources.common.lookup import Lookup

LOOK_EVERY_S = 10.0
"""Seconds between two lookups, in addition to the probes' own INFO replies."""
WITHIN_S = 2.0
_FIELDS = {"run_id": re.compile(r"^run_id:(\S+)", re.MULTILINE), "role": re.compile(r"^role:(\S+)", re.MULTILINE)}
_SECTIONS = {"run_id": "server", "role": "replication"}


class RedisMember:
    """Compares the member in INFO replies with the one before; its commands do not delay polls."""

    def __init__(self, send: Callable[..., Awaitable[Any]]) -> None:
        self._send = send
        self._seen: dict[str, str] = {}
        self._lookup = Lookup()

    def lost(self) -> None:
        """Schedule a lookup after a command failed: another member may respond next."""
        self._lookup.hurry()

    def forget(self) -> None:
        """Compare with nothing before: another member responds, which is recorded already."""
        self._seen = {}

    def look(self, witness: Witness, words: tuple[str, ...], reply: Any) -> None:
        """Record the responding member, and look it up every LOOK_EVERY_S; a change is a failover."""
        if words[0] == "INFO":
            self._note(witness, reply)
        self._lookup.start(lambda: self._ask(witness), LOOK_EVERY_S)

    async def close(self) -> None:
        """Stop the lookups."""
        await self._lookup.close()

    async def _ask(self, witness: Witness) -> None:
        try:
            async with deadline(WITHIN_S, "redis"):
                for section in _SECTIONS.values():
                    self._note(witness, await self._send("INFO", section))
        except ProbeError as fault:
            if fault.kind is FaultKind.FORBIDDEN:
                # This user may not use INFO, and every attempt is an entry in the server's ACL log.
                self._lookup.end()

    def _note(self, witness: Witness, reply: Any) -> None:
        for name, field in _FIELDS.items():
            match = field.search(reply) if isinstance(reply, str) else None
            if match is None:
                continue
            before, self._seen[name] = self._seen.get(name), match[1]
            if before is not None and before != match[1]:
                witness.failed_over(name, before, match[1])

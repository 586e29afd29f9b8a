"""The share of lookups that found their key, over all masters of a Redis."""

from typing import Any

from mmcockpit.core.model.reading import FaultKind, ProbeError
from mmcockpit.sources.common.contract import Question
from mmcockpit.sources.redis.account import Address
from mmcockpit.sources.redis.probes import Server
from mmcockpit.sources.redis.topology import MastersProbe


class HitRate(MastersProbe):
    """Hits / lookups between this poll and the one before, 0 to 1, summed over the masters.

    No data: the first poll, too few lookups, and counters that were reset (a restart, a failover, RESETSTAT). Partial:
    a master that fails or does not respond, slots without a master, and one node of a cluster without `cluster: true`.
    """

    def __init__(self, server: Server, question: Question) -> None:
        super().__init__(server, question)
        self._before: dict[str, tuple[int, int]] = {}

    async def value(self) -> Any:
        now = await self._counted()
        before, self._before = self._before, now
        if not before:
            raise self._no_data("first poll; a hit rate needs two")
        grown = [(now[run][0] - before[run][0], now[run][1] - before[run][1]) for run in now.keys() & before.keys()]
        if now.keys() != before.keys() or min(map(min, grown)) < 0:
            raise self._no_data("the counters were reset since the last poll")
        hits, misses = sum(pair[0] for pair in grown), sum(pair[1] for pair in grown)
        if hits + misses < self.args.min_lookups:
            raise self._no_data(f"{hits + misses} lookups since the last poll (at least {self.args.min_lookups})")
        return hits / (hits + misses)

    async def _counted(self) -> dict[str, tuple[int, int]]:
        """Return hits and misses by the run id of each master."""
        if not self.server.cluster:
            return dict([await self._counters(None)])
        rows = await self.of_masters(self._counters)
        counted = dict(counters for _, counters in rows)
        if len(counted) < len(rows):
            raise self.partial("the addresses of two masters lead to the same server")
        return counted

    async def _counters(self, address: Address | None) -> tuple[str, tuple[int, int]]:
        counters = await self.info(address=address)
        self.loaded(counters)
        if counters.get("cluster_enabled") == 1 and not self.server.cluster:
            raise self.partial("one node of a cluster; set `cluster: true` on the source")
        if "keyspace_hits" not in counters:
            raise self.malformed("INFO has no keyspace_hits")
        return str(counters.get("run_id", address)), (
            self.number(counters, "keyspace_hits"),
            self.number(counters, "keyspace_misses"),
        )

    def _no_data(self, why: str) -> ProbeError:
        return ProbeError(FaultKind.NO_DATA, f"{self.server.host}: {why}")

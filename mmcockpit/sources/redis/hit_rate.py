"""The share of lookups that found their key, over all masters of a Redis."""

from typing import Any

from mmcockpit.core.model.reading import FaultKind, ProbeError
from mmcockpit.sources.common.contract import Question
from mmcockpit.sources.redis.probes import MAX_LINES, RedisProbe, Server

SLOTS = 16_384


class HitRate(RedisProbe):
    """Hits / lookups between this poll and the one before, 0 to 1, summed over the masters.

    No data: the first poll, too few lookups, and counters that were reset (a restart, a failover, RESETSTAT). Partial:
    a master that fails or does not respond, slots without a master, and one node of a cluster without `cluster: true`.
    """

    def __init__(self, server: Server, question: Question) -> None:
        super().__init__(server, question)
        self._before: dict[str, tuple[int, int]] = {}

    async def value(self) -> Any:
        now = dict([await self._counters(address) for address in await self._masters()])
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

    async def _counters(self, address: tuple[str, int] | None) -> tuple[str, tuple[int, int]]:
        counters = await self._asked(address)
        self.loaded(counters)
        if counters.get("cluster_enabled") == 1 and not self.server.cluster:
            raise self.partial("one node of a cluster; set `cluster: true` on the source")
        if "keyspace_hits" not in counters:
            raise self.malformed("INFO has no keyspace_hits")
        return str(counters.get("run_id", address)), (
            self.number(counters, "keyspace_hits"),
            self.number(counters, "keyspace_misses"),
        )

    async def _asked(self, address: tuple[str, int] | None) -> dict[str, Any]:
        try:
            return await self.info(address=address)
        except ProbeError as error:
            if address is not None and error.kind in (FaultKind.REFUSED, FaultKind.UNREACHABLE):
                raise self.partial(f"a master of the cluster does not respond: {error.message}") from None
            raise

    async def _masters(self) -> list[tuple[str, int] | None]:
        if not self.server.cluster:
            return [None]
        reply = self.text(await self.server.ask("CLUSTER", "NODES"))
        masters: list[tuple[str, int] | None] = []
        slots = 0
        if reply.count("\n") > MAX_LINES:
            raise ProbeError(FaultKind.TOO_LARGE, f"{self.server.host}: more than {MAX_LINES} nodes")
        for line in filter(None, reply.split("\n")):
            # id address@bus[,hostname] flags master ping pong epoch link slot…
            words = line.split()
            if len(words) < 8:
                raise self.malformed("CLUSTER NODES returned a line of fewer than 8 words")
            flags = words[2].split(",")
            if "master" not in flags or len(words) == 8:
                continue
            slots += sum(map(_slots, words[8:]))
            if "myself" in flags:
                masters.append(None)
                continue
            host, _, port = words[1].split("@")[0].rpartition(":")
            if {"fail", "fail?", "noaddr"} & set(flags) or not host or not port.isdigit():
                raise self.partial(f"master {words[1]} is {words[2]}")
            masters.append((host.strip("[]"), int(port)))
        if not masters:
            raise self._no_data("no master of the cluster owns a slot")
        if slots < SLOTS:
            raise self.partial(f"{SLOTS - slots} of {SLOTS} slots have no master")
        await self.server.forget({address for address in masters if address})
        return masters

    def _no_data(self, why: str) -> ProbeError:
        return ProbeError(FaultKind.NO_DATA, f"{self.server.host}: {why}")


def _slots(word: str) -> int:
    """Return the number of slots in `5461-10922` or `17` of CLUSTER NODES; 0 for a migrating one, `[17->-…]`."""
    first, _, last = word.partition("-")
    return int(last or first) - int(first) + 1 if first.isdecimal() and (last or first).isdecimal() else 0

"""Which server is the master of a service according to its sentinels (the protocol of SENTINEL MASTER, CKQUORUM)."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import Any, NamedTuple

from mmcockpit.core.model.reading import FaultKind, ProbeError
from mmcockpit.core.words.amounts import counted
from mmcockpit.sources.common.deadline import deadline
from mmcockpit.sources.redis.account import Address
from mmcockpit.sources.redis.clients import RedisClients
from mmcockpit.sources.redis.options import host_name

VALID_S = 1.0
"""Seconds for which the signals of a source share one answer of the sentinels."""
WITHIN_S = 2.0
"""Seconds that a sentinel has to respond."""


class MasterView(NamedTuple):
    """The master as one sentinel sees it; `flags` such as master, s_down, o_down."""

    address: Address
    flags: frozenset[str]


class Sentinels:
    """The sentinels of one service; more than half of them must agree on its master.

    `confirm` tests a master that they agree on, and raises ProbeError if it is not one.
    """

    def __init__(
        self,
        addresses: tuple[Address, ...],
        service: str,
        clients: RedisClients,
        confirm: Callable[[Address], Awaitable[None]],
    ) -> None:
        self.addresses, self.service = addresses, service
        self._clients, self._confirm = clients, confirm
        self._lock = asyncio.Lock()
        self._until = 0.0
        self.known: Address | None = None
        """The master of the last answer."""

    @property
    def host(self) -> str:
        """The name of the service in messages."""
        return f"redis {self.service}"

    def expire(self) -> None:
        """Ask again before the next command: the master failed."""
        self._until = 0.0

    async def master(self) -> Address:
        """Return the master's address, at most VALID_S old.

        ProbeError without a majority that agrees, without a quorum for a failover, and while the master is down.
        """
        async with self._lock:
            if self.known is None or monotonic() >= self._until:
                views, failures = await self._views()
                address = self._agreed(views, failures)
                await self._confirm(address)
                self.known, self._until = address, monotonic() + VALID_S
            return self.known

    async def check(self) -> tuple[str, list[str]]:
        """Return how many sentinels agree on the master, and what is wrong with the others."""
        views, failures = await self._views(all_of_them=True)
        address = self._agreed(views, failures)
        agreeing = sum(view.address == address for view in views)
        others = [f"another master {host_name(*view.address)}" for view in views if view.address != address]
        identity = f"master {host_name(*address)} of {self.service}, {agreeing} of {len(self.addresses)} sentinels"
        return identity, [*others, *(failure.message for failure in failures)]

    async def close(self) -> None:
        """Close the connections to the sentinels."""
        await self._clients.close()

    async def _views(self, all_of_them: bool = False) -> tuple[list[MasterView], list[ProbeError]]:
        """Ask all sentinels at once; return as soon as more than half agree: one that hangs must not delay polls."""
        asked = {asyncio.create_task(self._view(address)) for address in self.addresses}
        views: list[MasterView] = []
        failures: list[ProbeError] = []
        try:
            for done in asyncio.as_completed(asked):
                try:
                    views.append(await done)
                except ProbeError as failure:
                    failures.append(failure)
                if not all_of_them and self._majority(views) is not None:
                    break
        finally:
            for task in asked:
                task.cancel()
            await asyncio.gather(*asked, return_exceptions=True)
        return views, failures

    async def _view(self, address: Address) -> MasterView:
        name = self._clients.name(address)
        async with deadline(WITHIN_S, name):
            reply = await self._ask(address, name, "MASTER")
            if not isinstance(reply, list) or len(reply) % 2:
                raise ProbeError(FaultKind.MALFORMED, f"{name}: SENTINEL MASTER returned no pairs")
            fields = dict(zip(map(str, reply[::2]), reply[1::2], strict=True))
            host, port = str(fields.get("ip") or ""), str(fields.get("port") or "")
            if not host or not port.isdecimal() or not 0 < int(port) < 65_536:
                raise ProbeError(FaultKind.MALFORMED, f"{name}: SENTINEL MASTER returned no address")
            # An error if fewer sentinels work than a failover needs.
            await self._ask(address, name, "CKQUORUM")
            return MasterView((host, int(port)), frozenset(str(fields.get("flags", "")).split(",")))

    async def _ask(self, address: Address, name: str, command: str) -> Any:
        try:
            return await self._clients.ask(address, "SENTINEL", command, self.service)
        except ProbeError as failure:
            if failure.kind is FaultKind.QUERY and "No such master" in failure.message:
                raise ProbeError(FaultKind.CONFIGURATION, f"{name}: unknown service '{self.service}'") from None
            raise

    def _majority(self, views: list[MasterView]) -> Address | None:
        votes = Counter(view.address for view in views).most_common(1)
        return votes[0][0] if votes and votes[0][1] > len(self.addresses) // 2 else None

    def _agreed(self, views: list[MasterView], failures: list[ProbeError]) -> Address:
        address = self._majority(views)
        if address is None:
            raise self._disagreement(views, failures)
        down = [view for view in views if view.address == address and "o_down" in view.flags]
        if down:
            why = f"the sentinels report the master {host_name(*address)} of {self.service} as down"
            raise ProbeError(FaultKind.SERVER_ERROR, f"{self.host}: {why}")
        return address

    def _disagreement(self, views: list[MasterView], failures: list[ProbeError]) -> ProbeError:
        same = {failure.kind for failure in failures}
        if failures and len(failures) == len(self.addresses) and len(same) == 1:
            return ProbeError(failures[0].kind, f"{self.host}: {failures[0].message}")
        votes = Counter(view.address for view in views)
        named = [f"{host_name(*address)} by {votes[address]}" for address in sorted(votes)]
        reasons = sorted({failure.message for failure in failures})
        why = f"no majority of {counted(len(self.addresses), 'sentinel')} agrees on the master"
        return ProbeError(FaultKind.SERVER_ERROR, f"{self.host}: {'; '.join([why, *named, *reasons])}")

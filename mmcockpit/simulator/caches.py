"""Real Valkey servers, a primary and a replica, under the light load of the simulated production."""

import asyncio
import contextlib
from pathlib import Path

from mmcockpit.simulator.noise import uniform
from mmcockpit.simulator.production import World
from mmcockpit.simulator.servers.process import HOST
from mmcockpit.simulator.servers.valkey import Valkey
from mmcockpit.simulator.threads import to_the_end

KEYS = 400
LOOKUPS_PER_S = 16
CONFIG = {"maxmemory": "256mb", "maxmemory-policy": "allkeys-lru", "save": '"3600 1 300 100"'}


class Caches:
    """The two servers; `load` sends look-ups at the world's hit ratio, at most 20 commands a second."""

    def __init__(self, folder: Path, world: World) -> None:
        """Choose folders and ports; starts nothing yet."""
        self._world = world
        self.primary = Valkey(folder / "valkey-primary", config=CONFIG)
        self.replica = Valkey(folder / "valkey-replica", replica_of=self.primary, config=CONFIG)

    async def start(self) -> None:
        """Start both; they accept connections on return."""
        await to_the_end(self.primary.start)
        # A real production has a snapshot; this one would take its first after five minutes.
        await to_the_end(lambda: self.primary.ask("SAVE"))
        await to_the_end(self.replica.start)

    async def stop(self) -> None:
        """Stop both."""
        await asyncio.gather(*(asyncio.to_thread(each.close) for each in (self.replica, self.primary)))

    async def load(self) -> None:
        """Look keys up until cancelled; reconnects a second after a lost connection."""
        while True:
            with contextlib.suppress(OSError, EOFError):
                await self._session()
            await asyncio.sleep(1.0)

    async def _session(self) -> None:
        connections = [await asyncio.open_connection(HOST, self.primary.port) for _ in range(3)]
        try:
            reader, writer = connections[0]
            await _ask(reader, writer, [f"SET cache:{key} {key:0128d}" for key in range(KEYS)])
            turn = 0
            while True:
                await _ask(reader, writer, self._commands(turn))
                turn += 1
                await asyncio.sleep(1.0)
        finally:
            for _, writer in connections:
                writer.close()

    def _commands(self, turn: int) -> list[str]:
        ratio, seed = self._world.conditions.hit_ratio(self._world.clock.now()), self._world.seed
        commands = []
        for index in range(turn * LOOKUPS_PER_S, (turn + 1) * LOOKUPS_PER_S):
            kind = "cache" if uniform(seed, "look-up", index) < ratio else "gone"
            commands.append(f"GET {kind}:{int(uniform(seed, 'key', index) * KEYS)}")
        return [*commands, f"SETEX session:{turn % 50} 600 {turn}"]


async def _ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, commands: list[str]) -> None:
    """Send inline commands and read one reply for each."""
    writer.write("".join(f"{command}\r\n" for command in commands).encode())
    for _ in commands:
        first = await reader.readline()
        if not first:
            raise EOFError
        if first.startswith(b"$") and not first.startswith(b"$-1"):
            await reader.readexactly(int(first[1:]) + 2)

"""Real PostgreSQL servers, a primary and two streaming standbys, under the light load of the simulated production."""

import asyncio
import contextlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mmcockpit.simulator.noise import uniform
from mmcockpit.simulator.production import World
from mmcockpit.simulator.prometheus.exporters import MAX_CONNECTIONS
from mmcockpit.simulator.scenarios import VERSION
from mmcockpit.simulator.servers.postgres import Postgres
from mmcockpit.simulator.servers.process import HOST
from mmcockpit.simulator.threads import to_the_end

if TYPE_CHECKING:
    import psycopg

NAME, ROLE = "modelmuxer", "cockpit"
STANDBYS = 2
KEPT_ROWS = 5000
SETTINGS = {"max_connections": str(MAX_CONNECTIONS), "work_mem": "4MB", "effective_cache_size": "256MB"}
SCHEMA = (
    "CREATE TABLE requests (id bigserial PRIMARY KEY, at timestamptz NOT NULL DEFAULT now(), status int, ms int)",
    "CREATE INDEX requests_at ON requests (at)",
    "CREATE TABLE daily_usage (day date PRIMARY KEY, requests bigint NOT NULL)",
    "CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY)",
    f"INSERT INTO alembic_version VALUES ('{VERSION.replace('.', '_')}')",
    f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {ROLE}",
)


class SimulatedDatabase:
    """The servers; `load` keeps a few connections busy with a few statements a second."""

    def __init__(self, folder: Path, world: World) -> None:
        """Choose folders and ports; starts nothing yet."""
        self._world = world
        self.primary = Postgres(folder / "postgres-primary", settings=SETTINGS)
        names = [f"postgresql-read-{index}" for index in range(STANDBYS)]
        self._standbys = [Postgres(folder / name, standby_of=self.primary, settings=SETTINGS) for name in names]

    @property
    def dsn(self) -> str:
        """The DSN of the database modelmuxer, with a role that may monitor (pg_monitor) and read."""
        return f"postgresql://{ROLE}:{self.primary.password}@{HOST}:{self.primary.port}/{NAME}"

    async def start(self) -> None:
        """Start the primary with its schema; it accepts connections on return."""
        await to_the_end(self.primary.start)
        await to_the_end(self._create)

    async def start_standbys(self) -> None:
        """Start the standbys, one after the other."""
        for standby in self._standbys:
            await to_the_end(standby.start)

    async def stop(self) -> None:
        """Stop all, the standbys first."""
        await asyncio.gather(*(asyncio.to_thread(standby.close) for standby in self._standbys))
        await asyncio.to_thread(self.primary.close)

    def _create(self) -> None:
        import psycopg

        with psycopg.connect(self.primary.dsn, autocommit=True) as connection:
            if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (NAME,)).fetchone():
                return
            connection.execute(f"CREATE ROLE {ROLE} LOGIN PASSWORD '{self.primary.password}' IN ROLE pg_monitor")
            connection.execute(f"CREATE DATABASE {NAME}")
        with psycopg.connect(self._own_dsn, autocommit=True) as connection:
            for statement in SCHEMA:
                connection.execute(statement)

    @property
    def _own_dsn(self) -> str:
        """The DSN of the application, which owns the tables."""
        return self.primary.dsn.rpartition("/")[0] + f"/{NAME}?application_name=modelmuxer"

    async def load(self) -> None:
        """Run statements until cancelled; reconnects a second after a lost connection."""
        import psycopg

        while True:
            with contextlib.suppress(psycopg.Error):
                await self._session()
            await asyncio.sleep(1.0)

    async def _session(self) -> None:
        import psycopg

        async with contextlib.AsyncExitStack() as stack:
            pool: list[psycopg.AsyncConnection] = []
            turn = 0
            while True:
                wanted = self._world.conditions.connections(self._world.clock.now())
                while len(pool) > wanted:
                    await pool.pop().close()
                while len(pool) < wanted:
                    connection = await psycopg.AsyncConnection.connect(self._own_dsn, autocommit=True)
                    pool.append(await stack.enter_async_context(connection))
                await self._work(pool, turn)
                turn += 1
                await asyncio.sleep(1.0)

    async def _work(self, pool: "Sequence[psycopg.AsyncConnection]", turn: int) -> None:
        connection = pool[turn % len(pool)]
        ms = int(300 + 600 * uniform(self._world.seed, "row", turn))
        await connection.execute("INSERT INTO requests (status, ms) VALUES (200, %s)", (ms,))
        await connection.execute("SELECT count(*) FROM requests WHERE at > now() - interval '1 minute'")
        await connection.execute(
            "INSERT INTO daily_usage VALUES (current_date, 1) ON CONFLICT (day) DO UPDATE"
            " SET requests = daily_usage.requests + 1"
        )
        if turn % 300 == 299:
            await connection.execute("DELETE FROM requests WHERE id <= %s", (turn - KEPT_ROWS,))

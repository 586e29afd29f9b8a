"""Clients that receive WAL without replaying it are no replicas: none of them can take over."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from mmcockpit.core.model.reading import Reading
from mmcockpit.simulator.servers.postgres import Postgres
from tests.conftest import PostgresCluster, streaming
from tests.servers.needs import need
from tests.servers.wait import wait_until
from tests.sources.polling import answer, opened, probe

pytestmark = [pytest.mark.anyio, pytest.mark.server]


@pytest.fixture
def receiver(postgres_cluster: PostgresCluster, tmp_path: Path) -> Iterator[str]:
    """Run pg_receivewal beside the two standbys; give its name."""
    folder = Postgres.binaries()
    program = folder / "pg_receivewal" if folder else None
    need((program is not None and program.exists()) or None, "no pg_receivewal")
    primary = postgres_cluster.primary
    command = [str(program), "-h", "127.0.0.1", "-p", str(primary.port), "-U", "postgres", "-D", str(tmp_path)]
    process = subprocess.Popen(command, env={**os.environ, "PGPASSWORD": primary.password}, stderr=subprocess.DEVNULL)
    try:
        wait_until(lambda: "pg_receivewal" in streaming(primary), "it receives WAL")
        yield "pg_receivewal"
    finally:
        process.terminate()
        process.wait(30)
        wait_until(lambda: "pg_receivewal" not in streaming(primary), "it is gone")


async def test_a_receiver_is_named_and_counts_as_no_replica(
    receiver: str, postgres_cluster: PostgresCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEST_DSN", postgres_cluster.primary.dsn)
    async with opened("postgres", dsn={"env": "TEST_DSN"}) as source:
        read = await answer(probe("postgres", source, "replication", {}))
    assert isinstance(read, Reading)
    assert read.value["streaming"] == 2
    assert [replica["name"] for replica in read.value["replicas"]] == ["replica_a", "replica_b"]
    assert read.remark == f"receives WAL without replaying it: {receiver}"

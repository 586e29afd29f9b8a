"""What a standby answers may be old: how far it is behind its primary decides whether that is a reading."""

from pathlib import Path

import psycopg
import pytest

from mmcockpit.core.model.reading import FaultKind, Reading
from mmcockpit.simulator.servers.postgres import Postgres
from tests.servers.wait import wait_until
from tests.sources.polling import answer, answer_until, fault, opened, probe

pytestmark = pytest.mark.anyio

PROBES = {"scalar": "SELECT count(*) FROM t", "row": "SELECT count(*) AS n FROM t", "rows": "SELECT n FROM t"}


def run(server: Postgres, *statements: str) -> object:
    with psycopg.connect(server.dsn, autocommit=True) as connection:
        for statement in statements:
            cursor = connection.execute(statement)
        return cursor.fetchone() if cursor.description else None


async def test_a_standby_that_is_behind_is_stale_with_its_lag(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Postgres(tmp_path / "primary") as primary, Postgres(tmp_path / "standby", standby_of=primary) as standby:
        run(primary, "CREATE TABLE t (n int)", "INSERT INTO t VALUES (1)")
        caught_up = "SELECT pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() AND to_regclass('t') IS NOT NULL"
        wait_until(lambda: run(standby, caught_up) == (True,), "the standby has caught up")
        for name, server in (("PRIMARY_DSN", primary), ("STANDBY_DSN", standby)):
            monkeypatch.setenv(name, server.dsn)
        async with (
            opened("postgres", dsn={"env": "PRIMARY_DSN"}) as first,
            opened("postgres", dsn={"env": "STANDBY_DSN"}) as second,
        ):
            near = "read from a standby, 0s behind"
            for name, sql in PROBES.items():
                read = await answer(probe("postgres", first, name, {"sql": sql}))
                assert isinstance(read, Reading)
                assert read.remark == ""
                # What the primary writes by itself may be on its way for a moment.
                await answer_until(
                    probe("postgres", second, name, {"sql": sql}), lambda read: getattr(read, "remark", "") == near
                )
            read = await answer(probe("postgres", second, "replication", {}))
            assert isinstance(read, Reading)
            assert read.remark == "polled a standby: replicas of its primary are not listed"
            run(standby, "SELECT pg_wal_replay_pause()")
            run(primary, "INSERT INTO t VALUES (2)")
            received = "SELECT pg_last_wal_receive_lsn() > pg_last_wal_replay_lsn()"
            wait_until(lambda: run(standby, received) == (True,), "the standby is behind")
            for name, sql in PROBES.items():
                found = await fault(probe("postgres", second, name, {"sql": sql}, stale_after=0.001))
                assert (found.kind, "behind its primary" in found.message) == (FaultKind.STALE, True)
            run(standby, "SELECT pg_wal_replay_resume()")
            wait_until(lambda: run(standby, caught_up) == (True,), "the standby has caught up again")
            primary.kill()
            receiving = "SELECT count(*) FROM pg_stat_wal_receiver"
            wait_until(lambda: run(standby, receiving) == (0,), "the standby receives nothing")
            cut_off = await fault(probe("postgres", second, "scalar", {"sql": PROBES["scalar"]}, stale_after=0.001))
            assert cut_off.kind is FaultKind.STALE

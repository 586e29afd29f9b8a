"""A PostgreSQL source is its system_identifier: another cluster is a fault until it is accepted."""

from pathlib import Path
from typing import Any

import psycopg
from msgspec.structs import replace

from mmcockpit.core.decide.command import AcceptIdentity
from mmcockpit.core.facts import event as facts
from mmcockpit.core.model.checklist import Checklist, Phase
from mmcockpit.core.model.cockpit import Cockpit, SourceSpec
from mmcockpit.core.model.layout import Layout
from mmcockpit.core.model.signal import Rule, Signal
from mmcockpit.journal.reader import read
from mmcockpit.simulator.servers.postgres import Postgres
from tests.engine.engine_run import read_all, refused_all, running
from tests.servers.needs import need

QUESTIONS: dict[str, dict[str, Any]] = {
    "scalar": {"sql": "SELECT pg_is_in_recovery()"},
    "row": {"sql": "SELECT 1 AS one"},
    "rows": {"sql": "SELECT 1 AS one"},
    "replication": {},
    "activity": {},
    "settings": {"names": ["max_connections"]},
}


def watching(dsn: Path) -> Cockpit:
    signals = tuple(
        Signal(probe, probe, "database", probe, args=args, every=0.1, timeout=5.0, rule=Rule("true"))
        for probe, args in QUESTIONS.items()
    )
    source = SourceSpec("database", "postgres", {"dsn": {"file": str(dsn)}}, budget=500.0)
    return Cockpit("Test", "test", Checklist("c", "C", (Phase("p", "P", ()),)), signals, Layout("none", ()), (source,))


def identifier(dsn: str) -> str:
    with psycopg.connect(dsn) as connection:
        row = connection.execute("SELECT system_identifier FROM pg_control_system()").fetchone()
        return str(row[0]) if row else ""


def test_another_cluster_behind_one_port_is_a_fault_of_every_probe_until_it_is_accepted(
    tmp_path: Path, journal: Path
) -> None:
    need(Postgres.binaries(), "no PostgreSQL server")
    dsn = tmp_path / "dsn"
    with Postgres(tmp_path / "first") as first:
        second = Postgres(tmp_path / "second", port=first.port)
        second.password = first.password
        dsn.write_text(first.dsn)
        dsn.chmod(0o600)
        with running(watching(dsn), journal) as (_, screen):
            screen.until(read_all, "all probes read the first cluster")
            assert screen.session.identities["database"].unique == identifier(first.dsn)
            first.stop()
            with second:
                screen.until(refused_all, "all probes refuse the second cluster")
                second.stop()
                first.start()
                screen.until(read_all, "the first cluster is read again")
                assert not screen.session.strangers
                first.stop()
                second.start()
                screen.until(refused_all, "all probes refuse the second cluster")
                screen.do(AcceptIdentity("ana", "database", "restored from the backup"))
                screen.until(read_all, "all probes read the accepted cluster")
                assert screen.session.identities["database"].unique == identifier(second.dsn)
    bodies = [event.body for event in read(journal)]
    assert sum(isinstance(body, facts.IdentityDiffered) for body in bodies) == 2


def test_a_standby_of_the_same_cluster_is_the_same_system(postgres_cluster: Any, tmp_path: Path, journal: Path) -> None:
    dsn = tmp_path / "dsn"
    dsn.write_text(postgres_cluster.primary.dsn)
    with running(watching(dsn), journal) as (_, screen):
        screen.until(read_all, "all probes read the primary")
        dsn.write_text(postgres_cluster.replica_a.dsn)
        screen.until(lambda session: session.signals["scalar"].value is True, "the standby is read")
        screen.until(read_all, "all probes read the standby")
        assert not screen.session.strangers
    assert len([event for event in read(journal) if isinstance(event.body, facts.SourceIdentified)]) == 1


def test_a_role_that_may_not_read_the_identifier_is_known_by_the_address(
    postgres: Postgres, tmp_path: Path, journal: Path
) -> None:
    with psycopg.connect(postgres.dsn, autocommit=True) as connection:
        connection.execute("CREATE ROLE watcher LOGIN PASSWORD 'watcher-canary'")
        connection.execute("REVOKE EXECUTE ON FUNCTION pg_control_system() FROM PUBLIC")
        try:
            dsn = tmp_path / "dsn"
            dsn.write_text(f"postgresql://watcher:watcher-canary@127.0.0.1:{postgres.port}/postgres")
            asked = replace(watching(dsn), signals=watching(dsn).signals[:3])
            with running(asked, journal) as (_, screen):
                screen.until(read_all, "the role reads")
                known = screen.session.identities["database"]
                assert known.unique == ""
                assert "permission denied" in known.limits
        finally:
            connection.execute("GRANT EXECUTE ON FUNCTION pg_control_system() TO PUBLIC")
            connection.execute("DROP ROLE watcher")

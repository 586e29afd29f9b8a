"""The packs on real servers: Valkey, PostgreSQL and a cluster with the real controllers."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest

from mmcockpit.core.model.cockpit import Cockpit
from mmcockpit.core.model.verdict import Level
from mmcockpit.simulator.servers.postgres import Postgres
from mmcockpit.simulator.servers.valkey import Valkey
from tests.config.files import loaded
from tests.config.packs.shipped import PATIENT, cockpit_file, levels
from tests.servers.control_plane import ControlPlane
from tests.servers.kubectl import Kubectl
from tests.servers.wait import PATIENCE_S, wait_until
from tests.sources.kubernetes.manifests import deployment

pytestmark = [pytest.mark.anyio, pytest.mark.server]
P, W, F, U = Level.PASS, Level.WARN, Level.FAIL, Level.UNKNOWN
_numbers = count()


async def test_redis_with_and_without_a_limit_and_out_of_reach(valkey: Valkey, tmp_path: Path) -> None:
    sources = {
        "cache": {"kind": "redis", "url": valkey.url, **PATIENT},
        "gone": {"kind": "redis", "url": "redis://127.0.0.1:1", **PATIENT},
    }
    entries: list[dict[str, Any]] = [
        {"pack": "redis"},
        {"pack": "redis", "prefix": "gone", "source": "gone"},
        {"pack": "redis", "prefix": "pair", "source": "cache", "vars": {"redis_replicas": 1, "memory_limit": 1e-9}},
    ]
    path = cockpit_file(tmp_path, entries, sources)
    found = await levels(loaded(path).cockpit)
    # A new Valkey has no maxmemory, no replica and no lookups.
    assert {name: found[name] for name in ("redis_memory", "redis_role", "redis_evictions", "redis_persistence")} == {
        "redis_memory": F,
        "redis_role": P,
        "redis_evictions": P,
        "redis_persistence": P,
    }
    assert found["redis_hit_rate"] is U
    assert found["pair_redis_role"] is F
    assert {level for name, level in found.items() if name.startswith("gone_")} == {U}
    valkey.ask("CONFIG", "SET", "maxmemory", "1gb")
    try:
        again = await levels(loaded(path).cockpit)
    finally:
        valkey.ask("CONFIG", "SET", "maxmemory", "0")
    assert (again["redis_memory"], again["pair_redis_memory"]) == (P, F)


async def test_postgres_and_its_migration_while_a_session_waits_for_a_lock(
    postgres: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PACK_DSN", postgres.dsn)
    monkeypatch.setenv("GONE_DSN", "postgresql://postgres@127.0.0.1:1/postgres")
    sources = {
        "database": {"kind": "postgres", "dsn": {"env": "PACK_DSN"}, **PATIENT},
        "gone": {"kind": "postgres", "dsn": {"env": "GONE_DSN"}, **PATIENT},
    }
    version = {"version_sql": "SELECT 'v2'"}
    entries: list[dict[str, Any]] = [
        {"pack": "postgres"},
        {"pack": "postgres", "prefix": "pair", "vars": {"pg_replicas": 1}},
        {"pack": "postgres", "prefix": "gone", "source": "gone"},
        {"pack": "database-migration", "prefix": "done", "vars": {"migration": "v2", **version}},
        {"pack": "database-migration", "prefix": "open", "vars": {"migration": "v3", **version, "lock_limit": 0}},
        {"pack": "database-migration", "prefix": "none", "vars": {"migration": "v3", "version_sql": "SELECT x FROM y"}},
    ]
    cockpit = loaded(cockpit_file(tmp_path, entries, sources)).cockpit
    found = await levels(cockpit)
    assert {name: level for name, level in found.items() if name.startswith("pg_")} == dict.fromkeys(
        ("pg_connections", "pg_transactions", "pg_blocked", "pg_replicas", "pg_primary", "pg_invalid_indexes"), P
    )
    assert found["pair_pg_replicas"] is F
    assert {level for name, level in found.items() if name.startswith("gone_")} == {U}
    names = ("done_migration_version", "open_migration_version", "none_migration_version", "done_migration_locks")
    assert [found[name] for name in names] == [P, W, U, P]
    with psycopg.connect(postgres.dsn) as holder, ThreadPoolExecutor(1) as pool:
        holder.execute("SELECT pg_advisory_xact_lock(4711)")
        waiter = pool.submit(_lock, postgres.dsn)
        wait_until(lambda: _blocked(postgres.dsn) == 1, "a session waits for the lock")
        waiting = await levels(cockpit)
        holder.rollback()
        waiter.result(PATIENCE_S)
    assert (waiting["pg_blocked"], waiting["done_migration_locks"], waiting["open_migration_locks"]) == (W, W, F)


def _lock(dsn: str) -> None:
    with psycopg.connect(dsn) as connection:
        connection.execute("SELECT pg_advisory_xact_lock(4711)")


def _blocked(dsn: str) -> int:
    with psycopg.connect(dsn) as connection:
        sql = "SELECT count(*) FROM pg_stat_activity WHERE cardinality(pg_blocking_pids(pid)) > 0"
        row = connection.execute(sql).fetchone()
        return int(row[0]) if row else 0


@pytest.fixture
def kubectl(control_plane: ControlPlane) -> Iterator[Kubectl]:
    """A namespace of this test's own."""
    kubectl = control_plane.create_namespace(f"packs-{next(_numbers)}")
    yield kubectl
    kubectl("delete", "namespace", kubectl.namespace, "--wait=false")


async def test_a_workload_and_its_rollback_on_real_controllers(kubectl: Kubectl, tmp_path: Path) -> None:
    for image in ("registry.example/app:1", "registry.example/app:2"):
        app = deployment(replicas=2)
        app["spec"]["template"]["spec"]["containers"][0]["image"] = image
        kubectl.apply(app)
        kubectl("rollout", "status", "deploy/app", f"--timeout={PATIENCE_S:g}s")
    cluster = {"kind": "kubernetes", "kubeconfig": str(kubectl.api.kubeconfig), **PATIENT}
    known = {"namespace": kubectl.namespace, "deployment": "app", "pod_selector": "app=app"}
    nothing = {"deployment": "none", "pod_selector": "app=none"}
    rollback = {"namespace": kubectl.namespace, "deployment": "app"}
    entries: list[dict[str, Any]] = [
        {"pack": "kubernetes-workload", "vars": {**known, "version": "2"}},
        {"pack": "kubernetes-workload", "prefix": "old", "vars": {**known, "version": "1"}},
        {
            "pack": "kubernetes-workload",
            "prefix": "none",
            "vars": {**known, **nothing},
        },
        {"pack": "rollback-kubectl", "vars": rollback},
        {"pack": "rollback-kubectl", "prefix": "none", "vars": {**rollback, "deployment": "none"}},
    ]
    cockpit = loaded(cockpit_file(tmp_path, entries, {"cluster": cluster})).cockpit
    found = await levels(cockpit)
    expected = {
        "workload_rollout": P,
        "workload_pods": P,
        "workload_restarts": P,
        "old_workload_rollout": W,
        "none_workload_rollout": F,
        "none_workload_pods": F,
        "previous_revision": P,
        "rolled_back": P,
        "none_previous_revision": F,
        "none_rolled_back": F,
    }
    assert {name: found[name] for name in expected} == expected
    await _steps(cockpit, kubectl)


async def _steps(cockpit: Cockpit, kubectl: Kubectl) -> None:
    """Run the steps of the rollback with the real kubectl, up to the old image."""
    procedure = next(each for each in cockpit.checklist.procedures if each.id == "rollback-kubectl")
    revisions: list[str] = []
    for step in procedure.steps:
        if not step.argv:
            continue
        words = [word.replace("${values.revision}", revisions[0] if revisions else "") for word in step.argv[3:]]
        output = kubectl(*words)
        for capture in step.captures:
            found = [match[1] for line in output.splitlines() if (match := re.search(capture.pattern, line))]
            assert found, (step.title, output)
            if capture.name == "revision":
                assert found == ["1", "2"]
                revisions = found
    image = kubectl("get", "deployment/app", "--output=jsonpath={.spec.template.spec.containers[0].image}")
    assert image == "registry.example/app:1"

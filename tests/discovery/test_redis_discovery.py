"""What is found in a Redis: on real Valkey servers."""

from pathlib import Path

import pytest

from mmcockpit.core.model.reading import ProbeError
from mmcockpit.core.model.verdict import Level
from mmcockpit.discovery.redis import discover as redis
from mmcockpit.simulator.servers.process import free_port
from mmcockpit.simulator.servers.valkey import Valkey
from tests.conftest import ValkeyPair
from tests.discovery.discoveries import discover

pytestmark = pytest.mark.anyio
SHOWN_ONLY = {"cache_memory", "cache_hits"}


async def test_every_rule_of_a_primary_with_a_replica_passes(valkey_pair: ValkeyPair, tmp_path: Path) -> None:
    found = await discover(redis, "cache", "redis", url=valkey_pair.primary.url)
    results = await found.results(tmp_path)
    judged = {name: result for name, result in results.items() if name not in SHOWN_ONLY}
    assert judged.keys() == {
        *("cache_role", "cache_evicted_keys", "cache_rejected_connections", "cache_clients", "cache_persistence")
    }
    assert {result.level for result in judged.values()} == {Level.PASS}, judged
    assert "value.online >= 1" in found.signals["cache_role"].passing
    assert found.missing == {}
    assert found.items["A backup of cache exists and was restored in a test"] == ""


async def test_a_replica_is_watched_as_one(valkey_pair: ValkeyPair, tmp_path: Path) -> None:
    found = await discover(redis, "cache", "redis", url=valkey_pair.replica.url)
    results = await found.results(tmp_path)
    assert results["cache_role"].level is Level.PASS
    assert "cache replicates its primary" in found.items


async def test_a_full_cache_warns_of_the_keys_that_it_evicted_before(tmp_path: Path) -> None:
    config = {"maxmemory": "2mb", "maxmemory-policy": "allkeys-lru", "appendonly": "no"}
    with Valkey(tmp_path / "full", config=config) as server:
        for number in range(64):
            server.ask("SET", f"key-{number}", "x" * 65_536)
        found = await discover(redis, "cache", "redis", url=server.url)
        results = await found.results(tmp_path)
        assert results["cache_evicted_keys"].level is Level.WARN
        for number in range(64):
            server.ask("SET", f"other-{number}", "x" * 65_536)
        assert (await found.results(tmp_path))["cache_evicted_keys"].level is Level.FAIL
    assert results["cache_memory"].level in (Level.WARN, Level.FAIL)
    assert "80%" in found.signals["cache_memory"].comment
    assert found.missing == {"persistence of cache": "neither snapshots nor the append-only file are on"}


async def test_every_master_of_a_cluster_is_watched(tmp_path: Path) -> None:
    config = {"maxmemory": "64mb"}
    with Valkey(tmp_path / "node", cluster=True, config=config) as server:
        found = await discover(redis, "cache", "redis", url=server.url)
        results = await found.results(tmp_path)
    assert found.findings.sources[0].options["cluster"] is True
    assert "cache_role" not in results
    passing = {"cache_cluster", "cache_memory", "cache_clients", "cache_persistence", "cache_evicted_keys"}
    assert {name: results[name] for name in passing if results[name].level is not Level.PASS} == {}
    assert found.signals["cache_clients"].passing.startswith("value.nodes.all(one, ")


async def test_a_server_that_is_down_is_a_fault_with_the_reason() -> None:
    port = free_port()
    with pytest.raises(ProbeError, match=f"redis 127.0.0.1:{port}: connection refused"):
        await discover(redis, "cache", "redis", url=f"redis://127.0.0.1:{port}")

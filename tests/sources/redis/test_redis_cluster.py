"""Redis Cluster by any of its nodes: a real cluster of three masters, and nodes that fail."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from mmcockpit.core.model.reading import FaultKind, Reading
from mmcockpit.simulator.servers.process import HOST
from mmcockpit.simulator.servers.valkey import Valkey
from mmcockpit.sources.redis.cluster_info import summed
from mmcockpit.sources.redis.topology import cluster_nodes
from tests.servers.databases.valkey_cluster import ValkeyCluster
from tests.servers.needs import need
from tests.servers.wait import PATIENCE_S
from tests.sources.polling import answer, fault, opened, poll_until, probe, value
from tests.sources.raw import RawServer, tells
from tests.sources.redis.failovers import Failovers

pytestmark = [pytest.mark.anyio, pytest.mark.server, pytest.mark.xdist_group("valkey-cluster")]


@pytest.fixture(scope="module")
def valkey_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ValkeyCluster]:
    need(Valkey.binary(), "no valkey-server")
    with ValkeyCluster(tmp_path_factory.mktemp("cluster")) as cluster:
        yield cluster


def address(server: Valkey) -> str:
    return f"{HOST}:{server.port}"


@pytest.mark.parametrize("node", range(4))
async def test_any_node_reports_the_whole_cluster(valkey_cluster: ValkeyCluster, node: int) -> None:
    servers = [*valkey_cluster.masters, valkey_cluster.replica]
    async with opened("redis", url=servers[node].url, cluster=True) as source:
        state = await value(probe("redis", source, "cluster", {}))
        memory = await value(probe("redis", source, "info", {"section": "memory"}))
        rate = await fault(probe("redis", source, "hit_rate", {}))
        health = await source.check()
    assert (state["state"], state["size"], state["slots_assigned"]) == ("ok", 3, 16_384)
    assert {row["address"]: (row["role"], row["state"]) for row in state["nodes"]} == {
        address(server): ("replica" if server is valkey_cluster.replica else "master", "ok") for server in servers
    }
    assert sum(row["slots"] for row in state["nodes"]) == 16_384
    assert {row["address"] for row in memory["nodes"]} == {address(server) for server in valkey_cluster.masters}
    assert memory["used_memory"] == sum(row["used_memory"] for row in memory["nodes"])
    assert (memory["maxmemory_policy"], "mem_fragmentation_ratio" in memory) == ("noeviction", False)
    assert rate.kind is FaultKind.NO_DATA
    assert (health.identity, health.missing) == ("cluster of 3 masters and 1 replica", ())


async def test_only_some_fields_of_each_master_are_kept(valkey_cluster: ValkeyCluster) -> None:
    async with opened("redis", url=valkey_cluster.masters[0].url, cluster=True) as source:
        args = {"section": "memory", "fields": ["maxmemory"]}
        found = await value(probe("redis", source, "info", args))
    assert found["maxmemory"] == 0
    assert [set(row) for row in found["nodes"]] == [{"address", "maxmemory"}] * 3


async def test_a_user_that_may_not_list_nodes_gets_the_state_without_them(
    valkey_cluster: ValkeyCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = valkey_cluster.masters[0]
    server.ask("ACL", "SETUSER", "reader", "reset", "on", ">canary-password", "+info", "+cluster|info")
    monkeypatch.setenv("TEST_PASSWORD", "canary-password")
    login = {"user": "reader", "password": {"env": "TEST_PASSWORD"}}
    async with opened("redis", url=server.url, cluster=True, **login) as source:
        read = await answer(probe("redis", source, "cluster", {}))
        refused = await fault(probe("redis", source, "info", {}))
        health = await source.check()
    assert isinstance(read, Reading)
    assert (read.value["state"], "nodes" in read.value) == ("ok", False)
    assert "missing permission: +cluster|nodes" in read.remark
    assert (refused.kind, refused.message.endswith("+cluster|nodes")) == (FaultKind.FORBIDDEN, True)
    assert [line.partition(":")[0] for line in health.missing] == ["CONFIG GET", "CLUSTER NODES"]


async def test_a_master_that_dies_is_visible_until_its_replica_is_promoted(valkey_cluster: ValkeyCluster) -> None:
    dead = valkey_cluster.masters[2]
    async with opened("redis", url=valkey_cluster.masters[0].url, cluster=True) as source:
        witness = source.witness = Failovers()  # type: ignore[attr-defined]
        state, memory = probe("redis", source, "cluster", {}), probe("redis", source, "info", {"section": "memory"})
        rate = probe("redis", source, "hit_rate", {"min_lookups": 1})
        await value(memory)
        await answer(rate)
        dead.kill()
        for polled in (memory, rate):
            lost = await fault(polled)
            assert (lost.kind, str(dead.port) in lost.message) == (FaultKind.PARTIAL, True), lost
        valkey_cluster.notice()
        promoted = await poll_until(
            state, lambda found: found["state"] == "ok" and rows(found)[address(dead)] == "fail"
        )
        assert promoted.value["nodes"][0]["address"] == address(dead), "the failing node is not the first row"
        found = await poll_until(memory, lambda found: len(found["nodes"]) == 3)
        assert address(valkey_cluster.replica) in {row["address"] for row in found.value["nodes"]}
        await value(state)
    assert witness.recorded == [("master", address(dead), address(valkey_cluster.replica))]


async def test_the_cluster_is_read_from_another_node_if_that_of_the_url_dies(valkey_cluster: ValkeyCluster) -> None:
    first = valkey_cluster.masters[0]
    async with opened("redis", url=first.url, cluster=True) as source:
        polled = probe("redis", source, "cluster", {})
        await answer(polled)
        first.kill()
        valkey_cluster.notice()
        async with asyncio.timeout(PATIENCE_S):
            while not (isinstance(read := await answer(polled), Reading) and read.value["state"] == "fail"):
                assert not isinstance(read, Reading) or rows(read.value)[address(first)] != "ok"
                await asyncio.sleep(0.05)
        assert "the node of the URL does not respond" in read.remark
        assert rows(read.value)[address(first)] in ("fail", "fail?")
        lost = await fault(probe("redis", source, "info", {"section": "memory"}))
        assert (lost.kind, "is fail" in lost.message) == (FaultKind.PARTIAL, True)


def rows(found: dict[str, Any]) -> dict[str, str]:
    return {row["address"]: row["state"] for row in found["nodes"]}


async def test_an_announced_address_that_does_not_respond_is_named_with_what_to_check() -> None:
    nodes = (
        f"a {HOST}:@1 myself,master - 0 0 1 connected 0-8191\nb {HOST}:1@2 master - 0 0 1 connected 8192-16383\n"
    ).replace(":@", ":7@")
    with RawServer(tells({b"NODES": nodes, b"INFO": "loading:0\r\n"})) as server:
        async with opened("redis", url=f"redis://{HOST}:{server.port}", cluster=True) as source:
            lost = await fault(probe("redis", source, "info", {}))
    assert lost.kind is FaultKind.PARTIAL
    assert "the cluster announces this address (behind NAT: set cluster-announce-ip)" in lost.message


async def test_a_server_that_is_no_cluster_is_a_mistake_in_the_file(valkey: Valkey) -> None:
    async with opened("redis", url=valkey.url, cluster=True) as source:
        wrong = await fault(probe("redis", source, "cluster", {}))
        health = await source.check()
    assert (wrong.kind, "remove `cluster: true`" in wrong.message) == (FaultKind.CONFIGURATION, True)
    assert len(health.missing) == 1


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("a 10.0.0.1:7@17 master - 0 0 1 connected 0-16383", "10.0.0.1:7"),
        ("a 10.0.0.1:7@17,cache.example master - 0 0 1 connected 0-16383", "cache.example:7"),
        ("a 10.0.0.1:7@17,,tls-port=0,shard-id=x master - 0 0 1 connected 0-16383", "10.0.0.1:7"),
        ("a 2001:db8::1:7@17 master - 0 0 1 connected 0-16383 [17->-b]", "[2001:db8::1]:7"),
        ("a :7@17 myself,master - 0 0 1 connected 0-16383", ":7"),
    ],
)
def test_an_address_of_a_node_is_read_as_servers_write_it(line: str, name: str) -> None:
    nodes = cluster_nodes(line, encrypted=True)
    assert not isinstance(nodes, str)
    (node,) = nodes
    assert (node.name, node.slots) == (name, 16_384)


@pytest.mark.parametrize(
    "line", ["a b c", "a host@1 master - 0 0 1 connected 0-1", "a h:99999@1 master - 0 0 1 connected"]
)
def test_a_line_that_is_no_node_is_an_error(line: str) -> None:
    assert isinstance(cluster_nodes(line, encrypted=False), str)


def test_only_what_adds_up_is_summed() -> None:
    low = {"used_memory": 1, "maxmemory": 10, "db0": {"keys": 3, "expires": 1, "avg_ttl": 5}}
    high = {"used_memory": 2, "maxmemory": 0}
    assert summed([("a", low), ("b", high)]) == {"used_memory": 3, "db0": {"keys": 3, "expires": 1}}
    limited = {**high, "maxmemory": 30, "evicted_keys": 2}
    assert summed([("a", low), ("b", limited)])["maxmemory"] == 40
    assert "evicted_keys" not in summed([("a", low), ("b", limited)])


MEASURED = {
    "mem_fragmentation_ratio": 1.05,
    "allocator_frag_ratio": "-nan",
    "used_memory_human": "1.00M",
    "used_memory_peak_perc": "100.00%",
    "uptime_in_seconds": 5,
    "rdb_last_save_time": 1_796_000_000,
    "latest_fork_usec": 0,
    "instantaneous_eventloop_duration_usec": 300,
    "expired_stale_perc": 0.0,
    "rdb_last_bgsave_time_sec": -1,
    "master_repl_offset": 7,
    "cmdstat_ping": {"calls": 1, "usec_per_call": 2.0},
}
CONFIGURED = {
    "redis_version": "8.0.0",
    "role": "master",
    "maxmemory_policy": "noeviction",
    "rdb_last_bgsave_status": "ok",
    "maxclients": 10_000,
    "cluster_enabled": 1,
    "loading": 0,
}


def test_what_is_measured_is_left_out_and_configuration_kept_when_both_are_the_same_on_each_master() -> None:
    assert summed([("a", MEASURED | CONFIGURED), ("b", MEASURED | CONFIGURED)]) == CONFIGURED
    assert "role" not in summed([("a", CONFIGURED), ("b", {**CONFIGURED, "role": "slave"})])


async def test_no_number_of_a_real_server_is_kept_for_being_the_same_but_settings_and_states(valkey: Valkey) -> None:
    async with opened("redis", url=valkey.url) as source:
        found = await value(probe("redis", source, "info", {"section": "everything"}))
    ones = {name: 1 if isinstance(field, int | float) else field for name, field in found.items()}
    joined = summed([("a", ones), ("b", ones)])
    assert {name for name, field in joined.items() if field == 1} <= {
        *("arch_bits", "hz", "configured_hz", "clients_hz", "tcp_port", "io_threads_active", "maxclients"),
        *("loading", "async_loading", "rdb_bgsave_in_progress", "aof_enabled", "aof_rewrite_in_progress"),
        *("aof_rewrite_scheduled", "module_fork_in_progress", "slot_migration_fork_in_progress", "cluster_enabled"),
        *("repl_backlog_active", "repl_backlog_size"),
    }
    assert not {name for name in joined if name.endswith(("_human", "_perc", "_ratio", "_usec"))}
    assert {"used_memory", "total_commands_processed", "keyspace_hits", "maxclients", "role"} <= joined.keys()

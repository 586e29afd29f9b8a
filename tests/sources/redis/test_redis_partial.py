"""What of a Redis, or of a cluster, is only a part: never a good number."""

from pathlib import Path

import pytest

from mmcockpit.core.model.reading import Fault, FaultKind
from mmcockpit.simulator.servers.valkey import Valkey
from tests.servers.wait import wait_until
from tests.sources.polling import answer, fault, opened, probe, value
from tests.sources.raw import RawServer, tells
from tests.sources.redis.redis_clusters import whole

pytestmark = pytest.mark.anyio

NO_COVER = {"cluster-require-full-coverage": "no"}


async def test_the_hit_rate_of_a_cluster_with_a_node_down_is_partial(tmp_path: Path) -> None:
    low, high = (Valkey(tmp_path / name, cluster=True, config=NO_COVER) for name in ("low", "high"))
    with low, high:
        low.ask("CLUSTER", "DELSLOTSRANGE", "8192", "16383")
        high.ask("CLUSTER", "DELSLOTSRANGE", "0", "8191")
        bus = high.ask("CLUSTER", "NODES").split("@")[1].split(" ")[0].split(",")[0]
        low.ask("CLUSTER", "MEET", "127.0.0.1", str(high.port), bus)
        wait_until(lambda: whole(low) and whole(high), "the masters have met")
        async with opened("redis", url=low.url, cluster=True) as source, opened("redis", url=low.url) as alone:
            state, rate = probe("redis", source, "cluster", {}), probe("redis", source, "hit_rate", {})
            assert (await value(state))["state"] == "ok"
            await answer(rate)
            one = await fault(probe("redis", alone, "hit_rate", {}))
            assert (one.kind, "one node of a cluster; set `cluster: true`" in one.message) == (FaultKind.PARTIAL, True)
            high.kill()
            gone = await fault(rate)
            assert gone.kind is FaultKind.PARTIAL, gone
            low.ask("CONFIG", "SET", "cluster-node-timeout", "500")
            wait_until(lambda: "cluster_slots_pfail:0" not in low.ask("CLUSTER", "INFO"), "the failure is suspected")
            assert "fail?" in (await fault(rate)).message


NODES = "a 127.0.0.1:1@2 myself,master - 0 0 1 connected 0-16383\nb 127.0.0.1:2@3 slave,fail a 0 0 1 disconnected\n"


@pytest.mark.parametrize(
    ("slots", "expected"),
    [
        ({}, "ok"),
        ({"pfail": 5_461}, "but failing nodes have 5461 slots"),
        ({"fail": 5_461}, "fail"),
        ({"assigned": 16_383}, "fail"),
    ],
)
async def test_a_cluster_that_calls_itself_ok_although_slots_lack_a_master(
    slots: dict[str, int], expected: str
) -> None:
    lines = [f"cluster_slots_{name}:{n}" for name, n in {"assigned": 16_384, "pfail": 0, "fail": 0, **slots}.items()]
    section = "\r\n".join(["cluster_state:ok", *lines, "cluster_known_nodes:3", "cluster_size:3", ""])
    replies = {b"NODES": NODES, b"CLUSTER": section, b"INFO": "cluster_enabled:1\r\n"}
    with RawServer(tells(replies)) as server:
        async with opened("redis", url=f"redis://127.0.0.1:{server.port}/0", cluster=True) as source:
            read = await answer(probe("redis", source, "cluster", {}))
    if isinstance(read, Fault):
        assert (read.kind, expected in read.message) == (FaultKind.PARTIAL, True)
        return
    assert read.value["state"] == expected
    assert [(row["state"], row["role"]) for row in read.value["nodes"]] == [("fail", "replica"), ("ok", "master")]


async def test_slots_without_a_master_make_a_rate_partial(tmp_path: Path) -> None:
    with Valkey(tmp_path / "node", cluster=True, config=NO_COVER) as node:
        async with opened("redis", url=node.url, cluster=True) as source:
            assert (await fault(probe("redis", source, "hit_rate", {}))).kind is FaultKind.NO_DATA
            node.ask("CLUSTER", "DELSLOTSRANGE", "100", "199")
            found = await fault(probe("redis", source, "hit_rate", {}))
    assert (found.kind, "100 of 16384 slots have no master" in found.message) == (FaultKind.PARTIAL, True)


@pytest.mark.parametrize("section", ["memory", "keyspace", "stats", "default"])
async def test_a_server_that_loads_its_data_set_is_partial(section: str) -> None:
    loading = {b"persistence": "loading:1\r\n", b"INFO": "used_memory:1\r\nkeyspace_hits:1\r\n"}
    loaded = {**loading, b"persistence": "loading:0\r\n"}
    with RawServer(tells(loading)) as busy, RawServer(tells(loaded)) as ready:
        for server, kind in ((busy, FaultKind.PARTIAL), (ready, None)):
            async with opened("redis", url=f"redis://127.0.0.1:{server.port}/0") as source:
                read = await answer(probe("redis", source, "info", {"section": section}))
                assert getattr(read, "kind", None) is kind, read

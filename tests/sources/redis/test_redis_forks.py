"""INFO replication of the forks of Redis, as KeyDB, Dragonfly and Valkey write it."""

from typing import Any

import pytest

from tests.sources.polling import opened, probe, value
from tests.sources.raw import RawServer, tells

pytestmark = pytest.mark.anyio


async def replication(*lines: str) -> Any:
    section = "\r\n".join(("# Replication", *lines, ""))
    with RawServer(tells({b"INFO": section, b"CLIENT": "OK"})) as server:
        async with opened("redis", url=f"redis://127.0.0.1:{server.port}") as source:
            return await value(probe("redis", source, "replication", {}))


MASTERS = ("master_host:10.0.0.2", "master_link_status:up", "master_1_host:10.0.0.3", "master_1_link_status:down")


async def test_an_active_replica_of_keydb_has_a_role_and_the_link_to_all_its_masters() -> None:
    rows = ("connected_slaves:1", "slave0:ip=10.0.0.2,port=6379,state=online,offset=90,lag=1", "master_repl_offset:100")
    found = await replication("role:active-replica", "master_global_link_status:down", *MASTERS, *rows)
    assert (found["role"], found["master_link_up"], found["online"]) == ("active-replica", False, 1)
    assert found["replicas"] == [{"address": "10.0.0.2:6379", "state": "online", "offset_lag": 10, "lag_s": 1}]
    found = await replication("role:active-replica", "master_global_link_status:up", *MASTERS, *rows)
    assert found["master_link_up"]
    alone = await replication("role:active-replica", "connected_slaves:0", "master_repl_offset:0")
    assert (alone["role"], "master_link_up" in alone) == ("active-replica", False)


@pytest.mark.parametrize(("role", "state"), [("slave", "online"), ("replica", "stable_sync")])
async def test_dragonfly_is_read_with_and_without_the_names_of_redis(role: str, state: str) -> None:
    replica = await replication(f"role:{role}", "connected_slaves:0", "master_link_status:up", "master_replid:5f")
    assert (replica["role"], replica["master_link_up"]) == ("replica", True)
    row = f"slave0:ip=fd00::2,port=6379,state={state},lag="
    master = await replication("role:master", "connected_slaves:1", f"{row}0", "master_replid:5f")
    assert (master["online"], master["max_lag_s"]) == (1, 0)
    assert master["replicas"] == [{"address": "fd00::2:6379", "state": state, "lag_s": 0}]
    behind = await replication("role:master", "connected_slaves:1", f"{row}4711", "master_replid:5f")
    assert (behind["online"], "max_lag_s" in behind) == (1, False), "records are no seconds"
    syncing = await replication("role:master", "connected_slaves:1", "slave0:ip=a,port=1,state=full_sync,lag=0")
    assert syncing["online"] == 0


async def test_the_two_channels_of_a_replica_of_valkey_that_synchronises_are_not_online() -> None:
    ends = ("port=6379,state=bg_transfer,offset=0,lag=0,type=main-channel", "port=6379,state=send_bulk_and_stream")
    rows = (f"slave0:ip=10.0.0.2,{ends[0]}", f"slave1:ip=10.0.0.2,{ends[1]},offset=0,lag=0,type=rdb-channel")
    found = await replication("role:master", "connected_slaves:2", *rows, "master_repl_offset:5")
    assert (found["online"], [one["offset_lag"] for one in found["replicas"]]) == (0, [5, 5])


async def test_a_replica_that_is_not_online_has_no_lag() -> None:
    row = "slave0:ip=10.0.0.2,port=6379,state=wait_bgsave,offset=0,lag=0"
    alone = await replication("role:master", "connected_slaves:1", row, "master_repl_offset:5")
    assert (alone["online"], "max_lag_s" in alone, "lag_s" in alone["replicas"][0]) == (0, False, False)
    other = "slave1:ip=10.0.0.3,port=6379,state=online,offset=5,lag=1"
    both = await replication("role:master", "connected_slaves:2", row, other, "master_repl_offset:5")
    assert (both["online"], both["max_lag_s"]) == (1, 1)

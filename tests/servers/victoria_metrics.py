"""Real VictoriaMetrics, single node: has the API of Prometheus, and differs in some of its answers."""

from collections.abc import Iterable
from pathlib import Path
from urllib.request import Request, urlopen

from mmcockpit.simulator.servers.process import HOST, ServerMissing, ServerProcess
from tests.servers.go_programs import go_program


class VictoriaMetrics(ServerProcess):
    """A server that scrapes these addresses (host:port) every second, under the job `app`."""

    name = "victoria-metrics"

    def __init__(self, folder: Path, *, scrape: Iterable[str] = ()) -> None:
        super().__init__(folder)
        self.scrape = tuple(scrape)

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    def prepare(self) -> None:
        targets = ", ".join(f"'{target}'" for target in self.scrape)
        jobs = f"[{{job_name: app, scrape_interval: 1s, static_configs: [{{targets: [{targets}]}}]}}]"
        (self.folder / "scrape.yaml").write_text(f"scrape_configs: {jobs if targets else '[]'}\n")

    def command(self) -> list[str]:
        program = go_program(self.name)
        if program is None:
            raise ServerMissing("victoria-metrics: not found: run `make servers`")
        return [
            str(program),
            f"-httpListenAddr={HOST}:{self.port}",
            f"-storageDataPath={self.folder / 'data'}",
            f"-promscrape.config={self.folder / 'scrape.yaml'}",
            "-promscrape.config.strictParse=false",
            "-search.latencyOffset=0s",
            "-memory.allowedBytes=64MB",
            "-retentionPeriod=30d",
        ]

    def write_series(self, lines: str) -> None:
        """Store series with any names: a JSON object a line, {metric, timestamps in milliseconds, values}."""
        with urlopen(Request(f"{self.url}/api/v1/import", lines.encode())):
            pass
        with urlopen(f"{self.url}/internal/force_flush"):
            pass

    def write(self, lines: str) -> None:
        """Store samples in Prometheus text form, with timestamps in milliseconds."""
        with urlopen(Request(f"{self.url}/api/v1/import/prometheus", lines.encode())):
            pass
        with urlopen(f"{self.url}/internal/force_flush"):
            pass

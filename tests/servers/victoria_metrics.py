"""Real VictoriaMetrics, single node: has the API of Prometheus, and differs in some of its answers."""

import shutil
from collections.abc import Iterable
from pathlib import Path
from urllib.request import Request, urlopen

from mmcockpit.simulator.servers.process import HOST, ServerMissing, ServerProcess, cache_folder

VERSION_FILE = Path(__file__).parent / "versions" / "victoria-metrics"


def victoria_metrics_binary() -> Path | None:
    """Return the program that .ci/go-install built, else the one on PATH."""
    ours = cache_folder() / f"victoria-metrics-{VERSION_FILE.read_text().strip()}" / "victoria-metrics"
    found = shutil.which("victoria-metrics")
    return ours if ours.exists() else Path(found) if found else None


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
        program = victoria_metrics_binary()
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

"""Real Prometheus, from PATH or the cache's copy of Debian's package."""

import json
import subprocess
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from mmcockpit.simulator.servers.process import HOST, ServerFailed, ServerMissing, ServerProcess, find_binary

LONG_BLOCKS = "--max-block-duration=54h"
"""Argument of promtool, which reads the whole text again for each block; its default is two hours a block."""
WAY_OUT = "run `make servers`, or install Debian's package"


@dataclass(frozen=True, slots=True)
class ScrapeJob:
    """What Prometheus scrapes: targets are HOST:PORT, interval is in Prometheus' notation."""

    name: str
    targets: Sequence[str]
    metrics_path: str = "/metrics"
    interval: str = "1s"
    labels: Mapping[str, str] = field(default_factory=dict)

    def config(self) -> dict[str, object]:
        """The job as an entry of scrape_configs."""
        return {
            "job_name": self.name,
            "metrics_path": self.metrics_path,
            "scrape_interval": self.interval,
            "scrape_timeout": self.interval,
            "static_configs": [{"targets": list(self.targets), "labels": dict(self.labels)}],
        }


class Prometheus(ServerProcess):
    """One Prometheus; the first scrape of a fresh one comes about 5 s after it is ready.

    `rules` is the text of a rule file (YAML); `alertmanagers` are base URLs. Rules are evaluated every second.
    """

    name = "prometheus"

    def __init__(
        self,
        folder: Path,
        *,
        port: int | None = None,
        scrape: Sequence[ScrapeJob] = (),
        rules: str | None = None,
        alertmanagers: Sequence[str] = (),
    ) -> None:
        super().__init__(folder, port)
        self.scrape = tuple(scrape)
        self.rules = rules
        self.alertmanagers = tuple(alertmanagers)

    @staticmethod
    def binary() -> Path | None:
        """Return the program, None if it is not found."""
        return find_binary(["prometheus"])

    @staticmethod
    def promtool() -> Path | None:
        """Return the program that writes blocks, None if it is not found."""
        return find_binary(["promtool"])

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    @property
    def data(self) -> Path:
        """Return the folder of the time series database."""
        return self.folder / "data"

    def prepare(self) -> None:
        (self.folder / "rules.yml").write_text(self.rules or "groups: []\n")
        managers = [
            {"scheme": url.scheme, "path_prefix": url.path or "/", "static_configs": [{"targets": [url.netloc]}]}
            for url in map(urlsplit, self.alertmanagers)
        ]
        config = {
            "global": {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"},
            "rule_files": [str(self.folder / "rules.yml")],
            "alerting": {"alertmanagers": managers},
            "scrape_configs": [job.config() for job in self.scrape],
        }
        # JSON is YAML.
        (self.folder / "prometheus.yml").write_text(json.dumps(config, indent=1))

    def command(self) -> list[str]:
        binary = self.binary()
        if binary is None:
            raise ServerMissing(f"prometheus: not on PATH or in the cache: {WAY_OUT}")
        return [
            str(binary),
            f"--config.file={self.folder / 'prometheus.yml'}",
            f"--storage.tsdb.path={self.data}",
            "--storage.tsdb.retention.time=30d",
            f"--web.listen-address={HOST}:{self.port}",
            "--web.enable-lifecycle",
            # Its default would add another 5 s to the first scrape.
            "--scrape.discovery-reload-interval=100ms",
            # An alert that fires before Alertmanager is discovered is lost; the default would repeat it a minute later.
            "--rules.alert.resend-delay=2s",
            "--log.level=warn",
        ]

    def ready(self) -> bool:
        return answers_ok(f"{self.url}/-/ready")

    def backfill(self, openmetrics_text: str) -> None:
        """Write samples with timestamps as blocks; a running server is restarted for it.

        The text is OpenMetrics and ends in "# EOF". Errors: `ServerFailed` with promtool's message if the text is
        rejected.
        """
        promtool = self.promtool()
        if promtool is None:
            raise ServerMissing(f"promtool: not on PATH or in the cache: {WAY_OUT}")
        was_running = self.running
        self.stop()
        self.data.mkdir(parents=True, exist_ok=True)
        source = self.folder / "backfill.txt"
        source.write_text(openmetrics_text)
        create = [str(promtool), "tsdb", "create-blocks-from", LONG_BLOCKS, "openmetrics", str(source), str(self.data)]
        done = subprocess.run(create, capture_output=True, text=True, timeout=60)
        source.unlink()
        if done.returncode:
            raise ServerFailed(f"promtool: exited with {done.returncode}: {done.stderr.strip()[-2000:]}")
        if was_running:
            self.start()


def answers_ok(url: str) -> bool:
    """Return whether a GET of this loopback URL returns 200."""
    try:
        # Ignore proxies of the environment for a local server.
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url, timeout=2) as response:
            return bool(response.status == 200)
    except (urllib.error.URLError, OSError):
        return False

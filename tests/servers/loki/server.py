"""Real Loki as a single process: its streams are in memory and end with it."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from signal import SIGKILL, Signals
from time import time_ns
from typing import Any, ClassVar
from urllib.request import Request, urlopen

import pytest

from mmcockpit.simulator.servers.process import (
    HOST,
    ServerMissing,
    ServerProcess,
    free_port,
)
from mmcockpit.simulator.servers.prometheus import answers_ok
from tests.servers.go_programs import go_program

LIMITS: Mapping[str, Any] = {"max_query_series": 20, "max_entries_limit_per_query": 50}
SECOND = 1_000_000_000


def require_loki() -> None:
    """Skip the test without a Loki, also in CI: not every machine can build it, and recorded responses remain."""
    if go_program("loki") is None:
        pytest.skip("NOT TESTED: no loki: run `make servers`")


class Loki(ServerProcess):
    """A server for any number of tenants, one a query, with small limits."""

    name = "loki"
    # Its end by SIGTERM takes seconds, in which it stores its streams.
    stop_signal: ClassVar[Signals] = SIGKILL

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._peer_port = free_port()

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    def prepare(self) -> None:
        # JSON is YAML.
        (self.folder / "loki.yaml").write_text(json.dumps(self._config()))

    def command(self) -> list[str]:
        program = go_program(self.name)
        if program is None:
            raise ServerMissing("loki: not found: run `make servers`")
        return [str(program), f"-config.file={self.folder / 'loki.yaml'}"]

    def ready(self) -> bool:
        return answers_ok(f"{self.url}/ready")

    def push(self, tenant: str, lines: Sequence[tuple[float, str]], **labels: str) -> None:
        """Store lines of one stream, each with its age in seconds; lines of one age have the same time."""
        now = time_ns()
        values = [[str(now - round(age * SECOND)), line] for age, line in lines]
        self.push_streams(tenant, [{"stream": labels, "values": values}])

    def push_streams(self, tenant: str, streams: Sequence[Mapping[str, Any]]) -> None:
        """Store streams as its API takes them; they can be queried at once."""
        headers = {"Content-Type": "application/json", "X-Scope-OrgID": tenant}
        with urlopen(Request(f"{self.url}/loki/api/v1/push", json.dumps({"streams": streams}).encode(), headers)):
            pass

    def _config(self) -> dict[str, Any]:
        data = self.folder / "data"
        schema = {"from": "2020-10-24", "store": "tsdb", "object_store": "filesystem", "schema": "v13"}
        folders = {"chunks_directory": str(data / "chunks"), "rules_directory": str(data / "rules")}
        return {
            "auth_enabled": True,
            "analytics": {"reporting_enabled": False},
            "server": {
                "http_listen_address": HOST,
                "http_listen_port": self.port,
                "grpc_listen_address": HOST,
                "grpc_listen_port": self._peer_port,
                "log_level": "warn",
            },
            "common": {
                "instance_addr": HOST,
                "path_prefix": str(data),
                "replication_factor": 1,
                "storage": {"filesystem": folders},
                "ring": {"kvstore": {"store": "inmemory"}},
            },
            "schema_config": {"configs": [{**schema, "index": {"prefix": "index_", "period": "24h"}}]},
            "ingester": {"lifecycler": {"min_ready_duration": "0s", "final_sleep": "0s"}, "wal": {"enabled": False}},
            # Without a scheduler its parts find each other at once instead of after ten seconds.
            "query_scheduler": {"use_scheduler_ring": False},
            "frontend_worker": {"frontend_address": f"{HOST}:{self._peer_port}"},
            # By default it repeats what fails for 17 s.
            "query_range": {"max_retries": 1},
            "limits_config": dict(LIMITS),
        }

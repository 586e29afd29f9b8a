"""The demo's production and a cockpit file for it, so that `run` can be measured without the demo's own start."""

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from mmcockpit.cli.demo_world import demo_vars, environment
from mmcockpit.config.load import shipped_file


@contextlib.contextmanager
def production(folder: Path, *words: str) -> Iterator[tuple[Path, dict[str, str]]]:
    """Run the simulated production; yield a cockpit file that watches it and the environment it needs."""
    with subprocess.Popen(
        [sys.executable, "-m", "mmcockpit.simulator", *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as simulator:
        assert simulator.stdin is not None
        assert simulator.stdout is not None
        try:
            addresses: dict[str, Any] = json.loads(simulator.stdout.readline())
            cockpit = folder / "cockpit.yaml"
            cockpit.write_text(cockpit_text(addresses), encoding="utf-8")
            yield cockpit, environment(addresses)
        finally:
            simulator.stdin.close()
            simulator.wait(60)


def cockpit_text(addresses: dict[str, Any]) -> str:
    """Return the demo's cockpit file with the addresses of a running production as its vars."""
    document = yaml.safe_load(shipped_file("checklists", "demo.yaml").read_text(encoding="utf-8"))
    return yaml.safe_dump({**document, "vars": {**document["vars"], **demo_vars(addresses)}})


def small_cockpit(folder: Path, demo: Path) -> Path:
    """Write a cockpit file with Prometheus and an HTTP service of a running production; return its path."""
    known = yaml.safe_load(demo.read_text(encoding="utf-8"))["vars"]
    checklist = folder / "small.md"
    checklist.write_text("# Small\n\n## Phase\n\n### Section\n\n- [ ] **Item**: text\n", encoding="utf-8")
    document = {
        "name": "Small",
        "environment": "test",
        "checklist": checklist.name,
        "sources": {
            "prometheus": {"kind": "prometheus", "url": known["prometheus"]},
            "api": {"kind": "http", "url": known["api"], "ca": known["ca"]},
        },
        "signals": {
            "up": {"prometheus.query": "sum(up)", "pass": "value > 0", "tags": ["headline"]},
            "health": {"api.get": known["ready_path"], "pass": "value.status == 200"},
        },
    }
    path = folder / "small.yaml"
    path.write_text(yaml.safe_dump(document), encoding="utf-8")
    return path

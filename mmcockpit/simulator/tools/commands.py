"""The commands that signals of the demo run: small programs in a folder for PATH, which reach only loopback."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path

from mmcockpit.simulator.keys import BURST_KEY
from mmcockpit.simulator.release import CONFIG_MAP, SETTINGS

NAMES = ("gitleaks", "trivy", "cosign", "crane", "gh", "curl")
_RUN = """#!/bin/sh
exec "{python}" -I "{program}" {name} "$@"
"""
LOAD_TEST = {"metrics": {"http_req_duration": {"p(95)": 1480.0}, "http_req_failed": {"value": 0.0021}}}
CRITERIA = {
    "criteria": [
        {"name": "5xx share", "target": "< 1 %", "window": "5m"},
        {"name": "p95 latency", "target": "< 2.5 s", "window": "5m"},
    ]
}
_CONFIG = {"apiVersion": "v1", "kind": "ConfigMap"}


def write_commands(folder: Path, given: Mapping[str, str]) -> None:
    """Write the commands into a folder; `given` are the addresses of the sites, and the image with its digest."""
    folder.mkdir(exist_ok=True)
    (folder / "given.json").write_text(json.dumps(dict(given)), encoding="utf-8")
    program = folder / "stand_ins.py"
    program.write_bytes((Path(__file__).parent / "stand_ins.py").read_bytes())
    for name in NAMES:
        script = folder / name
        script.write_text(_RUN.format(python=sys.executable, program=program, name=name), encoding="utf-8")
        script.chmod(0o755)


def write_files(folder: Path, namespace: str) -> None:
    """Write the files that a go-live has before it begins: configuration, load test results and success criteria."""
    folder.mkdir(exist_ok=True)
    for name, value in (
        ("load-test.json", LOAD_TEST),
        ("release-test.json", LOAD_TEST),
        ("success-criteria.json", CRITERIA),
        # JSON is YAML.
        ("config.yaml", {**_CONFIG, "metadata": {"name": CONFIG_MAP, "namespace": namespace}, "data": dict(SETTINGS)}),
    ):
        (folder / name).write_text(json.dumps(value), encoding="utf-8")
    (folder / "burst-header.txt").write_text(f"Authorization: Bearer {BURST_KEY}\n", encoding="utf-8")

"""The examples of a driver without a screen are valid: for systemd, and for a real Kubernetes API server."""

import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from mmcockpit.cli import main
from tests.e2e.pty_session import REPOSITORY, Place
from tests.servers.kube_apiserver import KubeApiserver
from tests.servers.kubectl import Kubectl
from tests.servers.needs import need
from tests.servers.wait import PATIENCE_S

FOLDER = REPOSITORY / "examples" / "headless"
UNIT = (FOLDER / "mmcockpit@.service").read_text(encoding="utf-8")
JOB = FOLDER / "job.yaml"


def usage_of(words: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """Return the error of a command line whose cockpit file is missing: nothing about its arguments."""
    assert main(words) == 3
    return capsys.readouterr().err


def test_systemd_accepts_the_unit(tmp_path: Path) -> None:
    analyze = shutil.which("systemd-analyze")
    need(analyze, "no systemd-analyze")
    assert analyze is not None
    program = tmp_path / "mmcockpit"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    unit = tmp_path / "mmcockpit@shop.service"

    def verified(text: str) -> subprocess.CompletedProcess[str]:
        unit.write_text(text.replace("/usr/local/bin/mmcockpit", os.fspath(program)), encoding="utf-8")
        return subprocess.run(
            [analyze, "verify", unit], capture_output=True, text=True, timeout=PATIENCE_S, check=False
        )

    checked = verified(UNIT)
    assert (checked.returncode, checked.stderr) == (0, "")
    mistaken = verified(UNIT.replace("KillMode=process", "KillMode=x"))
    assert "kill mode" in mistaken.stderr


def test_the_command_of_the_unit_and_of_the_job_is_one_that_the_program_takes(
    place: Place, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(place.folder)
    (start,) = re.findall(r"^ExecStart=(.*)$", UNIT, re.MULTILINE)
    program, *words = shlex.split(start.replace("%S", "state").replace("%i", "shop"))
    assert program == "/usr/local/bin/mmcockpit"
    assert "cockpit.yaml:1:1: " in usage_of(words, capsys)
    job = next(each for each in yaml.safe_load_all(JOB.read_text(encoding="utf-8")) if each["kind"] == "Job")
    container = job["spec"]["template"]["spec"]["containers"][0]
    command: list[str] = container["command"] + container["args"]
    program, *words = command
    assert program == "mmcockpit"
    assert "/etc/mmcockpit/cockpit.yaml:1:1: " in usage_of(words, capsys)
    # Between SIGTERM and SIGKILL: a step's 10 s, and what the engine needs to close.
    assert job["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] >= 30
    (stop,) = re.findall(r"^TimeoutStopSec=(\d+)$", UNIT, re.MULTILINE)
    assert int(stop) >= 30


def test_kubernetes_accepts_the_job_with_its_volumes(kube_apiserver: KubeApiserver) -> None:
    kubectl = Kubectl(kube_apiserver, "default")
    strict = ("--dry-run=server", "--validate=strict")
    applied = kubectl.run("apply", *strict, "-f", os.fspath(JOB))
    assert applied.returncode == 0, applied.stderr
    assert applied.stdout.count("created (server dry run)") == 3
    assert applied.stderr == ""
    files = [f"--from-file={FOLDER / name}" for name in ("cockpit.yaml", "checklist.md")]
    configured = kubectl.run("create", "configmap", "go-live-shop", *files, "--dry-run=server")
    assert configured.returncode == 0, configured.stderr
    mistaken = JOB.read_text(encoding="utf-8").replace("backoffLimit", "backofLimit")
    refused = kubectl.run_with(mistaken, "apply", *strict, "-f", "-")
    assert "backofLimit" in refused.stderr

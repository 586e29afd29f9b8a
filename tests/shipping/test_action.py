"""The GitHub Action and the hook of pre-commit, run as their hosts run them: a real bash and their files."""

import os
import re
import shlex
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml

from tests.e2e.pty_session import REPOSITORY, Place
from tests.servers.http import Answer, HttpServer
from tests.servers.wait import PATIENCE_S
from tests.shipping.conftest import Built

ACTION = yaml.safe_load((REPOSITORY / "action.yml").read_text(encoding="utf-8"))
EXPRESSION = re.compile(r"\$\{\{ *(inputs|github|steps)\.([\w.-]+) *\}\}")
COCKPIT = """
name: Shop <b>
environment: staging
checklist: list.yaml
sources: {{api: {{kind: http, url: "{url}", every: 200ms, timeout: 20s}}}}
"""
CHECKLIST = """
name: shop
title: Shop
phases:
  - title: Ready
    sections:
      - title: Core
        items:
          - {title: "Page | home", signal: page}
          - {title: Approval, required: %s}
signals: {page: {title: Page, api.get: /health, pass: value.status == 200}}
"""


class Job(NamedTuple):
    """What a step left behind: the exit code of the job, the outputs of the action, and the summary."""

    code: int
    outputs: dict[str, str]
    summary: str
    log: str


@pytest.fixture
def workspace(place: Place, http_server: HttpServer) -> Place:
    http_server.answers["/health"] = Answer(200, "ok")
    place.write("cockpit.yaml", COCKPIT.format(url=http_server.url))
    place.write("list.yaml", CHECKLIST % "false")
    return place


def job(place: Place, given: Mapping[str, str]) -> Job:
    """Run the steps of the action one after the other, until one fails; later steps see what earlier ones wrote."""
    assert set(given) <= set(ACTION["inputs"])
    values = {f"inputs.{name}": str(one.get("default", "")) for name, one in ACTION["inputs"].items()}
    values |= {f"inputs.{name}": value for name, value in given.items()}
    values["github.action_path"] = os.fspath(REPOSITORY)
    (place.folder / "runner").mkdir()
    files = {name: place.write(name.lower(), "") for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY", "GITHUB_PATH")}
    log, code = "", 0
    for step in ACTION["runs"]["steps"]:
        assert "${{" not in step["run"], "an expression in a script is code of whoever wrote the value"
        env = {name: _filled(text, values) for name, text in step["env"].items()}
        ended = _bash(place, step["run"], {**{name: os.fspath(file) for name, file in files.items()}, **env})
        log, code = log + ended.stdout + ended.stderr, ended.returncode
        for line in files["GITHUB_OUTPUT"].read_text(encoding="utf-8").splitlines():
            name, _, value = line.partition("=")
            values[f"steps.{step['id']}.outputs.{name}"] = value
        if code:
            break
    outputs = {name: _filled(one["value"], values) for name, one in ACTION["outputs"].items()}
    return Job(code, outputs, files["GITHUB_STEP_SUMMARY"].read_text(encoding="utf-8"), log)


def _filled(text: str, values: Mapping[str, str]) -> str:
    """Return a text of the action with its expressions replaced; one that is not known is a mistake."""
    return EXPRESSION.sub(lambda one: values[f"{one[1]}.{one[2]}"], text)


def _bash(place: Place, script: str, env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run a step as GitHub does; what earlier steps added to GITHUB_PATH comes first on PATH. pip has no network."""
    added = Path(env["GITHUB_PATH"]).read_text(encoding="utf-8").split()[::-1]
    path = os.pathsep.join([*added, os.fspath(Path(sys.executable).parent), os.environ["PATH"]])
    outside = {"CI": "true", "GITHUB_ACTIONS": "true", "RUNNER_TEMP": os.fspath(place.folder / "runner"), "PATH": path}
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", os.fspath(place.write("step.sh", script))],
        env={**os.environ, **place.env, **outside, "PIP_NO_INDEX": "1", "PIP_NO_DEPS": "1", **env},
        cwd=place.folder,
        capture_output=True,
        text=True,
        timeout=2 * PATIENCE_S,
        check=False,
    )


FILES = ("cockpit.yaml", "a/cockpit.yml", "xcockpit.yaml", "list.yaml")
GATE = {"cockpit": "cockpit.yaml", "phase": "ready", "package": "none"}


def test_every_input_and_output_is_documented_and_used() -> None:
    used = {name for kind, name in EXPRESSION.findall((REPOSITORY / "action.yml").read_text()) if kind == "inputs"}
    assert used == set(ACTION["inputs"])
    described = [one["description"] for one in (*ACTION["inputs"].values(), *ACTION["outputs"].values())]
    assert all(text.endswith(".") for text in described)
    page = (REPOSITORY / "docs" / "install.md").read_text(encoding="utf-8")
    assert [name for name in (*ACTION["inputs"], *ACTION["outputs"]) if f"`{name}`" not in page] == []


def test_go_passes_the_job_and_writes_summary_and_junit(workspace: Place) -> None:
    ended = job(workspace, GATE)
    assert ended.code == 0, ended.log
    assert ended.outputs == {"verdict": "GO", "exit-code": "0", "junit": "mmcockpit-gate.xml"}
    assert ended.summary.startswith("### GO: Ready\n\nShop &lt;b> (staging): 2 of 2 items satisfied\n")
    assert r"| `[+]` | 1 Page \| home | " in ended.summary
    suite = ET.parse(workspace.folder / "mmcockpit-gate.xml").getroot()[0]
    assert (suite.attrib["tests"], suite.attrib["failures"], suite.attrib["errors"]) == ("2", "0", "0")


def test_a_wrong_input_always_fails_the_job(workspace: Place) -> None:
    ended = job(workspace, {**GATE, "junit": "results/gate.xml", "fail-on": "none"})
    assert (ended.code, ended.outputs["verdict"]) == (3, "ERROR")
    assert "results/gate.xml: its folder does not exist" in ended.log
    assert ended.summary == "### ERROR: the log of this step shows why\n"


@pytest.mark.parametrize(("fail_on", "code"), [("NO-GO HOLD", 1), ("HOLD", 0)])
def test_a_verdict_fails_the_job_only_where_it_is_chosen(
    workspace: Place, http_server: HttpServer, fail_on: str, code: int
) -> None:
    http_server.answers["/health"] = Answer(500, "no")
    ended = job(workspace, {**GATE, "fail-on": fail_on})
    assert (ended.code, ended.outputs["verdict"], ended.outputs["exit-code"]) == (code, "NO-GO", "1"), ended.log
    assert ended.summary.startswith("### NO-GO: Ready\n")
    assert re.search(r"\| `\[!\]` \| 1 Page \\\| home \| page[^|\n]* status 500 \(must be 200\)", ended.summary), (
        ended.summary
    )
    (failure,) = ET.parse(workspace.folder / "mmcockpit-gate.xml").getroot().iter("failure")
    assert "status 500 (must be 200)" in failure.attrib["message"]


def test_hold_fails_the_job_unless_manual_items_are_ignored(workspace: Place) -> None:
    workspace.write("list.yaml", CHECKLIST % "true")
    ended = job(workspace, {**GATE, "summary": "false"})
    assert (ended.code, ended.outputs["verdict"], ended.summary) == (2, "HOLD", ""), ended.log


def test_the_action_installs_the_package_and_ignores_manual_items(workspace: Place, built: Built) -> None:
    workspace.write("list.yaml", CHECKLIST % "true")
    # Without a network: the packages that it needs are those of this Python.
    workspace.env["PYTHONPATH"] = os.pathsep.join(path for path in sys.path if path.endswith("site-packages"))
    ended = job(workspace, {**GATE, "package": os.fspath(built.wheel), "python": sys.executable, "sensed-only": "true"})
    assert (ended.code, ended.outputs["verdict"]) == (0, "GO"), ended.log
    program = workspace.folder / "runner" / "mmcockpit" / "bin" / "mmcockpit"
    assert program.exists()
    assert os.fspath(program.parent) in (workspace.folder / "github_path").read_text(encoding="utf-8")


def test_the_hook_checks_the_files_that_it_names(place: Place) -> None:
    (hook,) = yaml.safe_load((REPOSITORY / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    assert hook["language"] == "python"
    assert [name for name in FILES if re.search(hook["files"], name)] == ["cockpit.yaml", "a/cockpit.yml"]
    words = shlex.split(hook["entry"])[1:]
    place.write("list.md", "# Shop\n\n## Ready\n\n- [ ] Backup\n")
    for broken, code in (("", 0), ("evry: 5s\n", 3)):
        place.write("cockpit.yaml", f"name: Shop\nenvironment: staging\nchecklist: list.md\n{broken}")
        ended = place.call(*words, "cockpit.yaml")
        assert ended.returncode == code, ended.stderr
        assert ("cockpit.yaml:4:1" in ended.stderr) is bool(broken)

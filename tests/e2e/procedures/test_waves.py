"""A go-live over three clusters by keys: a regression in a finished one is NO-GO, and its rollback goes to that one."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mmcockpit.core.model.states import Advice, State
from tests.e2e.procedures.production import APP
from tests.e2e.procedures.steps import command, confirmed, current, facts, of, see, settle
from tests.e2e.pty_session import Place, ended
from tests.servers.control_plane import ControlPlane
from tests.servers.kube_apiserver import KubeApiserver
from tests.servers.kubectl import KUBECTL, Kubectl
from tests.servers.needs import need
from tests.terminal import Terminal

TARGETS = ("eu-1", "eu-2", "us-1")
"""Contexts of one kubeconfig; each has a namespace of its own, to which the commands of the context go."""
FIRST, SECOND, MISSING = "example.test/app:1", "example.test/app:2", "example.test/app:missing"
BOUND = ["kubectl", "--kubeconfig=${cluster.kubeconfig}", "--context=${cluster.context}"]


def step(title: str, *words: str, danger: str) -> dict[str, Any]:
    return {"title": title, "command": [*BOUND, *words], "danger": danger, "signal": "version", "timeout": "90s"}


def cockpit(place: Place, kubeconfig: Path) -> str:
    """Write a cockpit with one phase over the three targets; return its file's name."""
    item = {"title": "Version 2 runs", "signal": "version", "procedure": "deploy", "hold": "1s"}
    rollout = {"cluster.rollout": "app", "every": "500ms"}
    checklist = {
        "name": "waves",
        "title": "Waves",
        "phases": [{"title": "Deploy", "targets": TARGETS, "sections": [{"title": "App", "items": [item]}]}],
        "signals": {
            "version": {"title": "version 2", **rollout, "pass": f'value.complete && value.image == "{SECOND}"'},
            "stuck": {"title": "new pods start", **rollout, "pass": "size(value.stuck) == 0"},
        },
        "abort": [{"signal": "stuck", "for": "3s", "from": "deploy"}],
        "procedures": [
            {
                "id": "deploy",
                "title": "Deploy 2",
                "steps": [step("Set the image", "set", "image", APP, f"app={SECOND}", danger="changes")],
            },
            {
                "id": "back",
                "title": "Roll back",
                "target": "${target}",
                "queued_by": {"abort": ["stuck"]},
                "steps": [step("Go back", "rollout", "undo", APP, danger="dangerous")],
            },
        ],
    }
    sources = {
        name: {"kind": "kubernetes", "kubeconfig": str(kubeconfig), "context": name, "every": "500ms"}
        for name in TARGETS
    }
    document = {
        "name": "Waves",
        "environment": "test",
        "checklist": "waves.yaml",
        "sources": sources,
        "allow": {"procedures": True},
    }
    # JSON is YAML.
    place.write("waves.yaml", json.dumps(checklist))
    place.write("cockpit.yaml", json.dumps(document))
    return "cockpit.yaml"


def contexts(api: KubeApiserver, path: Path) -> Path:
    """Write a kubeconfig with a context for each target, whose namespace has its name."""
    config = json.loads(api.kubeconfig.read_text())
    place = {"cluster": "test", "user": "admin"}
    config["contexts"] = [{"name": name, "context": {**place, "namespace": name}} for name in TARGETS]
    config["current-context"] = "us-1"
    path.write_text(json.dumps(config))
    return path


@pytest.fixture
def targets(control_plane: ControlPlane) -> Iterator[dict[str, Kubectl]]:
    """Give a Deployment with its first image in the namespace of each target."""
    need(KUBECTL.exists() or None, "no kubectl")
    made = {name: control_plane.create_namespace(name) for name in TARGETS}
    for kubectl in made.values():
        kubectl("create", "deployment", "app", f"--image={FIRST}", "--replicas=2")
    for kubectl in made.values():
        kubectl("rollout", "status", APP, "--timeout=80s")
    yield made
    for kubectl in made.values():
        kubectl("delete", "namespace", kubectl.namespace, "--wait=false")


def image(kubectl: Kubectl) -> str:
    """Return the image that the Deployment specifies."""
    return str(kubectl.json(APP)["spec"]["template"]["spec"]["containers"][0]["image"])


def test_a_go_live_over_three_targets_and_the_rollback_of_a_finished_one(
    place: Place, targets: dict[str, Kubectl]
) -> None:
    kubeconfig = contexts(targets["eu-1"].api, place.folder / "contexts.json")
    with place.open("run", cockpit(place, kubeconfig)) as program:
        for n, target in enumerate(TARGETS):
            deploy(program, place, target)
            assert [image(targets[one]) for one in TARGETS] == [SECOND] * (n + 1) + [FIRST] * (2 - n)
            if target == "eu-2":
                regression(program, place, targets)
            if target != TARGETS[-1]:
                see(program, rf"NEXT +:go +open {TARGETS[n + 1]}: Deploy")
                command(program, place, "go")
                see(program, rf"\[!\] {TARGETS[n + 1]} +open")
        see(program, r"GO +")
        command(program, place, "end all is well")
        assert ended(program) == 0
    checked(place, kubeconfig)


def deploy(program: Terminal, place: Place, target: str) -> None:
    """Follow the procedure of the target's item to its end."""
    see(program, rf"NEXT +! .*open {target}: Deploy 2")
    program.press("!")
    see(program, r"── \[ \] 1 Set the image")
    program.press("!")
    see(program, r"start it\?")
    settle(program, place, "s", r"start it\?")
    current(program, "*", 1)
    assert f"--context={target}" in "".join(confirmed(program, place).split())
    see(program, r"Deploy 2 +done")
    program.press("q")
    see(program, r"1 To do")


def regression(program: Terminal, place: Place, targets: dict[str, Kubectl]) -> None:
    """While eu-2 is open, eu-1 breaks: NO-GO, then ROLLBACK; the rollback changes eu-1 only."""
    targets["eu-1"]("set", "image", APP, f"app={MISSING}")
    see(program, r"\[R\] eu-1 .*1 failing.*\n.*\[~\] eu-2 +open")
    see(program, r"ROLLBACK")
    see(program, r"NEXT +E +eu-1: Roll back: 1 step")
    program.press("E")
    see(program, r"\[!\] eu-1: Roll back .*called")
    program.press("!")
    see(program, r"start it\?")
    settle(program, place, "s", r"start it\?")
    current(program, "*", 1)
    shown = "".join(confirmed(program, place, "eu-1").split())
    assert "DANGEROUS" in shown
    assert "--context=eu-1" in shown
    see(program, r"eu-1: Roll back +done")
    program.press("q")
    see(program, r"1 To do")
    assert [image(targets[one]) for one in TARGETS] == [SECOND, SECOND, FIRST]


def checked(place: Place, kubeconfig: Path) -> None:
    """The journal has every command with its context, the NO-GO before the rollback, and the report every target."""
    bodies = facts(place)
    began = [(one["procedure"], one["argv"]) for one in of(bodies, "StepChanged") if one.get("argv")]
    named = [f"deploy@{TARGETS[0]}", f"deploy@{TARGETS[1]}", "back@eu-1", f"deploy@{TARGETS[2]}"]
    assert [name for name, _ in began] == named
    for name, argv in began:
        assert argv[:3] == ["kubectl", f"--kubeconfig={kubeconfig}", f"--context={name.rpartition('@')[2]}"]
    regressed = next(
        n for n, one in enumerate(bodies) if one["type"] == "ItemChanged" and one["now"] == State.REGRESSED
    )
    assert bodies[regressed]["item"] == "deploy@eu-1/app/version-2-runs"
    during = [one["advice"] for one in of(bodies[regressed:], "Advised")]
    assert during[0] == Advice.NO_GO
    assert Advice.ROLLBACK in during
    assert place.call("verify").returncode == 0
    report = place.call("report", "--format", "md")
    assert report.returncode == 0, report.stderr
    assert re.findall(r"^\| ([a-z]+-\d) \| ([^|]+) \|", report.stdout, re.MULTILINE) == [
        (target, "finished, 1/1") for target in TARGETS
    ]

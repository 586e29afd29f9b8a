"""A rehearsal on a real kube-apiserver: dry runs change nothing, and their durations become estimates."""

import json
import re
from typing import Any

import pytest

from tests.e2e.headless.driver import HeadlessDriver
from tests.e2e.procedures.steps import facts, of
from tests.e2e.pty_session import Place
from tests.servers.control_plane import ControlPlane
from tests.servers.kubectl import KUBECTL, Kubectl
from tests.servers.needs import need

BOUND = ["kubectl", "--kubeconfig=${cluster.kubeconfig}", "--context=${cluster.context}", "--namespace=rehearsal"]
CAPTURE = {"replicas": {"pattern": r"^(\d+)$", "pick": "choose"}}
COUNT = "--output=custom-columns=REPLICAS:.spec.replicas"


def command(title: str, *words: str, danger: str = "dangerous", **more: Any) -> dict[str, Any]:
    return {"title": title, "command": [*BOUND, *words], "danger": danger, "timeout": "60s", **more}


STEPS = [
    command("Count", "get", "deployment/app", COUNT, danger="reads", captures=CAPTURE, estimate="9m"),
    command("Scale", "scale", "deployment/app", "--replicas=${values.replicas}0", estimate="5m"),
    command("Delete", "delete", "deployment/app"),
    command("Lose", "delete", "deployment/missing"),
    command("Restart", "rollout", "restart", "deployment/app"),
    {"title": "Tell the team"},
]


def cockpit(place: Place, kubeconfig: str, allowed: bool = True) -> str:
    item = {"title": "Stands"}
    checklist = {
        "name": "night",
        "title": "Night",
        "phases": [{"title": "Live", "sections": [{"title": "Door", "items": [item]}]}],
        "procedures": [{"id": "grow", "title": "Grow", "target": "app", "steps": STEPS}],
    }
    document = {
        "name": "Rehearsed",
        "environment": "test",
        "checklist": "night.yaml",
        "layout": "go-live",
        "sources": {"cluster": {"kind": "kubernetes", "kubeconfig": kubeconfig, "namespace": "rehearsal"}},
        "allow": {"procedures": allowed},
    }
    # JSON is YAML.
    place.write("night.yaml", json.dumps(checklist))
    place.write("cockpit.yaml", json.dumps(document))
    return "cockpit.yaml"


@pytest.fixture
def kubectl(control_plane: ControlPlane) -> Kubectl:
    need(KUBECTL.exists() or None, "no kubectl")
    kubectl = control_plane.create_namespace("rehearsal")
    kubectl("create", "deployment", "app", "--image=example.test/app:1", "--replicas=1")
    return kubectl


def test_a_rehearsal_runs_each_procedure_and_changes_nothing(
    place: Place, control_plane: ControlPlane, kubectl: Kubectl
) -> None:
    before = kubectl.json("deployment/app")["spec"]
    file = cockpit(place, str(control_plane.kubeconfig))
    try:
        with HeadlessDriver(place, "run", file, "--rehearsal", "--headless") as driver:
            driver.says(r"Grow: 3 of 6 steps rehearsed in .*; 2 not rehearsed; FAILED: Lose")
        assert kubectl.json("deployment/app")["spec"] == before
    finally:
        kubectl("delete", "namespace", kubectl.namespace, "--wait=false")
    bodies = facts(place)
    starts = [body for body in of(bodies, "StepChanged") if body["now"] == "running" and body.get("argv")]
    assert [(body["step"], body["argv"][4:]) for body in starts] == [
        ("count", ["get", "deployment/app", COUNT]),
        ("scale", ["scale", "deployment/app", "--replicas=10", "--dry-run=server"]),
        ("delete", ["delete", "deployment/app", "--dry-run=server"]),
        ("lose", ["delete", "deployment/missing", "--dry-run=server"]),
    ]
    why = {body["step"]: body["because"] for body in of(bodies, "StepChanged") if body["now"] == "skipped"}
    assert re.match("rehearsal failed: .*not found", why.pop("lose"))
    assert why == {
        "restart": "not rehearsed: kubectl rollout restart has no dry run",
        "tell-the-team": "not rehearsed: it has no command",
    }
    _estimates_of_the_next_session(place, file)


def _estimates_of_the_next_session(place: Place, file: str) -> None:
    with HeadlessDriver(place, "run", file, "--headless") as driver:
        driver.says("driving")
        driver.says("connected|cluster|advice|status")
    (opened,) = of(facts(place), "Opened")
    steps = {step["id"]: step for step in opened["cockpit"]["checklist"]["procedures"][0]["steps"]}
    assert [name for name, step in steps.items() if step.get("rehearsed")] == ["count", "scale", "delete"]
    assert steps["count"]["estimate"] < 60, "a command that ran as it is: what it took"
    assert steps["scale"]["estimate"] == 300, "a dry run leaves out the work itself"
    assert 0 < steps["delete"]["estimate"] < 60
    assert steps["lose"].get("estimate", 0.0) == 0
    assert steps["delete"]["argv"][-1] == "deployment/app", "a live session runs the command itself"


def test_without_permission_nothing_is_rehearsed(place: Place) -> None:
    file = cockpit(place, "/nowhere", allowed=False)
    with HeadlessDriver(place, "run", file, "--rehearsal", "--headless") as driver:
        driver.says("procedures are not rehearsed: running steps is not allowed; set allow.procedures to true")
    assert not of(facts(place), "ProcedureOpened")

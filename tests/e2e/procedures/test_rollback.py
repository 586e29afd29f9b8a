"""A whole rollback by keys: the real kubectl, a real kube-apiserver, a failing revision, and the rollback."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e.procedures.production import APP, COLUMNS, REVISION, Production
from tests.e2e.procedures.steps import confirmed, current, facts, of, see, settle, time_passes
from tests.e2e.pty_session import Place, leave, until
from tests.servers.control_plane import ControlPlane
from tests.servers.http import HttpServer
from tests.servers.kube_apiserver import KubeApiserver
from tests.servers.kubectl import KUBECTL
from tests.servers.needs import need
from tests.terminal import Terminal

OLD, BAD = "example.test/app:1", "example.test/app:2"
BOUND = ["kubectl", "--kubeconfig=${cluster.kubeconfig}", "--context=${cluster.context}", "--namespace=rollback"]


def command(*words: str, danger: str = "reads", **more: Any) -> dict[str, Any]:
    return {"command": [*BOUND, *words], "danger": danger, "timeout": "90s", **more}


IMAGE = {"image": {"pattern": r"Image:\s*(\S+)", "pick": "first"}}
STEPS: list[dict[str, Any]] = [
    {"title": "Show the revisions", **command("get", "replicasets", COLUMNS, captures=REVISION)},
    {"title": "Look at it", **command("rollout", "history", APP, "--revision=${values.revision}", captures=IMAGE)},
    {"title": "Go back", **command("rollout", "undo", APP, "--to-revision=${values.revision}", danger="dangerous")},
    {"title": "Watch it", **command("rollout", "status", APP, "--timeout=80s"), "signal": "rolled_out"},
    {"title": "Errors are gone", "signal": "errors", "hold": "1s", "timeout": "90s"},
]


def cockpit(place: Place, kubeconfig: str, url: str) -> str:
    """Write a cockpit whose abort rule looks at the application's door; return its file's name."""
    procedure = {"id": "back", "title": "Roll back", "target": "app", "queued_by": {"abort": ["errors"]}}
    checklist = {
        "name": "night",
        "title": "Night",
        "phases": [
            {"title": "Live", "sections": [{"title": "Door", "items": [{"title": "Answers", "signal": "errors"}]}]}
        ],
        "signals": {
            "errors": {"title": "errors", "door.get": "/", "pass": "value.status == 200"},
            "rolled_out": {
                "title": "rolled out",
                "cluster.rollout": {"namespace": "rollback", "name": "app"},
                "pass": "value.complete && !value.paused",
            },
        },
        "abort": [{"signal": "errors", "for": "1s", "from": "live"}],
        "procedures": [{**procedure, "steps": STEPS}],
    }
    document = {
        "name": "Rollback",
        "environment": "test",
        "checklist": "night.yaml",
        "layout": "go-live",
        "sources": {
            "door": {"kind": "http", "url": url, "every": "500ms"},
            "cluster": {"kind": "kubernetes", "kubeconfig": kubeconfig, "namespace": "rollback", "every": "500ms"},
        },
        "allow": {"procedures": True},
    }
    # JSON is YAML.
    place.write("night.yaml", json.dumps(checklist))
    place.write("cockpit.yaml", json.dumps(document))
    return "cockpit.yaml"


@pytest.fixture
def production(control_plane: ControlPlane, http_server: HttpServer) -> Iterator[Production]:
    """Give a Deployment of three pods with a good revision."""
    need(KUBECTL.exists() or None, "no kubectl")
    kubectl = control_plane.create_namespace("rollback")
    kubectl("create", "deployment", "app", f"--image={OLD}", "--replicas=3")
    made = Production(kubectl, http_server)
    made.rolled_out(OLD, 200)
    yield made
    kubectl("delete", "namespace", kubectl.namespace, "--wait=false")


def test_a_broken_revision_is_rolled_back_by_keys(place: Place, production: Production) -> None:
    api = production.kubectl.api
    with place.open("run", cockpit(place, str(api.kubeconfig), production.door.url)) as program:
        see(program, r"1 Answers")
        until(program, lambda: ran_well(place), "the image was seen to run while there were no errors")
        production.deploy(BAD, 500)
        see(program, r"ROLLBACK")
        see(program, r"NEXT +E  Roll back: 5 steps")
        program.press("E")
        see(program, r"\[!\] Roll back .*5 steps, called")
        program.press("!")
        see(program, r"start it\?")
        settle(program, place, "s", r"start it\?")
        current(program, "*", 1)
        follow(program, place, production)
        # Nothing is left to be done, so the procedure is over, and the advice has turned.
        see(program, r"Roll back +done")
        until(program, lambda: not re.search(r"ROLLBACK|queued|called", program.text()), "all is well")
        see(program, r"! start  E list")
        program.press("q")
        see(program, r"1 To do")
        assert leave(program) == 0
    assert production.images == [OLD] * 3
    live = production.kubectl.json("deployment", "app")["spec"]["template"]["spec"]["containers"][0]["image"]
    assert live == OLD
    told(facts(place), api)
    assert place.call("verify").returncode == 0


def ran_well(place: Place) -> bool:
    """Return whether the session saw the image of the rollout, and then no errors, and then the image again."""
    observed = of(facts(place), "Observed")
    passed = "".join(body["signal"][0] for body in observed if body["verdict"]["level"] == "pass")
    return re.search("r.*e.*r", passed) is not None


def follow(program: Terminal, place: Place, production: Production) -> None:
    """Do the five steps as the screen asks for them."""
    assert "get replicasets" in " ".join(confirmed(program, place).split())
    current(program, "*", 2)
    see(program, r"revision to choose from .*\(2 runs now\)")
    program.press("!")
    see(program, r"Choose the revision \(where to\)")
    see(program, r"> 1 .*app:1 ")
    see(program, r" 2 .*app:2 .*runs now")
    time_passes(program, place)
    program.press("\r")
    see(program, r"revision 1 of 1, 2|revision 1 of 2, 1")
    see(program, r"--revision=1")
    confirmed(program, place)
    current(program, "*", 3)
    see(program, rf"image {OLD}")
    assert production.images == [BAD] * 3, "nothing has been changed yet"
    assert "DANGEROUS" in confirmed(program, place, "app")
    current(program, "*", 4)
    confirmed(program, place)
    current(program, "*", 5)
    production.rolled_out(OLD, 200)
    program.press("!")
    see(program, r"w +wait")
    settle(program, place, "w", r"w +wait")


def told(bodies: list[dict[str, Any]], api: KubeApiserver) -> None:
    """The journal tells every command as it ran, who ran it, what it printed, and how it ended."""
    began = [body for body in of(bodies, "StepChanged") if body["now"] == "running" and body.get("argv")]
    bound = ["kubectl", f"--kubeconfig={api.kubeconfig}", "--context=admin", "--namespace=rollback"]
    assert [(body["step"], body["argv"], body["by"], body["where"]) for body in began] == [
        (step, [*bound, *words], "ana", api.url)
        for step, words in (
            ("show-the-revisions", ["get", "replicasets", COLUMNS]),
            ("look-at-it", ["rollout", "history", APP, "--revision=1"]),
            ("go-back", ["rollout", "undo", APP, "--to-revision=1"]),
            ("watch-it", ["rollout", "status", APP, "--timeout=80s"]),
        )
    ]
    ended = {body["step"]: body["exit"] for body in of(bodies, "StepChanged") if body.get("exit") is not None}
    assert ended == {"show-the-revisions": 0, "look-at-it": 0, "go-back": 0, "watch-it": 0}
    said: dict[str, str] = {}
    for body in of(bodies, "StepOutput"):
        said[body["step"]] = said.get(body["step"], "") + body["text"] + "\n"
    assert {"1", "2"} <= {line.split()[0] for line in said["show-the-revisions"].splitlines() if line.split()}
    assert OLD in said["look-at-it"]
    assert "deployment.apps/app rolled back" in said["go-back"]
    assert "successfully rolled out" in said["watch-it"]
    (chosen,) = of(bodies, "ValueChosen")
    assert (chosen["name"], chosen["value"], chosen["by"]) == ("revision", "1", "ana")
    good = [body["step"] for body in of(bodies, "StepChanged") if body["now"] == "ok"]
    assert good == ["show-the-revisions", "look-at-it", "go-back", "watch-it", "errors-are-gone"]
    assert [body["procedure"] for body in of(bodies, "ProcedureOpened")] == ["back"]
    (closed,) = of(bodies, "ProcedureClosed")
    assert not closed.get("abandoned")

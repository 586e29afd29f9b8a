"""A go-live by keys on a real cluster: deploy with a pause, a missing image, rollback, verification, report."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e.procedures.production import APP, COLUMNS, REVISION, Production
from tests.e2e.procedures.steps import command, confirmed, current, facts, of, see, settle, time_passes
from tests.e2e.pty_session import Place, leave, until
from tests.servers.control_plane import ControlPlane
from tests.servers.http import Answer, HttpServer
from tests.servers.kubectl import KUBECTL
from tests.servers.needs import need
from tests.terminal import Terminal

IMAGE = "example.test/app"
FIRST, SECOND, MISSING = f"{IMAGE}:1", f"{IMAGE}:2", f"{IMAGE}:missing"
"""The kubelet cannot pull the last one."""
BOUND = ["kubectl", "--kubeconfig=${cluster.kubeconfig}", "--context=${cluster.context}", "--namespace=golive"]


def step(title: str, *words: str, danger: str = "reads", **more: Any) -> dict[str, Any]:
    return {"title": title, "command": [*BOUND, *words], "danger": danger, "timeout": "90s", **more}


SMOKE = ("get", "configmap", "smoke", "--output=jsonpath={.data.result}")
"""It fails until the result is there."""

PROCEDURES: list[dict[str, Any]] = [
    {
        "id": "deploy",
        "title": "Deploy 2",
        "target": "app",
        "steps": [
            {"title": "Choose the version", "ask": {"name": "version", "choices": ["1", "2"]}},
            step("Set the image", "set", "image", APP, f"app={IMAGE}:${{values.version}}", danger="changes"),
            step("Pause the rollout", "rollout", "pause", APP, danger="changes"),
            {"title": "It is paused", "wait": {"until": "signals.version.value.paused"}, "timeout": "90s"},
            step("Continue the rollout", "rollout", "resume", APP, danger="changes"),
            step("Watch it", "rollout", "status", APP, "--timeout=80s", signal="version"),
            step("Read the result of the smoke test", *SMOKE, retry={"times": 20, "every": "1s"}),
        ],
    },
    {
        "id": "hotfix",
        "title": "Hotfix",
        "target": "app",
        "steps": [step("Set the hotfix", "set", "image", APP, f"app={MISSING}", danger="changes")],
    },
    {
        "id": "back",
        "title": "Roll back",
        "target": "app",
        "queued_by": {"abort": ["stuck"]},
        "steps": [
            step("Show the revisions", "get", "replicasets", COLUMNS, captures=REVISION),
            step("Go back", "rollout", "undo", APP, "--to-revision=${values.revision}", danger="dangerous"),
            step("Watch the rollback", "rollout", "status", APP, "--timeout=80s", signal="version"),
        ],
    },
]


def cockpit(place: Place, kubeconfig: str, url: str) -> str:
    """Write a cockpit of two phases, Deploy and Verify; return its file's name."""
    rollout = {"cluster.rollout": {"namespace": "golive", "name": "app"}}
    phases = [
        {
            "title": "Deploy",
            "sections": [{"title": "App", "items": [{**item("Version 2 runs", "version"), "procedure": "deploy"}]}],
        },
        {
            "title": "Verify",
            "sections": [
                {
                    "title": "Door",
                    "items": [item("Answers", "door"), INFORM],
                }
            ],
        },
    ]
    signals = {
        "version": {"title": "version 2", **rollout, "pass": f'value.complete && value.image == "{SECOND}"'},
        "stuck": {"title": "new pods start", **rollout, "pass": "size(value.stuck) == 0"},
        "door": {"title": "door", "door.get": "/", "pass": "value.status == 200"},
    }
    checklist = {
        "name": "golive",
        "title": "Go-live",
        "phases": phases,
        "signals": signals,
        "abort": [{"signal": "stuck", "for": "1s", "from": "deploy"}],
        "procedures": PROCEDURES,
    }
    cluster = {"kind": "kubernetes", "kubeconfig": kubeconfig, "namespace": "golive", "every": "500ms"}
    document = {
        "name": "Go-live",
        "environment": "test",
        "checklist": "golive.yaml",
        "layout": "go-live",
        "sources": {"door": {"kind": "http", "url": url, "every": "500ms"}, "cluster": cluster},
        "allow": {"procedures": True},
    }
    # JSON is YAML.
    place.write("golive.yaml", json.dumps(checklist))
    place.write("cockpit.yaml", json.dumps(document))
    return "cockpit.yaml"


INFORM = {"title": "Inform", "assignee": "ana", "needs": ["answers"]}


def item(title: str, signal: str) -> dict[str, str]:
    return {"title": title, "signal": signal, "hold": "1s"}


@pytest.fixture
def production(control_plane: ControlPlane, http_server: HttpServer) -> Iterator[Production]:
    """Give a Deployment of three pods with its first image."""
    need(KUBECTL.exists() or None, "no kubectl")
    kubectl = control_plane.create_namespace("golive")
    kubectl("create", "deployment", "app", f"--image={FIRST}", "--replicas=3")
    kubectl("rollout", "status", APP, "--timeout=80s")
    http_server.answers["/"] = Answer(200)
    yield Production(kubectl, http_server)
    kubectl("delete", "namespace", kubectl.namespace, "--wait=false")


@pytest.mark.timeout(900)
def test_a_go_live_is_driven_forward_and_back_by_keys(place: Place, production: Production) -> None:
    api = production.kubectl.api
    with place.open("run", cockpit(place, str(api.kubeconfig), production.door.url)) as program:
        see(program, r"1 Version 2 runs")
        deploy(program, place, production)
        go(program, place)
        break_it(program, place, production)
        go_back(program, place)
        until(program, lambda: production.images == [SECOND] * 3, "the second image runs again")
        # Verification: the door answers, and a person confirms that users are informed.
        until(program, lambda: not re.search(r"ROLLBACK", program.text()), "the advice turns")
        command(program, place, "tick verify/door/inform")
        see(program, r"GO +")
        assert leave(program) == 0
    checked(place)


def start(program: Terminal, place: Place, title: str, keys: str) -> None:
    """Open a procedure from the list and begin it."""
    program.press("E")
    see(program, title)
    if keys:
        program.press(keys)
        see(program, rf"> .*{title}")
    begin(program, place)


def begin(program: Terminal, place: Place) -> None:
    """Start the procedure that the panel shows."""
    program.press("!")
    see(program, r"start it\?")
    settle(program, place, "s", r"start it\?")
    current(program, "*", 1)


def deploy(program: Terminal, place: Place, production: Production) -> None:
    """Open it by its item; choose the version, set the image, pause, wait, continue, watch the end, and retry."""
    see(program, r"NEXT +!  1 Version 2 runs: open Deploy 2, 7 steps")
    program.press("!")
    see(program, r"Deploy 2 +not started, 7 steps")
    begin(program, place)
    program.press("!")
    see(program, r"2  2 ")
    settle(program, place, "2", r"2  2 ")
    current(program, "*", 2)
    shown = confirmed(program, place)
    assert re.search(r"version +2\b", shown), shown
    assert "→" not in shown, "an answer replaces nothing"
    current(program, "*", 3)
    confirmed(program, place)
    current(program, "*", 4)
    program.press("!")
    see(program, r"\[\+\] 4 It is paused +true after")
    current(program, "*", 5)
    assert production.kubectl.json(APP)["spec"]["paused"] is True
    confirmed(program, place)
    current(program, "*", 6)
    confirmed(program, place)
    current(program, "*", 7)
    assert "at most 21 times" in confirmed(program, place)
    see(program, r"failed, attempt \d+ of 21|running \d+s, attempt ([2-9]|\d\d) of 21")
    production.kubectl("create", "configmap", "smoke", "--from-literal=result=passed")
    see(program, r"Deploy 2 +done")
    assert production.images == [SECOND] * 3
    program.press("q")
    see(program, r"1 To do")


def break_it(program: Terminal, place: Place, production: Production) -> None:
    """Deploy an image that no node can pull; the abort rule of stuck pods advises the rollback."""
    start(program, place, "Hotfix", "j")
    confirmed(program, place)
    see(program, r"Hotfix +done")
    see(program, r"ROLLBACK")
    assert production.images.count(SECOND) >= 2, "the old pods continue to serve"
    program.press("q")


def go_back(program: Terminal, place: Place) -> None:
    """Follow the rollback that the abort rule called for."""
    see(program, r"NEXT +E  Roll back: 3 steps")
    program.press("E")
    see(program, r"\[!\] Roll back .*3 steps, called")
    begin(program, place)
    confirmed(program, place)
    current(program, "*", 2)
    program.press("!")
    see(program, r"Choose the revision \(where to\)")
    see(program, r"> 2 .*app:2 ")
    time_passes(program, place)
    program.press("\r")
    see(program, r"--to-revision=2")
    assert "DANGEROUS" in confirmed(program, place, "app")
    current(program, "*", 3)
    confirmed(program, place)
    see(program, r"Roll back +done")
    program.press("q")


def go(program: Terminal, place: Place) -> None:
    """Open the next phase once its gate is open."""
    see(program, r"NEXT +:go +open Verify")
    command(program, place, "go")
    see(program, r"\[Verify")


def checked(place: Place) -> None:
    """The journal is whole, every command ran once and was confirmed, and the report has all three procedures."""
    bodies = facts(place)
    starts = [body for body in of(bodies, "StepChanged") if body["now"] == "running" and body.get("argv")]
    began = [body["step"] for body in starts if body.get("by")]
    smoke = [body for body in starts if body["step"] == "read-the-result-of-the-smoke-test"]
    assert [body.get("attempt", 0) or 1 for body in smoke] == list(range(1, len(smoke) + 1))
    assert len(smoke) > 1
    assert len({tuple(body["argv"]) for body in smoke}) == 1, "a retry runs what was confirmed"
    assert [one for one in starts if not one.get("by")] == smoke[1:]
    assert began == [
        *("set-the-image", "pause-the-rollout", "continue-the-rollout", "watch-it"),
        "read-the-result-of-the-smoke-test",
        "set-the-hotfix",
        *("show-the-revisions", "go-back", "watch-the-rollback"),
    ]
    assert [body["procedure"] for body in of(bodies, "ProcedureClosed")] == ["deploy", "hotfix", "back"]
    assert place.call("verify").returncode == 0
    report = place.call("report", "--format", "md")
    assert report.returncode == 0, report.stderr
    assert all(f"{one['title']}" in report.stdout for one in PROCEDURES)

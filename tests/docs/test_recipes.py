"""Every block of docs/recipes.md is a cockpit file without mistakes, and judges what systems really respond."""

import asyncio
import json
import os
import re
from pathlib import Path
from typing import Any

import pytest

from mmcockpit import sources
from mmcockpit.config.load import load_cockpit
from mmcockpit.core.model.verdict import Level
from mmcockpit.engine.survey import Poll, Survey
from mmcockpit.sources.common.secrets import Secrets
from tests.conftest import PrometheusFactory
from tests.discovery.metrics import Backfill, utf8_series
from tests.docs.examples import DOCS, findings
from tests.servers.go_programs import go_program
from tests.servers.http import Answer, HttpServer, Received
from tests.servers.needs import need
from tests.servers.victoria_metrics import VictoriaMetrics

GUIDE = (DOCS / "recipes.md").read_text(encoding="utf-8")
BLOCKS: dict[str, str] = dict(re.findall(r"\n##+ ([^\n]+)\n(?:(?!\n##).)*?```yaml\n(.*?)```", GUIDE, re.DOTALL))
"""The block below each heading."""

COMMIT = "7638417db6d59f3c431d3e1f261cc637155684cd"
ACTIONS, CHECK = "GitHub Actions: the run of a workflow", "GitHub: one check of the commit"
PULL = "GitHub: the pull request is merged, and was approved"
PIPELINE = "GitLab: the pipeline of the commit"
MERGE = "GitLab: the merge request is merged, and was approved"
QUEUE = "A queue in Redis"
TRANSLATED, UTF8 = "Translated names, and one version only", "UTF-8 names"


def run(status: str, conclusion: str | None) -> dict[str, Any]:
    """Return the fields of a workflow run that GitHub documents, without those about people."""
    head = {"id": 30433642, "name": "Build", "head_branch": "main", "head_sha": COMMIT, "run_number": 562}
    return {"total_count": 1, "workflow_runs": [{**head, "event": "push", "status": status, "conclusion": conclusion}]}


def check(status: str, conclusion: str | None) -> dict[str, Any]:
    head = {"id": 4, "head_sha": COMMIT, "name": "security scan", "app": {"id": 1, "slug": "octoapp"}}
    return {"total_count": 1, "check_runs": [{**head, "status": status, "conclusion": conclusion}]}


def pull(state: str, merged: bool, commit: str | None = COMMIT) -> dict[str, Any]:
    return {"number": 1347, "state": state, "draft": False, "merged": merged, "merge_commit_sha": commit}


def found(count: int, incomplete: bool = False) -> dict[str, Any]:
    return {"total_count": count, "incomplete_results": incomplete, "items": [{"number": 1347}] * count}


def pipeline(status: str) -> list[dict[str, Any]]:
    return [{"id": 47, "iid": 12, "project_id": 1, "status": status, "source": "push", "ref": "main", "sha": COMMIT}]


def merge(state: str) -> dict[str, Any]:
    return {"id": 1, "iid": 33, "state": state, "detailed_merge_status": "mergeable", "sha": COMMIT}


def approvals(approved: bool, left: int) -> dict[str, Any]:
    return {"id": 5, "iid": 33, "approved": approved, "approvals_required": 2, "approvals_left": left}


def test_every_heading_has_one_block() -> None:
    assert len(BLOCKS) == GUIDE.count("```yaml")
    assert {ACTIONS, CHECK, PULL, PIPELINE, MERGE, TRANSLATED, UTF8, QUEUE, "Secrets"} == set(BLOCKS)


@pytest.mark.parametrize(
    ("prints", "code", "level"),
    [
        ("5", 0, Level.PASS),
        ("250", 0, Level.WARN),
        ("5000", 0, Level.FAIL),
        ("Could not connect to Redis", 1, Level.FAIL),
        ("WRONGTYPE Operation against a key", 0, Level.UNKNOWN),
    ],
)
def test_the_length_of_a_queue_is_read_by_redis_cli(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, prints: str, code: int, level: Level
) -> None:
    program = tmp_path / "redis-cli"
    program.write_text(f"#!/bin/sh\ntest \"$3 $4\" = 'llen jobs' && echo '{prints}'\nexit {code}\n", encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    assert polled(tmp_path, BLOCKS[QUEUE], "")["queue"].verdict.level is level


@pytest.mark.parametrize("name", BLOCKS)
def test_a_block_is_a_cockpit_file_without_mistakes_and_warnings(tmp_path: Path, name: str) -> None:
    assert findings(tmp_path, "", "", BLOCKS[name]) == ([], [])


def polled(folder: Path, block: str, url: str) -> dict[str, Poll]:
    """Poll the signals of a block once from a server at this URL."""
    text = re.sub(r"(url: )'?https?://[^/\s'}]+", rf"\g<1>{url}", block).replace("url: " + url + "'", "url: " + url)
    (folder / "cockpit.yaml").write_text(text, encoding="utf-8")
    survey = Survey(load_cockpit(folder / "cockpit.yaml", sources).cockpit, Secrets())
    asyncio.run(survey.run())
    return survey.polls


class Api(HttpServer):
    """An API that responds to each path with JSON, and refuses other tokens."""

    def __init__(self, bodies: dict[str, Any], status: int = 200) -> None:
        super().__init__()
        self.bodies, self.status = bodies, status

    def answer(self, request: Received) -> Answer:
        if request.headers.get("Authorization") != "Bearer right-token":
            return Answer(401, json.dumps({"message": "Bad credentials"}))
        body = next((body for path, body in self.bodies.items() if request.target.startswith(path)), None)
        status = 404 if body is None else self.status
        return Answer(status, json.dumps({"message": "Not Found"} if body is None else body), JSON)


JSON = {"Content-Type": "application/json; charset=utf-8"}
PATHS = {
    ACTIONS: (f"/repos/acme/shop/actions/workflows/ci.yaml/runs?head_sha={COMMIT}&per_page=1",),
    CHECK: (f"/repos/acme/shop/commits/{COMMIT}/check-runs?check_name=security+scan",),
    PULL: (
        "/repos/acme/shop/pulls/1347",
        f"/search/issues?q={COMMIT}+repo:acme/shop+type:pr+is:merged+review:approved",
    ),
    PIPELINE: (f"/api/v4/projects/acme%2Fshop/pipelines?sha={COMMIT}",),
    MERGE: (
        "/api/v4/projects/acme%2Fshop/merge_requests/33/approvals",
        "/api/v4/projects/acme%2Fshop/merge_requests/33",
    ),
}
"""The documented paths of each recipe, with what selects the commit."""

SIGNALS = {ACTIONS: ("ci_run",), CHECK: ("security_check",), PULL: ("merged", "approved"), PIPELINE: ("pipeline",)}
SIGNALS[MERGE] = ("approved", "merged")
RESPONSES: list[tuple[str, tuple[Any, ...], str]] = [
    *((ACTIONS, (run("completed", end),), "pass") for end in ("success", "neutral", "skipped")),
    *((ACTIONS, (run("completed", end),), "fail") for end in ("failure", "cancelled", "timed_out", "action_required")),
    *((ACTIONS, (run(state, None),), "unknown") for state in ("queued", "in_progress", "waiting")),
    (ACTIONS, ({"total_count": 0, "workflow_runs": []},), "unknown"),
    (CHECK, (check("completed", "success"),), "pass"),
    (CHECK, (check("completed", "failure"),), "fail"),
    (CHECK, (check("in_progress", None),), "unknown"),
    (CHECK, ({"total_count": 0, "check_runs": []},), "unknown"),
    (PULL, (pull("closed", merged=True), found(1)), "pass pass"),
    (PULL, (pull("closed", merged=True, commit="f" * 40), found(0)), "fail fail"),
    (PULL, (pull("closed", merged=False), found(1, incomplete=True)), "fail fail"),
    (PULL, (pull("open", merged=False), found(0)), "warn fail"),
    (PULL, (pull("open", merged=False, commit=None), {"total_count": None}), "unknown unknown"),
    (PIPELINE, (pipeline("success"),), "pass"),
    *((PIPELINE, (pipeline(state),), "fail") for state in ("failed", "canceled", "skipped")),
    *((PIPELINE, (pipeline(state),), "warn") for state in ("pending", "running", "manual")),
    (PIPELINE, ([],), "unknown"),
    (MERGE, (approvals(True, 0), merge("merged")), "pass pass"),
    (MERGE, (approvals(False, 1), merge("opened")), "fail warn"),
    (MERGE, (approvals(True, 1), merge("closed")), "fail fail"),
    (MERGE, ({}, {}), "unknown unknown"),
]


def levels(folder: Path, recipe: str, bodies: tuple[Any, ...], status: int = 200) -> str:
    with Api(dict(zip(PATHS[recipe], bodies, strict=True)), status) as api:
        polls = polled(folder, BLOCKS[recipe], api.url)
        assert {request.method for request in api.requests} == {"GET"}
    return " ".join(polls[name].verdict.level for name in SIGNALS[recipe])


@pytest.fixture(autouse=True)
def _tokens(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GITHUB_TOKEN", "GITLAB_TOKEN"):
        monkeypatch.setenv(name, "right-token")


def test_each_documented_response_has_its_level(tmp_path: Path) -> None:
    judged = [(recipe, bodies, levels(tmp_path, recipe, bodies)) for recipe, bodies, _ in RESPONSES]
    assert judged == RESPONSES


def test_an_api_that_refuses_limits_or_does_not_know_is_unknown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = {recipe: bodies for recipe, bodies, level in reversed(RESPONSES) if set(level.split()) == {"pass"}}
    assert set(good) == set(PATHS)
    limited = {"message": "API rate limit exceeded for user ID 1.", "documentation_url": "https://docs.github.com"}
    for recipe, bodies in good.items():
        unknown = " ".join("unknown" for _ in SIGNALS[recipe])
        for status in (403, 429):
            assert levels(tmp_path, recipe, tuple(limited for _ in bodies), status) == unknown
        with Api({}) as api:
            polls = polled(tmp_path, BLOCKS[recipe], api.url)
        assert {poll.verdict.level for poll in polls.values()} == {Level.UNKNOWN}, "404"
    for name in ("GITHUB_TOKEN", "GITLAB_TOKEN"):
        monkeypatch.setenv(name, "wrong-token")
    for recipe, bodies in good.items():
        assert set(levels(tmp_path, recipe, bodies).split()) == {"unknown"}


def test_translated_names_are_judged_by_a_real_prometheus(
    tmp_path: Path, prometheus_factory: PrometheusFactory
) -> None:
    found, name = Backfill(hours=0.5), "http_server_request_duration_seconds"
    for instance, version, errors in (("a", "2.4.1", 0.02), ("b", "2.4.0", 5.0)):
        labels = {"job": "shop/cart", "instance": instance}
        found.requests(f"{name}_count", labels, "http_response_status_code", {"200": 100.0 - errors, "503": errors})
        found.histogram(name, labels, 100.0)
        found.gauge("target_info", {**labels, "service_version": version}, 1.0)
    polls = polled(tmp_path, BLOCKS[TRANSLATED], prometheus_factory(backfill=found.text).url)
    judged = {name: poll.verdict.level for name, poll in polls.items()}
    assert judged == {"errors": Level.FAIL, "latency": Level.PASS, "new_version_errors": Level.PASS}, polls


@pytest.mark.xdist_group("victoria-metrics")
def test_utf8_names_are_judged_by_a_server_that_knows_them(tmp_path: Path) -> None:
    need(go_program("victoria-metrics"), "no victoria-metrics: run `make servers`")
    with VictoriaMetrics(tmp_path / "server") as server:
        server.write_series(utf8_series("http.server.request.duration"))
        polls = polled(tmp_path, BLOCKS[UTF8], server.url)
    assert {name: poll.verdict.level for name, poll in polls.items()} == {"errors": Level.FAIL, "latency": Level.PASS}
    assert "5%" in polls["errors"].verdict.because

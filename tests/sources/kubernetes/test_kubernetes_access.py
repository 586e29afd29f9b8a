"""What may be done, what the cluster reports and what pods write: asked of the real API and of the simulated one."""

import asyncio
import json
import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from mmcockpit.core.model.reading import Fault, FaultKind, Reading, normalise
from mmcockpit.core.model.verdict import Level
from mmcockpit.simulator.kubernetes.server import SimulatedKubernetes
from mmcockpit.sources import kind
from mmcockpit.sources.kubernetes.logs import MAX_LINES, MAX_LOG_BYTES, MAX_PODS, counted
from tests.conftest import KubernetesApi
from tests.servers.wait import PATIENCE_S
from tests.sources.endless_server import pours
from tests.sources.kubernetes.kubernetes_replies import ANSWERS, CANARY, CHUNKED, kubeconfig, says_http, says_status
from tests.sources.kubernetes.kubernetes_writer import Writer
from tests.sources.polling import answer, fault, opened, poll_until, probe, value
from tests.sources.raw import RawServer, Script, says, silent
from tests.sources.shipped import judged

pytestmark = pytest.mark.anyio
ACCOUNT = "system:serviceaccount:{}:modelmuxer"
PROBES: dict[str, dict[str, Any]] = {
    "can_i": {"verb": "get", "resource": "pods"},
    "events": {},
    "logs": {"selector": "app=modelmuxer"},
}
_numbers = count()


@pytest.fixture
def writer(kubernetes_api: KubernetesApi) -> Iterator[Writer]:
    """Give a namespace of this test's own, and what writes into it."""
    with Writer(kubernetes_api.kubeconfig, f"access-{next(_numbers)}") as writer:
        yield writer


async def ask(writer: Writer, name: str, args: dict[str, Any], **more: Any) -> Any:
    options = {"kubeconfig": str(writer.kubeconfig), "namespace": writer.namespace, **more}
    async with opened("kubernetes", **options) as source:
        read = await value(probe("kubernetes", source, name, args))
    assert normalise(read)[1] == ""
    return read


def allow(writer: Writer, subject: dict[str, str], *resources: str) -> None:
    """Let a subject read these resources of the namespace."""
    writer.make("role", "reader", rules=[{"apiGroups": ["", "apps"], "resources": resources, "verbs": ["get"]}])
    reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "reader"}
    writer.make("rolebinding", "reader", subjects=[subject], roleRef=reference)


async def until_allowed(writer: Writer, args: dict[str, Any], **more: Any) -> None:
    """Wait until the authoriser of the API server knows the new Role."""
    options = {"kubeconfig": str(writer.kubeconfig), "namespace": writer.namespace, **more}
    async with opened("kubernetes", **options) as source:
        await poll_until(probe("kubernetes", source, "can_i", args), lambda review: bool(review["allowed"]))


async def test_what_we_may(writer: Writer) -> None:
    user = {"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "stranger"}
    allow(writer, user, "pods", "pods/log", "deployments")
    await until_allowed(writer, {"verb": "get", "resource": "pods"}, context="stranger")
    table = [
        ({"verb": "get", "resource": "pods"}, True),
        ({"verb": "get", "resource": "pods", "name": "one"}, True),
        ({"verb": "get", "resource": "pods/log"}, True),
        ({"verb": "delete", "resource": "pods"}, False),
        ({"verb": "get", "resource": "secrets"}, False),
        # Without its group it would be a resource that does not exist.
        ({"verb": "get", "resource": "deployments"}, True),
        ({"verb": "get", "resource": "deployments", "group": "extensions"}, False),
        ({"verb": "get", "resource": "pods", "namespace": "default"}, False),
        ({"verb": "list", "resource": "nodes"}, False),
    ]
    for args, allowed in table:
        assert (await ask(writer, "can_i", args, context="stranger"))["allowed"] is allowed, args
        assert (await ask(writer, "can_i", args))["allowed"] is True


async def test_permissions_of_another_user_can_be_polled(writer: Writer) -> None:
    allow(writer, {"kind": "ServiceAccount", "name": "modelmuxer", "namespace": writer.namespace}, "configmaps")
    args = {"verb": "get", "resource": "configmaps", "as_user": ACCOUNT.format(writer.namespace)}
    await until_allowed(writer, args)
    assert (await ask(writer, "can_i", args))["allowed"] is True
    assert await ask(writer, "can_i", args | {"resource": "secrets"}) == {"allowed": False, "reason": ""}
    async with opened("kubernetes", kubeconfig=str(writer.kubeconfig), context="stranger") as source:
        assert (await fault(probe("kubernetes", source, "can_i", args))).kind is FaultKind.FORBIDDEN


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ({"allowed": False, "evaluationError": "webhook: no answer"}, FaultKind.PARTIAL),
        ({"allowed": True, "evaluationError": "webhook: no answer"}, True),
        ({"allowed": False, "denied": True, "evaluationError": "webhook: no answer"}, False),
        ({"evaluationError": "webhook: no answer"}, FaultKind.MALFORMED),
        ({"allowed": None}, FaultKind.MALFORMED),
    ],
)
async def test_an_incomplete_no_is_no_answer(status: Any, expected: Any, tmp_path: Path) -> None:
    with RawServer(says_http("201 Created", json.dumps({"status": status}))) as server:
        async with opened("kubernetes", kubeconfig=kubeconfig(tmp_path, server.url)) as source:
            read = await answer(probe("kubernetes", source, "can_i", PROBES["can_i"]))
    assert (read.kind if isinstance(read, Fault) else read.value["allowed"]) == expected


def event(writer: Writer, name: str, **fields: Any) -> None:
    about = {"kind": "Pod", "name": "app-1", "namespace": writer.namespace, **fields.pop("about", {})}
    minutes_ago = fields.pop("minutes_ago", 0)
    at = (datetime.now(UTC) - timedelta(minutes=minutes_ago)).strftime("%Y-%m-%dT%H:%M:%SZ")
    made = {"type": "Warning", "reason": "BackOff", "message": "it backs off", "count": 1, "lastTimestamp": at}
    writer.make("event", name, involvedObject=about, **(made | fields))


async def test_events_that_are_recent(writer: Writer) -> None:
    assert await ask(writer, "events", {}) == []
    event(writer, "a", count=7, minutes_ago=3)
    event(writer, "b", about={"kind": "Deployment", "name": "app"}, reason="FailedCreate", minutes_ago=1)
    event(writer, "c", type="Normal", reason="Pulled")
    event(writer, "old", minutes_ago=30)
    shown = await ask(writer, "events", {"over": "20m"})
    assert [(row["reason"], row["count"]) for row in shown] == [("FailedCreate", 1), ("BackOff", 7)]
    (row,) = await ask(writer, "events", {"kind": "Deployment"})
    assert datetime.fromisoformat(row.pop("last")).tzinfo is not None
    assert row == {
        "type": "Warning", "reason": "FailedCreate", "message": "it backs off", "kind": "Deployment", "name": "app",
        "count": 1,
    }  # fmt: skip
    assert await ask(writer, "events", {"kind": "Pod", "name": "other"}) == []
    both = await ask(writer, "events", {"types": ["Normal", "Warning"]})
    assert {row["type"] for row in both} == {"Normal", "Warning"}


async def test_events_of_the_newer_api_are_read_alike(writer: Writer) -> None:
    at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    fields = {
        "action": "Binding", "reportingComponent": "scheduler", "reportingInstance": "scheduler-0", "eventTime": at,
        "series": {"count": 5, "lastObservedTime": at}, "lastTimestamp": None, "count": None,
    }  # fmt: skip
    event(writer, "new", reason="FailedScheduling", **fields)
    (row,) = await ask(writer, "events", {})
    assert (row["count"], row["reason"]) == (5, "FailedScheduling")
    assert datetime.now(UTC) - datetime.fromisoformat(row["last"]) < timedelta(minutes=1)


@pytest.fixture
def pods(tmp_path: Path) -> Iterator[tuple[SimulatedKubernetes, Writer]]:
    """Give a simulated cluster without controllers, whose pods write what a test chooses."""
    with SimulatedKubernetes(tmp_path).in_thread() as api, Writer(api.kubeconfig, "logs") as writer:
        yield api, writer


def start(writer: Writer, name: str, phase: str = "Running", **status: Any) -> None:
    containers = [{"name": "app", "image": "app:1"}, {"name": "proxy", "image": "proxy:1"}]
    metadata = {"labels": {"app": "modelmuxer"}}
    writer.make("pod", name, {"phase": phase, **status}, metadata=metadata, spec={"containers": containers})


def write(api: SimulatedKubernetes, pod: str, *lines: str, seconds_ago: float = 1.0) -> None:
    async def work() -> None:
        for line in lines:
            api.logs.write("logs", pod, line, datetime.now(UTC) - timedelta(seconds=seconds_ago))

    api.call(work())


async def test_lines_are_counted_by_level(pods: tuple[SimulatedKubernetes, Writer]) -> None:
    api, writer = pods
    start(writer, "app-1")
    start(writer, "app-2")
    start(writer, "app-3", "Pending")
    waiting = [{"name": "app", "restartCount": 0, "state": {"waiting": {"reason": "ContainerCreating"}}}]
    start(writer, "app-4", containerStatuses=waiting)
    trace = "Traceback (most recent call last)"
    lines = [json.dumps({"level": level, "event": CANARY}) for level in ("info", "error", "WARN", "fatal", "odd")]
    write(api, "app-1", *lines, json.dumps({"level": "error", "exception": f"{trace}:\n x"}), '{"level": 30}')
    write(api, "app-2", 'INFO:  127.0.0.1 "GET /health HTTP/1.1" 200', f"{trace}:", "{", '["x"]', "")
    write(api, "app-2", '{"level": "error"}', seconds_ago=400)
    read = await ask(writer, "logs", {"selector": "app=modelmuxer", "over": "2m"})
    assert CANARY not in str(read)
    assert read == {
        "pods": 2,
        "lines": 12,
        "by_level": {"CRITICAL": 1, "ERROR": 2, "WARNING": 1, "INFO": 3, "DEBUG": 0, "OTHER": 5},
        "tracebacks": 2,
        "per_minute_errors": 1.5,
        "truncated": False,
    }


async def test_lines_without_a_known_level_are_no_proof_of_0_errors(pods: tuple[SimulatedKubernetes, Writer]) -> None:
    api, writer = pods
    start(writer, "app-1")
    async with opened("kubernetes", kubeconfig=str(writer.kubeconfig), namespace="logs") as source:
        asking = probe("kubernetes", source, "logs", {"selector": "app=modelmuxer"})
        assert judged("logs", await answer(asking)).raw is Level.PASS
        write(api, "app-1", "cannot connect", "GET / 500")
        read = await answer(asking)
        assert isinstance(read, Reading)
        assert read.value == {"pods": 1, "lines": 2, "tracebacks": 0, "truncated": False}
        verdict = judged("logs", read)
        assert verdict.raw is Level.UNKNOWN
        assert "per minute errors is missing" in verdict.because
        assert verdict.because.endswith(
            "2 lines read, none with a known level: write levels (JSON, logfmt, ERROR before the message), or judge "
            "only other fields"
        )
        # What is not known does not hide a failure that is certain.
        write(api, "app-1", "Traceback (most recent call last):")
        assert judged("logs", await answer(asking)).raw is Level.FAIL
        write(api, "app-1", "INFO: ready")
        known = await value(asking)
    assert (known["by_level"]["OTHER"], known["per_minute_errors"]) == (3, 0)


async def test_a_flood_is_cut_to_the_newest_and_its_rate_is_that_of_the_time_it_covers(
    pods: tuple[SimulatedKubernetes, Writer],
) -> None:
    api, writer = pods
    start(writer, "app-1")
    write(api, "app-1", *['{"level": "error"}'] * 500, seconds_ago=90)
    write(api, "app-1", *['{"level": "error"}'] * (MAX_LINES - 1), seconds_ago=30)
    read = await ask(writer, "logs", {"selector": "app=modelmuxer", "over": "10m"})
    assert (read["lines"], read["truncated"]) == (MAX_LINES, True)
    # The oldest line of 2000 is 60 s older than the newest.
    assert read["per_minute_errors"] == pytest.approx(MAX_LINES, rel=0.1)
    write(api, "app-1", *["x" * 2000] * MAX_LINES)
    read = await ask(writer, "logs", {"selector": "app=modelmuxer"})
    assert (read["truncated"], read["lines"] < MAX_LOG_BYTES / 2000 + 1) == (True, True)


async def test_pods_beyond_the_limit_are_counted(pods: tuple[SimulatedKubernetes, Writer]) -> None:
    api, writer = pods
    for number in range(MAX_PODS + 1):
        start(writer, f"app-{number:02}")
        write(api, f"app-{number:02}", "hello")
    read = await ask(writer, "logs", {"selector": "app=modelmuxer"})
    assert (read["pods"], read["lines"], read["truncated"]) == (MAX_PODS, MAX_PODS, True)


async def test_no_pod_that_writes_is_no_data(pods: tuple[SimulatedKubernetes, Writer]) -> None:
    _, writer = pods
    options = {"kubeconfig": str(writer.kubeconfig), "namespace": "logs"}
    async with opened("kubernetes", **options) as source:
        asking = probe("kubernetes", source, "logs", {"selector": "app=modelmuxer"})
        found = await fault(asking)
        assert (found.kind, "app=modelmuxer matches 0 pods" in found.message) == (FaultKind.NO_DATA, True)
        start(writer, "app-1", "Pending")
        assert (await fault(asking)).kind is FaultKind.NO_DATA
        start(writer, "app-2")
        await poll_until(asking, lambda counted: counted["lines"] == 0)
        wrong = probe("kubernetes", source, "logs", {"selector": "app=modelmuxer", "container": "sidecar"})
        assert (await fault(wrong)).kind is FaultKind.QUERY
    async with opened("kubernetes", **options, context="stranger") as source:
        assert (await fault(probe("kubernetes", source, "logs", PROBES["logs"]))).kind is FaultKind.FORBIDDEN


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (says_http("200 OK", "<html>\nSign in\n</html>\n"), FaultKind.MALFORMED),
        (says_http("200 OK", f"2026-11-23T10:00:00Z fine\n{CANARY}\n"), FaultKind.MALFORMED),
        (says_status(403, "Forbidden", "pods/log is forbidden"), FaultKind.FORBIDDEN),
        (says_status(400, "BadRequest", "a container name must be specified"), FaultKind.QUERY),
        (says_status(500, "InternalError", "the kubelet does not answer"), FaultKind.SERVER_ERROR),
        (says(b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n2026-11-23T10:00:00Z x\n"), FaultKind.PARTIAL),
        (pours(CHUNKED, b"10000\r\n" + b"x" * 65_536 + b"\r\n"), FaultKind.TOO_LARGE),
        (silent, FaultKind.TIMEOUT),
    ],
)
async def test_an_invalid_log_is_a_fault(text: Script, expected: FaultKind, tmp_path: Path) -> None:
    pod = {"metadata": {"name": "app-1"}, "spec": {"containers": [{"name": "app"}]}, "status": {"phase": "Running"}}
    listed = says_http("200 OK", json.dumps({"metadata": {}, "items": [pod]}))

    def script(connection: socket.socket, closing: threading.Event) -> None:
        chosen = text if b"/log?" in connection.recv(65_536, socket.MSG_PEEK) else listed
        chosen(connection, closing)

    with RawServer(script) as server:
        async with opened("kubernetes", kubeconfig=kubeconfig(tmp_path, server.url)) as source:
            found = await fault(
                probe(
                    "kubernetes", source, "logs", PROBES["logs"], timeout=1.0 if expected is FaultKind.TIMEOUT else 30.0
                )
            )
    assert found.kind is expected, found
    assert CANARY not in found.message


async def test_a_line_that_the_limit_has_cut_is_not_counted() -> None:
    line = b'2026-11-23T10:00:00.5Z {"level": "error"}\r{"level": "info"}\n'
    found = counted(line * 3 + b"2026-11-23T10:0", 5)
    assert (found.lines, found.truncated, found.errors_a_minute) == (3, False, 0)
    assert counted(b"", 5).lines == 0


async def test_a_review_is_sent_again_if_the_server_closed_the_idle_connection(tmp_path: Path) -> None:
    body = b'{"status": {"allowed": true}}'
    reply = b"HTTP/1.1 201 Created\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
    received: list[bytes] = []

    def script(connection: socket.socket, closing: threading.Event) -> None:
        received.append(connection.recv(65_536))
        connection.sendall(reply)
        received.append(connection.recv(65_536))

    with RawServer(script) as server:
        async with opened("kubernetes", kubeconfig=kubeconfig(tmp_path, server.url)) as source:
            asked = probe("kubernetes", source, "can_i", PROBES["can_i"])
            assert [(await value(asked))["allowed"] for _ in range(2)] == [True, True]
    assert sum(request.startswith(b"POST") for request in received) == 3


@pytest.mark.parametrize("name", PROBES)
@pytest.mark.parametrize("case", ANSWERS)
async def test_an_invalid_response_is_a_fault(case: str, name: str, tmp_path: Path) -> None:
    script, expected = ANSWERS[case]
    with RawServer(script) as server:
        async with opened("kubernetes", kubeconfig=kubeconfig(tmp_path, server.url)) as source:
            await answer(probe("kubernetes", source, name, PROBES[name], timeout=0.1))
            timeout = 0.5 if expected is FaultKind.TIMEOUT else 30.0
            async with asyncio.timeout(PATIENCE_S):
                found = await fault(probe("kubernetes", source, name, PROBES[name], timeout=timeout))
    assert found.kind is expected, found
    assert CANARY not in found.message
    assert "\n" not in found.message


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("can_i", {"verb": "get"}),
        ("can_i", {"verb": "get", "resource": "pods", "namespace": "../x"}),
        ("events", {"name": "a,type=Normal"}),
        ("events", {"over": "soon"}),
        ("events", {"types": []}),
        ("logs", {}),
        ("logs", {"selector": "a=b", "over": "500ms"}),
        ("logs", {"selector": "a=b", "container": "a/b"}),
    ],
)
async def test_what_a_cockpit_file_may_not_say(name: str, args: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        kind("kubernetes").probes[name].args.model_validate(args)

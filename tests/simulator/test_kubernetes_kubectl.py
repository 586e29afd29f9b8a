"""The real kubectl against the simulated API server: an independent referee of its protocol."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import pytest

from mmcockpit.simulator.kubernetes.production import modelmuxer
from mmcockpit.simulator.kubernetes.server import SimulatedKubernetes
from tests.servers.wait import PATIENCE_S, wait_until

KUBECTL = Path(sysconfig.get_path("scripts")) / "kubectl"
NAMESPACE = "modelmuxer"


class Kubectl:
    """Runs the binary with a home of its own, so that no discovery cache outlives the test."""

    def __init__(self, api: SimulatedKubernetes, home: Path) -> None:
        self.api = api
        self._environment = os.environ | {"HOME": str(home), "KUBECONFIG": str(api.kubeconfig)}

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        command = [str(KUBECTL), "-n", NAMESPACE, *arguments]
        return subprocess.Popen(
            command, env=self._environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )

    def run(self, *arguments: str, given: str | None = None) -> subprocess.CompletedProcess[str]:
        command = [str(KUBECTL), "-n", NAMESPACE, *arguments]
        return subprocess.run(
            command, env=self._environment, text=True, capture_output=True, timeout=PATIENCE_S, input=given, check=False
        )

    def __call__(self, *arguments: str, given: str | None = None) -> str:
        done = self.run(*arguments, given=given)
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture
def kubectl(tmp_path: Path) -> Iterator[Kubectl]:
    production = SimulatedKubernetes(tmp_path / "api", objects=modelmuxer.objects(), pod_start_s=0.2)
    with production.in_thread() as api:
        yield Kubectl(api, tmp_path)


def test_get_prints_the_columns_that_a_real_server_would_send(kubectl: Kubectl) -> None:
    deployment = kubectl("get", "deploy", "modelmuxer").splitlines()
    assert deployment[0].split() == ["NAME", "READY", "UP-TO-DATE", "AVAILABLE", "AGE"]
    assert deployment[1].split() == ["modelmuxer", "3/3", "3", "3", "40d"]
    pods = kubectl("get", "pods", "-l", "app.kubernetes.io/component=api", "-o", "wide").splitlines()
    assert [line.split()[1:4] for line in pods[1:]] == [["1/1", "Running", "0"]] * 3
    assert {line.split()[6] for line in pods[1:]} == {"node-1", "node-2", "node-3"}
    assert "statefulset.apps/redis-cluster" in kubectl("get", "all")


def test_a_kind_or_name_that_is_not_there_is_not_found(kubectl: Kubectl) -> None:
    missing = kubectl.run("get", "deploy", "nothing")
    assert (missing.returncode, missing.stderr) == (
        1,
        'Error from server (NotFound): deployments.apps "nothing" not found\n',
    )
    assert "the server doesn't have a resource type" in kubectl.run("get", "gadgets").stderr


def test_a_rollout_goes_forward_and_back_by_revision(kubectl: Kubectl) -> None:
    assert "2         release 2.4.0" in kubectl("rollout", "history", "deploy/modelmuxer")
    kubectl("set", "image", "deploy/modelmuxer", f"api={modelmuxer.image_of('2.4.1')}")
    status = kubectl("rollout", "status", "deploy/modelmuxer", "--timeout=100s")
    # kubectl prints what it sees: on a busy machine it begins with the second one.
    assert re.search("[12] out of 3 new replicas have been updated", status)
    assert 'deployment "modelmuxer" successfully rolled out' in status
    kubectl("rollout", "undo", "deploy/modelmuxer", "--to-revision=2")
    kubectl("rollout", "status", "deploy/modelmuxer", "--timeout=100s")
    revisions = kubectl("rollout", "history", "deploy/modelmuxer").splitlines()
    assert [line.split()[0] for line in revisions[2:] if line] == ["1", "3", "4"]
    pinned = modelmuxer.image_of("2.4.0").partition("@")[2]

    def running() -> set[str]:
        pods = json.loads(kubectl("get", "pods", "-l", "app.kubernetes.io/component=api", "-o", "json"))["items"]
        return {pod["status"]["containerStatuses"][0]["imageID"] for pod in pods}

    # The rollout is over before the last pod of the other image is gone.
    wait_until(lambda: running() == {f"{modelmuxer.REPOSITORY}@{pinned}"}, "only the old image runs")


def test_an_undo_to_what_shipped_in_the_first_revision_numbers_it_anew(kubectl: Kubectl) -> None:
    kubectl("rollout", "undo", "deploy/modelmuxer", "--to-revision=1")
    kubectl("rollout", "status", "deploy/modelmuxer", "--timeout=100s")
    revisions = kubectl("rollout", "history", "deploy/modelmuxer").splitlines()
    assert [line.split()[0] for line in revisions[2:] if line] == ["2", "3"]


def test_a_paused_deployment_stays_until_it_is_resumed(kubectl: Kubectl) -> None:
    kubectl("rollout", "pause", "deploy/modelmuxer")
    kubectl("set", "image", "deploy/modelmuxer", "api=other:1")
    paused = kubectl.run("rollout", "undo", "deploy/modelmuxer")
    assert "cannot rollback a paused deployment" in paused.stderr
    kubectl("rollout", "resume", "deploy/modelmuxer")
    kubectl("rollout", "status", "deploy/modelmuxer", "--timeout=100s")


def test_scale_and_restart_leave_the_wanted_number_of_ready_pods(kubectl: Kubectl) -> None:
    kubectl("scale", "deploy/modelmuxer", "--replicas=5")
    kubectl("rollout", "status", "deploy/modelmuxer", "--timeout=100s")
    kubectl("rollout", "restart", "deploy/modelmuxer")
    kubectl("rollout", "status", "deploy/modelmuxer", "--timeout=100s")
    assert kubectl("get", "deploy", "modelmuxer").splitlines()[1].split()[1] == "5/5"
    kubectl("scale", "sts/redis-cluster", "--replicas=7")
    kubectl("rollout", "status", "sts/redis-cluster", "--timeout=100s")


def test_a_broken_image_holds_the_rollout_and_keeps_the_old_pods(kubectl: Kubectl) -> None:
    kubectl("set", "image", "deploy/modelmuxer", "api=modelmuxer-broken:1")
    wait_until(lambda: "ImagePullBackOff" in kubectl("get", "pods"), "the new pod cannot pull its image")
    late = kubectl.run("rollout", "status", "deploy/modelmuxer", "--timeout=1s")
    assert late.returncode == 1
    assert kubectl("get", "deploy", "modelmuxer").splitlines()[1].split()[1:4] == ["3/3", "1", "3"]
    events = kubectl("get", "events", "--sort-by=.lastTimestamp")
    assert "Failed to pull image" in events
    assert "Scaled up replica set" in events


def test_get_watch_follows_a_rollout(kubectl: Kubectl) -> None:
    with kubectl.start("get", "deploy", "modelmuxer", "-w") as watching:
        assert watching.stdout
        seen = [watching.stdout.readline() for _ in range(2)]
        kubectl("set", "image", "deploy/modelmuxer", "api=other:2")
        while len(seen) < 50 and seen[-1].split()[2] != "2":
            seen.append(watching.stdout.readline())
        watching.terminate()
    assert seen[0].split()[0] == "NAME"
    assert {line.split()[0] for line in seen[1:]} == {"modelmuxer"}
    assert [line.split()[1:3] for line in (seen[1], seen[-1])] == [["3/3", "3"], ["3/3", "2"]]


def test_a_refused_pod_shows_as_a_replica_failure(kubectl: Kubectl) -> None:
    small = '{"spec":{"hard":{"pods":"15"}}}'
    kubectl("patch", "quota", "modelmuxer-quota", "--type=merge", "-p", small)
    kubectl("scale", "deploy/modelmuxer", "--replicas=4")
    wait_until(lambda: "exceeded quota" in kubectl("get", "events"), "the pod is refused")
    conditions = "jsonpath={.status.conditions[*].type}"
    wait_until(lambda: "ReplicaFailure" in kubectl("get", "deploy", "modelmuxer", "-o", conditions), "it shows")


def test_describe_and_logs_read_a_pod(kubectl: Kubectl) -> None:
    kubectl("rollout", "restart", "deploy/modelmuxer")
    kubectl("rollout", "status", "deploy/modelmuxer", "--timeout=100s")
    text = kubectl("describe", "deploy", "modelmuxer")
    assert "NewReplicaSetAvailable" in text
    assert "ScalingReplicaSet" in text

    def pods() -> list[str]:
        return kubectl("get", "pods", "-l", "app.kubernetes.io/component=api", "-o", "name").split()

    # The rollout is over before the last old pod is gone.
    wait_until(lambda: len(pods()) == 3, "the old pods are gone")
    pod = pods()[0]
    assert "Successfully assigned" in kubectl("describe", pod)
    assert "starting api" in kubectl("logs", "deploy/modelmuxer", "--since=10m", "--all-containers")


def test_a_backup_job_made_from_the_cronjob_succeeds(kubectl: Kubectl) -> None:
    kubectl("create", "job", "--from=cronjob/postgresql-backup", "pre-cutover")
    kubectl("wait", "--for=condition=complete", "job/pre-cutover", "--timeout=100s")
    job = json.loads(kubectl("get", "job", "pre-cutover", "-o", "json"))
    assert job["status"]["succeeded"] == 1
    assert job["status"]["completionTime"] >= job["status"]["startTime"]


def test_rights_follow_the_roles_in_the_store(kubectl: Kubectl) -> None:
    account = f"--as=system:serviceaccount:{NAMESPACE}:modelmuxer"
    assert kubectl("auth", "can-i", "list", "pods", account) == "yes\n"
    assert kubectl.run("auth", "can-i", "list", "secrets", account).stdout == "no\n"
    assert "configmaps" in kubectl("auth", "can-i", "--list", account)
    stranger = kubectl.run("get", "pods", "--context=stranger")
    assert (
        'Error from server (Forbidden): pods is forbidden: User "stranger" cannot list resource "pods" '
        f'in API group "" in the namespace "{NAMESPACE}"\n'
    ) == stranger.stderr
    unknown = kubectl.run("get", "pods", "--token=wrong")
    assert "You must be logged in to the server" in unknown.stderr


def test_apply_creates_and_changes_and_dry_run_does_neither(kubectl: Kubectl) -> None:
    def manifest(word: str) -> str:
        body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "word"}, "data": {"word": word}}
        return json.dumps(body)

    assert "created" in kubectl("apply", "--dry-run=server", "-f", "-", given=manifest("none"))
    assert kubectl.run("get", "cm", "word").returncode == 1
    assert kubectl("apply", "-f", "-", given=manifest("one")) == "configmap/word created\n"
    assert kubectl("apply", "-f", "-", given=manifest("two")) == "configmap/word configured\n"
    assert "serverside-applied" in kubectl(
        "apply", "--server-side", "--force-conflicts", "-f", "-", given=manifest("3")
    )
    assert kubectl("get", "cm", "word", "-o", "jsonpath={.data.word}") == "3"


def test_deleting_an_owner_takes_what_it_owns(kubectl: Kubectl) -> None:
    kubectl("delete", "deploy", "modelmuxer", "--timeout=100s")
    chosen = ("-l", "app.kubernetes.io/component=api", "--no-headers")
    wait_until(lambda: kubectl("get", "rs,pods", *chosen) == "", "replica sets and pods are gone")

"""The shipped procedures of ModelMuxer: complete, in both worlds of names, and bound to the watched cluster."""

import os
import re
import subprocess
import sysconfig
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from mmcockpit import sources
from mmcockpit.config.load import load_cockpit
from mmcockpit.core.decide.procedures import detailed_values
from mmcockpit.core.facts.event import StepChanged
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.cockpit import Cockpit
from mmcockpit.core.model.procedure import Cluster, Danger, Procedure, Step
from mmcockpit.core.model.states import StepState
from mmcockpit.core.rules.messages.templates import STAKEHOLDERS, WORDS
from mmcockpit.core.state.options import options, preselected
from mmcockpit.core.state.procedure_runs import ProcedureRun
from mmcockpit.core.state.step_command import resolved
from mmcockpit.simulator.kubernetes.production import modelmuxer
from mmcockpit.simulator.kubernetes.server import SimulatedKubernetes
from tests.config.files import HEAD
from tests.config.modelmuxer import DEMO, other_world

KUBECTL = Path(sysconfig.get_path("scripts")) / "kubectl"
CLUSTER = Cluster("/kube/config", "prod-eu", "https://api.example.com:6443")
TITLES = ["Assess Impact", "Communicate", "Investigate", "Mitigate", "Rollback", "Document", "Post-Mortem"]
WORLDS = ("manifests", "workflow")


def cockpit(world: str, folder: Path) -> Cockpit:
    """The checklist as a cockpit file of this world loads it."""
    said: dict[str, Any] = other_world() if world == "workflow" else {}
    path = folder / "cockpit.yaml"
    path.write_text(f"{HEAD}checklist: modelmuxer\n{yaml.safe_dump(said) if said else ''}", encoding="utf-8")
    return load_cockpit(path, sources).cockpit


def procedures(world: str, folder: Path) -> dict[str, Procedure]:
    return {one.id: one for one in cockpit(world, folder).checklist.procedures}


@cache
def demo() -> dict[str, Procedure]:
    found = load_cockpit(DEMO, sources).cockpit.checklist.procedures
    return {one.id: one for one in found if one.offer is None}


def step(procedure: str, title: str) -> Step:
    return next(one for one in demo()[procedure].steps if one.title == title)


def position(procedure: Procedure, *words: str) -> int:
    """The number of the first step whose command has these words in a row."""
    return next(n for n, one in enumerate(procedure.steps) if " ".join(words) in " ".join(one.argv))


def test_an_emergency_has_seven_steps_and_everything_has_a_rollback() -> None:
    assert set(demo()) == {
        "emergency",
        "rollback-kubectl",
        "rollback-helm",
        "dns-back",
        "config-back",
        "database-restore",
        "backup-database",
        "deploy",
        "configure",
        "restart",
        "cutover",
    }
    assert [one.title for one in demo()["emergency"].steps] == TITLES
    for procedure in demo().values():
        assert procedure.about, procedure.id
        for one in procedure.steps:
            assert one.text or one.signal, (procedure.id, one.id)
            assert one.estimate > 0, (procedure.id, one.id)


@pytest.mark.parametrize("world", WORLDS)
def test_every_command_is_for_the_watched_cluster_and_the_right_names(world: str, tmp_path: Path) -> None:
    name = "modelmuxer" if world == "manifests" else "modelmuxer-production"
    for procedure in procedures(world, tmp_path).values():
        captured: dict[str, str] = {}
        for one in procedure.steps:
            argv, missing = resolved(one, captured, lambda _: CLUSTER)
            captured.update({each.name: "40" for each in one.captures})
            if one.ask is not None:
                captured[one.ask.name] = "0214"
            if not argv or (one.manual and argv[0] == "curl"):
                continue
            assert missing == (), (procedure.id, one.id)
            assert argv[0] in ("kubectl", "helm"), (procedure.id, one.id)
            context = "--context" if argv[0] == "kubectl" else "--kube-context"
            assert argv[1:4] == ("--kubeconfig=/kube/config", f"{context}=prod-eu", f"--namespace={name}")
            assert not re.search(r"\$\{|\$\$", " ".join(argv)), (procedure.id, one.id)


@pytest.mark.parametrize("world", WORLDS)
def test_what_a_step_waits_for_is_there_and_what_is_dangerous_is_typed(world: str, tmp_path: Path) -> None:
    found = cockpit(world, tmp_path)
    judged = {one.name for one in found.signals if one.judged}
    for procedure in found.checklist.procedures:
        for one in procedure.steps:
            assert not one.signal or one.signal in judged, one.signal
            assert one.message in ("", STAKEHOLDERS.id, *(each.id for each in found.messages))
            assert bool(one.typed) == (one.danger is Danger.DANGEROUS)
    target = next(one for one in procedures(world, tmp_path)["rollback-helm"].steps if one.title == "Roll back").target
    assert target == ("modelmuxer" if world == "manifests" else "modelmuxer-production")


def test_an_abort_rule_calls_for_the_rollback_of_its_world_and_an_alert_stays_behind_it(tmp_path: Path) -> None:
    called = {
        world: {one.id for one in procedures(world, tmp_path).values() if one.aborts == ("error_rate", "p95")}
        for world in WORLDS
    }
    assert called == {"manifests": {"rollback-kubectl"}, "workflow": {"rollback-helm"}}
    emergency = demo()["emergency"]
    assert emergency.alerts == ({"severity": "critical"},)
    assert set(emergency.after) == {"rollback-kubectl", "rollback-helm"}


def test_a_rollback_shows_the_history_first_and_names_a_revision() -> None:
    undo = demo()["rollback-kubectl"]
    assert position(undo, "rollout history") == 0
    steps = [
        position(undo, words) for words in ("rollout history", "get replicasets", "--revision=", "PAUSED:.spec.paused")
    ]
    later = [position(undo, words) for words in ('{"spec":{"paused":false}}', "rollout undo", "rollout status")]
    assert steps + later == sorted(steps + later)
    assert "--to-revision=${values.revision}" in step("rollback-kubectl", "Roll back").argv
    helm = demo()["rollback-helm"]
    rehearsed, done = position(helm, "${values.revision} --dry-run"), position(helm, "${values.revision} --wait")
    assert position(helm, "history") == 0 < rehearsed < done
    assert {"--timeout=10m", "--cleanup-on-fail"} <= set(helm.steps[done].argv)
    for procedure in (undo, helm):
        dangerous = [one for one in procedure.steps if one.danger is Danger.DANGEROUS]
        assert [one.title for one in dangerous] == ["Roll back"]
        assert "@sha256" in next(one.text for one in procedure.steps if "WARNING" in one.text)
        after = [one.signal for one in procedure.steps[procedure.steps.index(dangerous[0]) + 1 :] if one.signal]
        assert after == ["rollout_complete", "old_image", "error_rate", "p95", "critical_alerts", "smoke_chat"]
        assert next(one.hold for one in procedure.steps if one.signal == "error_rate") == 300.0


def test_the_database_step_requires_a_second_phrase_and_cannot_be_undone() -> None:
    restore = step("database-restore", "Restore")
    assert restore.typed == ("postgresql-primary", "newer rows are lost")
    assert [one.id for each in demo().values() for one in each.steps if one.no_return] == [restore.id]
    assert {"--clean", "--if-exists", "--single-transaction"} <= set(restore.argv)


REPLICASETS = """\
REVISION   PODS   READY    IMAGE                                              SINCE                  CAUSE
39         0      <none>   ghcr.io/modelmuxer/modelmuxer:2.4.0@sha256:56120270   2026-11-22T20:12:41Z   <none>
40         6      6        ghcr.io/modelmuxer/modelmuxer:2.4.1@sha256:151be194   2026-11-23T20:12:41Z   release by CI
41         2      <none>   ghcr.io/modelmuxer/modelmuxer:2.4.2@sha256:99120270,sidecar:1   2026-11-24T20:12:41Z
"""
IMAGES = "Show the images of the revisions"
SAME = "2.4.2@sha256:99120270,sidecar:1"
HELM_HISTORY = """\
REVISION\tUPDATED                 \tSTATUS         \tCHART           \tAPP VERSION\tDESCRIPTION
3       \tMon Nov 16 21:02:11 2026\tuninstalled    \tmodelmuxer-1.0.0\t2.3.0      \tUninstallation complete
7       \tSun Nov 22 20:12:41 2026\tsuperseded     \tmodelmuxer-1.0.0\t2.4.0      \tUpgrade complete
8       \tMon Nov 23 20:12:41 2026\tdeployed       \tmodelmuxer-1.0.0\t2.4.1      \tUpgrade complete
9       \tMon Nov 23 21:12:41 2026\tfailed         \tmodelmuxer-1.0.0\t2.4.2      \tUpgrade "modelmuxer" failed
"""
TEMPLATE = """\
Pod Template:
  Labels:\tapp.kubernetes.io/name=modelmuxer
  Containers:
   api:
    Image:\tghcr.io/modelmuxer/modelmuxer:2.4.0@sha256:56120270
    Port:\t8000/TCP
"""
MANIFEST = """\
    spec:
      containers:
      - name: api
        image: "ghcr.io/modelmuxer/modelmuxer:2.4.0@sha256:56120270"
"""
IMAGE = ("ghcr.io/modelmuxer/modelmuxer:2.4.0@sha256:56120270",)


@pytest.mark.parametrize(
    ("procedure", "title", "output", "found"),
    [
        ("rollback-kubectl", IMAGES, REPLICASETS, ("39", "40", "41")),
        ("rollback-kubectl", "Check the revision to roll back to", TEMPLATE, IMAGE),
        ("rollback-helm", "Show the history", HELM_HISTORY, ("3", "7", "8", "9")),
        ("rollback-helm", "Check the revision to roll back to", MANIFEST, IMAGE),
    ],
)
def test_what_a_step_takes_from_its_output(procedure: str, title: str, output: str, found: tuple[str, ...]) -> None:
    (capture,) = step(procedure, title).captures
    assert tuple(detailed_values(capture.pattern, output.splitlines())) == found


@pytest.mark.parametrize(
    ("procedure", "title", "output", "offered"),
    [
        ("rollback-kubectl", IMAGES, REPLICASETS, "40"),
        ("rollback-kubectl", IMAGES, REPLICASETS.replace("6      6     ", "0      <none>"), ""),
        ("rollback-kubectl", IMAGES, REPLICASETS.replace(" 6      6     ", " 0      0     "), ""),
        ("rollback-kubectl", IMAGES, REPLICASETS.replace("2.4.1@sha256:151be194", SAME), ""),
        ("rollback-kubectl", IMAGES, REPLICASETS.replace("0      <none>", "6      6     "), "40"),
        ("rollback-kubectl", "Show the images of the revisions", "".join(REPLICASETS.splitlines(True)[:2]), ""),
        ("rollback-helm", "Show the history", HELM_HISTORY, "8"),
        ("rollback-helm", "Show the history", "".join(HELM_HISTORY.splitlines(True)[:4]), "7"),
        ("rollback-helm", "Show the history", HELM_HISTORY.replace("deployed  ", "failed    "), "7"),
        ("rollback-helm", "Show the history", "".join(HELM_HISTORY.splitlines(True)[:2]), ""),
    ],
)
def test_the_newest_good_revision_is_offered_first_and_never_the_one_that_runs(
    procedure: str, title: str, output: str, offered: str
) -> None:
    one = step(procedure, title)
    (capture,) = one.captures
    found = detailed_values(capture.pattern, output.splitlines())
    run = ProcedureRun(demo()[procedure], Stamp(0.0, 0.0), "ana")
    details = {capture.name: tuple(found.values())}
    run.take(StepChanged(procedure, one.id, StepState.OK, found={capture.name: tuple(found)}, details=details))
    assert preselected(options(run, capture.name)) == offered


def test_kubectl_understands_every_command_of_the_rollback(tmp_path: Path) -> None:
    """The real kubectl against the simulated API server, on a paused Deployment."""
    values: dict[str, str] = {}
    environment = os.environ | {"HOME": str(tmp_path)}
    with SimulatedKubernetes(tmp_path / "api", objects=modelmuxer.objects(), pod_start_s=0.2).in_thread() as api:
        context = yaml.safe_load(api.kubeconfig.read_text(encoding="utf-8"))["current-context"]
        watched = Cluster(str(api.kubeconfig), context)

        def run(one: Step) -> str:
            argv, missing = resolved(one, values, lambda _: watched)
            assert missing == ()
            done = subprocess.run([KUBECTL, *argv[1:]], env=environment, capture_output=True, text=True, check=False)
            assert done.returncode == 0, (one.id, done.stderr)
            return done.stdout

        run(step("emergency", "Assess Impact"))
        run(step("emergency", "Mitigate"))
        said = {}
        for one in demo()["rollback-kubectl"].steps:
            if not one.argv:
                continue
            said[one.id] = run(one)
            found = {
                each.name: tuple(detailed_values(each.pattern, said[one.id].splitlines())) for each in one.captures
            }
            values.update({name: choices[0] for name, choices in found.items()})
        run(step("rollback-kubectl", "Resume a paused rollout"))
    assert values["revision"] == "1"
    assert "@sha256:" in values["image"]
    assert values["image"] in said["show-the-images-of-the-revisions"]
    assert (said["is-the-rollout-paused"], values["paused"]) == ("PAUSED\ntrue\n", "true")
    assert "successfully rolled out" in said["watch-the-rollout"]


def test_messages_report_the_situation() -> None:
    messages = {one.id: one for one in load_cockpit(DEMO, sources).cockpit.messages}
    assert set(messages) == {"status"}
    used = set(re.findall(r"\$\{(\w+)\}", messages["status"].text))
    assert used == {"target", "situation", "impact", "activity", "next_update"}
    assert used <= set(WORDS)

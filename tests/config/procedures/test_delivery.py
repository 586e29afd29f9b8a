"""The procedures that are made for Rollouts and Deployments: exact commands, and what is left out."""

from pathlib import Path

from mmcockpit.core.model.procedure import Danger, Procedure
from tests.config.files import cockpit, loaded, written

ONE = """
sources:
  cluster: {kind: kubernetes, namespace: shop}
signals:
  canary: {cluster.argo_rollout: checkout, pass: value.complete}
  again: {cluster.argo_rollout: checkout, pass: value.complete}
  web: {cluster.rollout: web, pass: value.complete}
  store: {cluster.rollout: statefulset/store, pass: value.complete}
"""
HEAD = ("kubectl", "--kubeconfig=${cluster.kubeconfig}", "--context=${cluster.context}", "--namespace=shop")
PATCH = (*HEAD, "patch", "rollouts.argoproj.io", "checkout")
STATUS = (*PATCH, "--subresource=status", "--type=merge")
COMMANDS = {
    "promote-checkout": (*STATUS, '--patch={"status":{"pauseConditions":null}}'),
    "pause-checkout": (*PATCH, "--type=merge", '--patch={"spec":{"paused":true}}'),
    "resume-checkout": (*PATCH, "--type=merge", '--patch={"spec":{"paused":false}}'),
    "abort-checkout": (*STATUS, '--patch={"status":{"abort":true}}'),
    "retry-checkout": (*STATUS, '--patch={"status":{"abort":false}}'),
    "pause-web": (*HEAD, "rollout", "pause", "deployment/web"),
    "resume-web": (*HEAD, "rollout", "resume", "deployment/web"),
}


def made(folder: Path, text: str) -> dict[str, Procedure]:
    return {one.id: one for one in loaded(cockpit(folder, text)).cockpit.checklist.procedures}


def test_each_action_is_one_command_that_names_kubeconfig_context_and_namespace(tmp_path: Path) -> None:
    procedures = made(tmp_path, ONE)
    assert {name: one.steps[0].argv for name, one in procedures.items()} == COMMANDS
    assert all(one.steps[0].target in ("checkout", "web") for one in procedures.values())
    assert all(sum(bool(step.argv) for step in one.steps) == 1 for one in procedures.values())


def test_what_moves_traffic_needs_its_target_typed(tmp_path: Path) -> None:
    dangerous = {name for name, one in made(tmp_path, ONE).items() if one.steps[0].danger is Danger.DANGEROUS}
    assert dangerous == {"promote-checkout", "abort-checkout", "retry-checkout"}


def test_a_signal_of_another_cluster_names_that_cluster(tmp_path: Path) -> None:
    two = """
    sources:
      eu: {kind: kubernetes, namespace: shop}
      us: {kind: kubernetes, namespace: shop}
    signals:
      web_eu: {eu.rollout: web, pass: value.complete}
      web_us: {us.rollout: web, pass: value.complete}
    """
    steps = {name: one.steps[0] for name, one in made(tmp_path, two).items()}
    assert {name: step.cluster for name, step in steps.items()} == {
        "pause-web": "eu",
        "resume-web": "eu",
        "pause-web-web_us": "us",
        "resume-web-web_us": "us",
    }


def test_a_procedure_of_a_file_keeps_its_id(tmp_path: Path) -> None:
    own = "procedures:\n  - {id: pause-web, title: Ours, steps: [{title: Call the team}]}\n"
    procedures = made(tmp_path, ONE + own)
    assert procedures["pause-web"].title == "Ours"
    assert procedures["pause-web-web"].steps[0].argv == COMMANDS["pause-web"]


WAVES = """
name: Night
environment: staging
checklist: checklist.yaml
sources:
  eu-1: {kind: kubernetes, context: eu1}
  eu-2: {kind: kubernetes, context: eu2}
"""
REPEATED = """
name: waves
title: Waves
phases:
  - title: Release
    targets: [eu-1, eu-2]
    sections: [{title: Canary, items: [{title: Promote it, signal: canary, procedure: promote-shop}]}]
signals:
  canary: {cluster.argo_rollout: {name: shop, namespace: shop}, pass: value.complete}
"""


def test_each_target_of_a_wave_has_actions_of_its_own_for_its_own_cluster(tmp_path: Path) -> None:
    made = loaded(written(tmp_path, cockpit=WAVES, checklist=REPEATED) / "cockpit.yaml").cockpit
    procedures = {one.id: one for one in made.checklist.procedures}
    assert set(procedures) == {
        f"{verb}-shop@{target}"
        for verb in ("promote", "pause", "resume", "abort", "retry")
        for target in ("eu-1", "eu-2")
    }
    for target in ("eu-1", "eu-2"):
        aborted = procedures[f"abort-shop@{target}"]
        command, effect = aborted.steps
        assert (aborted.title, aborted.target) == (f"{target}: abort shop", target)
        assert aborted.offer is not None
        assert aborted.offer.signal == f"canary@{target}"
        assert command.argv[1:3] == (f"--kubeconfig=${{{target}.kubeconfig}}", f"--context=${{{target}.context}}")
        assert command.cluster == target
        assert effect.wait is not None
        assert effect.wait.until == f'signals["canary@{target}"].value.aborted'
    assert [item.procedure for item in made.checklist.items] == ["promote-shop@eu-1", "promote-shop@eu-2"]

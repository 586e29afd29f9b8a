"""Phases with targets: what exists once for each of them, and every mistake at its place."""

from pathlib import Path

from mmcockpit.core.model.cockpit import Abort, Cockpit
from tests.config.files import loaded, mistakes, written

SOURCES = """\
name: Night
environment: staging
checklist: checklist.yaml
sources:
  eu-1: {kind: kubernetes, context: eu1}
  eu-2: {kind: kubernetes, context: eu2}
  prometheus: {kind: prometheus, url: 'http://127.0.0.1:1'}
"""
CHECKLIST = """\
name: waves
title: Waves
phases:
  - title: Preparation
    sections: [{title: Core, items: [{title: Backup}]}]
  - title: Deployment
    targets: [eu-1, eu-2]
    sections:
      - title: Rollout
        items:
          - {title: "Announce ${target}"}
          - {title: Rollout finished, signal: rollout, procedure: deploy, needs: [backup]}
  - title: Verification
    sections: [{title: Core, items: [{title: Smoke test, needs: [rollout-finished]}]}]
signals:
  rollout: {title: Rollout, cluster.rollout: app, pass: value.complete}
  errors: {title: Errors, prometheus.query: 'errors{cluster="${target}"}', pass: value < 0.01}
abort:
  - {signal: errors, for: 1m, from: deployment}
procedures:
  - id: deploy
    title: Deploy
    steps:
      - title: Restart
        danger: changes
        command: [kubectl, "--kubeconfig=${cluster.kubeconfig}", "--context=${cluster.context}", rollout, restart,
          deployment/app]
        signal: rollout
        on_fail: rollback
        when: signals.rollout.verdict != "pass"
  - id: rollback
    title: Rollback
    queued_by: {abort: [errors]}
    steps:
      - title: Undo
        danger: dangerous
        target: production
        command: [kubectl, "--kubeconfig=${cluster.kubeconfig}", "--context=${cluster.context}", rollout, undo,
          deployment/app]
"""


def folder(tmp_path: Path, checklist: str = CHECKLIST, sources: str = SOURCES) -> Path:
    return written(tmp_path, cockpit=sources, checklist=checklist) / "cockpit.yaml"


def waves(tmp_path: Path, checklist: str = CHECKLIST) -> Cockpit:
    return loaded(folder(tmp_path, checklist)).cockpit


def test_a_phase_exists_once_per_target_with_its_items(tmp_path: Path) -> None:
    found = waves(tmp_path)
    phases = found.checklist.phases
    assert [phase.id for phase in phases] == ["preparation", "deployment@eu-1", "deployment@eu-2", "verification"]
    assert [(phase.wave, phase.target) for phase in phases[1:3]] == [("deployment", "eu-1"), ("deployment", "eu-2")]
    announced, finished = phases[2].items
    assert announced.title == "Announce eu-2"
    assert finished.id == "deployment@eu-2/rollout/rollout-finished"
    assert (finished.title, finished.signal) == ("eu-2: Rollout finished", "rollout@eu-2")
    assert (finished.procedure, finished.needs) == ("deploy@eu-2", ("preparation/core/backup",))
    assert [item.number for item in found.checklist.items] == [1, 2, 3, 4, 5, 6]
    (smoke,) = phases[3].items
    assert smoke.needs == tuple(f"deployment@{one}/rollout/rollout-finished" for one in ("eu-1", "eu-2"))
    assert "target" not in found.vars


def test_signals_and_abort_rules_read_the_cluster_of_their_target(tmp_path: Path) -> None:
    found = waves(tmp_path)
    signals = {signal.name: signal for signal in found.signals}
    assert list(signals) == ["rollout@eu-1", "rollout@eu-2", "errors@eu-1", "errors@eu-2"]
    assert (signals["rollout@eu-2"].source, signals["rollout@eu-2"].title) == ("eu-2", "eu-2: Rollout")
    assert signals["errors@eu-2"].source == "prometheus"
    assert signals["errors@eu-2"].args["query"] == 'errors{cluster="eu-2"}'
    assert found.aborts == tuple(Abort(f"errors@{one}", 60.0, f"deployment@{one}") for one in ("eu-1", "eu-2"))


def test_procedures_run_on_the_cluster_of_their_target(tmp_path: Path) -> None:
    procedures = {procedure.id: procedure for procedure in waves(tmp_path).checklist.procedures}
    own = [name for name, procedure in procedures.items() if procedure.offer is None]
    assert own == ["deploy@eu-1", "deploy@eu-2", "rollback@eu-1", "rollback@eu-2"]
    (step,) = procedures["deploy@eu-2"].steps
    assert step.cluster == "eu-2"
    assert step.argv[1:3] == ("--kubeconfig=${eu-2.kubeconfig}", "--context=${eu-2.context}")
    assert (step.signal, step.on_fail) == ("rollout@eu-2", "rollback@eu-2")
    assert step.when == 'signals["rollout@eu-2"].verdict != "pass"'
    assert procedures["rollback@eu-1"].aborts == ("errors@eu-1",)


def test_a_target_that_is_not_a_known_cluster_is_a_mistake_at_its_place(tmp_path: Path) -> None:
    for written_, message in (
        ("[eu-1, eu-3]", "checklist.yaml:7:21: unknown cluster 'eu-3'; did you mean 'eu-1'?"),
        ("[eu-1, prometheus]", "checklist.yaml:7:21: unknown cluster 'prometheus'; known: eu-1, eu-2"),
        ("[eu-1, eu-1]", "checklist.yaml:7:21: duplicate target 'eu-1'; remove one"),
    ):
        text = CHECKLIST.replace("[eu-1, eu-2]", written_)
        found = mistakes(folder(tmp_path, text))
        assert any(one.startswith(message.split("; did")[0]) for one in found), found


def test_an_item_of_another_phase_cannot_name_what_exists_once_per_target(tmp_path: Path) -> None:
    text = CHECKLIST.replace("{title: Smoke test,", "{title: Smoke test, signal: rollout,")
    (found,) = mistakes(folder(tmp_path, text))
    assert found.endswith("signal 'rollout' exists once per target; move the item to a phase with targets")


def test_a_variable_with_the_name_of_the_target_is_a_mistake(tmp_path: Path) -> None:
    text = CHECKLIST.replace("phases:\n", "vars: {target: x}\nphases:\n", 1)
    assert any(
        "${target} is the name of a target here; rename the variable" in one for one in mistakes(folder(tmp_path, text))
    )

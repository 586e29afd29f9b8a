"""Phases with targets: what exists once for each of them, and every mistake at its place."""

from pathlib import Path

import pytest

from mmcockpit import sources
from mmcockpit.config.checklist.export import to_yaml
from mmcockpit.config.load import check_file
from mmcockpit.config.rejudge_rules import with_rules
from mmcockpit.config.text.error import FileError, FileWarning
from mmcockpit.core.model.cockpit import Abort, Cockpit
from tests.config.files import load_checklist, loaded, mistakes, written

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


def warnings_of(path: Path) -> list[str]:
    warnings: list[FileWarning] = []
    assert check_file(path, sources, warnings) == []
    return [str(each).removeprefix(f"{path.parent}/") for each in warnings]


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
    assert len({item.id for item in found.checklist.items}) == 6


def test_a_phase_whose_title_is_that_of_a_copy_has_another_id(tmp_path: Path) -> None:
    text = CHECKLIST.replace("title: Preparation", "title: Deployment@eu-1")
    assert [phase.id for phase in waves(tmp_path, text).checklist.phases][:2] == ["deployment-eu-1", "deployment@eu-1"]


def test_a_title_that_names_its_target_late_begins_with_it(tmp_path: Path) -> None:
    text = CHECKLIST.replace("Announce ${target}", "Tell the customers of ${target}")
    text = text.replace("title: Rollback\n", "title: Take the release back from ${target}\n")
    found = loaded(folder(tmp_path, text, f"{SOURCES}allow: {{procedures: true}}\n")).cockpit
    assert next(iter(found.checklist.phases[2].items)).title == "eu-2: Tell the customers of eu-2"
    titles = {signal.name: signal.title for signal in found.signals}
    assert titles["ready_rollback@eu-2"] == "eu-2: rollback ready: Take the release back from eu-2"
    assert titles["ready_deploy@eu-2"] == "eu-2: ready: Deploy"


def test_a_title_names_its_target_once(tmp_path: Path) -> None:
    text, sources = CHECKLIST.replace("eu-", "eu"), SOURCES.replace("eu-", "eu")
    text = text.replace("title: Rollout finished", "title: Rollout in eu10 finished")
    found = loaded(folder(tmp_path, text.replace("rollout-finished", "rollout-in-eu10-finished"), sources)).cockpit
    titles = [item.title for phase in found.checklist.phases[1:3] for item in phase.items]
    assert titles == [
        *("Announce eu1", "eu1: Rollout in eu10 finished"),
        *("Announce eu2", "eu2: Rollout in eu10 finished"),
    ]


def test_signals_and_abort_rules_read_the_cluster_of_their_target(tmp_path: Path) -> None:
    found = waves(tmp_path)
    signals = {signal.name: signal for signal in found.signals}
    assert list(signals) == ["rollout@eu-1", "rollout@eu-2", "errors@eu-1", "errors@eu-2"]
    assert (signals["rollout@eu-2"].source, signals["rollout@eu-2"].title) == ("eu-2", "eu-2: Rollout")
    assert signals["errors@eu-2"].source == "prometheus"
    assert signals["errors@eu-2"].args["query"] == 'errors{cluster="eu-2"}'
    assert found.aborts == tuple(Abort(f"errors@{one}", 60.0, f"deployment@{one}") for one in ("eu-1", "eu-2"))


def test_procedures_run_on_the_cluster_of_their_target(tmp_path: Path) -> None:
    procedures = {one.id: one for one in waves(tmp_path).checklist.procedures if one.offer is None}
    assert list(procedures) == ["deploy@eu-1", "deploy@eu-2", "rollback@eu-1", "rollback@eu-2"]
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


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        (
            "cluster.rollout: app",
            "eu-1.rollout: app",
            "12:47: warning: signal 'rollout' polls eu-1 for every target; write cluster.rollout, so that each",
        ),
        (
            "${cluster.",
            "${eu-1.",
            "12:67: warning: procedure 'deploy' acts on eu-1 for every target; write ${cluster.context}, so that it",
        ),
    ],
)
def test_an_item_that_reads_or_changes_one_target_for_all_is_a_possible_mistake(
    tmp_path: Path, before: str, after: str, message: str
) -> None:
    (warning,) = warnings_of(folder(tmp_path, CHECKLIST.replace(before, after)))
    assert warning.startswith(f"checklist.yaml:{message}")
    one_target = CHECKLIST.replace("[eu-1, eu-2]", "[eu-1]").replace(before, after)
    assert warnings_of(folder(tmp_path, one_target)) == []


def test_two_targets_that_are_one_cluster_are_a_possible_mistake(tmp_path: Path) -> None:
    path = folder(tmp_path, sources=SOURCES.replace("context: eu2", "context: eu1"))
    message = "targets eu-1 and eu-2 are the same cluster, context 'eu1'; correct one of them"
    assert warnings_of(path) == [f"checklist.yaml:7:21: warning: {message}"]
    two_namespaces = SOURCES.replace("context: eu2", "context: eu1, namespace: second")
    assert warnings_of(folder(tmp_path, sources=two_namespaces)) == []


def test_an_item_of_another_phase_cannot_name_a_procedure_of_a_target(tmp_path: Path) -> None:
    text = CHECKLIST.replace("{title: Smoke test,", "{title: Smoke test, procedure: deploy,")
    (found,) = mistakes(folder(tmp_path, text))
    assert found.endswith("procedure 'deploy' exists once per target; move the item to a phase with targets")


def test_an_item_of_another_phase_requires_every_target_to_pass(tmp_path: Path) -> None:
    text = CHECKLIST.replace("{title: Smoke test,", "{title: Smoke test, signal: rollout,")
    found = waves(tmp_path, text)
    (smoke,) = found.checklist.phases[3].items
    whole = next(one for one in found.signals if one.name == smoke.signal)
    assert (whole.name, whole.title, whole.probe, whole.target) == ("rollout", "Rollout", "all_of", "")
    assert whole.group == ("rollout@eu-1", "rollout@eu-2")
    assert [column.key for column in whole.shape.columns]


def test_packs_bring_their_items_and_procedures_to_every_target(tmp_path: Path) -> None:
    """An item of a pack in another phase is about all targets."""
    use = (
        "use: [{pack: kubernetes-workload, vars: {deployment: app, namespace: app, pod_selector: app=app}}]\nphases:\n"
    )
    text = CHECKLIST.replace("phases:\n", use, 1).replace("title: Preparation", "title: Readiness")
    found = waves(tmp_path, text)
    groups = {one.name: one.group for one in found.signals}
    assert groups["workload_pods"] == ("workload_pods@eu-1", "workload_pods@eu-2")
    by_phase = {phase.id: [item.signal for item in phase.items if item.signal] for phase in found.checklist.phases}
    assert "workload_rollout@eu-2" in by_phase["deployment@eu-2"]
    assert not any("@" in name for name in (*by_phase["readiness"], *by_phase["verification"]))


def test_a_variable_with_the_name_of_the_target_is_a_mistake(tmp_path: Path) -> None:
    text = CHECKLIST.replace("phases:\n", "vars: {target: x}\nphases:\n", 1)
    assert any(
        "${target} is the name of a target here; rename the variable" in one for one in mistakes(folder(tmp_path, text))
    )


def test_signals_and_procedures_have_their_target(tmp_path: Path) -> None:
    found = waves(tmp_path)
    assert {one.target for one in found.signals} == {"eu-1", "eu-2"}
    assert {one.target for one in found.checklist.procedures if one.offer is None} == {"eu-1", "eu-2"}


@pytest.mark.parametrize(
    ("written_", "message"),
    [
        ("targets: []", "checklist.yaml:7:14: phases[1].targets must have at least 1 entry"),
        ("targets: eu-1", "checklist.yaml:7:14: phases[1].targets must be a list"),
        ("targets: [eu 1]", "checklist.yaml:7:15: phases[1].targets[0] is not a valid name"),
    ],
)
def test_targets_are_a_list_of_names(tmp_path: Path, written_: str, message: str) -> None:
    (found, *_) = mistakes(folder(tmp_path, CHECKLIST.replace("targets: [eu-1, eu-2]", written_)))
    assert found.startswith(message)


def test_the_targets_of_a_phase_are_in_one_file(tmp_path: Path) -> None:
    folder(tmp_path, sources=SOURCES.replace("checklist.yaml", "./parts"))
    parts = tmp_path / "parts"
    parts.mkdir()
    phase = "phases: [{id: deploy, title: Deploy, targets: [eu-1], sections: [{title: %s, items: [{title: %s}]}]}]\n"
    (parts / "1.yaml").write_text("name: waves\ntitle: Waves\n" + phase % ("A", "A"), encoding="utf-8")
    (parts / "checklist.yaml").write_text(phase % ("B", "B"), encoding="utf-8")
    assert mistakes(tmp_path / "cockpit.yaml") == [
        "checklist.yaml:1:38: duplicate targets of phase 'deploy'; write them in one file"
    ]


def test_several_phases_can_have_targets(tmp_path: Path) -> None:
    """A target is reached with its first phase, also if another phase has fewer targets."""
    text = CHECKLIST.replace("  - title: Verification\n", "  - title: Verification\n    targets: [eu-2]\n")
    found = waves(tmp_path, text)
    assert [phase.id for phase in found.checklist.phases[1:]] == [
        *("deployment@eu-1", "deployment@eu-2", "verification@eu-2")
    ]
    (smoke,) = found.checklist.phases[3].items
    assert smoke.needs == ("deployment@eu-2/rollout/rollout-finished",)


LAYOUT = """\
name: mine
panels:
  rollouts: {kind: rollout, signals: [rollout]}
  chart: {kind: chart, signals: [errors, all_well]}
arrangements: [{min_width: 0, columns: [{slots: [rollouts]}, {slots: [chart]}]}]
"""
COMBINED = CHECKLIST.replace(
    "abort:\n",
    """\
  all_well: {title: All well, session.all_of: [rollout, errors]}
  one_well: {title: One well, session.any_of: [rollout, errors]}
abort:
""",
)


def test_a_layout_names_a_signal_of_all_targets_by_its_plain_name(tmp_path: Path) -> None:
    written(tmp_path, layout=LAYOUT)
    path = folder(tmp_path, COMBINED, SOURCES + "layout: layout.yaml\n")
    panels = {panel.id: panel.signals for panel in loaded(path).cockpit.layout.panels}
    assert panels == {
        "rollouts": ("rollout@eu-1", "rollout@eu-2"),
        "chart": ("errors@eu-1", "errors@eu-2", "all_well"),
    }


def test_a_combination_requires_every_target_to_pass(tmp_path: Path) -> None:
    signals = {one.name: one for one in waves(tmp_path, COMBINED).signals}
    assert (signals["all_well"].probe, signals["all_well"].target) == ("all_of", "")
    assert signals["all_well"].group == ("rollout@eu-1", "rollout@eu-2", "errors@eu-1", "errors@eu-2")
    assert (signals["one_well"].probe, signals["one_well"].group) == ("all_of", ("one_well@eu-1", "one_well@eu-2"))
    assert signals["one_well@eu-2"].probe == "any_of"
    assert signals["one_well@eu-2"].group == ("rollout@eu-2", "errors@eu-2")


def test_a_combination_of_an_item_an_abort_rule_or_the_readiness_is_one_of_its_target(tmp_path: Path) -> None:
    nested = "  nested: {title: Nested, session.all_of: [one_well]}\nabort:\n"
    rules = "  - {signal: one_well, for: 1m, from: verification}\nreadiness: [nested]\nprocedures:\n"
    text = COMBINED.replace("abort:\n", nested).replace("procedures:\n", rules)
    text = text.replace("signal: rollout, procedure", "signal: all_well, procedure")
    found = waves(tmp_path, text)
    signals = {one.name: one for one in found.signals}
    assert signals["all_well@eu-1"].group == ("rollout@eu-1", "errors@eu-1")
    assert [one for one in found.aborts if one.phase == "verification"] == [
        Abort(f"one_well@{one}", 60.0, "verification") for one in ("eu-1", "eu-2")
    ]
    assert found.readiness == ("nested@eu-1", "nested@eu-2")
    assert signals["nested@eu-2"].group == ("one_well@eu-2",)


def test_a_rule_from_an_earlier_phase_waits_for_its_target(tmp_path: Path) -> None:
    found = waves(tmp_path, CHECKLIST.replace("from: deployment", "from: preparation"))
    assert found.aborts == (Abort("errors@eu-1", 60.0, "preparation"), Abort("errors@eu-2", 60.0, "deployment@eu-2"))


def test_the_baseline_is_that_of_every_target_before_the_first_one(tmp_path: Path) -> None:
    found = waves(tmp_path, CHECKLIST + "baseline: {signals: [errors], before: deployment}\n")
    assert found.baseline.signals == ("errors@eu-1", "errors@eu-2")
    assert found.baseline.before == "deployment@eu-1"


def test_a_procedure_that_only_reads_a_signal_or_queues_another_one_is_repeated(tmp_path: Path) -> None:
    more = """\
  - id: settle
    title: Settle
    steps: [{title: Wait, wait: {until: 'signals.rollout.value.complete'}}]
  - id: warm
    title: Warm
    steps: [{title: Warm, command: [warm], danger: changes, on_fail: settle}]
  - id: inform
    title: Inform
    after: [warm]
    steps: [{title: Write, manual: true}]
"""
    procedures = {one.id: one for one in waves(tmp_path, CHECKLIST + more).checklist.procedures}
    (wait,) = procedures["settle@eu-2"].steps
    assert wait.wait is not None
    assert wait.wait.until == 'signals["rollout@eu-2"].value.complete'
    assert procedures["warm@eu-1"].steps[0].on_fail == "settle@eu-1"
    assert procedures["inform"].after == ("warm@eu-1", "warm@eu-2")


def test_a_signal_of_a_rollback_is_that_of_the_target_beside_a_cluster_of_its_own(tmp_path: Path) -> None:
    """The source `cluster` is another one than the targets."""
    text = CHECKLIST.replace("        danger: dangerous\n", "        danger: dangerous\n        signal: undone\n")
    text = text.replace("abort:\n", "  undone: {title: Undone, cluster.rollout: app, pass: value.complete}\nabort:\n")
    sources = SOURCES.replace("  eu-1:", "  cluster: {kind: kubernetes, context: tools}\n  eu-1:")
    found = loaded(folder(tmp_path, text, sources)).cockpit
    assert {one.source for one in found.signals if one.name.startswith("undone")} == {"eu-1", "eu-2"}
    (undo,) = next(one for one in found.checklist.procedures if one.id == "rollback@eu-2").steps
    assert undo.signal == "undone@eu-2"


def test_targets_are_written_as_they_were_read(tmp_path: Path) -> None:
    folder(tmp_path)
    first = load_checklist(tmp_path / "checklist.yaml")
    assert [phase.targets for phase in first.phases] == [(), ("eu-1", "eu-2"), ()]
    (tmp_path / "again.yaml").write_text(to_yaml(first), encoding="utf-8")
    assert load_checklist(tmp_path / "again.yaml") == first


def test_other_rules_for_a_recorded_session_name_the_signals_of_all_targets(tmp_path: Path) -> None:
    found = waves(tmp_path)
    rules = tmp_path / "rules.yaml"
    rules.write_text(
        "signals: {errors: {pass: value < 0.5}}\nabort: [{signal: errors, for: 5m, from: deployment}]\n",
        encoding="utf-8",
    )
    changed = with_rules(rules, found)
    assert {one.rule.passes for one in changed.signals if one.name.startswith("errors@")} == {"value < 0.5"}
    assert changed.aborts == tuple(Abort(f"errors@{one}", 300.0, f"deployment@{one}") for one in ("eu-1", "eu-2"))
    rules.write_text("abort: [{signal: errors, for: 5m, from: deploymnt}]\n", encoding="utf-8")
    with pytest.raises(FileError, match=r"rules\.yaml:1:41: unknown phase 'deploymnt'"):
        with_rules(rules, found)

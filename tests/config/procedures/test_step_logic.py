"""Step logic as files say it: every kind of step as it is read, and every mistake at its place with the way out."""

from pathlib import Path

import pytest

from mmcockpit import sources
from mmcockpit.config.checklist.export import to_yaml
from mmcockpit.config.load import check_file
from mmcockpit.core.model.procedure import ASK, Danger, Step, StepQuestion, StepRetry, StepWait
from tests.config.files import cockpit, load_checklist, loaded, mistakes, written

CHECKLIST = """\
name: c
title: C
phases: [{title: Deployment}]
signals:
  errors: {prometheus.query: a, pass: value < 0.1}
  shown: {prometheus.query: b}
procedures:
  - id: deploy
    title: Deploy
    target: shop
    steps:
      - title: Version
        ask: {name: version, about: the version to deploy, pattern: 'v\\d+'}
      - {title: Ring, ask: {name: ring, choices: [small, all]}}
      - id: both
        title: Both regions
        parallel:
          - {title: Set eu, command: [deploy-it, eu, "${values.version}"], danger: dangerous, target: eu}
          - {title: Set us, command: [deploy-it, us, "${values.version}"], danger: dangerous, target: us}
      - title: Warm up
        command: [warm-up]
        danger: changes
        when: values.ring == "all" && signals.errors.verdict == "pass" && steps["set-eu"].state == "ok"
        retry: {times: 2, every: 30s}
        on_fail: ask
      - {title: Pause, wait: {for: 5m}}
      - {title: Quiet, wait: {until: signals.shown.value < 3.0}, timeout: 20m, on_fail: back}
      - {title: Flip the switch, manual: true, command: [flip, "--to=${values.version}"]}
  - {id: back, title: Go back, steps: [{title: Undo}]}
"""


def test_every_kind_of_step_is_read_as_it_is_written(tmp_path: Path) -> None:
    written(tmp_path, c=CHECKLIST)
    deploy = loaded(cockpit(tmp_path, "checklist: c.yaml\n")).cockpit.checklist.procedures[0]
    steps = {step.id: step for step in deploy.steps}
    assert list(steps) == ["version", "ring", "set-eu", "set-us", "warm-up", "pause", "quiet", "flip-the-switch"]
    assert steps["version"].ask == StepQuestion("version", "the version to deploy", r"v\d+")
    assert steps["ring"].ask == StepQuestion("ring", choices=("small", "all"))
    assert [step.group for step in deploy.steps] == ["", "", "both", "both", "", "", "", ""]
    assert deploy.groups == {"both": "Both regions"}
    warm = steps["warm-up"]
    assert (warm.retry, warm.on_fail) == (StepRetry(2, 30.0), ASK)
    assert warm.when.startswith('values.ring == "all"')
    assert (steps["pause"].wait, steps["pause"].estimate) == (StepWait(300.0), 300.0)
    assert (steps["quiet"].wait, steps["quiet"].timeout) == (StepWait(until="signals.shown.value < 3.0"), 1200.0)
    assert steps["quiet"].on_fail == "back"
    assert steps["flip-the-switch"] == Step(
        "flip-the-switch",
        "Flip the switch",
        argv=("flip", "--to=${values.version}"),
        danger=Danger.READS,
        target="shop",
        manual=True,
    )
    assert check_file(tmp_path / "c.yaml", sources) == []


def test_an_exported_checklist_loads_as_the_same_procedures(tmp_path: Path) -> None:
    first = load_checklist(written(tmp_path, c=CHECKLIST) / "c.yaml")
    (tmp_path / "again.yaml").write_text(to_yaml(first), encoding="utf-8")
    assert load_checklist(tmp_path / "again.yaml").procedures == first.procedures


GROUP = "{title: B, parallel: ["
RUN = "title: B, danger: reads, command: [a], "


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("{title: B, wait: {for: 5m}, command: [a], danger: reads}", "9:26: a step has either `command` or `wait`"),
        ("{title: B, ask: {name: b}, wait: {for: 5m}}", "9:25: a step has either `wait` or `ask`; write one of them"),
        ("{title: B, wait: {for: 5m}, signal: errors}", "9:45: a step with `wait` cannot have a signal; write `wait:"),
        ("{title: B, ask: {name: b}, manual: true}", "9:44: a step with `ask` cannot be manual; remove `manual`"),
        ("{title: B, wait: {}}", "9:26: must be {for: 5m} or {until: CEL}"),
        ("{title: B, wait: {for: 5m, until: 'true'}}", "9:26: must be {for: 5m} or {until: CEL}"),
        ("{title: B, wait: {for: soon}}", "9:32: procedures[0].steps[1].wait.for must be a duration"),
        ("{title: B, wait: {unttil: 'true'}}", "9:27: unknown key 'unttil'; did you mean 'until'?"),
        ("{title: B, retry: {times: 2}}", "9:27: a step without a command cannot have `retry`; add `command: [...]`"),
        (f"{{{RUN}retry: {{times: 0}}}}", "9:64: procedures[0].steps[1].retry.times must be >= 1"),
        (f"{{{RUN}retry: {{every: 5s}}}}", "9:56: missing 'times' in procedures[0].steps[1].retry; add `times: ...`"),
        (f"{{{RUN}retry: {{times: 2, every: 2h}}}}", "9:74: must be at most 1h"),
        (f"{{{RUN}manual: true, retry: {{times: 2}}}}", "9:70: the cockpit does not run a manual step, which cannot"),
        ("{title: B, wait: 5m}", "9:26: procedures[0].steps[1].wait must be {for: 5m} or {until: CEL}"),
        ("{title: B, wait: {for: 5m}, timeout: 10m}", "9:46: a wait for a time ends by itself; remove `timeout`"),
        (f"{{{RUN}retry: 3}}", "9:56: procedures[0].steps[1].retry must be {times: 2, every: 30s}"),
        ("{title: B, sleep: 5m}", "9:20: unknown key 'sleep'; did you mean 'wait'?"),
        ("{title: B, id: a}", "9:24: duplicate id 'a' of a step; rename one"),
        # Questions.
        ("{title: B, ask: Which version?}", "9:25: procedures[0].steps[1].ask must be {name: version, about: what"),
        ("{title: B, ask: {pattern: a}}", "9:25: missing 'name' in procedures[0].steps[1].ask; add `name: ...`"),
        ("{title: B, ask: {name: b, pattern: '('}}", "9:44: invalid regular expression: missing )"),
        ("{title: B, ask: {name: b, choices: [c]}}", "9:44: procedures[0].steps[1].ask.choices must have at least 2"),
        ("{title: B, ask: {name: b, choices: [c, -d]}}", "9:48: must not begin with -, because a program would read"),
        ("{title: B, ask: {name: b, choices: [c, c]}}", "9:48: duplicate choice 'c'; remove one"),
        ("{title: B, ask: {name: b, pattern: c, choices: [c, d]}}", "9:44: a question has either `pattern` or"),
        ("{title: B, ask: {name: revision}}", "9:26: duplicate value 'revision': an earlier step captures it already"),
        # Conditions.
        ("{title: B, when: values.revision}", "9:26: `when`: the rule returns a text, not true or false; it is a CEL"),
        (
            "{title: B, when: 1 + 1}",
            "9:26: `when`: the rule returns a whole number, not true or false; it is a CEL expression",
        ),
        (
            "{title: B, when: signals.errors.value}",
            "9:26: `when`: the rule returns a number, not true or false; compare",
        ),
        (
            "{title: B, when: signals.errors.verdict}",
            "9:26: `when`: the rule returns a text, not true or false; compare",
        ),
        (
            "{title: B, when: steps.a.state}",
            "9:26: `when`: the rule returns a text, not true or false; compare it: ste",
        ),
        ("{title: B, when: 'true &&'}", "9:34: `when`: Syntax error"),
        ("{title: B, when: value > 1.0}", "9:26: `when`: undeclared reference to 'value'"),
        ("{title: B, when: signals.erors.verdict == 'pass'}", "9:26: unknown signal 'erors'; did you mean 'errors'?"),
        ("{title: B, when: signals.errors == 'pass'}", '9:26: `when`: missing field of signals["errors"]; write sig'),
        ("{title: B, when: signals.errors.verdct == 'pass'}", "9:26: `when`: unknown field 'verdct' of signals[\"er"),
        ("{title: B, when: signals.errors.verdict == 'ok'}", "9:26: `when`: unknown verdict 'ok'; known: pass, warn"),
        ("{title: B, when: values.revison == '3'}", "9:26: `when`: unknown value 'values.revison': no earlier step"),
        ('{title: B, when: \'steps["b"].state == "ok"\'}', "9:27: `when`: 'b' is not the id of an earlier step"),
        ("{title: B, when: steps.a.state == 'okay'}", "9:26: `when`: unknown state 'okay'; known: pending, ready"),
        ("{title: B, wait: {until: '5'}}", "9:35: `until`: the rule returns a whole number, not true or"),
        (
            "{title: B, when: duration(values.revision) < duration('1d')}",
            "9:54: `when`: a text cannot be read as a number or a time; write duration('24h')",
        ),
        (
            "{title: B, wait: {until: values.revision > '2.10'}}",
            "9:34: `until`: texts are ordered letter by letter: '2.9' is after '2.10'; compare numbers",
        ),
        ("{title: B, when: vars.nmespace == 'a'}", "9:26: `when`: unknown variable 'vars.nmespace'; "),
        ("{title: B, when: ''}", "9:26: must not be empty; write a condition, or remove it"),
        ('{title: B, when: \'"${values.revision}" == "3"\'}', "9:28: 'values.revision' is defined only in the command"),
        # Groups.
        (f"{GROUP}{{title: C}}]}}", "9:30: procedures[0].steps[1].parallel must have at least 2 entries"),
        (
            f"{GROUP}{{title: C}}, {{title: D}}], signal: errors}}",
            "9:56: a group cannot have `signal`; write it in its",
        ),
        (
            f"{GROUP}{{title: C, parallel: [{{title: E}}, {{title: F}}]}}, {{title: D}}]}}",
            "9:31: procedures[0].steps[1].parallel[0] must not be a group in a group; write its steps in one group",
        ),
        (
            f"{GROUP}{{title: C, danger: dangerous, command: [a], target: x}}, "
            "{title: D, danger: dangerous, command: [b], target: x}]}",
            "9:106: a second dangerous step of this group on 'x', after 'C'; write them one after the other",
        ),
        (
            f"{GROUP}{{title: C, ask: {{name: c}}}}, {{title: D, danger: reads, command: [a, '${{values.c}}']}}]}}",
            "9:98: unknown value 'values.c': no earlier step captures it",
        ),
        # What follows a failure.
        ("{title: B, on_fail: mine}", "9:29: procedure 'mine' names itself; write stop, ask or another procedure"),
        ("{title: B, on_fail: bakc}", "9:29: unknown procedure 'bakc'; did you mean 'back'?; write stop, ask or a"),
        (
            "{title: B, on_fail: again}",
            "9:29: procedures queue each other: mine -> again -> mine; remove one `on_fail`",
        ),
    ],
)
def test_a_mistake_in_step_logic_is_found_at_its_place(tmp_path: Path, text: str, mistake: str) -> None:
    written(tmp_path, c=CHECKLIST)
    first = "{title: A, command: [show], danger: reads, captures: {revision: {pattern: '(a)'}}}"
    again = "  - {id: again, title: G, steps: [{title: G, on_fail: mine}]}\n"
    own = f"procedures:\n  - id: mine\n    title: M\n    steps:\n      - {first}\n      - {text}\n{again}"
    found = mistakes(cockpit(tmp_path, f"checklist: c.yaml\n{own}"))
    assert any(each.startswith(f"cockpit.yaml:{mistake}") for each in found), found


def test_two_dangerous_steps_of_a_group_may_have_one_target_on_two_clusters(tmp_path: Path) -> None:
    words = '"--kubeconfig=${%s.kubeconfig}", "--context=${%s.context}", delete, pod, x'
    members = ", ".join(
        f"{{title: In {name}, target: x, danger: dangerous, command: [kubectl, {words % (name, name)}]}}"
        for name in ("eu", "us")
    )
    text = "sources: {eu: {kind: kubernetes}, us: {kind: kubernetes}}\nprocedures: [{title: P, steps: ["
    assert mistakes(cockpit(tmp_path, f"{text}{{title: G, parallel: [{members}]}}]}}]\n")) == []


def test_a_person_decides_a_condition_on_a_signal_that_is_switched_off(tmp_path: Path) -> None:
    written(tmp_path, c=CHECKLIST)
    path = cockpit(tmp_path, "checklist: c.yaml\nsignals: {errors: off, shown: off}\n")
    steps = {step.id: step for procedure in loaded(path).cockpit.checklist.procedures for step in procedure.steps}
    assert steps["warm-up"].when == ""
    assert (steps["quiet"].wait, steps["quiet"].manual) == (None, True)


def test_an_own_condition_on_a_signal_that_is_switched_off_is_a_mistake(tmp_path: Path) -> None:
    written(tmp_path, c=CHECKLIST)
    step = "{title: A, command: [a], danger: reads, when: signals.errors.value < 1.0}"
    own = f"procedures: [{{title: M, steps: [{step}]}}]"
    found = mistakes(cockpit(tmp_path, f"checklist: c.yaml\nsignals: {{errors: off}}\n{own}\n"))
    assert [each.partition(": ")[2] for each in found] == ["signal 'errors' is switched off; remove it here"]

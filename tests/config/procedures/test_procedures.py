"""Procedures and messages as files say them: what is read, and every mistake at its place with the way out."""

from pathlib import Path

import pytest

from mmcockpit import sources
from mmcockpit.config.load import check_file
from mmcockpit.core.model.procedure import Capture, Danger, Message, Procedure, Step
from tests.config.files import cockpit, loaded, mistakes, written

KUBECTL = 'kubectl, "--kubeconfig=${cluster.kubeconfig}", "--context=${cluster.context}"'
CHECKLIST = f"""\
name: c
title: C
vars: {{deployment: muxer, target: 192.0.2.1}}
phases: [{{title: Cutover}}]
signals:
  errors: {{prometheus.query: a, pass: value < 0.1}}
  shown: {{prometheus.query: b}}
abort: [{{signal: errors, for: 2m, from: cutover}}]
messages:
  status: {{title: Status, text: "${{advice}} on ${{target}} of ${{deployment}}"}}
procedures:
  - id: back
    title: Go back
    about: When the new version is the cause.
    target: ${{deployment}}
    queued_by: {{abort: [errors], alerts: [{{alertname: Slow|Down, severity: critical}}]}}
    steps:
      - title: History
        command: [{KUBECTL}, rollout, history]
        danger: reads
        captures: {{revision: {{pattern: '^(\\d+)\\s', about: where to}}}}
      - title: Undo
        text: "To the one before."
        command: [{KUBECTL}, rollout, undo, "--to-revision=${{values.revision}}"]
        danger: dangerous
        phrase: old rows stay
        signal: errors
        hold: 5m
        estimate: 90s
        timeout: 10m
        if_fails: Look again.
        point_of_no_return: true
        message: status
      - {{title: Tell}}
  - {{title: Something is wrong, after: [back], steps: [{{title: Look}}]}}
"""


def test_a_procedure_defines_everything_a_step_needs(tmp_path: Path) -> None:
    written(tmp_path, c=CHECKLIST)
    found = loaded(cockpit(tmp_path, "checklist: c.yaml\n")).cockpit
    back, wrong = found.checklist.procedures
    bound = ("kubectl", "--kubeconfig=${cluster.kubeconfig}", "--context=${cluster.context}")
    history = Step(
        "history",
        "History",
        argv=(*bound, "rollout", "history"),
        target="muxer",
        captures=(Capture("revision", r"^(\d+)\s", about="where to"),),
    )
    undo = Step(
        id="undo",
        title="Undo",
        text="To the one before.",
        argv=(*bound, "rollout", "undo", "--to-revision=${values.revision}"),
        danger=Danger.DANGEROUS,
        target="muxer",
        phrase="old rows stay",
        signal="errors",
        hold=300.0,
        estimate=90.0,
        timeout=600.0,
        if_fails="Look again.",
        no_return=True,
        message="status",
    )
    assert back == Procedure(
        "back",
        "Go back",
        (history, undo, Step("tell", "Tell", target="muxer")),
        "When the new version is the cause.",
        ("errors",),
        ({"alertname": "Slow|Down", "severity": "critical"},),
    )
    assert (wrong.id, wrong.after) == ("something-is-wrong", ("back",))
    assert check_file(tmp_path / "c.yaml", sources) == []


def test_a_cockpit_file_overrides_parts_of_a_procedure_and_adds_its_own(tmp_path: Path) -> None:
    written(tmp_path, c=CHECKLIST)
    own = """\
    checklist: c.yaml
    procedures:
      - {id: back, queued_by: {}}
      - {id: something-is-wrong, title: Wrong, steps: [{title: Breathe}]}
      - {id: mine, title: Mine, steps: [{title: Do, command: [true-path, --now], danger: changes}]}
    """
    procedures = {one.id: one for one in loaded(cockpit(tmp_path, own)).cockpit.checklist.procedures}
    assert list(procedures) == ["back", "something-is-wrong", "mine"]
    assert (procedures["back"].aborts, procedures["back"].alerts, len(procedures["back"].steps)) == ((), (), 3)
    wrong = procedures["something-is-wrong"]
    assert (wrong.title, [step.title for step in wrong.steps], wrong.after) == ("Wrong", ["Breathe"], ("back",))
    assert procedures["mine"].steps[0].argv == ("true-path", "--now")


def test_a_step_whose_signal_is_switched_off_is_ended_manually(tmp_path: Path) -> None:
    written(tmp_path, c=CHECKLIST)
    found = loaded(cockpit(tmp_path, "checklist: c.yaml\nsignals: {errors: off}\n")).cockpit
    back = found.checklist.procedures[0]
    assert (back.aborts, back.steps[1].signal, back.steps[1].hold) == ((), "", 0.0)


def test_rules_that_the_cockpit_file_replaces_leave_the_checklist_s_procedures_right(tmp_path: Path) -> None:
    written(tmp_path, c=CHECKLIST)
    assert loaded(cockpit(tmp_path, "checklist: c.yaml\nabort: []\n")).cockpit.aborts == ()


def step(text: str) -> str:
    """A cockpit file with one procedure of two steps; the second begins on line 8."""
    captures = "captures: {revision: {pattern: '(a)'}}"
    first = f"{{title: A, command: [show], danger: reads, {captures}}}"
    return f"procedures:\n  - id: mine\n    title: M\n    steps:\n      - {first}\n      - {text}\n"


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        (
            "{title: B, danger: reads, command: kubectl get pods}",
            "9:44: procedures[0].steps[1].command must be a list of words, because no shell runs it; write [kub",
        ),
        ("{title: B, command: [get]}", "9:9: missing 'danger' of a step with a command; add `danger:"),
        ("{title: B, danger: reads, command: []}", "9:44: procedures[0].steps[1].command must have at least 1 entry"),
        ("{title: B, danger: harmless, command: [a]}", "9:28: procedures[0].steps[1].danger must be 'reads', 'chan"),
        ("{title: B, danger: reads}", "9:28: a step without a command cannot have `danger`; add `command: [...]`"),
        ("{title: B, captures: {a: {pattern: (a)}}}", "9:30: a step without a command cannot have `captures`"),
        ("{title: B, danger: dangerous, command: [a]}", "9:28: missing 'target' of a dangerous step; add `tar"),
        ("{title: B, danger: reads, command: [a], phrase: b}", "9:57: only a dangerous step can have a phrase"),
        ("{title: B, hold: 5m}", "9:26: a step without a signal cannot have `hold`; add `signal: NAME`"),
        ("{title: B, hold: 5}", "9:26: procedures[0].steps[1].hold must be a duration"),
        ("{title: B, comand: [a]}", "9:20: unknown key 'comand'; did you mean 'command'?"),
        ("{title: B, signal: erors}", "9:28: unknown signal 'erors'; did you mean 'errors'?"),
        ("{title: B, signal: shown}", "9:28: signal 'shown' has no pass rule, so it is never judged"),
        ("{title: B, message: statsu}", "9:29: unknown message 'statsu'; did you mean 'status'?"),
        (
            "{title: B, text: 'to ${values.revision}'}",
            "9:30: 'values.revision' is defined only in the command of a step",
        ),
        # Values.
        (
            "{title: B, danger: reads, command: [a, '${values.revison}']}",
            "9:48: unknown value 'values.revison': no earlier step captures it; did you mean 'revision'?",
        ),
        (
            "{title: B, danger: reads, command: [a, '${cluster.contxt}']}",
            "9:48: unknown value 'cluster.contxt': not a property of the cluster; did you mean 'context'?",
        ),
        ("{title: B, danger: reads, command: [a, '${valeus.b}']}", "9:49: unknown variable 'valeus.b'"),
        (
            "{title: B, danger: reads, command: [a], captures: {b: {pattern: '(a'}}}",
            "9:73: invalid regular expression: missing )",
        ),
        (
            "{title: B, danger: reads, command: [a], captures: {b: {pattern: a}}}",
            "9:73: the pattern must have 1 group, not 0; put (…) around the value",
        ),
        (
            "{title: B, danger: reads, command: [a], captures: {b: {pattern: (a)(b)}}}",
            "9:73: the pattern must have 1 group, not 2",
        ),
        (
            "{title: B, danger: reads, command: [a], captures: {b: {pattern: (a), means: {tag: image}}}}",
            "9:91: unknown group 'tag' of the pattern; write (?P<tag>…) in it",
        ),
        (
            "{title: B, danger: reads, command: [a], captures: {revision: {pattern: (a)}}}",
            "9:60: duplicate value 'revision': an earlier step captures it already; rename one",
        ),
        (
            "{title: B, danger: reads, command: [a], captures: {a-b: {pattern: (a)}}}",
            "9:65: procedures[0].steps[1].captures.a-b is not a valid name of a value; use lower-case",
        ),
        # What only a shell would understand.
        ("{title: B, danger: reads, command: [kubectl get]}", "9:45: the name of the program contains a space; write"),
        ("{title: B, danger: reads, command: [a, '|', b]}", "9:48: '|' is shell syntax, and no shell runs this"),
        ("{title: B, danger: reads, command: [a, '>', b]}", "9:48: '>' is shell syntax, and no shell runs this"),
        ("{title: B, danger: reads, command: [a, '&&', b]}", "9:48: '&&' is shell syntax, and no shell runs this"),
        ("{title: B, danger: reads, command: [a, '$(date)']}", "9:48: only a shell replaces '$(', and no shell runs"),
        ("{title: B, danger: reads, command: [a, $HOME]}", "9:48: only a shell replaces '$H', and no shell runs"),
        ("{title: B, danger: reads, command: [a, ~/b]}", "9:48: only a shell replaces '~/', and no shell runs"),
        ("{title: B, danger: reads, command: [sh, -c, ls]}", "9:45: command line for sh: a step must not run a shell"),
        ("{title: B, danger: reads, command: [env, /bin/bash, -lc, ls]}", "9:50: command line for bash: a step must"),
        ("{title: B, danger: reads, command: ['${values.revision}']}", "9:45: the program cannot be a value"),
        # The cluster.
        (
            '{title: B, danger: reads, command: [kubectl, "--context=${cluster.context}", get]}',
            "9:45: missing --kubeconfig of kubectl; add --kubeconfig=${cluster.kubeconfig}",
        ),
        (
            '{title: B, danger: reads, command: [helm, "--kubeconfig=${cluster.kubeconfig}", list]}',
            "9:45: missing --kube-context of helm; add --kube-context=${cluster.context}",
        ),
        (
            f"{{title: B, danger: reads, command: [{KUBECTL}, --context=other, get]}}",
            "9:124: not the watched cluster; write --context=${cluster.context}",
        ),
        (f"{{title: B, danger: reads, command: [{KUBECTL}, '--server=https://b', get]}}", "9:124: --server selects"),
        (f"{{title: B, danger: reads, command: [{KUBECTL}, '-shttps://b', get]}}", "9:124: -shttps://b selects"),
        (
            "{title: B, danger: reads, command: [sudo, /usr/bin/kubectl, get]}",
            "9:51: missing --kubeconfig of kubectl; add --kubeconfig=",
        ),
        (
            '{title: B, danger: reads, command: [kubectl, exec, x, --, "--kubeconfig=${cluster.kubeconfig}"]}',
            "9:45: missing --kubeconfig of kubectl; add --kubeconfig=",
        ),
    ],
)
def test_a_mistake_in_a_step_is_found_at_its_place(tmp_path: Path, text: str, mistake: str) -> None:
    written(tmp_path, c=CHECKLIST)
    found = mistakes(cockpit(tmp_path, f"checklist: c.yaml\n{step(text)}"))
    assert any(each.startswith(f"cockpit.yaml:{mistake}") for each in found), found


def test_the_cluster_may_be_named_in_two_words(tmp_path: Path) -> None:
    words = 'helm, --kubeconfig, "${cluster.kubeconfig}", --kube-context, "${cluster.context}", list'
    assert mistakes(cockpit(tmp_path, step(f"{{title: B, danger: reads, command: [{words}]}}"))) == []


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("- {id: bak, queued_by: {}}", "5:10: procedure 'bak' has no steps; did you mean 'back'?"),
        ("- {steps: [{title: A}]}", "5:5: missing 'title' in procedures[0]; add `title: ...`"),
        ("- {id: mine, steps: [{title: A}]}", "5:5: procedure 'mine' has no title; add `title: ...`"),
        ("- {title: M}", "5:5: procedure 'm' has no steps; add `steps:`"),
        ("- &a {title: M, steps: [{title: A}]}\n  - *a", "5:5: duplicate procedure 'm'; rename one"),
        ("- {id: back, after: [bakc]}", "5:24: unknown procedure 'bakc'; known: something-is-wrong"),
        ("- {id: back, after: [back]}", "5:24: procedure 'back' comes after itself; remove this"),
        (
            "- {id: back, after: [something-is-wrong]}",
            "5:24: procedures come after each other: back -> something-is-wrong -> back; remove one `after`",
        ),
        ("- {id: stop, title: S, steps: [{title: A}]}", "5:10: 'stop' is a word of `on_fail`; rename the procedure"),
        ("- {id: back, queued_by: {abort: [erors]}}", "5:36: unknown signal 'erors'; did you mean 'errors'?"),
        ("- {id: back, queued_by: {abort: [other]}}", "5:36: signal 'other' has no abort rule; add one under abort:"),
        (
            "- {id: back, queued_by: {alerts: [{}]}}",
            "5:37: no labels, so that every alert would match; add",
        ),
        ("- {id: back, queued_by: {alerts: [{a: '('}]}}", "5:41: invalid regular expression: missing )"),
        ("- {id: back, queued_by: {alert: [{a: b}]}}", "5:28: unknown key 'alert'; did you mean 'alerts'?"),
    ],
)
def test_a_mistake_in_a_procedure_is_found_at_its_place(tmp_path: Path, text: str, mistake: str) -> None:
    written(
        tmp_path, c=CHECKLIST.replace("shown: {prometheus.query: b}", "other: {prometheus.query: b, pass: value < 1.0}")
    )
    found = mistakes(cockpit(tmp_path, f"checklist: c.yaml\nprocedures:\n  {text}\n"))
    assert any(each.startswith(f"cockpit.yaml:{mistake}") for each in found), found


def test_a_checklist_on_its_own_is_checked_as_far_as_it_can_be(tmp_path: Path) -> None:
    text = CHECKLIST.replace("signal: errors\n", "signal: erors\n").replace("abort: [errors]", "abort: [elsewhere]")
    path = written(tmp_path, c=text.replace("message: status", "message: elsewhere")) / "c.yaml"
    assert [error.message for error in check_file(path, sources)] == ["unknown signal 'erors'; did you mean 'errors'?"]


def test_messages_keep_what_the_session_fills_in_and_the_cockpit_file_wins(tmp_path: Path) -> None:
    written(tmp_path, c=CHECKLIST)
    found = loaded(cockpit(tmp_path, "checklist: c.yaml\n")).cockpit
    assert found.messages == (Message("status", "Status", "${advice} on ${target} of muxer"),)
    assert found.webhook == {}
    own = "messages: {webhook: {env: HOOK}, status: {title: S, text: Mine}, more: {title: M, text: More}}\n"
    found = loaded(cockpit(tmp_path, f"checklist: c.yaml\n{own}")).cockpit
    assert found.messages == (Message("status", "S", "Mine"), Message("more", "M", "More"))
    assert found.webhook == {"env": "HOOK"}


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("status: {title: S, text: 'it is ${advise}'}", "3:44: unknown variable 'advise'; did you mean 'advice'?"),
        ("status: {title: 'S ${advice}', text: T}", "3:31: unknown variable 'advice'"),
        ("status: {title: S}", "3:20: missing 'text' in messages.status; add `text: ...`"),
        ("status: {title: S, text: T, txet: U}", "3:40: unknown key 'txet'; did you mean 'text'?"),
        ("status: S", "3:20: messages.status must be a mapping: lines of `key: value`"),
        (
            "webhook: 'https://hooks.example.com/canary'",
            "3:21: messages.webhook is a secret; write a reference: {env",
        ),
        ("webhook: {url: 'https://hooks.example.com/canary'}", "3:22: unknown key 'url'; known: command, env, file"),
        ("webhook: {}", "3:21: messages.webhook must be one of {env: NAME}, {file: PATH} and {command: [PROGRAM, …]}"),
    ],
)
def test_a_mistake_in_a_message_is_found_and_no_address_repeated(tmp_path: Path, text: str, mistake: str) -> None:
    found = mistakes(cockpit(tmp_path, f"messages: {{{text}}}\n"))
    assert any(each.startswith(f"cockpit.yaml:{mistake}") for each in found), found
    assert not any("canary" in each for each in found)


def test_a_checklist_cannot_say_where_messages_go(tmp_path: Path) -> None:
    path = written(tmp_path, c=CHECKLIST.replace("messages:\n", "messages:\n  webhook: {env: HOOK}\n")) / "c.yaml"
    assert [str(error).rpartition("/")[2] for error in check_file(path, sources)] == [
        "c.yaml:10:3: a checklist cannot define a webhook; define messages.webhook in the cockpit file"
    ]


CHANGING = [
    f"{KUBECTL}, apply, -f, a.yaml",
    f"{KUBECTL}, -n, get, delete, pod/a",
    f"{KUBECTL}, rollout, undo, deployment/a",
    f"{KUBECTL}, rollout, restart, deployment/a",
    f"{KUBECTL}, scale, deployment/a, --replicas=0",
    f"{KUBECTL}, exec, a, --, id",
    f"sudo, {KUBECTL}, patch, deployment/a",
    "helm, '--kubeconfig=${cluster.kubeconfig}', '--kube-context=${cluster.context}', rollback, a, '3'",
    "helm, '--kubeconfig=${cluster.kubeconfig}', '--kube-context=${cluster.context}', uninstall, a",
    "psql, -c, delete from a",
    "psql, '--command=SELECT 1; ALTER TABLE a ADD b int'",
    "psql, -Atc, with a as (insert into b values (1) returning 1) select 1",
    "psql, -f, a.sql",
    f"{KUBECTL}, exec, a, --, psql, -c, delete from a",
    f"{KUBECTL}, exec, a, --, pg_restore, a.dump",
    "psql, modelmuxer",
    "redis-cli, -h, cache, SET, a, b",
    "/usr/bin/redis-cli, flushall",
    "redis-cli, config, set, a, b",
    "curl, -sS, -X, POST, 'https://a'",
    "curl, -sXDELETE, 'https://a'",
    "curl, '--request=PATCH', 'https://a'",
    "curl, --data, a=b, 'https://a'",
    "systemctl, restart, a",
    f"{KUBECTL}, apply, -f, a.yaml, '--dry-run=none'",
]


@pytest.mark.parametrize("words", CHANGING)
def test_a_command_that_changes_something_does_not_only_read(tmp_path: Path, words: str) -> None:
    (mistake,) = mistakes(cockpit(tmp_path, step(f"{{title: B, danger: reads, command: [{words}]}}")))
    assert mistake.startswith("cockpit.yaml:8:")
    assert "is not known as read-only; write `danger: changes`, or dangerous" in mistake
    assert mistakes(cockpit(tmp_path, step(f"{{title: B, danger: changes, command: [{words}]}}"))) == []


READING = [
    f"{KUBECTL}, -n, delete, get, pods",
    f"{KUBECTL}, rollout, status, deployment/a, --timeout=10m",
    f"{KUBECTL}, auth, can-i, patch, deployments",
    "psql, 'host=copy.example.com', -Atc, SELECT count(*) FROM updates",
    "psql, --list",
    f"{KUBECTL}, exec, a, --, pg_restore, --list, a.dump",
    "redis-cli, -n, '0', CONFIG, GET, maxmemory",
    "curl, -fsS, -X, GET, 'https://a/post'",
    "curl, -I, 'https://a'",
    "systemctl, status, a",
    f"{KUBECTL}, apply, -f, a.yaml, '--dry-run=server'",
    "grep, kubectl-list, a.txt",
    "our-own-tool, delete, everything",
]


@pytest.mark.parametrize("words", READING)
def test_what_reads_and_what_is_not_known_stays_the_author_s_word(tmp_path: Path, words: str) -> None:
    assert mistakes(cockpit(tmp_path, step(f"{{title: B, danger: reads, command: [{words}]}}"))) == []

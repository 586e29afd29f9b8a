"""Secrets by command: only a cockpit file may name a program, and checking one runs none."""

import json
import sys
from pathlib import Path

import pytest

from mmcockpit import sources
from mmcockpit.config.load import check_file, load_cockpit

WAY_OUT = (
    "a secret by command runs a program, so only the cockpit file may name one; "
    "define it there under sources, or write {env: NAME} or {file: PATH}"
)
LIST = "title: L\nphases: [{title: A, sections: [{title: S, items: [{title: I}]}]}]\n"
LAYOUT = """\
name: mine
panels:
  list: {kind: checklist, options: {token: {command: [vault]}}}
arrangements: [{min_width: 0, columns: [{slots: [list]}]}]
"""
PACK = """\
name: p
about: A pack.
needs:
  web: {kind: http, token: {command: [vault]}}
"""


def mistakes(folder: Path, name: str, text: str) -> list[str]:
    (folder / name).write_text(text, encoding="utf-8")
    return [str(error).removeprefix(f"{folder}/") for error in check_file(folder / name, sources)]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("list.yaml", f"{LIST}signals: {{s: {{web.get: {{path: /, token: {{command: [vault, read]}}}}}}}}\n"),
        ("list.yaml", f"{LIST}messages: {{webhook: {{command: [vault]}}}}\n"),
        ("list.yaml", f"{LIST}vars: {{token: {{command: vault read}}}}\n"),
        ("layout.yaml", LAYOUT),
        ("pack.yaml", PACK),
    ],
)
def test_a_file_that_may_come_from_others_names_no_program(tmp_path: Path, name: str, text: str) -> None:
    before = text[: text.index("command: ")]
    line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
    assert mistakes(tmp_path, name, text)[0] == f"{name}:{line}:{column}: {WAY_OUT}"


def test_the_command_of_a_step_is_no_secret(tmp_path: Path) -> None:
    steps = "procedures: [{id: p, title: P, steps: [{title: S, command: [kubectl, get, pods]}, {command: [true]}]}]\n"
    assert not any("secret" in mistake for mistake in mistakes(tmp_path, "list.yaml", LIST + steps))


def test_the_arguments_of_a_probe_are_no_secret(tmp_path: Path) -> None:
    signals = "signals: {s: {command.run: {command: [redis-cli, llen, orders]}}}\n"
    (tmp_path / "list.yaml").write_text(LIST + signals, encoding="utf-8")
    cockpit = "name: N\nenvironment: test\nchecklist: list.yaml\nsources: {command: {kind: command}}\n"
    assert mistakes(tmp_path, "cockpit.yaml", cockpit) == [
        "list.yaml:3:29: unknown key 'command'; did you mean 'argv'?"
    ]


def test_every_reference_in_a_cockpit_file_may_be_a_command_and_none_is_run_to_check_it(tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    argv = [sys.executable, "-c", f"open({str(ran)!r}, 'w')"]
    by = {"command": argv}
    (tmp_path / "list.yaml").write_text(LIST, encoding="utf-8")
    document = {
        "name": "N",
        "environment": "test",
        "checklist": "list.yaml",
        "people": [{"name": "ana"}],
        "share": {"postgres": by},
        "messages": {"webhook": by},
        "sources": {
            "web": {"kind": "http", "url": "https://x.example", "token": by, "headers": {"X-Key": by}, "proxy": by},
            "login": {"kind": "prometheus", "url": "https://x.example", "user": "u", "password": by},
            "database": {"kind": "postgres", "dsn": by},
            "cache": {"kind": "redis", "url": by},
        },
    }
    assert mistakes(tmp_path, "cockpit.yaml", json.dumps(document)) == []
    cockpit = load_cockpit(tmp_path / "cockpit.yaml", sources).cockpit
    assert list(cockpit.webhook["command"]) == argv
    assert cockpit.share is not None
    assert list(cockpit.share.postgres["command"]) == argv
    assert not ran.exists()


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("{command: vault read}", "must be a list"),
        ("{command: []}", "must have at least 1 entry"),
        ("{command: [vault], env: A}", "must be one of {env: NAME}, {file: PATH} and {command: [PROGRAM, …]}"),
        ("{}", "must be one of {env: NAME}, {file: PATH} and {command: [PROGRAM, …]}"),
    ],
)
def test_a_wrong_reference_is_reported_at_its_place(tmp_path: Path, written: str, why: str) -> None:
    (tmp_path / "list.yaml").write_text(LIST, encoding="utf-8")
    head = "name: N\nenvironment: test\nchecklist: list.yaml\n"
    for text in (f"messages: {{webhook: {written}}}\n", f"sources: {{d: {{kind: postgres, dsn: {written}}}}}\n"):
        found = mistakes(tmp_path, "cockpit.yaml", head + text)
        assert found
        assert found[0].startswith("cockpit.yaml:4:")
        assert any(why in mistake for mistake in found), found

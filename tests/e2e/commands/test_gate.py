"""`mmcockpit gate` on real servers: the four exit codes, three formats, waiting."""

import json
import os
import re
import subprocess
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from mmcockpit import sources
from mmcockpit.cli.live import open_session
from mmcockpit.config.load import load_cockpit
from mmcockpit.core.decide.command import MarkItem
from mmcockpit.core.facts.event import SessionMode, SourceIdentified
from mmcockpit.core.facts.sources import Identity
from mmcockpit.engine.feed import LiveFeed
from mmcockpit.engine.headless import started
from mmcockpit.simulator.servers.postgres import Postgres
from mmcockpit.simulator.servers.valkey import Valkey
from tests.e2e.pty_session import MMCOCKPIT
from tests.engine.engine_run import Watcher
from tests.programs.forked import run_program
from tests.servers.http import Answer, HttpServer

COCKPIT = """
name: Night
environment: staging
checklist: checklist.yaml
sources:
  cache: {{kind: redis, url: "{redis}", every: 200ms, timeout: 20s}}
  api: {{kind: http, url: "{api}", every: 200ms, timeout: 20s}}
"""

CHECKLIST = """
name: night
title: Night
phases:
  - title: Ready
    sections:
      - title: Core
        items:
          - {{title: Cache, signal: cache_clients}}
          - {{title: Page, signal: page{hold}}}
          {manual}
signals:
  cache_clients: {{title: Cache, cache.info: clients, pass: value.connected_clients >= 1, persist: 3}}
  page: {{title: Page, api.get: /health, pass: value.status == 200, persist: 2}}
"""


@pytest.fixture
def folder(tmp_path: Path, valkey: Valkey, http_server: HttpServer) -> Path:
    http_server.answers["/health"] = Answer(200, "ok")
    (tmp_path / "cockpit.yaml").write_text(COCKPIT.format(redis=valkey.url, api=http_server.url), encoding="utf-8")
    write_checklist(tmp_path)
    return tmp_path


def write_checklist(folder: Path, hold: str = "", manual: str = "") -> None:
    text = CHECKLIST.format(hold=hold, manual=manual)
    (folder / "checklist.yaml").write_text(text, encoding="utf-8")


def ask(folder: Path, *words: str, phase: str = "ready") -> subprocess.CompletedProcess[str]:
    argv = [*MMCOCKPIT, "gate", str(folder / "cockpit.yaml"), phase, *words]
    env = {**os.environ, "XDG_STATE_HOME": str(folder / "state")}
    return run_program(argv, env=env)


def test_go_is_0_once_persist_is_decided(folder: Path) -> None:
    answer = ask(folder)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert answer.stdout == "GO: Ready: 2 of 2 items satisfied\n"


def test_no_go_is_1_and_names_the_item_and_the_rule(folder: Path, http_server: HttpServer) -> None:
    http_server.answers["/health"] = Answer(500, "no")
    answer = ask(folder)
    assert answer.returncode == 1
    assert "[!]   2 Page" in answer.stdout
    assert "status 500 (must be 200)" in answer.stdout


def test_what_is_held_or_manual_is_2_unless_only_the_sensed_count(folder: Path) -> None:
    write_checklist(folder, hold=", hold: 10m")
    assert ask(folder).returncode == 2
    assert ask(folder, "--sensed-only").returncode == 0
    write_checklist(folder, manual="- {title: Approval}")
    assert ask(folder).returncode == 2
    assert ask(folder, "--sensed-only").returncode == 0


def test_a_contact_without_a_name_is_2_until_the_cockpit_file_fills_it(folder: Path) -> None:
    path = folder / "checklist.yaml"
    path.write_text(f"{path.read_text(encoding='utf-8')}contacts: [{{role: Lead, name: '[Name]'}}]\n", encoding="utf-8")
    answer = ask(folder)
    assert answer.returncode == 2, answer.stderr
    assert "Contact: Lead  unassigned" in answer.stdout
    file = folder / "cockpit.yaml"
    file.write_text(f"{file.read_text(encoding='utf-8')}contacts: [{{role: lead, name: on call}}]\n", encoding="utf-8")
    assert ask(folder).returncode == 0


def test_what_is_unknown_is_2(folder: Path) -> None:
    text = (folder / "cockpit.yaml").read_text(encoding="utf-8")
    (folder / "cockpit.yaml").write_text(text.replace("  cache:", "  other:"), encoding="utf-8")
    answer = ask(folder)
    assert answer.returncode == 2
    assert "[?]   1 Cache" in answer.stdout
    assert "no source named cache" in answer.stdout


def test_what_keeps_no_gate_closed_is_shown_and_not_counted_as_satisfied(folder: Path) -> None:
    write_checklist(folder, manual="- {title: Extra, signal: nowhere, required: false}")
    path = folder / "checklist.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(f"{text}  nowhere: {{missing.get: /, pass: 'true'}}\n", encoding="utf-8")
    answer = ask(folder, "-o", str(folder / "gate.xml"), "-o", str(folder / "gate.md"))
    assert answer.returncode == 0
    assert "[?]   3 Extra  nowhere unknown" in answer.stdout
    assert answer.stdout.endswith("GO: Ready: 2 of 3 items satisfied\n")
    assert '<skipped message="[?] nowhere unknown' in (folder / "gate.xml").read_text(encoding="utf-8")
    assert "| `[?]` | 3 Extra |" in (folder / "gate.md").read_text(encoding="utf-8").split("<details>")[0]


def test_a_judged_signal_without_data_is_shown_once(folder: Path) -> None:
    path = folder / "cockpit.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(
        f"{text}signals:\n  alone: {{api.get: {{path: /health, json: {{x: x}}}}, pass: value.json.x == 1}}\n",
        encoding="utf-8",
    )
    answer = ask(folder, "-o", str(folder / "gate.xml"))
    assert (answer.returncode, answer.stdout.count("alone unknown")) == (0, 1), answer.stdout
    assert '<skipped message="[?] alone unknown' in (folder / "gate.xml").read_text(encoding="utf-8")


def test_a_combination_is_decided_from_what_is_known_and_waits_for_its_members(
    folder: Path, http_server: HttpServer
) -> None:
    path = folder / "checklist.yaml"
    text = path.read_text(encoding="utf-8").replace("signal: cache_clients}", "signal: both}")
    both = "  both: {session.all_of: [page, cache_clients, nowhere], every: 1m}\n"
    path.write_text(f"{text}{both}  nowhere: {{missing.get: /, pass: 'true'}}\n", encoding="utf-8")
    answer = ask(folder)
    assert answer.returncode == 2
    assert "not polled yet" not in answer.stdout
    assert "no source named missing" in answer.stdout
    http_server.answers["/health"] = Answer(500, "no")
    answer = ask(folder)
    assert answer.returncode == 1
    assert "[!]   1 Cache" in answer.stdout, "one that fails outweighs the unknown one"
    http_server.answers["/health"] = Answer(200, "ok")
    path.write_text(f"{text}{both}".replace(", nowhere]", "]"), encoding="utf-8")
    assert ask(folder).returncode == 0, "persist of a member is waited for"


def test_the_exit_code_of_an_invalid_configuration_is_3(folder: Path) -> None:
    assert ask(folder, phase="nowhere").returncode == 3
    assert ask(folder, "--session", "nowhere").returncode == 3
    (folder / "checklist.yaml").write_text("phases: 3\n", encoding="utf-8")
    broken = ask(folder)
    assert broken.returncode == 3
    assert "checklist.yaml:1:" in broken.stderr


def test_the_wait_ends_as_soon_as_everything_is_good(folder: Path) -> None:
    write_checklist(folder, hold=", hold: 2s")
    answer = ask(folder, "--wait", "100s")
    assert answer.returncode == 0, answer.stdout
    assert "items decided" in answer.stderr


def test_manual_items_are_read_from_a_session(folder: Path) -> None:
    write_checklist(folder, manual="- {title: Approval}")
    cockpit = load_cockpit(folder / "cockpit.yaml", sources).cockpit
    journal = folder / "20261206T020000Z-night-0000" / "journal.jsonl"
    engine, _ = open_session(cockpit, {}, "ana", SessionMode.LIVE, journal)
    with started(engine):
        screen = Watcher(LiveFeed(engine))
        screen.do(MarkItem("ana", "ready/core/approval", "signed"))
        screen.until(lambda session: session.items["ready/core/approval"].attested, "the mark is shown")
    answer = ask(folder, "--session", str(journal))
    assert answer.returncode == 0, answer.stdout


def test_json_has_every_field(folder: Path) -> None:
    answer = json.loads(ask(folder, "--format", "json").stdout)
    assert (answer["answer"], answer["exit"], answer["phase"]) == ("GO", 0, "ready")
    assert [item["state"] for item in answer["items"]] == ["[+]", "[+]"]


def test_junit_is_read_by_a_stock_parser(folder: Path, http_server: HttpServer) -> None:
    http_server.answers["/health"] = Answer(500, "no")
    suite = ET.fromstring(ask(folder, "--format", "junit").stdout).find("testsuite")
    assert suite is not None
    assert suite.attrib["tests"] == "2"
    assert suite.attrib["failures"] == "1"
    cases = {case.attrib["name"]: [child.tag for child in case] for case in suite}
    assert cases == {"Cache": [], "Page": ["failure"]}


def add(folder: Path, text: str, name: str = "cockpit.yaml") -> None:
    file = folder / name
    file.write_text(f"{file.read_text(encoding='utf-8')}{text}\n", encoding="utf-8")


JUDGED = """
signals:
  errors: {title: Errors, api.get: /errors, pass: value.status == 200, warn: value.status == 429, persist: 2%s}
"""


def test_a_judged_signal_that_fails_is_no_go_though_every_item_passes(folder: Path, http_server: HttpServer) -> None:
    http_server.answers["/errors"] = Answer(503, "no")
    add(folder, JUDGED % "")
    for words in ((), ("--sensed-only",)):
        answer = ask(folder, *words)
        assert answer.returncode == 1, answer.stdout
        assert re.search(r"\[!\]     Errors  errors .*status 503 \(must be 200\)", answer.stdout), answer.stdout
        assert answer.stdout.endswith("NO-GO: Ready: 2 of 2 items satisfied\n")
    told = json.loads(ask(folder, "--format", "json").stdout)
    assert [(one["signal"], one["answer"]) for one in told["signals"]] == [("errors", "NO-GO")]
    assert 'failures="1"' in ask(folder, "--format", "junit").stdout


def test_an_informational_signal_that_fails_is_only_shown(folder: Path, http_server: HttpServer) -> None:
    http_server.answers["/errors"] = Answer(503, "no")
    add(folder, JUDGED % ", informational: true")
    assert ask(folder).returncode == 0
    add(folder, "abort: [{signal: errors, for: 1m, from: ready}]")
    refused = ask(folder)
    assert refused.returncode == 3
    assert "'errors' is informational and cannot have an abort rule" in refused.stderr


def test_a_warning_is_counted_and_keeps_nothing_closed(folder: Path, http_server: HttpServer) -> None:
    http_server.answers["/errors"] = Answer(429, "slow")
    add(folder, JUDGED % "")
    answer = ask(folder)
    assert answer.returncode == 0, answer.stdout
    assert "Errors  warning: errors warn 2/2: status 429 (must be 200)" in answer.stdout
    assert answer.stdout.endswith("GO, 1 warning: Ready: 2 of 2 items satisfied\n")


@pytest.mark.parametrize(("armed", "code"), [("later", 0), ("ready", 2)])
def test_an_abort_rule_without_data_is_named_and_holds_once_it_is_armed(folder: Path, armed: str, code: int) -> None:
    file = folder / "checklist.yaml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("signals:", "  - {title: Later}\nsignals:", 1), encoding="utf-8")
    add(folder, "signals: {errors: {cache.scalar: x, pass: value > 1}}".replace("cache.scalar: x", "api.get: /gone"))
    add(folder, f"abort: [{{signal: errors, for: 1m, from: {armed}}}]")
    path = folder / "cockpit.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("value > 1", "value.json.nothing > 1"), encoding="utf-8")
    for words in ((), ("--sensed-only",)):
        answer = ask(folder, *words)
        assert answer.returncode == code, answer.stdout + answer.stderr
        assert "abort rule" in answer.stdout
        assert "errors" in answer.stdout


@pytest.mark.parametrize("words", [("--sensed-only",), ("--sensed-only", "--wait", "1s")])
def test_a_gate_that_proves_nothing_is_2(folder: Path, words: tuple[str, ...]) -> None:
    text = "phases: [{title: Ready, sections: [{title: Core, items: [{title: Approval}]}]}]"
    (folder / "checklist.yaml").write_text(f"name: night\ntitle: Night\n{text}\n", encoding="utf-8")
    answer = ask(folder, *words)
    assert answer.returncode == 2
    assert answer.stdout.startswith("HOLD: Ready: 0 of 0 items satisfied; nothing is proven")
    assert json.loads(ask(folder, *words, "--format", "json").stdout)["exit"] == 2
    assert "nothing is proven" in ask(folder, *words, "--format", "junit").stdout


@pytest.mark.parametrize(
    "words",
    [
        ("--sensed-onyl",),
        ("--wait",),
        ("--wait", "10"),
        ("--wait", "-3s"),
        ("--format", "yaml"),
        ("--session",),
        ("more", "words"),
    ],
)
def test_a_wrong_call_is_3_and_never_a_verdict(folder: Path, words: tuple[str, ...]) -> None:
    answer = ask(folder, *words)
    assert answer.returncode == 3, answer.stderr
    assert "usage:" in answer.stderr


def test_what_cannot_be_read_is_3_and_never_a_verdict(folder: Path) -> None:
    assert ask(folder, "--session", str(folder)).returncode == 3
    broken = folder / "journal.jsonl"
    broken.write_text("nothing\n", encoding="utf-8")
    assert ask(folder, "--session", str(broken)).returncode == 3
    bare = run_program([*MMCOCKPIT, "gate"])
    assert bare.returncode == 3
    (folder / "cockpit.yaml").unlink()
    assert ask(folder).returncode == 3
    (folder / "cockpit.yaml").mkdir()
    assert ask(folder).returncode == 3


def test_another_system_than_that_of_the_session_proves_nothing(postgres: Postgres, tmp_path: Path) -> None:
    (tmp_path / "dsn").write_text(postgres.dsn)
    (tmp_path / "cockpit.yaml").write_text(
        "name: Night\nenvironment: staging\nchecklist: checklist.yaml\n"
        'sources:\n  database: {kind: postgres, dsn: {file: "dsn"}, every: 200ms, timeout: 20s}\n'
    )
    (tmp_path / "checklist.yaml").write_text(
        "name: night\ntitle: Night\nphases:\n  - title: Ready\n    sections:\n      - title: Core\n        items:\n"
        "          - {title: Answers, signal: answers}\n"
        "signals:\n  answers: {title: Answers, database.scalar: SELECT 1, pass: value == 1}\n"
    )
    cockpit = load_cockpit(tmp_path / "cockpit.yaml", sources).cockpit
    for unique, code in (("", 0), ("another-system", 2)):
        journal = tmp_path / f"session-{code}" / "journal.jsonl"
        engine, path = open_session(cockpit, {}, "ana", SessionMode.LIVE, journal)
        engine.publish(SourceIdentified("database", Identity(f"postgres 127.0.0.1:{postgres.port}/postgres", unique)))
        engine.start()
        engine.stop()
        done = run_program([*MMCOCKPIT, "gate", "cockpit.yaml", "ready", "--session", str(path)], cwd=tmp_path)
        assert done.returncode == code, done
    assert "another system responds" in done.stdout

"""Every command without a screen: exit codes, and one-line errors with a way out."""

import json
import os
import re
from pathlib import Path

import pytest

from mmcockpit.cli.commands import COMMANDS
from mmcockpit.simulator.servers.process import HOST
from mmcockpit.simulator.servers.valkey import Valkey
from tests.e2e.cockpits import light
from tests.e2e.pty_session import REPOSITORY, Place, ended, leave
from tests.servers.http import Answer, HttpServer, Received

WRITTEN = REPOSITORY / "tests" / "data" / "move-house.md"


def one_line(place: Place, *words: str, code: int, says: str, env: dict[str, str] | None = None) -> str:
    """Run a command that fails as it should: one line on stderr, nothing on stdout, no traceback."""
    done = place.call(*words, env=env)
    assert done.returncode == code, done
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1, done.stderr
    assert "Traceback" not in done.stderr
    assert "\x1b" not in done.stderr
    assert re.search(says, done.stderr), done.stderr
    return done.stderr


@pytest.mark.parametrize("command", [*COMMANDS])
def test_help_has_an_example(place: Place, command: str) -> None:
    done = place.call(command, "--help")
    assert done.returncode == 0
    assert done.stderr == ""
    assert re.search(rf"^example:\n +mmcockpit {command}\b", done.stdout, re.MULTILINE)
    assert place.journals == []


def test_a_file_that_is_wrong_is_one_located_line_and_exit_3(place: Place) -> None:
    light(place, "redis://127.0.0.1:1/0")
    assert place.call("check", "cockpit.yaml", "list.md").returncode == 0
    place.write("broken.yaml", "name: [one\ntwo: 2\n")
    place.write("typo.yaml", (place.folder / "cockpit.yaml").read_text().replace("layout:", "layuot:"))
    (place.folder / "folder.yaml").mkdir()
    for command in ("run", "doctor", "check"):
        one_line(place, command, "nowhere.yaml", code=3, says=r"^nowhere\.yaml:1:1: .*; ")
        one_line(place, command, "broken.yaml", code=3, says=r"^broken\.yaml:2:\d+: .*; ")
        one_line(place, command, "folder.yaml", code=3, says=r"^folder\.yaml:1:1: .*; ")
        one_line(place, command, "typo.yaml", code=3, says=r"^typo\.yaml:4:1: .*did you mean 'layout'")
    mixed = place.call("check", "list.md", "typo.yaml")
    assert (mixed.returncode, mixed.stdout) == (3, "list.md: ok\n")
    place.write(
        "panes.yaml",
        "name: p\npanels: {c: {kind: chcklist}}\narrangements: [{min_width: 0, columns: [{slots: [c]}]}]\n",
    )
    own = (place.folder / "cockpit.yaml").read_text().replace("layout: go-live", "layout: panes.yaml")
    place.write("own.yaml", own)
    once = place.call("check", "own.yaml", "panes.yaml", str(place.folder / "own.yaml"))
    assert once.stderr.splitlines() == ["panes.yaml:2:20: unknown panel kind 'chcklist'; did you mean 'checklist'?"]
    assert place.journals == []


def test_a_keymap_with_a_mistake_is_one_located_line_and_keeps_no_session_from_starting(place: Place) -> None:
    light(place, "redis://127.0.0.1:1/0")
    home = place.folder / "config" / "mmcockpit"
    home.mkdir(parents=True)
    for keys, says in (
        ("tik: x", r"keymap\.yaml:2:8: unknown action 'tik'; did you mean 'tick'\?"),
        ("leave: Q", r"keymap\.yaml:2:10: must keep ctrl\+c"),
        ("comment: [x, U, alt+u]", r"keymap\.yaml:2:12: alt\+u cannot be bound"),
        ("comment: u", r"keymap\.yaml:2:12: u is already bound to undo; bind that one"),
    ):
        (home / "keymap.yaml").write_text(f"keys:\n  {keys}\n")
        one_line(place, "check", os.fspath(home / "keymap.yaml"), code=3, says=says)
    one_line(place, "run", "cockpit.yaml", says="not a terminal", code=1)
    (home / "keymap.yaml").write_text("keys: {comment: u, undo: c}\n")
    assert place.call("check", os.fspath(home / "keymap.yaml")).returncode == 0
    assert place.journals == []


def test_sessions_that_are_not_there(place: Place) -> None:
    assert "mmcockpit demo" in place.call("sessions").stdout
    for command in ("resume", "log", "verify"):
        one_line(place, command, code=1, says=r"no sessions yet; `mmcockpit run`")
        one_line(place, command, "20260101T", code=1, says=r"not a journal, and not a session .*`mmcockpit sessions`")
    assert place.call("nonsense").returncode == 2
    assert place.call("schema", "nonsense").returncode == 2


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["rnu"], 2, "mmcockpit: error: unknown command 'rnu'; did you mean 'run'?"),
        (["nonsense"], 2, "mmcockpit: error: unknown command 'nonsense'; known: act, check, "),
        (
            ["run", "--operater", "ana"],
            2,
            "mmcockpit run: error: unknown option '--operater'; did you mean '--operator'?",
        ),
        (
            ["gate", "c.yaml", "a", "--wiat=5s"],
            3,
            "mmcockpit gate: error: unknown option '--wiat'; did you mean '--wait'?",
        ),
        (["log", "latest", "more"], 2, "mmcockpit log: error: unexpected argument 'more'; quote a text with spaces"),
    ],
)
def test_a_misspelt_command_or_option_is_named_with_the_nearest_one(
    place: Place, words: list[str], code: int, says: str
) -> None:
    done = place.call(*words)
    assert (done.returncode, done.stdout) == (code, "")
    assert done.stderr.startswith(f"usage: {says.partition(':')[0]} ")
    assert done.stderr.splitlines()[-1].startswith(says)


def test_where_nothing_can_be_written_nothing_is_begun(place: Place, valkey: Valkey) -> None:
    file = place.write("file", "")
    light(place, valkey.url)
    for state in (file, Path("/proc/1/nothing")):
        with place.open("run", env={"XDG_STATE_HOME": os.fspath(state)}) as program:
            program.wait_for("mmcockpit run: ")
            assert ended(program) == 1
            # A first frame may have stood there; it is gone.
            said = bytes(program.output).decode().rpartition("\x1b[?1049l")[2]
        assert said.count("\n") == 1, said
        assert re.search(re.escape(os.fspath(state)), said)
        assert "\x1b" not in said


def test_no_screen_without_a_terminal(place: Place, valkey: Valkey) -> None:
    light(place, valkey.url)
    for command in ("run", "demo"):
        one_line(place, command, code=1, says="not a terminal")
    assert place.journals == []


def test_a_second_run_of_a_session_is_refused_with_the_name_of_the_first(place: Place, valkey: Valkey) -> None:
    with place.open("run", light(place, valkey.url)) as program:
        program.wait_for(r"\[\+\] clients")
        rows = place.call("sessions").stdout
        assert re.search(rf"running: ana on \S+ \(process {program.process.pid}\)", rows), rows
        with place.open("resume", env={"MMCOCKPIT_OPERATOR": "bo"}) as second:
            second.wait_for("mmcockpit resume: ")
            assert ended(second) == 1
            said = " ".join(bytes(second.output).decode().split())
        assert re.search(rf"ana on \S+ \(process {program.process.pid}\) runs this session; `mmcockpit watch`", said)
        with place.open("run", "--session", os.fspath(place.journal)) as third:
            third.wait_for("mmcockpit run: ")
            assert ended(third) == 1
        assert leave(program) == 0
    assert place.call("verify").returncode == 0


def test_the_record_is_read_and_its_edits_are_found(place: Place, valkey: Valkey) -> None:
    with place.open("run", light(place, valkey.url)) as program:
        program.wait_for(r"\[\+\] clients")
        program.press("g ")
        program.wait_for(r"\[x\] +1 Audit")
        assert leave(program) == 0
    good = place.call("verify")
    assert good.returncode == 0
    head = re.search(r"head (\S+), chain ok", good.stdout)
    assert head
    assert place.call("verify", "latest", "--head", head[1]).returncode == 0
    assert place.call("verify", "latest", "--head", "elsewhere").returncode == 1
    lines = place.call("log").stdout.splitlines()
    assert re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z #1 opened ", lines[0])
    assert any("ana done: readiness/hands/audit" in line for line in lines)
    facts = [json.loads(line) for line in place.call("log", "--format", "jsonl").stdout.splitlines()]
    assert [fact["seq"] for fact in facts] == list(range(1, len(facts) + 1))
    edited = place.journal.read_bytes().replace(b'"mark":"done"', b'"mark":"gone"')
    place.journal.write_bytes(edited)
    bad = place.call("verify", os.fspath(place.journal))
    assert bad.returncode == 1
    assert "problem" in bad.stdout


def test_log_prints_only_what_a_person_has_to_notice_if_asked(place: Place) -> None:
    every, changes = (place.call("log", "sample", *more).stdout.splitlines() for more in ((), ("--changes",)))
    assert len(changes) * 10 < len(every)
    assert " started " in changes[0]
    assert any(" FAIL " in line and "5xx share" in line for line in changes)
    refused = place.call("log", "sample", "--changes", "--follow")
    assert (refused.returncode, refused.stdout) == (1, "")


def test_doctor_lists_which_systems_respond_and_which_do_not(
    place: Place, valkey: Valkey, http_server: HttpServer
) -> None:
    light(place, valkey.url)
    well = place.call("doctor")
    assert (well.returncode, well.stderr) == (0, "")
    assert re.search(r"^ok +cache +redis +\d+ ms +redis 127\.0\.0\.1:\d+ +\d+\.\d+", well.stdout, re.MULTILINE)
    light(place, "redis://127.0.0.1:1/0")
    ill = place.call("doctor")
    assert ill.returncode == 1
    assert re.search(r"^DOWN +cache ", ill.stdout, re.MULTILINE)
    assert "Traceback" not in ill.stderr + ill.stdout


class LateServer(HttpServer):
    """It ends its first connection without a response, as one does for which a client of ours is too slow."""

    def answer(self, request: Received) -> Answer:
        return Answer(body="here", truncated_to=0 if len(self.requests) == 1 else None)


def test_doctor_checks_a_source_that_did_not_respond_once_more(place: Place) -> None:
    with LateServer() as late:
        urls = {"late": late.url, "stopped": f"http://{HOST}:1"}
        listed = "".join(f"  {name}: {{kind: http, url: '{url}'}}\n" for name, url in urls.items())
        (place.folder / "late.yaml").write_text(
            f"name: late\nenvironment: staging\nchecklist: list.md\nsources:\n{listed}", encoding="utf-8"
        )
        (place.folder / "list.md").write_text("# Move\n\n- [ ] label the boxes\n", encoding="utf-8")
        printed = place.call("doctor", "late.yaml").stdout
    assert re.search(r"^ok +late ", printed, re.MULTILINE), printed
    assert re.search(r"^DOWN +stopped ", printed, re.MULTILINE), printed
    assert len(late.requests) == 2


def test_an_unchanged_starter_folder_is_valid(place: Place) -> None:
    made = place.call("init", "new")
    assert made.returncode == 0
    files = ["new/cockpit.yaml", "new/checklist.yaml"]
    assert all(name in made.stdout for name in files)
    assert place.call("check", *files).returncode == 0
    for name in files:
        first, _, _ = (place.folder / name).read_text(encoding="utf-8").partition("\n")
        named = place.folder / "new" / first.removeprefix("# yaml-language-server: $schema=")
        printed = place.call("schema", Path(name).stem)
        assert json.loads(named.read_text(encoding="utf-8")) == json.loads(printed.stdout)
    one_line(place, "init", "new", code=1, says="already exists: choose another folder")
    asked = place.call("doctor", "new/cockpit.yaml")
    assert asked.returncode == 1, "example.com is no cockpit's production"
    assert "steps    procedures   1, may not be run, only copied" in asked.stdout
    assert "Traceback" not in asked.stdout + asked.stderr


def test_a_markdown_list_becomes_a_checklist(place: Place) -> None:
    made = place.call("import", os.fspath(WRITTEN), "-o", "house.yaml")
    assert made.returncode == 0
    assert "taken: 9 items in 2 phases" in made.stderr
    assert "not taken: nothing" in made.stderr
    assert "house.yaml written; next: mmcockpit check house.yaml" in made.stdout
    assert place.call("check", "house.yaml").returncode == 0
    printed = place.call("import", os.fspath(WRITTEN))
    assert printed.stdout == (place.folder / "house.yaml").read_text()
    assert "Give back the keys" in printed.stdout
    assert "ordered: true" in printed.stdout
    one_line(place, "import", os.fspath(WRITTEN), "-o", "house.yaml", code=1, says="already exists")


def test_a_strict_import_writes_nothing_if_a_line_is_not_taken(place: Place) -> None:
    (place.folder / "list.md").write_text("# Move\n\nRead this first.\n\n- [ ] label the boxes\n- the van\n")
    strict = place.call("import", "list.md", "--strict", "-o", "list.yaml")
    assert (strict.returncode, strict.stdout) == (3, "")
    assert strict.stderr.splitlines() == [
        "list.md:3: not taken: Read this first.",
        "list.md:6: an entry without a box: the van",
        "taken: 1 item in 1 phase, 0 steps, 0 fields; not taken: 2 places",
    ]
    assert not (place.folder / "list.yaml").exists()
    assert place.call("check", "list.md").stderr.splitlines()[0] == "list.md:3:1: warning: not taken: Read this first."
    (place.folder / "bullets.md").write_text("- label the boxes\n- the van\n")
    one_line(place, "import", "bullets.md", code=3, says="import with --plain to take every bullet as one")
    plain = place.call("import", "bullets.md", "--plain", "--strict")
    assert (plain.returncode, plain.stdout.count("title: ")) == (0, 5)


@pytest.mark.parametrize("kind", ["cockpit", "checklist", "layout", "theme"])
def test_schemas_are_json(place: Place, kind: str) -> None:
    done = place.call("schema", kind)
    assert done.returncode == 0
    assert json.loads(done.stdout)["$schema"].startswith("https://json-schema.org/")

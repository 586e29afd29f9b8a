"""`mmcockpit act`: one command into a running session; the exit code tells a pipeline what became of it."""

import os
import re
import signal
import subprocess
import sys

from mmcockpit.share.socket.peer import login_of
from tests.e2e.headless.cockpits import cockpit
from tests.e2e.headless.driver import HeadlessDriver
from tests.e2e.procedures.steps import facts, of
from tests.e2e.pty_session import REPOSITORY, Place
from tests.programs.forked import run_program
from tests.servers.http import HttpServer
from tests.share.socket.users import unix_users


def act(place: Place, *words: str) -> subprocess.CompletedProcess[str]:
    return place.call("act", "latest", *words)


def refused(place: Place, *words: str) -> str:
    """Call it, expecting a refusal; return the reason."""
    done = act(place, *words)
    assert (done.returncode, done.stdout) == (1, ""), done
    assert re.fullmatch(r"refused: .+\n", done.stderr), done.stderr
    return done.stderr


def recorded(place: Place, *words: str) -> str:
    """Call it, expecting that it is recorded; return what it printed."""
    done = act(place, *words)
    assert (done.returncode, done.stderr) == (0, ""), done
    return done.stdout


def test_marks_notes_and_holds_are_recorded_with_the_identity_of_the_kernel(place: Place, site: HttpServer) -> None:
    with HeadlessDriver(place, "run", cockpit(place, site), "--headless") as driver:
        driver.says(r"advice    HOLD")
        assert re.match(
            r"recorded by \S+ \(unix:\w+\) in \d{8}T\d{6}Z-small-\w{4}, up to fact #\d+\n",
            recorded(place, "mark", "1", "done"),
        )
        recorded(place, "mark", "--reason", "no window", "backup", "block")
        recorded(place, "note", "build 4711 is deployed", "--item", "audit")
        recorded(place, "hold", "on", "--reason", "smoke tests failed")
        for says in (
            r"tick      \S+ done: 1 Audit",
            r"blocked   .*no window",
            r"note .*on 1 Audit: build 4711",
            r"held .*smoke",
        ):
            driver.says(says)
        lines = place.call("log", "--format", "jsonl").stdout.splitlines()
        caused = [line for line in lines if re.search(r'"type":"(ItemMarked|Noted|Held)"', line)]
        assert len(caused) == 4
        for line in caused:
            assert re.search(r'"identity":"unix:\w+","command_id":"[0-9a-f]{32}"', line), line
        assert not of(facts(place), "SeatJoined"), "a single command is no seat of the session"


def test_what_is_refused_is_exit_code_1_with_the_reason_each_time(place: Place, site: HttpServer) -> None:
    with HeadlessDriver(place, "run", cockpit(place, site), "--headless") as driver:
        driver.says(r"advice    HOLD")
        assert "unknown item 'zoo'" in refused(place, "mark", "zoo", "done")
        assert "a reason is required" in refused(place, "mark", "backup", "defer", "--id", "build-1")
        assert "a reason is required" in refused(place, "mark", "backup", "defer", "--id", "build-1")
        assert len(of(facts(place), "Refused")) == 2, "decided once"
        assert "no poll is open" in refused(place, "vote", "go")
        assert "needs the controls" in refused(place, "hold", "off")
        assert "the note is empty" in refused(place, "note", "")


def test_a_repeated_call_with_the_same_id_is_recorded_once(place: Place, site: HttpServer) -> None:
    with HeadlessDriver(place, "run", cockpit(place, site), "--headless") as driver:
        driver.says(r"advice    HOLD")
        first = recorded(place, "note", "deployed", "--id", "build-4711")
        assert first.replace("recorded", "had been recorded", 1) == recorded(
            place, "note", "deployed", "--id", "build-4711"
        )
        recorded(place, "note", "another text", "--id", "build-4711")
        chosen = "0123456789abcdef" * 2
        recorded(place, "note", "by its own id", "--id", chosen)
        assert driver.ends(signal.SIGKILL) == -signal.SIGKILL
    with HeadlessDriver(place, "resume", "--headless") as driver:
        driver.says(r"driving")
        assert "had been recorded" in recorded(place, "note", "deployed", "--id", "build-4711")
        assert [body["text"] for body in of(facts(place), "Noted")] == ["deployed", "another text", "by its own id"]
        assert f'"command_id":"{chosen}"' in place.call("log", "--format", "jsonl").stdout


def test_without_a_driver_the_exit_code_is_2_and_a_usage_error_is_3(place: Place, site: HttpServer) -> None:
    assert (none := act(place, "note", "x")).returncode == 2, none
    with HeadlessDriver(place, "run", cockpit(place, site), "--headless") as driver:
        driver.says(r"advice    HOLD")
        for words in (
            ["mark", "1", "finished"],
            ["vote", "maybe"],
            ["hold"],
            ["mark", "1", "override", "--for", "soon"],
            [],
        ):
            wrong = act(place, *words)
            assert (wrong.returncode, wrong.stdout) == (3, ""), wrong
            assert wrong.stderr.startswith("usage: mmcockpit act"), wrong.stderr
        assert driver.ends(signal.SIGTERM) == 0
    for session in ("latest", place.journal.parent.name, os.fspath(place.journal), "20200101T"):
        gone = place.call("act", session, "note", "x")
        assert (gone.returncode, gone.stdout, gone.stderr.count("\n")) == (2, "", 1), gone


def test_another_user_acts_under_their_own_name_and_a_stranger_is_refused(place: Place, site: HttpServer) -> None:
    with unix_users() as users:
        sockets = users.folder / "sockets"
        people = (
            f"people:\n  - {{name: ana, login: {login_of(os.geteuid())}}}\n  - {{name: bo, login: {users.member}}}\n"
        )
        share = f"share: {{group: {users.group}, socket_dir: {sockets}}}\n"

        def act_as(login: str, *words: str) -> subprocess.CompletedProcess[str]:
            command = ["act", "latest", *words, "--socket-dir", str(sockets)]
            env = {**os.environ, "PYTHONPATH": os.fspath(REPOSITORY), "HOME": "/", "XDG_STATE_HOME": "/nowhere"}
            argv = [sys.executable, "-m", "tests.programs.as_user", login, *command]
            return run_program(argv, env=env, cwd="/")

        with HeadlessDriver(place, "run", cockpit(place, site, people + share), "--headless") as driver:
            driver.says(r"advice    HOLD")
            done = act_as(users.member, "mark", "1", "done")
            assert (done.returncode, done.stderr) == (0, ""), done
            assert done.stdout.startswith(f"recorded by bo (unix:{users.member}) in ")
            driver.says(r"tick      bo done: 1 Audit")
            stranger = act_as(users.stranger, "note", "x")
            assert (stranger.returncode, stranger.stdout) == (1, "")
            assert f"{users.stranger} may not enter" in stranger.stderr

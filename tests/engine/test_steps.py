"""Commands of steps: real processes, a real journal, and a clear end whatever they do."""

import os
from pathlib import Path

import msgspec
import pytest

from mmcockpit.core.decide import command as commands
from mmcockpit.core.facts import event as facts
from mmcockpit.core.model.cockpit import Cockpit, SourceSpec
from mmcockpit.core.model.procedure import Capture, Cluster
from mmcockpit.core.model.refusal import Code, Refusal
from mmcockpit.core.model.states import StepState
from mmcockpit.core.state.evolve import fold
from mmcockpit.engine.children import output
from mmcockpit.journal.reader import read
from tests.engine.engine_run import Watcher, running
from tests.engine.step_run import begin, done, lines, one, python, rollback, step, until
from tests.servers.wait import wait_until
from tests.sources.daemons import HOWS, leaves, left_alive
from tests.sources.kubernetes.kubeconfigs import kubeconfig


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"


def test_a_step_runs_and_the_journal_tells_it_all(journal: Path) -> None:
    tell = step("list", python("import sys; print('rev 40'); print('rev 41'); print('careful', file=sys.stderr)"))
    tell = msgspec.structs.replace(
        tell, captures=(Capture("revision", r"^rev (\d+)"), Capture("last", r"(\d+)", "last"))
    )
    with running(rollback(tell, step("next", python("pass"))), journal) as (engine, screen):
        run = done(screen, "list")
        assert (run.state, run.exit, run.by) == (StepState.OK, 0, "ana")
        assert sorted(run.output) == [(False, "rev 40"), (False, "rev 41"), (True, "careful")]
        followed = screen.session.procedures["back"]
        assert followed.found == {"revision": ("40", "41"), "last": ("40", "41")}
        assert followed.values == {"last": "41"}
        assert done(screen, "next").state is StepState.OK
        screen.until(lambda session: session.procedures["back"].closed is not None, "the procedure is over")
    steps = [event.body for event in read(journal) if isinstance(event.body, facts.StepChanged)]
    assert [(body.step, body.now, body.exit) for body in steps] == [
        ("list", StepState.RUNNING, None),
        ("list", StepState.OK, 0),
        ("next", StepState.RUNNING, None),
        ("next", StepState.OK, 0),
    ]
    assert steps[0].argv == tell.argv
    assert fold(read(journal)) == engine.session
    assert not list(journal.parent.glob("output-*")), "what the journal holds needs no file"


def test_a_failing_step_shows_its_last_line_of_output(journal: Path) -> None:
    with running(rollback(step("bad", python("import sys; print('so'); sys.exit('no such revision')"))), journal) as (
        _,
        screen,
    ):
        run = done(screen, "bad")
        assert (run.state, run.exit, run.because) == (StepState.FAILED, 1, "no such revision")
        begin(screen, "bad")
        screen.until(lambda _: failures(screen) == 2, "it runs again", 60.0)


def failures(screen: Watcher) -> int:
    steps = [event.body for event in screen.events if isinstance(event.body, facts.StepChanged)]
    return sum(body.now is StepState.FAILED for body in steps)


def test_a_step_with_an_effect_waits_for_it(journal: Path, tmp_path: Path) -> None:
    flag = tmp_path / "flag"
    undo = step("undo", python("pass"), signal="there", hold=0.2)
    with running(rollback(undo, flag=flag), journal) as (_, screen):
        begin(screen, "undo")
        screen.until(lambda session: one(session, "undo").ended is not None, "the command has ended", 60.0)
        assert (one(screen.session, "undo").state, one(screen.session, "undo").exit) == (StepState.RUNNING, 0)
        flag.touch()
        assert until(screen, "undo", StepState.OK).because.startswith("There has passed")


@pytest.mark.parametrize(
    ("argv", "because"),
    [
        (("no-such-program-here",), "not found in PATH"),
        (("/no/such/program",), "no such file"),
        (("/etc",), "not an executable file"),
        (("a\0b",), "not found in PATH"),
    ],
)
def test_a_missing_program_is_refused_before_it_starts(journal: Path, argv: tuple[str, ...], because: str) -> None:
    with running(rollback(step("lost", argv)), journal) as (_, screen):
        begin(screen, "lost")
        screen.until(lambda _: len(refusals(screen)) == 1, "it is refused")
        (refusal,) = refusals(screen)
        assert (refusal.code, refusal.subject, refusal.other, refusal.text) == (
            *(Code.PROGRAM_MISSING, "Lost", argv[0].replace("\0", "␀"), because),
        )
        assert one(screen.session, "lost").state is StepState.READY
    assert not [event for event in read(journal) if isinstance(event.body, facts.StepChanged)]


def test_a_file_that_is_no_program_fails_with_the_reason(journal: Path, tmp_path: Path) -> None:
    program = tmp_path / "program"
    program.write_bytes(b"\0")
    program.chmod(0o700)
    with running(rollback(step("lost", (str(program),))), journal) as (_, screen):
        run = done(screen, "lost")
        assert (run.state, run.exit) == (StepState.FAILED, None)
        assert "format" in run.because


def test_a_command_that_asks_gets_no_answer(journal: Path) -> None:
    with running(rollback(step("ask", python("input('sure? ')"))), journal) as (_, screen):
        run = done(screen, "ask")
        assert (run.state, run.exit) == (StepState.FAILED, 1)
        assert "EOF" in run.because


def test_escape_sequences_are_shown_and_not_obeyed(journal: Path) -> None:
    code = r"import sys; sys.stdout.buffer.write(b'\x1b[31mred\x1b]0;own\x07\xc2\x9b2J \xff\xe2\x80\xae txt\r\n\tend')"
    with running(rollback(step("paint", python(code))), journal) as (_, screen):
        run = done(screen, "paint")
        shown = lines(run)
        assert shown[0].startswith("␛[31mred␛]0;own␇")
        assert shown[1] == "    end"
        assert not [char for line in shown for char in line if not char.isprintable()]


def test_a_hundred_megabytes_are_bounded_everywhere(journal: Path) -> None:
    code = "import os\nfor n in range(1600): os.write(1, (b'%7d ' % n + b'x' * 55 + b'\\n') * 1024)\nprint('the end')"
    with running(rollback(step("flood", python(code))), journal) as (engine, screen):
        run = done(screen, "flood")
        assert (run.state, run.exit) == (StepState.OK, 0)
        assert lines(run)[-1] == "the end"
        assert run.dropped > 1_000_000
        file = journal.parent / run.file
        assert file.stat().st_mode & 0o777 == 0o600
        assert file.stat().st_size == 64 * 1024 * 1024
    said = sum(len(event.body.text) for event in read(journal) if isinstance(event.body, facts.StepOutput))
    assert said <= output.CHARACTERS + output.TAIL * output.LONGEST_LINE
    assert fold(read(journal)) == engine.session


def test_a_line_without_an_end_is_cut(journal: Path) -> None:
    with running(
        rollback(step("long", python("import os\nfor _ in range(64): os.write(1, b'y' * 65536)"))), journal
    ) as (
        _,
        screen,
    ):
        assert max(map(len, lines(done(screen, "long")))) <= output.LONGEST_LINE


STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('ready'); time.sleep(600)"


def test_a_command_that_never_ends_is_ended_at_its_timeout(journal: Path) -> None:
    with running(rollback(step("wait", python("import time; time.sleep(600)"), timeout=0.5)), journal) as (_, screen):
        run = done(screen, "wait")
        assert (run.state, run.exit, run.because) == (StepState.FAILED, -15, "timed out after 0.5s")


def test_an_operator_ends_a_command_even_one_that_ignores_it(journal: Path) -> None:
    with running(rollback(step("wait", python(STUBBORN))), journal) as (_, screen):
        begin(screen, "wait")
        screen.until(lambda session: bool(one(session, "wait").output), "it has begun", 60.0)
        screen.do(commands.LeaveSession("ana"))
        screen.do(commands.EndSession("ana", "done"))
        screen.do(commands.StopStep("bo", "back", "wait"))
        run = until(screen, "wait", StepState.FAILED)
        assert (run.exit, run.because) == (-9, "ended by bo")
        assert refusals(screen) == [Refusal(Code.STEP_RUNNING, "Wait")] * 2


def test_what_a_command_leaves_running_neither_hangs_the_step_nor_outlives_it(journal: Path) -> None:
    code = "import subprocess, sys; print(subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']).pid)"
    with running(rollback(step("fork", python(code))), journal) as (_, screen):
        run = done(screen, "fork")
        assert (run.state, run.because) == (StepState.OK, "the processes that it left running were ended")
        wait_until(lambda: not alive(int(lines(run)[0])), "what was left is gone")


@pytest.mark.parametrize("how", HOWS)
def test_a_daemon_ends_with_the_step_that_started_it(journal: Path, tmp_path: Path, how: str) -> None:
    with running(rollback(step("fork", leaves(tmp_path / "pids", how))), journal) as (_, screen):
        run = done(screen, "fork")
        assert (run.state, run.because) == (StepState.OK, "the processes that it left running were ended")
        assert left_alive(tmp_path / "pids") == []


def test_a_daemon_ends_with_the_step_that_an_operator_ends(journal: Path, tmp_path: Path) -> None:
    with running(rollback(step("fork", leaves(tmp_path / "pids", "daemon", stays=True))), journal) as (_, screen):
        begin(screen, "fork")
        screen.until(lambda session: bool(lines(one(session, "fork"))), "it has started its daemon", 60.0)
        screen.do(commands.StopStep("ana", "back", "fork"))
        assert until(screen, "fork", StepState.FAILED).because == "ended by ana"
        assert left_alive(tmp_path / "pids") == []


def test_a_command_that_closes_its_output_is_waited_for(journal: Path, tmp_path: Path) -> None:
    code = (
        "import os, sys, time; os.close(1); os.close(2)\n"
        "while not os.path.exists(sys.argv[1]): time.sleep(0.02)\n"
        "sys.exit(3)"
    )
    go = tmp_path / "go"
    with running(rollback(step("quiet", python(code, str(go)))), journal) as (_, screen):
        begin(screen, "quiet")
        until(screen, "quiet", StepState.RUNNING)
        go.touch()
        run = until(screen, "quiet", StepState.FAILED)
        assert run.exit == 3


def test_a_command_gets_little_of_our_environment(journal: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PG_DSN", "postgres://u:hunter2@h/d")
    monkeypatch.setenv("SSH_AUTH_SOCK", "/run/user/1000/agent.sock")
    code = "import os; print(os.getcwd()); print(*sorted(os.environ))"
    told = rollback(step("env", python(code)), cluster=Cluster("/kube/config", "prod", "https://api"))
    with running(told, journal) as (_, screen):
        folder, names = lines(done(screen, "env"))
        assert Path(folder) == Path.cwd()
        passed = {"PATH", "HOME", "USER", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TERM", "KUBECONFIG", "SSH_AUTH_SOCK"}
        assert set(names.split()) <= passed
        # ssh needs the agent.
        assert "SSH_AUTH_SOCK" in names.split()


def test_secrets_are_struck_out_wherever_a_piece_of_output_ends(journal: Path) -> None:
    secret = "canary-5f2a91c7"
    code = (
        f"import os, time\nfor char in 'a {secret[:8]}' '{secret[8:]} b\\n':\n"
        "    os.write(1, char.encode())\n    time.sleep(0.002)"
    )
    with running(rollback(step("leak", python(code))), journal) as (engine, screen):
        engine._secrets.protect(secret)
        assert lines(done(screen, "leak")) == ["a ••• b"]


def test_a_secret_that_no_source_has_asked_for_is_struck_out_from_the_first_character(journal: Path) -> None:
    folder = journal.parent.parent
    (folder / "dsn").write_text("postgresql://cockpit:canary%2D31c0@db.example.com/a\n", encoding="utf-8")
    (folder / "token").write_text("canary-77e1b0\n", encoding="utf-8")
    sources = (
        SourceSpec("database", "postgres", {"dsn": {"file": str(folder / "dsn")}}),
        SourceSpec("api", "http", {"url": "https://example.com", "token": {"file": str(folder / "token")}}),
        SourceSpec("gone", "http", {"url": "https://example.com", "token": {"env": "MMCOCKPIT_NOT_SET"}}),
    )
    code = (
        "import sys, urllib.parse\nfor name in sys.argv[1:]:\n    print(said := open(name).read().strip())\n"
        "    print(urllib.parse.unquote(said.partition('cockpit:')[2].partition('@')[0]))"
    )
    leak = step("leak", python(code, str(folder / "token"), str(folder / "dsn")))
    with running(msgspec.structs.replace(rollback(leak), sources=sources, signals=()), journal) as (_, screen):
        assert lines(done(screen, "leak")) == ["•••", "", "•••", "•••"]
    assert b"canary" not in journal.read_bytes()


def test_leaving_ends_the_command_and_its_outcome_is_unknown(journal: Path) -> None:
    code = "import os, time; print(os.getpid()); time.sleep(600)"
    with running(rollback(step("wait", python(code))), journal) as (_, screen):
        begin(screen, "wait")
        screen.until(lambda session: bool(one(session, "wait").output), "it has begun", 60.0)
        pid = int(lines(one(screen.session, "wait"))[0])
    assert not alive(pid)
    assert one(fold(read(journal)), "wait").state is StepState.UNKNOWN


def test_an_interrupted_step_is_verified_by_its_signal_and_settled_by_a_human(journal: Path, tmp_path: Path) -> None:
    flag = tmp_path / "flag"
    flag.touch()
    undo = step("undo", python("import time; time.sleep(600)"), signal="there")
    told = slow(rollback(undo, flag=flag))
    with running(told, journal) as (_, screen):
        begin(screen, "undo")
        until(screen, "undo", StepState.RUNNING)
    with running(journal) as (_, screen):
        assert one(screen.session, "undo").state is StepState.UNKNOWN
        asked_at = screen.session.last
        assert asked_at is not None
        screen.until(lambda session: asked_since(screen, asked_at.at), "its signal is asked", 60.0)
        assert one(screen.session, "undo").state is StepState.UNKNOWN
        screen.do(commands.SettleStep("bo", "back", "undo", True, "the flag is there"))
        until(screen, "undo", StepState.OK)


def slow(told: Cockpit) -> Cockpit:
    """Let the signal that verifies come last, and seldom."""
    there = msgspec.structs.replace(told.signals[0], every=600.0)
    others = [msgspec.structs.replace(there, name=f"other_{number}") for number in range(3)]
    return msgspec.structs.replace(told, signals=(*others, there))


def asked_since(screen: Watcher, at: float) -> bool:
    state = screen.session.signals["there"]
    return state.asked_at is not None and state.asked_at.at >= at


def test_without_permission_nothing_is_started(journal: Path, tmp_path: Path) -> None:
    flag = tmp_path / "flag"
    touch = step("touch", python("import sys; open(sys.argv[1], 'w')", str(flag)))
    with running(rollback(touch, allowed=False), journal) as (_, screen):
        begin(screen, "touch")
        screen.until(lambda _: refusals(screen) == [Refusal(Code.STEPS_NOT_ALLOWED)], "it is refused")
    assert not flag.exists()


def test_without_a_terminal_nothing_is_started(journal: Path, tmp_path: Path) -> None:
    flag = tmp_path / "flag"
    touch = step("touch", python("import sys; open(sys.argv[1], 'w')", str(flag)))
    with running(rollback(touch), journal) as (engine, screen):
        engine.step_control.hang_up("the terminal is gone")
        begin(screen, "touch")
        screen.until(lambda _: [refusal.code for refusal in refusals(screen)] == [Code.TERMINAL_GONE], "it is refused")
    assert not flag.exists()


def test_a_step_never_connects_to_another_cluster_than_the_watched_one(journal: Path, tmp_path: Path) -> None:
    path = kubeconfig(tmp_path / "config", prod="https://prod", dev="https://dev")
    told = rollback(step("look", python("import sys; print(sys.argv[1:])", "--kubeconfig=${cluster.kubeconfig}")))
    source = SourceSpec("cluster", "kubernetes", {"kubeconfig": str(path)})
    told = msgspec.structs.replace(told, sources=(*told.sources, source))
    with running(told, journal) as (_, screen):
        assert screen.session.cockpit.cluster == Cluster(str(path), "prod", "https://prod")
        begin(screen, "look", where="https://dev")
        screen.until(lambda _: len(refusals(screen)) == 1, "another server is refused")
        kubeconfig(path, "dev", prod="https://prod", dev="https://dev")
        begin(screen, "look", where="https://prod")
        screen.until(lambda _: len(refusals(screen)) == 2, "another context is refused")
        assert "the kubeconfig now points at dev" in refusals(screen)[1].text
        assert {refusal.code for refusal in refusals(screen)} == {Code.OTHER_CLUSTER}
        kubeconfig(path, prod="https://prod", dev="https://dev")
        begin(screen, "look", where="https://prod")
        assert lines(until(screen, "look", StepState.OK)) == [f"['--kubeconfig={path}']"]


def refusals(screen: Watcher) -> list[Refusal]:
    return [event.body.refusal for event in screen.events if isinstance(event.body, facts.Refused)]

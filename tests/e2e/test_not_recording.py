"""A full disk: it is shown, marks are refused until an operator accepts that, and free space resumes the recording."""

import os
import re
import time
from pathlib import Path

from mmcockpit.simulator.servers.valkey import Valkey
from tests.e2e.cockpits import light
from tests.e2e.full_disk import fill
from tests.e2e.pty_session import Place, in_order, leave, until
from tests.terminal import Terminal

PAGE, SHORTEST = os.sysconf("SC_PAGESIZE"), 120
"""What a file system gives, and the least that has to fit to record again: a gap, in bytes."""


def stands_still(program: Terminal, journal: Path) -> None:
    """Wait until not even a short line fits behind the journal's last one."""
    size, since = -1, 0.0

    def still() -> bool:
        nonlocal size, since
        if journal.stat().st_size != size:
            size, since = journal.stat().st_size, time.monotonic()
        return -size % PAGE < SHORTEST or time.monotonic() - since > 3.5

    until(program, still, "the journal stands still")


def test_a_full_disk_is_loud_and_refuses_marks(place: Place, valkey: Valkey, small_disk: Path) -> None:
    journal = small_disk / "session" / "journal.jsonl"
    cockpit = light(place, valkey.url, every="100ms")
    with place.open("run", cockpit, "--session", os.fspath(journal), size=(120, 30)) as program:
        program.wait_for(r"\[\+\] clients")
        in_order(program)
        program.press("jj ")
        program.wait_for(r"\[x\] +1 Audit")
        ballast = fill(small_disk)
        program.wait_for(r" NOT RECORDING: \w+")
        stands_still(program, journal)
        program.press("j ")
        program.wait_for(r"refused: not recording \([^)]*\): `:accept REASON`")
        assert re.search(r"\[ \] +2 Backup", program.text())
        program.press(":accept the disk is being freed")
        program.wait_for("accept the disk is being freed")
        program.press("\r")
        program.wait_for("continues without a record: the disk is being")
        program.press(" ")
        program.wait_for(r"\[x\] +2 Backup[\s\S]* NOT RECORDED: ticked 2 Backup")
        assert "NOT RECORDING" in program.text()
        assert re.search("unrecorded", program.text())
        assert b'backup","mark"' not in journal.read_bytes()
        ballast.unlink()
        until(program, lambda: "NOT RECORDING" not in program.text(), "it is recorded again")
        program.press("j ")
        program.wait_for(r"\[x\] +3 Capacity")
        assert leave(program) == 0
    assert place.call("verify", os.fspath(journal)).returncode == 0
    logged = place.call("log", os.fspath(journal)).stdout
    words = [
        "ana done: readiness/hands/audit",
        "not recorded since",
        "continues without a record",
        "ana done: readiness/hands/backup",
        "ana done: readiness/hands/capacity",
    ]
    places = [logged.index(word) for word in words]
    assert places == sorted(places)
    with place.open("resume", os.fspath(journal)) as program:
        in_order(program)
        program.wait_for(r"\[x\] +1 Audit[\s\S]*\[x\] +2 Backup[\s\S]*\[x\] +3 Capacity")
        assert leave(program) == 0


def test_leaving_while_not_recording_saves_what_was_accepted(place: Place, valkey: Valkey, small_disk: Path) -> None:
    journal = small_disk / "session" / "journal.jsonl"
    rescues = place.folder / "runtime"
    rescues.mkdir(mode=0o700)
    cockpit = light(place, valkey.url, every="100ms")
    words = ("run", cockpit, "--session", os.fspath(journal))
    with place.open(*words, size=(120, 30), env={"XDG_RUNTIME_DIR": os.fspath(rescues)}) as program:
        program.wait_for(r"\[\+\] clients")
        ballast = fill(small_disk)
        program.wait_for(r" NOT RECORDING: \w+")
        stands_still(program, journal)
        program.press(":accept no time to free it")
        program.wait_for("accept no time to free it")
        program.press("\r")
        program.wait_for("continues without a record")
        in_order(program)
        program.press("jj ")
        program.wait_for(r"\[x\] +1 Audit")
        assert leave(program) == 1
        said = bytes(program.output).decode().rpartition("\x1b[?1049l")[2]
    saved = re.search(r"saved in (\S+journal\.jsonl)", said)
    assert saved, said
    assert "Traceback" not in said
    assert f"polling stopped: mmcockpit resume {saved[1]}" in said
    assert rescues in Path(saved[1]).parents
    assert place.call("verify", saved[1]).returncode == 0
    assert "ana done: readiness/hands/audit" in place.call("log", saved[1]).stdout
    ballast.unlink()
    with place.open("resume", os.fspath(journal), env={"XDG_RUNTIME_DIR": os.fspath(rescues)}) as program:
        in_order(program)
        program.wait_for(r"\[x\] +1 Audit")
        assert leave(program) == 0
    assert journal.with_name("journal.2.jsonl").exists()
    assert not Path(saved[1]).exists()
    assert place.call("verify", os.fspath(journal)).returncode == 0
    with place.open("resume", os.fspath(journal)) as program:
        in_order(program)
        program.wait_for(r"\[x\] +1 Audit")
        assert leave(program) == 0


def test_a_journal_emptied_or_removed_while_it_runs_loses_nothing(place: Place, valkey: Valkey) -> None:
    with place.open("run", light(place, valkey.url), size=(120, 30)) as program:
        program.wait_for(r"\[\+\] clients")
        in_order(program)
        program.press("jj ")
        program.wait_for(r"\[x\] +1 Audit")
        journal = place.journal
        os.truncate(journal, 0)
        program.wait_for("recording continues in a new journal")
        until(program, lambda: "NOT RECORDING" not in program.text(), "it is recorded again")
        program.press("j ")
        program.wait_for(r"\[x\] +2 Backup")
        journal.with_name("journal.2.jsonl").unlink()
        program.wait_for("was removed or moved")
        until(program, lambda: journal.with_name("journal.3.jsonl").exists(), "another one is begun")
        assert leave(program) == 0
    assert "Traceback" not in bytes(program.output).decode()
    shown = place.call("sessions").stdout
    assert "left: can be resumed" in shown
    with place.open("resume") as program:
        in_order(program)
        program.wait_for(r"\[x\] +1 Audit[\s\S]*\[x\] +2 Backup")
        assert leave(program) == 0
    report = place.call("report").stdout
    assert "recording continues in a new journal" in report
    verified = place.call("verify")
    assert verified.returncode == 1
    assert "journal.2.jsonl was removed or moved" in verified.stdout
    assert verified.stdout.count("chain ok") == 1

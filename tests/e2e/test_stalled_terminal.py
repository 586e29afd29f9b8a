"""A terminal that stops reading, or goes away, stops neither the record nor the session."""

import re
import select
import signal
import time
from pathlib import Path

from mmcockpit.simulator.servers.valkey import Valkey
from tests.e2e.cockpits import light
from tests.e2e.pty_session import Place, count, ended, in_order, leave, letters, until
from tests.servers.wait import PATIENCE_S, wait_until
from tests.terminal import Terminal

STALL_S, FACTS = 5.0, 10


def test_the_journal_grows_while_the_terminal_reads_nothing(place: Place, valkey: Valkey) -> None:
    with place.open("run", light(place, valkey.url, every="200ms")) as program:
        program.wait_for(r"\[\+\] clients")
        journal = place.journal
        stalled_at = time.monotonic()
        assert fill(program), "the terminal was never full: nothing was tested"
        first = count(journal)
        wait_until(
            lambda: count(journal) >= first + FACTS and time.monotonic() > stalled_at + STALL_S,
            "facts without a reader",
        )
        # Alive after all, and the screen is right again: the last tick is seen, and the clock is that of now.
        in_order(program)
        program.press("jj ")
        program.wait_for(r"\[x\] +1 Audit")
        program.press("j ")
        program.wait_for(r"\[x\] +2 Backup")
        assert [number for number, letter in letters(program.text()).items() if letter == "x"] == [1, 2]
        shown = clock(program)
        until(program, lambda: clock(program) > shown, "the clock goes on")
        assert leave(program) == 0
    assert place.call("verify").returncode == 0


def fill(program: Terminal) -> bool:
    """Make the program draw until the pty takes no more, without reading; return whether it came to that."""
    end = time.monotonic() + PATIENCE_S
    waiting = 0
    while time.monotonic() < end:
        # Every turn of the theme draws the whole screen.
        program.press(":theme high-contrast\r:theme cockpit-dark\r" if waiting < 40 else "")
        waiting += 1
        select.select([], [], [], 0.05)
        if blocked(program.process.pid):
            return True
    return False


def blocked(pid: int) -> bool:
    """Tell whether a thread of the process waits in a write to its terminal."""
    for task in Path(f"/proc/{pid}/task").iterdir():
        try:
            if re.search("n_tty_write|wait_woken", (task / "wchan").read_text()):
                return True
        except OSError:
            continue
    return False


def clock(program: Terminal) -> str:
    """Return the time of day that the header shows."""
    found = re.search(r"\d\d:\d\d:\d\dZ", program.lines()[0])
    return found[0] if found else ""


def test_a_terminal_that_hangs_up_leaves_a_session_to_resume(place: Place, valkey: Valkey) -> None:
    with place.open("run", light(place, valkey.url)) as program:
        program.wait_for(r"\[\+\] clients")
        in_order(program)
        program.press("jj j ")
        program.wait_for(r"\[x\] +1 Audit[\s\S]*\[x\] +2 Backup")
        program.process.send_signal(signal.SIGHUP)
        ended(program)
    assert place.call("verify").returncode == 0
    assert "left: can be resumed" in place.call("sessions").stdout
    with place.open("resume") as program:
        in_order(program)
        program.wait_for(r"\[x\] +1 Audit[\s\S]*\[x\] +2 Backup")
        assert leave(program) == 0
    assert "resumed" in place.call("log").stdout

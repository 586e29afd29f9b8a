"""Ends that no operator chose: a closed window, a signal, a terminal that is gone."""

import os
import signal
import sys
import termios
import time
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.procedures.steps import SLOW_S, begun, cockpit, confirmed, current, facts, of, see
from tests.e2e.pty_session import MMCOCKPIT, Place, alive, children, ended, until
from tests.servers.wait import wait_until
from tests.terminal import Terminal

SAYS_WHEN_IT_ENDS = """\
import pathlib, sys, time
print("begun", flush=True)
while not pathlib.Path("end").exists():
    time.sleep(0.05)
print("done to the end", flush=True)
pathlib.Path("worked").touch()
"""


def step(place: Place, code: str, **more: Any) -> dict[str, Any]:
    script = place.write("step.py", code)
    return {"title": "Undo", "command": [sys.executable, str(script)], "danger": "changes", "timeout": "60s", **more}


def running(program: Terminal, place: Place) -> None:
    begun(program, place)
    confirmed(program, place)
    current(program, "~", 1)
    see(program, r"begun")


def close(program: Terminal) -> None:
    """Close the window, as a terminal emulator does that is closed or a line that is cut."""
    os.close(program.fd)
    program.fd = os.open(os.devnull, os.O_RDWR)


def left(place: Place) -> None:
    assert place.call("verify").returncode == 0
    assert of(facts(place), "OperatorLeft")
    assert "left: can be resumed" in place.call("sessions").stdout


@pytest.mark.parametrize("how", ["window", "hang-up"])
def test_a_step_continues_to_its_end_without_a_screen_and_then_the_session_is_left(place: Place, how: str) -> None:
    again = {"title": "Again", "command": ["touch", "again"], "danger": "changes", "timeout": "60s"}
    file = cockpit(place, step(place, SAYS_WHEN_IT_ENDS), again, allowed=True)
    with place.open("run", file) as program:
        running(program, place)
        if how == "window":
            close(program)
        else:
            program.process.send_signal(signal.SIGHUP)
        wait_until(lambda: bool(of(facts(place), "Trouble")), "the record says that the terminal is gone", SLOW_S)
        assert program.process.poll() is None, "it waits for the step"
        (place.folder / "end").touch()
        assert program.process.wait(SLOW_S) == 0
    told = facts(place)
    assert [body["now"] for body in of(told, "StepChanged")] == ["running", "ok"]
    assert "done to the end" in "".join(body["text"] for body in of(told, "StepOutput"))
    assert (place.folder / "worked").exists()
    assert not (place.folder / "again").exists()
    left(place)


def test_sigterm_ends_a_step_that_ignores_it_within_ten_seconds_and_restores_the_terminal(place: Place) -> None:
    code = "import signal, time; signal.signal(15, signal.SIG_IGN); print('begun', flush=True); time.sleep(600)"
    with place.open("run", cockpit(place, step(place, code), allowed=True)) as program:
        before = termios.tcgetattr(program.fd)
        running(program, place)
        below = children(program.process.pid)
        since = time.monotonic()
        program.process.send_signal(signal.SIGTERM)
        assert ended(program, SLOW_S) == 0
        print(f"ended {time.monotonic() - since:.1f} s after SIGTERM")
        assert not any(map(alive, below))
        assert program.output.endswith(b"\n")
        assert b"\x1b[?1049l" in program.output
        assert termios.tcgetattr(program.fd)[3] & termios.ICANON
        assert before
    (_, last) = of(facts(place), "StepChanged")
    assert last["now"] == "outcome unknown"
    assert "ended by a signal" in last["because"]
    left(place)
    with place.open("resume") as program:
        see(program, r"(?m)^ GO +1 step with an unknown outcome; every item is done")
        see(program, r"(?m)^ NEXT +! +1/1 Undo: outcome unknown, record whether it worked")


def test_a_second_signal_ends_a_step_that_runs_without_a_screen(place: Place) -> None:
    with place.open("run", cockpit(place, step(place, SAYS_WHEN_IT_ENDS), allowed=True)) as program:
        running(program, place)
        close(program)
        wait_until(lambda: bool(of(facts(place), "Trouble")), "the record says that the terminal is gone", SLOW_S)
        program.process.send_signal(signal.SIGTERM)
        assert program.process.wait(SLOW_S) == 0
    assert [body["now"] for body in of(facts(place), "StepChanged")] == ["running", "outcome unknown"]
    left(place)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_stalled_terminal_does_not_delay_the_end(place: Place, number: signal.Signals) -> None:
    with place.open("run", cockpit(place, step(place, ""), allowed=False), size=(200, 60)) as program:
        see(program, r"ok +1 Stands")
        end = time.monotonic() + SLOW_S
        while not stalled(program.process.pid) and time.monotonic() < end:
            program.press(":theme high-contrast\r:theme cockpit-dark\r")
            with_patience(program)
        program.process.send_signal(number)
        assert program.process.wait(SLOW_S) == 0
        assert termios.tcgetattr(program.fd)[3] & termios.ICANON
    left(place)


def stalled(pid: int) -> bool:
    """Tell whether a thread of the process waits in a write to its terminal."""
    names = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        try:
            names.append((task / "wchan").read_text())
        except OSError:
            continue
    return any("n_tty_write" in name or "wait_woken" in name for name in names)


def with_patience(program: Terminal) -> None:
    try:
        program.process.wait(0.1)
    except Exception:  # noqa: BLE001, S110
        pass


class Ignoring(Terminal):
    """A program under nohup: a terminal that goes away sends it no signal it would hear."""

    def close(self) -> None:
        self.kill()
        super().close()


@pytest.mark.parametrize("words", [("run", "cockpit.yaml"), ("replay", "sample"), ("watch",), ("demo",)])
def test_a_terminal_that_is_gone_without_a_signal_ends_the_screen(place: Place, words: tuple[str, ...]) -> None:
    cockpit(place, step(place, ""), allowed=False)
    if words[0] == "watch":
        with place.open("run", "cockpit.yaml") as driver:
            see(driver, r"ok +1 Stands")
            gone(place, words)
        return
    gone(place, words)
    if words[0] == "run":
        left(place)


def gone(place: Place, words: tuple[str, ...]) -> None:
    argv = ["sh", "-c", "trap '' HUP; exec \"$@\"", "sh", *MMCOCKPIT, *words]
    program = Ignoring(argv, env=place.env, cwd=os.fspath(place.folder))
    try:
        program.wait_for(r"\? help", SLOW_S)
        below = children(program.process.pid)
        close(program)
        assert program.process.wait(SLOW_S) == 0
        until(program, lambda: not any(map(alive, below)), "what it had started ends too", SLOW_S)
    finally:
        program.close()

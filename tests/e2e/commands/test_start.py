"""Start and end: what the first screen shows, what the terminal is left like, and what is left running: nothing."""

import os
import re
import shutil
import signal
import tempfile
import termios
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bench.production import production
from tests.e2e.pty_session import Place, all_end, children, leave, until
from tests.servers.wait import wait_until
from tests.terminal import Terminal

MODE = re.compile(rb"\x1b\[\?([0-9;]+)([hl])")
COLOUR = re.compile(r"(?:^|;)(?:3[0-8]|4[0-8]|9[0-7]|10[0-7])(?:[;:]|$)")
SIZES = ((40, 12), (80, 24), (200, 50))


@pytest.fixture
def scratch() -> Iterator[Path]:
    """Give the demo a TMPDIR of its own: short for sockets, and open to the account that PostgreSQL runs as."""
    folder = Path(tempfile.mkdtemp(prefix="mm-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def demo(place: Place, scratch: Path) -> Terminal:
    """Start the demo and wait until it has asked its production."""
    program = place.open("demo", env={"TMPDIR": os.fspath(scratch)})
    program.wait_for(r"\[\+\] |more, all ok")
    return program


def test_the_demo_starts_and_leaves_nothing_behind(place: Place, scratch: Path) -> None:
    with demo(place, scratch) as program:
        before = termios.tcgetattr(program.fd)
        assert re.search(r"^ DEMO +modelmuxer v2\.4\.1 ", program.text())
        assert re.search(r"\[Readiness \d+/78\b", program.text())
        program.press("G")
        program.wait_for(r">[^\n]*(?:DONE|NOT APPLICABLE)")
        below = children(program.process.pid)
        assert len(below) >= 5, "the simulated production has its servers"
        assert leave(program) == 0, program.text()
        assert not before[3] & termios.ICANON
        assert termios.tcgetattr(program.fd)[3] & termios.ICANON
        assert termios.tcgetattr(program.fd)[3] & termios.ECHO
        assert "mmcockpit resume" in program.text()
        assert_left_as_found(bytes(program.output))
        all_end(below)
        assert list(scratch.iterdir()) == []
    assert place.call("verify").returncode == 0


def assert_left_as_found(output: bytes) -> None:
    """Every mode that was switched on is switched off again, and the cursor is back."""
    last: dict[str, bytes] = {}
    for modes, switch in MODE.findall(output):
        last |= dict.fromkeys(modes.decode().split(";"), switch)
    assert last.pop("25") == b"h", "the cursor is shown"
    assert last["1049"] == b"l", "the alternate screen is left"
    assert "1000" in last or "1003" in last, "the mouse was asked for"
    assert {mode for mode, switch in last.items() if switch == b"h"} <= {"7"}
    assert len(re.findall(rb"\x1b\[>\d+u", output)) == output.count(b"\x1b[<u"), "the keyboard protocol is as it was"
    assert "Traceback" not in output.decode(errors="replace")


@pytest.mark.parametrize("death", [signal.SIGTERM, signal.SIGKILL])
def test_no_server_outlives_the_cockpit(place: Place, scratch: Path, death: signal.Signals) -> None:
    with demo(place, scratch) as program:
        below = children(program.process.pid)
        assert len(below) >= 5
        program.process.send_signal(death)
        until(program, lambda: program.process.poll() is not None, f"the cockpit ends by {death.name}")
        all_end(below)
        wait_until(lambda: list(scratch.iterdir()) == [], "the temporary folder is gone")
    assert place.call("verify").returncode == 0


def test_it_starts_at_every_size_and_without_colour(place: Place) -> None:
    with production(place.folder) as (cockpit, secrets):
        for size in SIZES:
            with place.open("run", cockpit.name, size=size, env=secrets) as program:
                program.wait_for(r"^ LIVE DEMO ")
                program.wait_for(r"1 To do ━[^\n]*\n[^\n]*(?:FAILING|NEEDS YOUR TICK|NO DATA)")
                # The list is live: an item shows what its checks found.
                program.wait_for(r"\[.\] +\d+ [A-Z][^\n│]* pass(?:es)?\b")
                assert all(len(line) <= size[0] for line in program.lines())
                assert colours(bytes(program.output))
                assert leave(program) == 0, program.text()
        with place.open("run", cockpit.name, env={**secrets, "NO_COLOR": "1"}) as program:
            program.wait_for(r"\[\+\] |more, all ok")
            program.press("jjjj\r")
            program.wait_for(r"3 Why ━[^\n]*\n[^\n]*│ polled ")
            program.press("0")
            assert leave(program) == 0, program.text()
            assert not colours(bytes(program.output))


def colours(output: bytes) -> set[str]:
    """Return the colour sequences among what was written to the terminal."""
    drawn = re.findall(r"\x1b\[([0-9;:]*)m", output.decode(errors="replace"))
    return {sequence for sequence in drawn if COLOUR.search(sequence)}

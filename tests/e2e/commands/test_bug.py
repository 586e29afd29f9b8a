"""A bug of the screen itself: the terminal is given back, the journal is intact, and no local variable is printed."""

import sys

from mmcockpit.simulator.servers.valkey import Valkey
from tests.e2e.cockpits import light
from tests.e2e.pty_session import Place
from tests.servers.wait import PATIENCE_S
from tests.terminal import Terminal

BROKEN = """
import sys
from mmcockpit.cli import program
from mmcockpit.ui.app import CockpitApp
frame, count = CockpitApp.frame, []
def broken(self, *frames):
    count.append(1)
    if len(count) > 40:
        a_local = "canary-local"
        raise RuntimeError("the frame broke")
    frame(self, *frames)
CockpitApp.frame = broken
sys.argv = ["mmcockpit", "run", sys.argv[1]]
program()
"""


def test_a_bug_of_the_screen_is_one_line_and_a_trace_beside_the_journal(place: Place, valkey: Valkey) -> None:
    argv = [sys.executable, "-c", BROKEN, str(light(place, valkey.url))]
    with Terminal(argv, 120, 30, env=place.env, cwd=str(place.folder)) as program:
        program.wait_for("the screen broke: RuntimeError: the frame broke")
        program.process.wait(PATIENCE_S)
        assert program.process.returncode == 1
        assert b"canary-local" not in program.output
        assert b"\x1b[?1049l" in program.output
    crash = place.journal.parent / "crash.txt"
    assert "the frame broke" in crash.read_text(encoding="utf-8")
    assert crash.stat().st_mode & 0o777 == 0o600
    assert place.call("verify").returncode == 0

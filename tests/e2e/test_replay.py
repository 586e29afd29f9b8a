"""A replay as its viewer has it: keys that move it, a screen at rest, and what it does not import."""

import json
import os
import re
import time
from pathlib import Path

import pytest

from mmcockpit.engine.clock import SessionClock
from mmcockpit.journal.playback.replay import ReplayFeed
from tests.e2e.pty_session import Place, ended
from tests.servers.wait import PATIENCE_S
from tests.terminal import Terminal
from tests.ui.feeds import go_live
from tests.ui.replays import journal

PROBE = """\
import json, os, sys
from mmcockpit.cli import main
code = main(sys.argv[1:])
with open(os.environ["E2E_SEEN"], "w") as seen:
    json.dump(sorted(sys.modules), seen)
os._exit(code)
"""

FORBIDDEN = re.compile(
    r"(mmcockpit\.(sources|engine\.(?!(clock|pace)$)|simulator|cli\.live))"
    r"|(redis|psycopg|kubernetes|requests|httpx|prometheus_api_client|aiohttp|dns|pydantic)(\.|$)"
)


@pytest.fixture
def night(place: Place) -> Path:
    return journal(place.folder, go_live())


def at(program: Terminal) -> str:
    """Return the position of the playhead, as the bar shows it."""
    found = re.search(r"(\d\d:\d\d:\d\d)/\d\d:\d\d:\d\d", program.text())
    return found[1] if found else ""


def rests(program: Terminal) -> None:
    """Wait until nothing is painted for so long that a clock would have advanced twice."""
    end = time.monotonic() + PATIENCE_S
    while program.read(2.5) is not None:
        assert time.monotonic() < end, "it paints again and again"


def test_keys_seek_and_play(place: Place, night: Path) -> None:
    with place.open("replay", str(night), "--at", "50%") as program:
        program.wait_for(r"^ REPLAY PROD ")
        program.wait_for(r"PAUSED +1x 00:08:18/00:16:36")
        program.press("ST+1m\r")
        program.wait_for("PAUSED +1x 00:11:00/")
        program.press("S#999\r")
        program.wait_for("#999 is after the end of the session")
        program.press("S02:05:00Z\r")
        program.wait_for("PAUSED +1x 00:05:00/")
        program.press("\x1b[C")
        program.wait_for("00:05:05/")
        program.press("(")
        program.wait_for("00:04:05/")
        program.press("]")
        program.wait_for("00:16:35/.*#")
        program.wait_for("marker +ana: errors rise since the rollout")
        program.press("++++++++++++S50%\r ")
        program.wait_for("PLAY +64x")
        program.wait_for("END +64x 00:16:36/00:16:36")
        program.press("q")
        assert ended(program) == 0


def test_the_terminal_has_its_own_size_whatever_the_environment_names(place: Place, night: Path) -> None:
    with place.open("replay", str(night), size=(100, 30), env={"COLUMNS": "60", "LINES": "12"}) as program:
        program.wait_for(r"(?m)^ REPLAY PROD .{60}.*\S")
        program.resize(140, 40)
        program.wait_for(r"(?m)^ REPLAY PROD .{95}.*\S")


def test_a_paused_replay_paints_nothing(place: Place, night: Path) -> None:
    with place.open("replay", str(night), "--at", "T+1m") as program:
        program.wait_for("PAUSED")
        rests(program)


def test_a_clock_that_advances_does_not_write_the_rest_of_its_line_again(place: Place, night: Path) -> None:
    with place.open("replay", str(night), "--at", "T+1m") as program:
        program.wait_for("PAUSED")
        rests(program)
        before, written = at(program), len(program.output)
        program.press(" ")
        program.wait_for("PLAY ")
        while at(program) <= before:
            program.read(0.2)
        program.press(" ")
        program.wait_for("PAUSED")
        assert b"REPLAY" not in program.output[written:]


def test_a_replay_knows_neither_sources_nor_commands(place: Place, night: Path) -> None:
    seen = place.folder / "seen.json"
    script = place.write("probe.py", PROBE)
    # The first call makes what the second one finds ready: themes and keymap are read from files.
    for _ in range(2):
        with place.probe(script, "replay", str(night), env={"E2E_SEEN": os.fspath(seen)}) as program:
            program.wait_for("PLAY")
            program.press("q")
            assert ended(program) == 0
    imported = json.loads(seen.read_text())
    assert "mmcockpit.ui.app" in imported
    assert [name for name in imported if FORBIDDEN.match(name)] == []
    assert ReplayFeed(night, SessionClock()).commands is None


def test_an_unreadable_journal_is_reported_once(place: Place, night: Path) -> None:
    lines = night.read_bytes().splitlines(keepends=True)
    lines[9] = b"hello\n"
    night.write_bytes(b"".join(lines))
    with place.open("replay", str(night), "--at", "50%") as program:
        program.wait_for(r"line 10 of the journal: not a fact")
        program.press("q")
        assert ended(program) == 0


def test_replay_needs_a_terminal_a_session_and_a_moment(place: Place, night: Path) -> None:
    assert "not a terminal" in place.call("replay", str(night)).stderr
    assert "not a journal, and not a session" in place.call("replay", "nothing").stderr
    assert "unknown speed '3'; known: 1/4" in place.call("replay", str(night), "--speed", "3").stderr
    with place.open("replay", str(night), "--at", "soon") as program:
        assert ended(program) == 1
        assert "is not a time of a session" in program.text()

"""The bell, the notification and the title as a terminal gets them: on a pty, and through a real tmux."""

import json
import os
import re
import shutil
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from tests.e2e.pty_session import Place, leave, until
from tests.e2e.tmux import Tmux
from tests.servers.needs import need
from tests.servers.wait import wait_until
from tests.terminal import Terminal

BELL = re.compile(rb"\x1b\][^\a]*\a")
"""A sequence that ends with a bell which does not ring."""

POINTER = re.compile(rb"\x1b\]22;[^\a]*\a")
"""The shape of the mouse pointer, which Textual sets."""


def cockpit(place: Place) -> Path:
    """Write a cockpit whose release is good as long as a file exists; return that file."""
    flag = place.write("flag", "")
    release = {"disk.stat": os.fspath(flag), "pass": "value.exists", "every": "200ms", "title": "release"}
    items = [{"title": "Release", "signal": "release"}]
    place.write(
        "list.yaml",
        json.dumps(
            {
                "name": "night",
                "title": "Night",
                "phases": [{"title": "Live", "sections": [{"title": "Door", "items": items}]}],
                "signals": {"release": release},
                "abort": [{"signal": "release", "for": "1s", "from": "live"}],
            }
        ),
    )
    head = {"name": "Night", "environment": "test", "checklist": "list.yaml", "sources": {"disk": {"kind": "file"}}}
    place.write("cockpit.yaml", json.dumps(head))
    return flag


def settings(place: Place, text: str) -> None:
    folder = place.folder / "config" / "mmcockpit"
    folder.mkdir(parents=True)
    (folder / "attention.yaml").write_text(text, encoding="utf-8")


def rings(output: bytes) -> int:
    return BELL.sub(b"", output).count(b"\a")


def test_a_terminal_gets_an_alert_a_title_for_each_state_and_its_own_title_back(place: Place) -> None:
    flag = cockpit(place)
    settings(place, "attention: {notification: both}\n")
    with place.open("run", "cockpit.yaml") as program:
        title = "GO · Night".encode()
        until(program, lambda: b"\x1b]0;" + title in program.output, "the title shows GO")
        assert b"\x1b[22;0t" in program.output
        assert rings(bytes(program.output)) == 0
        flag.unlink()
        until(program, lambda: "\x1b]0;ROLLBACK · Night\a".encode() in program.output, "the title shows ROLLBACK")
        flag.touch()
        until(program, lambda: program.output.count(b"\x1b]0;" + title) >= 2, "the title shows GO again")
        assert leave(program) == 0
        output = bytes(program.output)
    assert rings(output) == output.count(b"\x1b]9;") == output.count(b"\x1b]777;notify;") >= 1
    assert re.search(rb"(?i)\x1b\]777;notify;[^\a]* \xc2\xb7 Night;[^\a]*release[^\a]*\a", output)
    titles = re.findall(rb"\x1b\]0;([^\a]*)\a", output)
    assert all(one != other for one, other in pairwise(titles)), titles
    assert output.count(b"\x1b[22;0t") == output.count(b"\x1b[23;0t") == 1
    assert output.rindex(b"\x1b[23;0t") > output.rindex(b"\x1b]0;")
    with place.open("replay", place.journal.parent.name) as replay:
        until(replay, lambda: " · Night (replay)\a".encode() in replay.output, "the replay has a title")
        replay.press("G")
        replay.wait_for("END")
        assert rings(bytes(replay.output)) == 0
        assert b"\x1b]9;" not in replay.output


def test_what_is_switched_off_writes_no_byte(place: Place) -> None:
    flag = cockpit(place)
    settings(place, "attention: {bell: false, title: false}\n")
    with place.open("run", "cockpit.yaml") as program:
        program.wait_for(r"\n GO ")
        flag.unlink()
        program.wait_for(r"\n ROLLBACK ")
        assert leave(program) == 0
        output = POINTER.sub(b"", program.output)
    assert b"\a" not in output
    assert not re.search(rb"\x1b\][^8]|\x1b\[2[23];0t", output)


@pytest.fixture
def tmux(place: Place) -> Iterator[Tmux]:
    pane = Tmux(place)
    flag = cockpit(place)
    settings(place, "attention: {notification: osc777}\n")
    pane.start("run", "cockpit.yaml")
    try:
        pane.do("set-option", "-g", "allow-passthrough", "on")
        pane.shows("^ GO ")
        yield pane
    finally:
        flag.unlink(missing_ok=True)
        pane.do("kill-server")


def test_tmux_shows_the_title_rings_and_passes_the_notification_on(tmux: Tmux, place: Place) -> None:
    def title() -> str:
        return tmux.do("display-message", "-p", "#{pane_title}").strip()

    wait_until(lambda: title() == "GO · Night", "the pane has the title")
    program = need(shutil.which("tmux"), "no tmux: run `make servers`")
    argv = [program, "-u", "-L", tmux.socket, "attach"]
    with Terminal(argv, env={**place.env, "TMUX_TMPDIR": os.fspath(place.folder)}) as outside:
        outside.wait_for(" GO ")
        (place.folder / "flag").unlink()
        until(outside, lambda: b"\x1b]777;notify;" in outside.output, "tmux passes the notification on")
        until(outside, lambda: rings(bytes(outside.output)) >= 1, "tmux rings")
    wait_until(lambda: title() == "ROLLBACK · Night", "the pane has the title of the new advice")
    own = tmux.do("display-message", "-p", "#{host}").strip()
    tmux.press("q")
    tmux.shows("Leave this go-live")

    def left() -> bool:
        tmux.press("l")
        return "left with 0" in tmux.text()

    wait_until(left, "the screen ends")
    wait_until(lambda: title() == own, "the pane has its own title again")

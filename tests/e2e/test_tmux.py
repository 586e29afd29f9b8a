"""The cockpit in a tmux pane of 80x24, typed at by send-keys and read by capture-pane."""

import contextlib
import re
from collections.abc import Iterator

import pytest

from mmcockpit.simulator.servers.valkey import Valkey
from tests.e2e.cockpits import light
from tests.e2e.pty_session import Place
from tests.e2e.tmux import Tmux
from tests.servers.wait import wait_until

GREYS = {0, 7, 8, 15, 16, *range(231, 256)}


@pytest.fixture
def tmux(place: Place, valkey: Valkey) -> Iterator[Tmux]:
    pane = Tmux(place)
    pane.start("run", light(place, valkey.url))
    try:
        pane.shows("^ LIVE TEST", r"\[\+\] clients")
        yield pane
    finally:
        pane.do("kill-server")


def test_items_are_ticked_undone_and_remarked_upon(tmux: Tmux, place: Place) -> None:
    tmux.press("w", "j", "j", "Space")
    tmux.shows(r"^> \[x\] +1 Audit +ticked by ana", r"\[Readiness .*1/20\b", "tick +ana done: 1 Audit")
    tmux.press("u")
    tmux.shows(r"^> \[ \] +1 Audit", r"\[Readiness .*0/20\b", "undo")
    tmux.press("c")
    tmux.shows("note on 1 Audit")
    tmux.type("looked [red]twice[/]")
    tmux.shows(r"note +.*looked \[red\]twice\[/\]")
    tmux.press("m")
    tmux.shows("^ marker")
    tmux.type("halfway")
    tmux.shows("halfway")
    tmux.press(":")
    tmux.type("note all is quiet")
    tmux.shows("all is quiet")
    tmux.press("q")
    tmux.shows("Leave this go-live")
    # In its first half second the question ignores keys.
    for _ in range(20):
        tmux.press("l")
        with contextlib.suppress(AssertionError):
            tmux.shows("left with 0", "mmcockpit resume", within_s=1.0)
            break
    tmux.shows("left with 0", "mmcockpit resume")
    logged = place.call("log").stdout
    for words in ("readiness/hands/audit", "looked [red]twice[/]", "halfway", "all is quiet"):
        assert words in logged


def test_rows_are_narrowed_and_explained(tmux: Tmux) -> None:
    tmux.press("/")
    tmux.type("run")
    tmux.lacks("2 Backup", "18 Runbook")
    tmux.press("Escape")
    # NEXT names the item while the filter hides it.
    tmux.shows(r"\[ \] +1 Audit")
    tmux.press("w", "j", "j", "Space")
    tmux.shows(r"\[x\] +1 Audit")
    tmux.press("f")
    tmux.lacks(r"\[x\] +1 Audit", "2 Backup")
    tmux.press("f")
    tmux.shows(r"\[x\] +1 Audit")
    tmux.press("w", "j", "j", "Enter")
    tmux.shows("3 Why ━", "state +ticked by ana")
    tmux.press("z")
    tmux.shows("id +readiness/hands/audit")
    tmux.press("0", "2")
    tmux.shows("2 Signals ━")
    tmux.press("Enter")
    tmux.shows("3 Why ━")
    tmux.press("z")
    tmux.shows("value.connected_clients >= 1", "seen +", "section")


def grey(drawn: str) -> bool:
    """Tell whether a pane has no colours but greys."""
    named = re.search(r"\x1b\[[0-9;]*(?:3[1-6]|4[1-6]|9[1-6])m", drawn)
    return not named and {int(colour) for colour in re.findall(r"[34]8;5;(\d+)m", drawn)} <= GREYS


def test_panes_zoom_help_and_commands(tmux: Tmux) -> None:
    tmux.press("?")
    tmux.shows("Help", "Space", "tick the item")
    tmux.press("Escape")
    tmux.shows("1 To do")
    for number, title in (
        (2, "Signals"),
        (3, "Why"),
        (4, "What changed"),
        (5, "Chart"),
        (6, "Decision"),
        (1, "To do"),
    ):
        tmux.press(str(number))
        tmux.shows(rf"\b{number} {title} ━")
        tmux.press("0")
        tmux.shows("1 To do")
    tmux.press("z")
    zoomed = tmux.lacks("Signals")
    assert "20 Tracing" not in zoomed or "19 Secrets" in zoomed
    tmux.press("z")
    tmux.shows("2 Signals")
    tmux.press("Tab")
    tmux.shows("2 Signals ━")
    tmux.press(":")
    tmux.shows(r"^>.*:go ")
    tmux.type("the", end="Tab")
    tmux.shows("theme ")
    tmux.type("mono", end="Tab")
    tmux.shows("theme monochrome")
    tmux.press("Enter")
    tmux.lacks("theme monochrome")
    wait_until(lambda: grey(tmux.do("capture-pane", "-p", "-e")), "everything is grey")
    tmux.press(":")
    tmux.type("contacts")
    tmux.shows("Contacts and links")
    tmux.press("q")
    tmux.shows("2 Signals")
    tmux.press(":")
    tmux.type("thme monochrome")
    tmux.shows("unknown command 'thme'; did you mean theme")

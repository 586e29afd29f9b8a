"""The recorded session in a tmux pane: sought by keys and by moments, played faster and slower, and left."""

import re
from collections.abc import Iterator

import pytest

from mmcockpit.core.facts import event as facts
from mmcockpit.core.facts.event import Advice, Event
from mmcockpit.journal.reader import read
from mmcockpit.journal.sample import unpacked
from tests.e2e.pty_session import Place
from tests.e2e.tmux import Tmux


@pytest.fixture
def night(place: Place) -> list[Event]:
    return list(read(unpacked(place.folder / "sample" / "journal.jsonl")))


@pytest.fixture
def tmux(place: Place) -> Iterator[Tmux]:
    pane = Tmux(place)
    pane.start("replay", "sample", "--at", "0%")
    try:
        pane.shows(r"^ REPLAY DEMO", r"^ PAUSED +1x 00:00:00/")
        yield pane
    finally:
        pane.do("kill-server")


def clock(seconds: float) -> str:
    """Return seconds since the opening as the bar shows them."""
    return f"{int(seconds) // 3600:02d}:{int(seconds) // 60 % 60:02d}:{int(seconds) % 60:02d}"


def head(tmux: Tmux) -> int:
    """Return the position of the playhead, in seconds since the opening."""
    found = re.search(r"(\d\d):(\d\d):(\d\d)/", tmux.text())
    assert found, tmux.text()
    return int(found[1]) * 3600 + int(found[2]) * 60 + int(found[3])


def test_a_recorded_session_is_sought_and_played_by_keys(tmux: Tmux, night: list[Event]) -> None:
    start, end = night[0].stamp, night[-1].stamp
    advised = next(one for one in night if isinstance(one.body, facts.Advised) and one.body.advice is Advice.ROLLBACK)
    moment = advised.stamp.at - start.at
    markers = [one for one in night if isinstance(one.body, facts.Noted) and one.body.marker]
    marker = next(one for one in markers if one.stamp.at > advised.stamp.at)
    tmux.press("S")
    tmux.shows("seek to .*14:03:22Z")
    tmux.type(f"#{advised.seq}")
    bar = f"{clock(moment)}/{clock(end.at - start.at)} .*#{advised.seq}/{night[-1].seq}"
    tmux.shows(rf"^ PAUSED +1x {bar}", "^ ROLLBACK ")
    tmux.press(",")
    tmux.shows(rf"#{advised.seq - 1}/")
    tmux.lacks("^ ROLLBACK ")
    tmux.press(">")
    tmux.shows(rf"#{advised.seq}/", "^ ROLLBACK ")
    tmux.press("Right")
    tmux.shows(rf"^ PAUSED +1x {clock(moment + 5)}/")
    tmux.press("(")
    tmux.shows(rf"^ PAUSED +1x {clock(moment - 55)}/")
    tmux.lacks("^ ROLLBACK ")
    tmux.press(">", "]")
    tmux.shows(rf"#{marker.seq}/", "marker +conductor: ")
    tmux.press("+", "+", "Space")
    tmux.shows("^ PLAY +4x ")
    begun = head(tmux)
    tmux.shows(rf"^ PLAY +4x (?!{clock(begun)})", "^ ROLLBACK ")
    tmux.press("Space", "-", "-", "-", "-")
    tmux.shows("^ PAUSED +1/4x ")
    assert head(tmux) > begun


def test_nothing_is_done_in_a_replay_and_it_stays_open_at_its_end(tmux: Tmux, night: list[Event]) -> None:
    tmux.press("S")
    tmux.shows("seek to .*14:03:22Z")
    tmux.type("98%")
    tmux.shows("^ PAUSED +1x (?!00:00:0)")
    tmux.press("m")
    tmux.shows("marker: read-only session")
    tmux.press("+", "+", "+", "+", "+", "+", "Space")
    tmux.shows(rf"^ END +64x (\d\d:\d\d:\d\d)/\1 .*#{night[-1].seq}/{night[-1].seq}", "ENDED")
    tmux.press("q")
    tmux.shows("left with 0")

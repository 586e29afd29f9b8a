"""A replay on the screen: its bar, its keys, what it refuses, and that it shows what live showed."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from mmcockpit.core.facts.event import Event
from mmcockpit.core.feed import ReplayState
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.layout import Layout
from mmcockpit.journal.playback.bookmarks import Bookmark
from mmcockpit.ui.app import CockpitApp
from mmcockpit.ui.render.text import text_of, width_of
from mmcockpit.ui.widgets.transport_bar import bar
from tests.ui.conftest import Picture, page, settle, shown
from tests.ui.feeds import ListFeed, Notebook, go_live, layout
from tests.ui.go_lives import cutover, go_live_layout, marked
from tests.ui.replays import Stream, replay

pytestmark = pytest.mark.anyio


MARKS = (
    Bookmark(5, 10.0, 0.0, "marker"),
    Bookmark(7, 30.0, 0.0, "gap"),
    Bookmark(9, 60.0, 0.0, "decision"),
    Bookmark(9, 60.4, 0.0, "alarm"),
    Bookmark(11, 90.0, 0.0, "alarm"),
)


def replay_state(at: float = 50.0, **options: object) -> ReplayState:
    told = {"seq": 418, "count": 1203, "first": 0.0, "last": 100.0, "playing": False, "speed": 0.25, **options}
    return ReplayState(Stamp(at, 1_796_522_400.0), skips_idle=False, growing=False, **told)  # type: ignore[arg-type]


def test_the_bar_shows_everything_without_colours() -> None:
    line = bar(replay_state(), MARKS, 80)
    assert width_of(line) == 80
    assert text_of(line) == "PAUSED 1/4x 00:00:50/00:01:40 ━━━━m━━━━━━ ━━━━━━━█──D──────────!──── #418/1203"


@pytest.mark.parametrize("width", [1, 8, 20, 40, 79, 80, 120, 200])
def test_the_bar_fits_every_width(width: int) -> None:
    for at in (0.0, 33.3, 100.0):
        assert width_of(bar(replay_state(at, playing=True), MARKS, width)) == width
    assert "█" in text_of(bar(replay_state(), MARKS, max(width, 20)))


def test_the_bar_shows_how_it_plays() -> None:
    assert text_of(bar(replay_state(playing=True, speed=64.0), (), 80)).startswith("PLAY    64x")
    assert text_of(bar(replay_state(100.0), (), 80)).startswith("END")
    assert "2026-12-06" in text_of(bar(replay_state(), (), 120))
    assert "█" in text_of(bar(replay_state(0.0, first=0.0, last=0.0), (), 80))


@pytest.mark.parametrize(("width", "height"), [(80, 24), (120, 40)], ids=["80x24", "120x40"])
async def test_a_replay(picture: Picture, tmp_path: Path, width: int, height: int) -> None:
    feed, _ = replay(tmp_path, cutover().events, "80%", playing=False)
    app = CockpitApp(feed, go_live_layout())
    async with shown(app, width, height):
        assert picture(app)


async def test_a_replay_without_colour(picture: Picture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    feed, _ = replay(tmp_path, marked().events, "50%", playing=False)
    app = CockpitApp(feed, go_live_layout())
    async with shown(app, 80, 24):
        assert picture(app)


async def test_keys_move_the_replay(tmp_path: Path) -> None:
    feed, viewer = replay(tmp_path, go_live(), playing=False)
    app = CockpitApp(feed, layout())
    player = feed.transport
    async with shown(app, 80, 24) as pilot:

        async def press(*keys: str) -> float:
            await pilot.press(*keys)
            await settle(app, pilot)
            assert app.sight.now == player.state.position
            return player.state.position.at

        assert await press("right", "right") == 10.0
        assert await press("left") == 5.0
        assert await press(")") == 65.0
        assert await press("(") == 5.0
        assert await press(".") == 6.0
        assert await press(",", ",") < 6.0
        assert await press("S", *"50%", "enter") == 498.0
        assert await press("S", *"T+1m", "enter") == 660.0
        assert await press("S", *"02:10:00Z", "enter") == 600.0
        assert await press("S", *"#100", "enter") == next(one.stamp.at for one in go_live() if one.seq == 100)
        assert await press("]") == 995.0
        assert await press("[") == 995.0
        assert "no marker before" in page(app)[-1]
        assert await press("S", *"T+9h", "enter") == 996.0
        assert "T+9h is after the end of the session" in page(app)[-1]
        assert await press("S", *"50%", "enter") == 498.0
        assert "T+9h" not in page(app)[-1]
        assert await press("S", *"#9999", "enter") == 996.0
        assert "#9999 is after the end of the session" in page(app)[-1]
        assert await press("right") == 996.0
        assert page(app)[-1] == " this is the end of the session"
        assert await press("colon", *"seek #0", "enter", ",") == 0.0
        assert page(app)[-1] == " this is the start of the session"
        await press("0", "S", *"0%", "enter", "+", "+", "+", "-", "space")
        assert (player.state.speed, player.state.playing) == (4.0, True)
        viewer.wait(10)
        assert await press("j") == 40.0
        viewer.wait(10)
        assert await press("space") == 80.0
        viewer.wait(1000)
        assert await press("k") == 80.0


async def test_it_stays_open_at_the_end_and_plays_again_from_the_start(tmp_path: Path) -> None:
    feed, viewer = replay(tmp_path, go_live())
    app = CockpitApp(feed, layout())
    async with shown(app, 80, 24) as pilot:
        viewer.wait(100_000)
        await settle(app, pilot)
        assert page(app)[-2].startswith(" END")
        assert app.sight.session.seq == len(go_live())
        await pilot.press("space")
        await settle(app, pilot)
        assert page(app)[-2].startswith(" PLAY")
        assert app.sight.session.seq < 5


async def test_nothing_can_be_recorded_and_help_shows_what_can_be_done(tmp_path: Path) -> None:
    feed, _ = replay(tmp_path, go_live(), "50%", playing=False)
    app = CockpitApp(feed, layout())
    async with shown(app, 80, 24) as pilot:
        assert page(app)[0].startswith(" REPLAY PROD ")
        assert "Space play" in page(app)[-1]
        assert "tick" not in page(app)[-1]
        await pilot.press("O")
        await settle(app, pilot)
        assert "override: read-only session" in page(app)[-1]
        await pilot.press("colon", *"go", "enter")
        await settle(app, pilot)
        assert ":go: read-only session" in page(app)[-1]
        await pilot.press("colon", *"seek 25%", "enter")
        await settle(app, pilot)
        assert feed.transport.state.position.at == 249.0
        await pilot.press("colon", *"speed 1/4", "enter")
        await settle(app, pilot)
        assert "playing at 1/4x" in page(app)[-1]
        await pilot.press("space")
        await settle(app, pilot)
        assert "playing at" not in page(app)[-1], "it is paused"
        await pilot.press("S", *"soon", "enter")
        await settle(app, pilot)
        assert "is not a time of a session" in page(app)[-1]
        await pilot.press("question_mark", "slash", *"decision", "enter")
        await settle(app, pilot)
        assert any("next decision, D on the bar" in line for line in page(app))


async def test_live_knows_no_replay_keys() -> None:
    app = CockpitApp(ListFeed(go_live(), Notebook()), layout())
    async with shown(app, 80, 24) as pilot:
        await pilot.press("colon", *"seek 25%", "enter")
        await settle(app, pilot)
        assert ":seek works in a replay only" in page(app)[-1]
        await pilot.press("S", "question_mark", "slash", *"decision", "enter")
        await settle(app, pilot)
        assert not any("next decision" in line for line in page(app))


async def test_a_message_goes_by_the_viewers_clock(tmp_path: Path) -> None:
    feed, viewer = replay(tmp_path, go_live(), "50%", playing=False)
    app = CockpitApp(feed, layout())
    async with shown(app, 80, 24) as pilot:
        app.say("look here")
        await settle(app, pilot)
        assert "look here" in page(app)[-1]
        viewer.wait(10)
        await settle(app, pilot)
        assert "look here" not in page(app)[-1]


TIMES = 20
NIGHTS: dict[str, tuple[Callable[[], list[Event]], Callable[[], Layout]]] = {
    "go-live": (go_live, layout),
    "cutover": (lambda: cutover().events, go_live_layout),
    "marked": (lambda: marked().events, go_live_layout),
}


def _proposed(line: str) -> str:
    """Return what NEXT is about, without its keys, which a replay has not, and live only where they reach it."""
    return re.sub(r"^ NEXT +(([n\d] )?(:.*?  |\S+  ))?", "", line).partition("  ")[0].rstrip("…")[:60]


@pytest.mark.parametrize("night", NIGHTS)
async def test_the_screen_shows_what_live_showed(tmp_path: Path, night: str) -> None:
    """Twenty times of a session, seen live as facts come in, and again by going there, in another order."""
    made, plan = NIGHTS[night]
    events = made()
    first, last = events[0].stamp.at, events[-1].stamp.at
    times = [round(first + (last - first) * n / (TIMES - 1), 3) for n in range(TIMES)]
    seen: dict[float, list[str]] = {}
    stream = Stream(events)
    live = CockpitApp(stream, plan())
    async with shown(live, 160, 40) as pilot:
        for at in times:
            stream.pass_to(at)
            await settle(live, pilot)
            seen[at] = page(live)
    feed, _ = replay(tmp_path, events, playing=False)
    again = CockpitApp(feed, plan())
    async with shown(again, 160, 41) as pilot:
        for at in sorted(times, key=lambda at: str(at)[::-1]):
            assert feed.transport.seek(f"{at - first}s").error == ""
            await settle(again, pilot)
            told = page(again)
            assert [told[1], *told[3:-2]] == [seen[at][1], *seen[at][3:-1]], at
            assert _proposed(told[2]) == _proposed(seen[at][2]), at
            assert told[0].split()[1:] == seen[at][0].split()[1:], at

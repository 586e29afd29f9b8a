"""The layout can be changed while the screen is open; `watch` shows the settle times and the next handover."""

from collections.abc import Callable

import msgspec
import pytest
from textual.pilot import Pilot

from mmcockpit.config.load import layouts
from mmcockpit.core.facts import event as facts
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.layout import Layout
from mmcockpit.core.model.seat import Right, Seat, Via
from mmcockpit.core.state.session import Session
from mmcockpit.ui.app import CockpitApp
from mmcockpit.ui.render.header.identity import identity_line
from mmcockpit.ui.render.lens import Lens
from mmcockpit.ui.render.text import text_of
from mmcockpit.ui.session_view import Sight
from tests.core.handovers.shift import last_phase
from tests.core.sessions import Story
from tests.ui.conftest import page, settle, shown
from tests.ui.feeds import ListFeed, Notebook

pytestmark = pytest.mark.anyio

PEOPLE = ("ana", "bo", "carla", "dora", "emil", "frieda")
KEYS = {" ": "space", "-": "minus"}


def shipped(session: Session) -> Callable[[], tuple[Layout, ...]]:
    return lambda: layouts(session.cockpit.signals)


def cockpit_of(story: Story) -> CockpitApp:
    feed = ListFeed(story.events, Notebook())
    feed.now = feed.pulse = story.now
    first = next(one for one in shipped(story.session)() if one.name == "go-live")
    return CockpitApp(feed, first, layouts=shipped(story.session))


async def command(app: CockpitApp, pilot: Pilot[str], line: str) -> None:
    """Type a command into the command line."""
    await pilot.press("colon", *(KEYS.get(char, char) for char in line), "enter")
    await settle(app, pilot)


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 50)])
async def test_another_layout_shows_its_panels_at_once_and_the_first_one_comes_back(size: tuple[int, int]) -> None:
    app = cockpit_of(last_phase())
    async with shown(app, *size) as pilot:
        await command(app, pilot, "layout watch")
        screen = "\n".join(page(app))
        assert "Upcoming" in screen
        assert "Next handover  08:00Z  in 5h" in screen
        assert "[~] 6 stability" in screen
        assert "20s of 24h, over 12-07 02:01Z in" in screen or size[0] == 80
        await command(app, pilot, "layout go-live")
        await settle(app, pilot)
        screen = "\n".join(page(app))
        assert "1 To do" in screen
        assert "Upcoming" not in screen


async def test_keys_act_in_the_new_layout() -> None:
    app = cockpit_of(last_phase())
    async with shown(app, 120, 40) as pilot:
        await command(app, pilot, "layout watch")
        assert app.open_panel("upcoming")
        await pilot.press("j", "j", "enter")
        await settle(app, pilot)
        assert "item 6 stability" in "\n".join(page(app))


async def test_an_unknown_layout_is_named_and_nothing_changes() -> None:
    app = cockpit_of(last_phase())
    async with shown(app, 80, 24) as pilot:
        await command(app, pilot, "layout wacht")
        await settle(app, pilot)
        assert "unknown layout 'wacht'; did you mean watch?" in "\n".join(page(app))
        assert app.layout_name == "go-live"


@pytest.mark.parametrize(
    ("width", "expected"), [(200, "handover 08:00 in 5h"), (120, "handover 08:00"), (80, "handover 08:00")]
)
def test_the_header_shows_the_next_handover(width: int, expected: str) -> None:
    story = last_phase()
    sight = Sight()
    feed = ListFeed(story.events, Notebook())
    feed.now = story.now
    sight.take(feed.drain())
    assert expected in text_of(identity_line(sight, Lens(), "ana", False, width))


def seen(handovers: tuple[float, ...], hours: float) -> Sight:
    """Return the view of a session with six people, at this hour of the day."""
    story = last_phase(handovers=handovers)
    for person in PEOPLE:
        story.tell(facts.SeatJoined(Seat(person, f"unix:{person}", person, "", Right.OPERATOR, Via.SOCKET)))
    sight = Sight()
    feed = ListFeed(story.events, Notebook())
    feed.now = Stamp(story.at, story.now.wall // 86_400 * 86_400 + hours * 3600)
    sight.take(feed.drain())
    return sight


def shown_people(line: str) -> list[str]:
    return [word for word in line.split() if word.strip("*") in PEOPLE or word.startswith("+")]


def test_the_next_handover_takes_no_room_from_the_people_until_shortly_before_it() -> None:
    planned, unplanned, soon = seen((8 * 3600.0,), 2.0), seen((), 2.0), seen((8 * 3600.0,), 7.9)
    widths = range(60, 140)
    lines = {width: text_of(identity_line(planned, Lens(), "ana", False, width)) for width in widths}
    for width, line in lines.items():
        assert shown_people(line) == shown_people(text_of(identity_line(unplanned, Lens(), "ana", False, width)))
    assert any("handover 08:00" in line for line in lines.values())
    assert all("handover 08:00" in text_of(identity_line(soon, Lens(), "ana", False, width)) for width in widths)


def test_the_header_warns_shortly_before_a_handover() -> None:
    story = last_phase()
    sight = Sight()
    feed = ListFeed(story.events, Notebook())
    feed.now = Stamp(story.at, story.now.wall // 86_400 * 86_400 + 7.9 * 3600)
    sight.take(feed.drain())
    line = identity_line(sight, Lens(), "ana", False, 200)
    assert ("  handover 08:00 in 6m", "warn") in line


def test_without_planned_handovers_the_header_shows_none() -> None:
    story = last_phase(handovers=())
    sight = Sight()
    sight.take(ListFeed(story.events, Notebook()).drain())
    assert "handover" not in text_of(identity_line(sight, Lens(), "ana", False, 200))


def test_a_layout_of_a_session_keeps_only_panels_that_its_signals_fill() -> None:
    story = last_phase()
    tagged = msgspec.structs.replace(story.session.cockpit.signals[0], tags=("errors",))
    watch = next(one for one in layouts((tagged,)) if one.name == "watch")
    assert {panel.id for panel in watch.panels if panel.tags} == {"signals", "errors"}

"""Handing over on the screen: the page in a dialog, the fact, the acknowledgement, the offer of a layout."""

import pytest
from textual.pilot import Pilot

from mmcockpit.core.decide import command as commands
from mmcockpit.core.facts import event as facts
from mmcockpit.core.model.seat import Right, Seat, Via
from mmcockpit.ui.app import CockpitApp
from tests.core.handovers.shift import last_phase, troubled
from tests.core.sessions import Story
from tests.ui.conftest import page, settle, shown, typed
from tests.ui.feeds import ListFeed, Notebook
from tests.ui.go_lives import go_live_layout

pytestmark = pytest.mark.anyio

KEYS = {" ": "space", "-": "minus", "!": "exclamation_mark"}


def cockpit_of(story: Story, operator: str = "ana") -> tuple[CockpitApp, Notebook, ListFeed]:
    book = Notebook(operator)
    feed = ListFeed(story.events, book)
    feed.now = feed.pulse = story.now
    return CockpitApp(feed, go_live_layout()), book, feed


async def command(app: CockpitApp, pilot: Pilot[str], line: str) -> None:
    """Type a command and read it before Enter."""
    await pilot.press("colon", *(KEYS.get(char, char) for char in line))
    await typed(app, pilot, "enter")
    await settle(app, pilot)


def screen(app: CockpitApp) -> str:
    return "\n".join(page(app))


def handed_over(*here: str) -> Story:
    story = last_phase()
    for person in here:
        story.tell(facts.SeatJoined(Seat(f"s-{person}", f"unix:{person}", person, "", Right.OPERATOR, Via.SOCKET)))
    story.do(commands.PrepareHandover("ana", "bo"))
    return story


@pytest.mark.parametrize("size", [(80, 24), (200, 50)])
async def test_the_page_is_shown_before_it_is_handed_over(size: tuple[int, int]) -> None:
    app, book, _ = cockpit_of(troubled())
    async with shown(app, *size) as pilot:
        await command(app, pilot, "handover bo")
        text = screen(app)
        assert "Hand over to bo?" in text
        assert "On hold by ana for 10m: wait for the database" in text
        assert book.asked == []
        await typed(app, pilot, "h")
        assert book.asked == [commands.PrepareHandover("ana", "bo")]


async def test_without_a_name_the_receiver_is_chosen_below_the_page() -> None:
    app, book, _ = cockpit_of(last_phase())
    async with shown(app, 80, 24) as pilot:
        await command(app, pilot, "handover")
        assert "Hand over to whom?" in screen(app)
        await typed(app, pilot, "2")
        assert book.asked == [commands.PrepareHandover("ana", "carla")]


async def test_an_unknown_receiver_is_refused_before_the_page_opens() -> None:
    app, book, _ = cockpit_of(last_phase())
    async with shown(app, 120, 40) as pilot:
        await command(app, pilot, "handover zoe")
        assert "refused: unknown person 'zoe'; known: ana, bo, carla" in screen(app)
        assert book.asked == []


async def test_the_receiver_reads_the_page_and_acknowledges_it() -> None:
    story = handed_over("ana", "bo")
    app, book, _ = cockpit_of(story, "bo")
    async with shown(app, 80, 24) as pilot:
        assert ":handover  handover from ana" in screen(app)
        await command(app, pilot, "handover")
        assert "Handover from ana to bo, not acknowledged yet" in screen(app)
        await typed(app, pilot, "a")
        assert book.asked == [commands.AcknowledgeHandover("bo", story.session.handover_number)]


async def test_while_something_fails_a_badge_points_the_receiver_to_the_handover() -> None:
    story = troubled()
    story.tell(facts.SeatJoined(Seat("s-bo", "unix:bo", "bo", "", Right.OPERATOR, Via.SOCKET)))
    story.do(commands.PrepareHandover("ana", "bo"))
    for operator, badge in (("bo", ":handover: handover from ana"), ("ana", "handover to bo waits")):
        app, _, _ = cockpit_of(story, operator)
        async with shown(app, 160, 45):
            assert badge in screen(app)


async def test_ack_acknowledges_at_once() -> None:
    story = handed_over("ana", "bo")
    app, book, _ = cockpit_of(story, "bo")
    async with shown(app, 80, 24) as pilot:
        await command(app, pilot, "handover ack")
        assert book.asked == [commands.AcknowledgeHandover("bo", story.session.handover_number)]


async def test_at_one_terminal_the_acknowledgement_is_witnessed() -> None:
    story = handed_over()
    app, book, _ = cockpit_of(story)
    async with shown(app, 80, 24) as pilot:
        await command(app, pilot, "handover")
        assert "recorded as witnessed" in screen(app)
        await typed(app, pilot, "w")
        number = story.session.handover_number
        assert book.asked == [commands.AcknowledgeHandover("bo", number, witnessed=True)]


async def test_a_sender_cannot_acknowledge_for_a_receiver_who_is_here() -> None:
    app, book, _ = cockpit_of(handed_over("ana", "bo"))
    async with shown(app, 120, 40) as pilot:
        await command(app, pilot, "handover ack")
        assert "only bo can acknowledge this handover, from their own seat" in screen(app)
        await command(app, pilot, "handover")
        assert "witnessed" not in screen(app)
        assert book.asked == []


async def test_everybody_is_notified_of_a_handover_and_of_its_acknowledgement() -> None:
    story = last_phase()
    app, _, feed = cockpit_of(story, "bo")
    async with shown(app, 120, 40) as pilot:
        (body,) = story.do(commands.PrepareHandover("ana", "bo"))
        feed.tell(body)
        await settle(app, pilot)
        assert "ana hands over to bo: :handover shows the page" in screen(app)
        feed.tell(facts.HandoverAcknowledged("bo", 1))
        await settle(app, pilot)
        assert "bo acknowledged the handover" in screen(app)


async def test_passing_the_last_gate_offers_the_watch_layout() -> None:
    app, _, feed = cockpit_of(last_phase())
    async with shown(app, 120, 40) as pilot:
        feed.tell(facts.PhaseChanged("deployment", "cutover", "ana"))
        await settle(app, pilot)
        assert "Cutover is open: gate passed; `:layout watch` shows settle times and the next handover" in screen(app)

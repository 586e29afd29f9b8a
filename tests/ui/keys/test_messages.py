"""The status line: which message it shows, how long, and how a long one is shown whole; and how views are left."""

import pytest

from mmcockpit.core.facts.event import ItemMarked, Refused
from mmcockpit.core.model.refusal import Code, Refusal
from mmcockpit.core.model.states import Mark
from mmcockpit.ui.app import CockpitApp
from mmcockpit.ui.dialogs.prompt import MESSAGE_S, WHOLE_S, message_s
from tests.ui.conftest import page, settle, shown
from tests.ui.feeds import ListFeed, Notebook, go_live, layout
from tests.ui.go_lives import item

pytestmark = pytest.mark.anyio

LONG = "the gate is closed: " + ", ".join(f"item number {n} is open" for n in range(12))


async def test_an_accepted_action_replaces_the_refusal_before_it() -> None:
    feed = ListFeed(go_live(), Notebook())
    app = CockpitApp(feed, layout())
    async with shown(app, 80, 24) as pilot:
        feed.tell(Refused("tick", Refusal(Code.SENSED, "TLS", "certificate_days"), "ana"))
        await settle(app, pilot)
        assert "refused" in page(app)[-1]
        feed.tell(ItemMarked(item("Audit Logging"), Mark.DONE, "ana"))
        await settle(app, pilot)
        assert "Audit Logging" in page(app)[-1]
        assert "refused" not in page(app)[-1]


async def test_of_one_frame_the_failure_is_shown_and_of_equals_the_latest() -> None:
    feed = ListFeed(go_live(), Notebook())
    app = CockpitApp(feed, layout())
    async with shown(app, 80, 24) as pilot:
        feed.tell(
            Refused("tick", Refusal(Code.SENSED, "TLS", "certificate_days"), "ana"),
            ItemMarked(item("Audit Logging"), Mark.DONE, "ana"),
            ItemMarked(item("Backup Testing"), Mark.DONE, "ana"),
        )
        await settle(app, pilot)
        assert "refused" in page(app)[-1]
        feed.tell(
            ItemMarked(item("Audit Logging"), Mark.DONE, "ana"), ItemMarked(item("Backup Testing"), Mark.DONE, "ana")
        )
        await settle(app, pilot)
        assert "Backup Testing" in page(app)[-1]


def test_a_long_or_serious_message_is_shown_longer() -> None:
    assert message_s("ticked", "pass") == MESSAGE_S
    assert message_s("ticked", "pass") < message_s("refused", "warn") < message_s("x" * 200, "warn") < WHOLE_S
    assert message_s("x" * 2000, "text") == WHOLE_S


@pytest.mark.parametrize("key", ["enter", "L"])
async def test_a_message_that_is_cut_is_shown_whole_on_a_key(key: str) -> None:
    feed = ListFeed(go_live(), Notebook())
    app = CockpitApp(feed, layout())
    async with shown(app, 80, 24) as pilot:
        app.say(LONG, "warn")
        await settle(app, pilot)
        assert page(app)[-1].endswith("…  Enter more")
        await pilot.press(key)
        await settle(app, pilot)
        assert "item number 11 is open" in "\n".join(page(app)[-7:-1])
        assert "To do" in page(app)[4], "the header and the panels stay"
        await pilot.press("escape")
        await settle(app, pilot)
        assert "item number 11 is open" not in "\n".join(page(app))
        app.say("short", "warn")
        await pilot.press("enter", "0")
        await settle(app, pilot)
        assert page(app)[-1] == " short"


async def test_the_list_of_procedures_takes_enter_from_a_message_that_is_cut() -> None:
    app = CockpitApp(ListFeed(go_live(), Notebook()), layout())
    async with shown(app, 80, 24) as pilot:
        app.say(LONG, "warn")
        await settle(app, pilot)
        await pilot.press("E")
        await settle(app, pilot)
        assert "Enter more" not in page(app)[-1]


async def test_the_log_opens_large_and_closes_to_what_was_there() -> None:
    app = CockpitApp(ListFeed(go_live(), Notebook()), layout())
    async with shown(app, 80, 24) as pilot:
        before = page(app)[:-1]
        await pilot.press("L")
        await settle(app, pilot)
        assert app.pane.kind == "log"
        assert "To do" not in "\n".join(page(app))
        await pilot.press("L")
        await settle(app, pilot)
        assert page(app)[:-1] == before
        await pilot.press("2", "z", "L", "question_mark", "o")
        await settle(app, pilot)
        assert app.pane.kind == "links"
        for kind in ("help", "log", "stat"):
            await pilot.press("escape")
            assert app.pane.kind == kind
        assert app.away
        await pilot.press("z")
        assert not app.away
        await pilot.press("L", "o", "0")
        await settle(app, pilot)
        assert app.pane.kind == "stat"
        assert "To do" in "\n".join(page(app))

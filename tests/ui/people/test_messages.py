"""Messages at a seat: what others did that concerns it, and no refusal of another seat."""

import pytest

from mmcockpit.core.decide import command as commands
from tests.ui.conftest import page, settle, shown
from tests.ui.emergencies import SERVER, UNDO, argv
from tests.ui.shared_go_lives import ANA, BO, CY, SeatFeed, screen, shared, waiting_for_approval

pytestmark = pytest.mark.anyio


async def test_an_approval_is_a_message_at_the_seat_that_waits_for_it() -> None:
    night = waiting_for_approval()
    app = screen(night, ANA)
    async with shown(app, 80, 24) as pilot:
        SeatFeed(night, BO).submit(commands.ApproveStep("bo", "rollback-kubectl", "undo", argv(UNDO), SERVER))
        await settle(app, pilot)
        assert page(app)[-1].startswith(" bo (database) approved step 2 Go back to the revision")


async def test_a_request_of_the_controls_is_a_message_with_the_command_that_grants_them() -> None:
    night = shared()
    app = screen(night, ANA)
    async with shown(app, 80, 24) as pilot:
        SeatFeed(night, BO).submit(commands.RequestControls("bo"))
        await settle(app, pilot)
        assert page(app)[-1].startswith(" bo requests the controls: `:control grant bo` grants them")
        assert page(app)[2].startswith(" NEXT      :control grant bo  bo requests the controls: pass them on")


async def test_who_requests_the_controls_is_not_asked_to_grant_them() -> None:
    night = shared()
    app = screen(night, BO)
    async with shown(app, 80, 24) as pilot:
        SeatFeed(night, BO).submit(commands.RequestControls("bo"))
        await settle(app, pilot)
        assert page(app)[-1].startswith(" requested the controls: who has them grants them")


async def test_who_hands_over_sees_who_acknowledges_it() -> None:
    night = shared()
    app = screen(night, ANA)
    async with shown(app, 80, 24) as pilot:
        SeatFeed(night, ANA).submit(commands.PrepareHandover("ana", "bo"))
        await settle(app, pilot)
        assert page(app)[-1].startswith(" handover to bo: :handover shows the page that bo acknowledges")


async def test_a_refusal_is_a_message_only_at_the_seat_that_caused_it() -> None:
    night = shared()
    app = screen(night, ANA)
    async with shown(app, 80, 24) as pilot:
        SeatFeed(night, CY).submit(commands.AddNote("cy", ""))
        await settle(app, pilot)
        assert "the note is empty" not in page(app)[-1]
        SeatFeed(night, ANA).submit(commands.AddNote("ana", ""))
        await settle(app, pilot)
        assert page(app)[-1].startswith(" refused: the note is empty")


async def test_what_another_seat_did_is_not_confirmed_here() -> None:
    night = shared()
    app = screen(night, ANA)
    item = next(one for one in night.session.items if night.session.items[one].item.title == "Secrets Management")
    async with shown(app, 80, 24) as pilot:
        SeatFeed(night, BO).submit(commands.MarkItem("bo", item))
        await settle(app, pilot)
        assert "ticked" not in page(app)[-1]
    app = screen(night, BO)
    async with shown(app, 80, 24) as pilot:
        SeatFeed(night, BO).submit(commands.UndoMark("bo"))
        await settle(app, pilot)
        assert page(app)[-1].startswith(" undid the tick of 2 Secrets Management")

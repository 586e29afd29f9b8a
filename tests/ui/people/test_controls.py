"""The controls: keys that need them are dimmed and refused, with who has them and how to get them."""

import msgspec
import pytest

from mmcockpit.core.decide import command as commands
from mmcockpit.core.decide.controls import needs_controls
from mmcockpit.core.facts.event import ControlsGranted, ControlsRequested, SeatLeft
from mmcockpit.core.model.seat import Seat, Sharing
from mmcockpit.core.model.states import Advice
from mmcockpit.ui.actions.action import Action, prevented
from mmcockpit.ui.actions.footer import footer
from mmcockpit.ui.actions.keymap import ACTIONS
from mmcockpit.ui.app import CockpitApp
from tests.ui.conftest import page, settle, shown, typed
from tests.ui.desks import PlainDesk
from tests.ui.shared_go_lives import ANA, BO, CARLA, CY, SeatFeed, screen, shared, waiting_for_approval

pytestmark = pytest.mark.anyio

WHO = "this needs the controls, which ana has: `:control request` asks for them"

BY_COMMAND: dict[str, commands.AnyCommand] = {
    "tick": commands.MarkItem("bo", "x"),
    "undo": commands.UndoMark("bo"),
    "comment": commands.AddNote("bo", "x"),
    "marker": commands.AddNote("bo", "x", marker=True),
    "note": commands.AddNote("bo", "x"),
    "sense": commands.SenseNow("bo"),
    "go": commands.OpenPhase("bo", "x"),
    "go!": commands.OpenPhase("bo", "x", "y", True),
    "advice": commands.DecideAdvice("bo", Advice.GO, (), True, "x"),
    "baseline": commands.RecordBaseline("bo"),
    "t0": commands.SetT0("bo", 1.0),
    "accept": commands.AcceptUnrecorded("bo", "x"),
    "accept_identity": commands.AcceptIdentity("bo", "x", "y"),
    "skip": commands.SkipStep("bo", "x", "y", "z"),
    "abandon": commands.AbandonProcedure("bo", "x", "y"),
    "message": commands.SendMessage("bo", "x", "y", "z"),
    "end": commands.EndSession("bo", "x"),
    "control": commands.RequestControls("bo"),
    "takeover": commands.TakeControls("bo", "x"),
    "approve": commands.ApproveStep("bo", "x", "y"),
}
"""What the action of each key or command submits; poll, hold and run_step depend on the session, and ask core."""


@pytest.mark.parametrize("action", [one for one in ACTIONS if one.id in BY_COMMAND], ids=lambda one: one.id)
def test_exactly_the_keys_whose_command_needs_the_controls_are_prevented(action: Action) -> None:
    desk = PlainDesk(shared(), operator="bo")
    desk.sharing = Sharing(BO)
    assert action.controls is needs_controls(BY_COMMAND[action.id])
    assert prevented(desk, action) == (WHO if action.controls else "")
    desk.operator, desk.sharing = "ana", Sharing(ANA)
    assert not prevented(desk, action)


def text(app: CockpitApp) -> str:
    return "\n".join(page(app))


@pytest.mark.parametrize(("width", "height"), [(80, 24), (200, 50)], ids=["80x24", "200x50"])
async def test_a_key_without_the_controls_names_who_has_them_and_how_to_get_them(width: int, height: int) -> None:
    night = shared()
    before = len(night.events)
    app = screen(night, BO)
    async with shown(app, width, height) as pilot:
        for line in ("go", "end done", "baseline"):
            await typed(app, pilot, ":", *line.replace(" ", "_").replace("_", " "), "enter")
            await settle(app, pilot)
            assert WHO[:40] in text(app)
        await typed(app, pilot, "!")
        await settle(app, pilot)
        assert WHO[:40] in text(app)
        assert not app.dialogs
    assert len(night.events) == before


async def test_help_dims_what_needs_the_controls_and_names_who_has_them() -> None:
    night = shared()
    app = screen(night, BO)
    async with shown(app, 200, 50) as pilot:
        await typed(app, pilot, "?")
        await settle(app, pilot)
        row = next(line for line in page(app) if ":go! REASON" in line)
        assert "(ana has the controls)" in row
        assert "has the controls" not in next(line for line in page(app) if ":note TEXT" in line)
        night.tell(ControlsGranted("bo", "ana"))
        await settle(app, pilot)
        assert "has the controls" not in next(line for line in page(app) if ":go! REASON" in line)


async def test_controls_are_requested_granted_and_pass_on() -> None:
    night = shared()
    app = screen(night, BO)
    async with shown(app, 80, 24) as pilot:
        await typed(app, pilot, ":", *"control", "space", *"request", "enter")
        await settle(app, pilot)
    assert night.session.control_requests == ["bo"]
    app = screen(night, ANA)
    async with shown(app, 80, 24) as pilot:
        assert page(app)[2].startswith(" NEXT      :control grant bo  bo requests the controls")
        await typed(app, pilot, ":", *"control", "space", *"grant", "space", *"bo", "enter")
        await settle(app, pilot)
        assert page(app)[0].endswith("bo* ana cy carla(view)")
    assert night.session.controls == "bo"
    assert isinstance(night.events[-1].body, ControlsGranted)


async def test_the_controls_of_a_person_who_has_left_can_be_taken_with_a_reason() -> None:
    night = shared()
    app = screen(night, CY)
    feed = app._feed
    assert isinstance(feed, SeatFeed)
    feed.sharing = msgspec.structs.replace(feed.sharing, silent_s=0.4)
    async with shown(app, 80, 24) as pilot:
        await typed(app, pilot, ":", *"takeover", "space", *"lunch", "enter")
        await settle(app, pilot)
        assert night.session.controls == "ana"
        assert "ana has the controls and is here" in text(app)
        night.tell(SeatLeft("1", "connection lost"))
        await typed(app, pilot, ":", *"takeover", "space", *"lunch", "enter")
        await settle(app, pilot)
    assert night.session.controls == "cy"


async def test_a_takeover_from_a_silent_driver_closes_the_screen_to_drive() -> None:
    night = shared()
    app = screen(night, CY)
    feed = app._feed
    assert isinstance(feed, SeatFeed)
    async with shown(app, 80, 24) as pilot:
        feed.sharing = msgspec.structs.replace(feed.sharing, silent_s=9.5)
        await typed(app, pilot, ":", *"takeover", "space", *"gone", "enter")
        await settle(app, pilot)
        assert "the lease of the driver has not ended" in text(app)
        feed.sharing = msgspec.structs.replace(feed.sharing, silent_s=12.0, takeover="kubeconfig is missing")
        await typed(app, pilot, ":", *"takeover", "space", *"gone", "enter")
        await settle(app, pilot)
        assert "this seat cannot take over: kubeconfig is missing" in text(app)
        assert not app.return_value
        feed.sharing = msgspec.structs.replace(feed.sharing, takeover="")
        await typed(app, pilot, ":", *"takeover", "space", *"gone", "enter")
    assert app.return_code == 0
    assert str(app.return_value) == "takeover"
    assert app.takeover_reason == "gone"


async def test_a_fenced_driver_leaves_its_screen() -> None:
    app = screen(shared(), ANA)
    feed = app._feed
    assert isinstance(feed, SeatFeed)
    async with shown(app, 80, 24) as pilot:
        feed.sharing = msgspec.structs.replace(feed.sharing, fenced="cy")
        await settle(app, pilot)
    assert app.return_value == "fenced"


async def test_a_seat_leaves_without_stopping_the_session() -> None:
    for seat in (BO, CY, CARLA):
        night = shared()
        before = len(night.events)
        app = screen(night, seat)
        async with shown(app, 80, 24) as pilot:
            await typed(app, pilot, "q")
            if seat.acts:
                assert "the session continues" in text(app)
                await typed(app, pilot, "l")
        assert app.return_value == "closed"
        assert len(night.events) == before


async def test_next_names_who_has_the_controls_that_its_action_needs() -> None:
    night = waiting_for_approval().ask(commands.AbandonProcedure("ana", "rollback-kubectl", "helm"))
    night.ask(commands.OpenProcedure("ana", "rollback-kubectl"))
    async with shown(app := screen(night, BO), 80, 24):
        assert page(app)[2].startswith(" NEXT      ana  1/4 See the history")
    async with shown(app := screen(night, ANA), 80, 24):
        assert page(app)[2].startswith(" NEXT      !  1/4 See the history")


async def test_only_the_person_with_the_role_is_led_to_the_vote() -> None:
    night = shared().ask(commands.OpenPoll("ana"))
    role = night.session.cockpit.poll[0]
    assert role == "database"
    async with shown(app := screen(night, CY), 120, 40):
        assert page(app)[2].startswith(" NEXT      wait  go/no-go poll: database: bo answers next")
    app = screen(night, BO)
    async with shown(app, 120, 40) as pilot:
        assert page(app)[2].startswith(" NEXT      P  go/no-go poll: database: answers next")
        await typed(app, pilot, "P", *"go", "enter")
        await settle(app, pilot)
    assert night.session.votes["database"].by == "bo"


async def test_a_request_does_not_repeat_for_a_person_who_has_left() -> None:
    night = shared().tell(ControlsRequested("bo"), SeatLeft("2"))
    async with shown(app := screen(night, ANA), 80, 24):
        assert "requests the controls" not in text(app)


@pytest.mark.parametrize(("seat", "line"), [(ANA, " ! continue "), (BO, " ! continue (controls: ana) ")])
async def test_the_bottom_line_dims_the_key_that_runs_a_step_without_the_controls(seat: Seat, line: str) -> None:
    app = screen(waiting_for_approval(), seat)
    async with shown(app, 120, 40) as pilot:
        await typed(app, pilot, "E")
        await settle(app, pilot)
        hint = next(one for one in footer(app) if one.key == "!")
        assert hint.dimmed is (seat is BO)
        assert line in f"{page(app)[-1]} "


async def test_the_bottom_line_names_what_next_does_about_people() -> None:
    night = shared().tell(ControlsRequested("bo"))
    async with shown(app := screen(night, ANA), 120, 40):
        assert ":control grant the controls" in page(app)[-1]
    night = waiting_for_approval()
    async with shown(app := screen(night, BO), 120, 40):
        assert page(app)[-1].startswith(" a approve")
    night = waiting_for_approval().ask(commands.AbandonProcedure("ana", "rollback-kubectl", "helm"))
    night.ask(commands.OpenProcedure("ana", "rollback-kubectl")).tell(ControlsGranted("", "ana"))
    async with shown(app := screen(night, CY), 120, 40):
        assert page(app)[2].startswith(" NEXT      :control request  1/4 See the history")
        assert page(app)[-1].startswith(" :control get the controls")

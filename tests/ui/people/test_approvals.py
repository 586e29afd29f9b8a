"""Four eyes on a dangerous step: what is approved is exactly what runs; Run stays locked without the approval."""

import pytest

from mmcockpit.core.decide import command as commands
from mmcockpit.core.facts.event import Refused, StepApproved, StepChanged, StepState
from mmcockpit.core.model.refusal import Code
from mmcockpit.ui.app import CockpitApp
from mmcockpit.ui.dialogs.dialog import Box
from tests.ui.conftest import page, settle, shown, typed
from tests.ui.emergencies import SERVER, UNDO, argv
from tests.ui.go_lives import GoLive
from tests.ui.shared_go_lives import ANA, BO, CY, SeatFeed, screen, shared, waiting_for_approval

pytestmark = pytest.mark.anyio

COMMAND = (
    "kubectl --kubeconfig /home/ana/.kube/prod-eu.yaml --context prod-eu -n modelmuxer rollout undo",
    "deployment/modelmuxer --to-revision=40",
)


def text(app: CockpitApp) -> str:
    """Return the screen as one line; of an open dialog the text in its frame."""
    lines = page(app)
    if app.dialogs:
        box = app.screen.query_one(Box).region
        lines = [line[box.x + 1 : box.right - 1] for line in lines[box.y : box.bottom]]
    return " ".join(" ".join(lines).split())


def approvals(night: GoLive) -> list[StepApproved]:
    return [event.body for event in night.events if isinstance(event.body, StepApproved)]


def runs(night: GoLive) -> list[StepChanged]:
    changes = [event.body for event in night.events if isinstance(event.body, StepChanged)]
    return [one for one in changes if one.step == "undo" and one.now is StepState.RUNNING]


@pytest.mark.parametrize(("width", "height"), [(80, 24), (200, 50)], ids=["80x24", "200x50"])
async def test_next_leads_the_second_person_to_the_approval(width: int, height: int) -> None:
    night = waiting_for_approval()
    async with shown(app := screen(night, BO), width, height):
        assert page(app)[2].startswith(" NEXT      a  2/4 Go back to the revision: approve it for ana")
    async with shown(app := screen(night, ANA), width, height):
        line = page(app)[2]
        assert line.startswith(" NEXT      wait  2/4 Go back to the revision: needs approval by bo (database)")


@pytest.mark.parametrize(("width", "height"), [(80, 24), (200, 50)], ids=["80x24", "200x50"])
async def test_the_dialog_shows_exactly_the_command_the_target_and_the_time_span(width: int, height: int) -> None:
    night = waiting_for_approval()
    app = screen(night, BO)
    async with shown(app, width, height) as pilot:
        await typed(app, pilot, "a")
        screen_text = text(app)
        for line in COMMAND:
            assert line in screen_text
        for words in (SERVER, "10m, until about 02:1", "for ana to run once", "DANGEROUS", "revision 41 → 40"):
            assert words in screen_text
        assert not approvals(night)
        await typed(app, pilot, "tab", "enter")
        await settle(app, pilot)
        assert "read the rest first" not in text(app)
        await settle(app, pilot)
    given = approvals(night)
    assert [(one.procedure, one.step, one.argv, one.where, one.by) for one in given] == [
        ("rollback-kubectl", "undo", argv(UNDO), SERVER, "bo")
    ]
    assert given[0].until == pytest.approx(night.now.at + 600, abs=15)


async def test_run_stays_locked_until_exactly_this_command_is_approved_elsewhere() -> None:
    night = waiting_for_approval()
    app, second = screen(night, ANA), SeatFeed(night, BO)
    async with shown(app, 80, 30) as pilot:
        await typed(app, pilot, "E", "!")
        await settle(app, pilot)
        assert "locked until bo (database) approves it" in text(app)
        await typed(app, pilot, *"modelmuxer", "enter", "enter")
        second.submit(commands.ApproveStep("bo", "rollback-kubectl", "undo", argv(UNDO, "39"), SERVER))
        await typed(app, pilot, "enter")
        await settle(app, pilot)
        assert "locked until bo (database) approves it" in text(app)
        assert not runs(night)
        second.submit(commands.ApproveStep("bo", "rollback-kubectl", "undo", argv(UNDO), SERVER))
        await settle(app, pilot)
        assert "by bo (database), valid until 02:12" in text(app)
        await typed(app, pilot, "enter")
        assert [(one.argv, one.where) for one in runs(night)] == [(argv(UNDO), SERVER)]


async def test_an_approval_that_has_expired_locks_run_again() -> None:
    night = waiting_for_approval()
    app = screen(night, ANA)
    async with shown(app, 80, 30) as pilot:
        SeatFeed(night, BO).submit(commands.ApproveStep("bo", "rollback-kubectl", "undo", argv(UNDO), SERVER, 60.0))
        await typed(app, pilot, "E", "!", *"modelmuxer", "enter")
        await settle(app, pilot)
        assert "exactly this, once" in text(app)
        night.wait(70)
        await typed(app, pilot, "enter")
        await settle(app, pilot)
        assert "the approval of Go back to the revision by bo expired" in text(app)
        assert not runs(night)


async def test_an_approval_of_a_command_that_has_changed_meanwhile_cannot_be_given() -> None:
    night = waiting_for_approval()
    app = screen(night, BO)
    async with shown(app, 80, 30) as pilot:
        await typed(app, pilot, "a")
        night.ask(commands.RepeatSteps("ana", "rollback-kubectl", "history", "the wrong revision"))
        await settle(app, pilot)
        assert "the command or its target has changed" in text(app)
        await typed(app, pilot, "tab", "enter")
        assert not approvals(night)


async def test_an_approval_counts_for_the_step_as_the_dialog_showed_it_not_for_one_that_ran_meanwhile() -> None:
    night = waiting_for_approval()
    app = screen(night, BO)
    async with shown(app, 80, 30) as pilot:
        await typed(app, pilot, "a")
        night.tell(StepChanged("rollback-kubectl", "undo", StepState.FAILED, exit=1))
        await settle(app, pilot)
        await typed(app, pilot, "tab", "enter")
        assert not approvals(night)
        refused = [event.body.refusal.code for event in night.events if isinstance(event.body, Refused)]
        assert refused == [Code.CHANGED_SINCE]


async def test_cancel_has_the_focus_first_and_approves_nothing() -> None:
    night = waiting_for_approval()
    app = screen(night, BO)
    async with shown(app, 80, 24) as pilot:
        await typed(app, pilot, "a", "enter")
        assert not approvals(night)
        assert "cancelled: nothing is approved" in text(app)


@pytest.mark.parametrize("seat", [ANA, CY], ids=["the one who runs it", "another role"])
async def test_who_may_not_approve_is_refused_before_a_dialog_opens(seat: object) -> None:
    night = waiting_for_approval()
    app = screen(night, seat)  # type: ignore[arg-type]
    async with shown(app, 80, 24) as pilot:
        await typed(app, pilot, "a")
        await settle(app, pilot)
        assert "refused: " in text(app)
        assert not app.dialogs
        assert not approvals(night)


async def test_the_time_span_can_be_typed() -> None:
    night = waiting_for_approval()
    app = screen(night, BO)
    async with shown(app, 80, 30) as pilot:
        await typed(app, pilot, ":", *"approve", "space", *"30m", "enter")
        await settle(app, pilot)
        assert "30m, until about" in text(app)
        await typed(app, pilot, "tab", "enter")
        assert approvals(night)[0].until == pytest.approx(night.now.at + 1800, abs=20)
    async with shown(app := screen(night, BO), 80, 30) as pilot:
        await typed(app, pilot, ":", *"approve", "space", *"3d", "enter")
        await settle(app, pilot)
        assert "'3d' is not a time of 1m to 1h" in text(app)


async def test_an_item_is_verified_at_a_seat_with_its_identity_and_at_the_drivers_terminal_by_a_witness() -> None:
    night = shared()
    twice = next(one.item for one in night.session.items.values() if one.item.approvals == 2)
    SeatFeed(night, ANA).submit(commands.MarkItem("ana", twice.id, "seen"))
    app = screen(night, BO)
    async with shown(app, 120, 40) as pilot:
        await typed(app, pilot, ":", *"verify", "space", *str(twice.number), "enter")
        await settle(app, pilot)
        assert "recorded as bo, authenticated as unix:bo" in text(app)
        await typed(app, pilot, "y")
        await typed(app, pilot, ":", *"item", "space", *str(twice.number), "enter")
        await settle(app, pilot)
        assert "agreed: bo (authenticated)" in text(app)
        assert "bo verify (unix:bo, database, socket)" in text(app)
        await typed(app, pilot, ":", *"verify", "space", *str(twice.number), "space", *"cy", "enter")
        await settle(app, pilot)
        assert "only cy can verify as cy, at a seat of their own" in text(app)
    app = screen(night, ANA)
    async with shown(app, 120, 40) as pilot:
        await typed(app, pilot, ":", *"verify", "space", *str(twice.number), "space", *"cy", "enter")
        await typed(app, pilot, ":", *"item", "space", *str(twice.number), "enter")
        await settle(app, pilot)
        assert "cy verify (witnessed, same terminal)" in text(app)
        assert "agreed: bo (authenticated), cy (witnessed)" in text(app)

"""Actions on a plain desk: what they submit, ask and open, without a screen."""

import subprocess
import sys

import pytest

from mmcockpit.core.decide import command as commands
from mmcockpit.core.model.refusal import Code, Refusal
from mmcockpit.core.model.states import Mark
from mmcockpit.core.words.refusals import refusal_words
from mmcockpit.ui.actions import marks, navigation, procedures, session
from mmcockpit.ui.actions.action import perform
from mmcockpit.ui.actions.command_line import run_line
from mmcockpit.ui.actions.keymap import ACTIONS
from mmcockpit.ui.desk import Desk
from mmcockpit.ui.render.rows import RowSubject
from tests.servers.wait import PATIENCE_S
from tests.ui.desks import PlainDesk
from tests.ui.emergencies import begun, chosen, failed, running
from tests.ui.go_lives import GoLive, item


def desk(title: str = "PostgreSQL", operator: str = "ana") -> PlainDesk:
    return PlainDesk(GoLive().good(), RowSubject("item", item(title)), operator)


def test_a_plain_object_is_a_desk_and_actions_need_no_textual() -> None:
    plain: Desk = desk()
    assert plain.operator == "ana"
    code = "import sys, mmcockpit.ui.actions.keymap, mmcockpit.ui.actions.palette; print('textual' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=PATIENCE_S, check=True)
    assert told.stdout.strip() == "False"


def test_a_mark_asks_for_its_reason_and_submits_it() -> None:
    plain = desk()
    marks.mark(Mark.OVERRIDE)(plain)
    plain.questions[-1].done("15m wrong probe", 0)
    assert plain.submitted == [commands.MarkItem("ana", item("PostgreSQL"), "wrong probe", Mark.OVERRIDE, 900.0)]


def test_a_claim_is_submitted_only_for_its_own_answer() -> None:
    plain = desk()
    marks.claim(plain)
    _, ways, answered = plain.choices[-1]
    assert [way.word for way in ways] == ["back", "claim"]
    answered("back")
    assert plain.submitted == []
    answered("claim")
    assert plain.submitted == [commands.MarkItem("ana", item("PostgreSQL"), mark=Mark.CLAIM)]


@pytest.mark.parametrize("action", [action for action in ACTIONS if action.records], ids=lambda action: action.id)
def test_no_action_records_anything_in_a_read_only_session(action: object) -> None:
    plain = desk(operator="")
    perform(plain, next(one for one in ACTIONS if one is action))
    assert (plain.submitted, plain.questions, plain.choices, plain.sheets) == ([], [], [], [])
    assert plain.said
    assert all(text.endswith(refusal_words(Refusal(Code.READ_ONLY))) for text in plain.said)


def test_a_filter_narrows_with_every_keystroke_and_comes_back_when_it_is_given_up() -> None:
    plain = desk()
    plain.pane.filter = "before"
    navigation.narrow(plain)
    plain.questions[-1].changed("redis")
    assert plain.pane.filter == "redis"
    plain.questions[-1].cancelled()
    assert plain.pane.filter == "before"


def test_an_unknown_command_and_a_missing_argument_are_named() -> None:
    plain = desk()
    assert "hold" in run_line(plain, "hodl wait")
    assert "REASON" in run_line(plain, "abandon")
    assert run_line(plain, "hold") == ""
    assert plain.questions[-1].label == "hold the go-live, why:"
    assert run_line(plain, "hold wait for bo") == ""
    assert plain.submitted == [commands.HoldSession("ana", True, "wait for bo")]


def test_leaving_asks_and_a_read_only_session_closes_at_once() -> None:
    plain = desk()
    session.leave(plain)
    _, _, answered = plain.choices[-1]
    answered("leave")
    assert (plain.submitted, plain.left) == ([commands.LeaveSession("ana")], [("left", False)])
    watching = desk(operator="")
    session.leave(watching)
    assert watching.left == [("closed", True)]


def following(night: GoLive) -> PlainDesk:
    plain = PlainDesk(night)
    assert plain.procedures is not None
    plain.procedures.follow(next(iter(plain.session.procedures)))
    return plain


def test_a_step_shows_its_command_before_it_runs_and_runs_what_was_shown() -> None:
    plain = following(chosen())
    procedures.act(plain)
    sheet, done = plain.sheets[-1]
    assert "--to-revision=40" in sheet.argv
    done(None)
    assert plain.submitted == []
    done(sheet.typed)
    (run,) = plain.submitted
    assert isinstance(run, commands.RunStep)
    assert (run.argv, run.typed) == (sheet.argv, sheet.typed)


def test_a_step_that_runs_is_ended_only_by_its_own_answer() -> None:
    plain = following(running())
    procedures.act(plain)
    assert plain.procedures is not None
    plain.pane = plain.procedures
    procedures.act(plain)
    _, ways, answered = plain.choices[-1]
    assert [way.word for way in ways] == ["back", "end it"]
    answered("back")
    assert plain.submitted == []
    answered("end it")
    assert isinstance(plain.submitted[-1], commands.StopStep)


def test_a_failed_step_can_be_tried_again_and_asks_why_it_is_skipped() -> None:
    plain = following(failed())
    procedures.act(plain)
    _, ways, answered = plain.choices[-1]
    assert [way.word for way in ways] == ["back", "retry", "choose", "ok", "skip", "abandon"]
    answered("skip")
    plain.questions[-1].done("not needed", 0)
    assert isinstance(plain.submitted[-1], commands.SkipStep)
    answered("retry")
    assert plain.sheets or plain.choices


def test_the_first_step_of_a_procedure_is_confirmed_too() -> None:
    plain = following(begun())
    procedures.act(plain)
    assert plain.sheets[-1][0].argv[0] == "kubectl"

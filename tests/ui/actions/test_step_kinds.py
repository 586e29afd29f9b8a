"""The keys on steps and items that run: what is asked, what is recorded, what is copied, and NEXT."""

from collections.abc import Callable

import msgspec
import pytest

from mmcockpit.core.decide import command as commands
from mmcockpit.core.model.procedure import Procedure, Step
from mmcockpit.core.words.next_actions import next_text
from mmcockpit.ui.actions import navigation, procedures
from mmcockpit.ui.render.rows import RowSubject
from tests.ui.desks import PlainDesk, PlainPane, PlainProcedures
from tests.ui.emergencies import DNS
from tests.ui.go_lives import GoLive
from tests.ui.runbooks import (
    APPLY,
    applying,
    asked,
    asking,
    manual,
    parallel,
    prepared,
    retrying,
    runbook_file,
    text_asked,
    waiting,
)


def at_the_procedure(night: GoLive) -> PlainDesk:
    desk = PlainDesk(night)
    panel = PlainProcedures(kind="procedures", following="deploy")
    desk.pane = desk.procedures = panel
    return desk


def first_item(night: GoLive) -> str:
    return next(one.id for one in night.session.cockpit.checklist.items if one.procedure)


def words(desk: PlainDesk) -> list[str]:
    return [way.word for way in desk.choices[-1][1]]


def test_a_question_with_choices_records_the_chosen_one() -> None:
    desk = at_the_procedure(asking())
    procedures.act(desk)
    title, ways, chosen = desk.choices[-1]
    assert "which region is first" in title
    assert [way.word for way in ways] == ["back", "eu", "us", "skip"]
    chosen("us")
    assert desk.submitted == [commands.AnswerStep("ana", "deploy", "region", "us")]


def test_a_question_without_choices_takes_a_text_and_shows_its_pattern() -> None:
    desk = at_the_procedure(text_asked())
    procedures.act(desk)
    question = desk.questions[-1]
    assert "OPS-[0-9]+" in str(question.changed(""))
    question.done("OPS-12", 0)
    assert desk.submitted == [commands.AnswerStep("ana", "deploy", "ticket", "OPS-12")]


def test_the_confirmation_of_a_step_names_its_retries() -> None:
    desk = at_the_procedure(applying())
    procedures.act(desk)
    sheet, done = desk.sheets[-1]
    assert sheet.argv == APPLY
    assert sheet.means == "exactly this, at most 3 times"
    assert ("retries", "up to 2 more times, 10s after it failed, without asking again", "warn") in sheet.known
    done(())
    assert isinstance(desk.submitted[-1], commands.RunStep)


def test_an_answer_replaces_nothing_and_is_shown_as_it_is() -> None:
    desk = at_the_procedure(applying())
    procedures.act(desk)
    rows = [row for row in desk.sheets[-1][0].known if row[0] == "region"]
    assert rows == [("region", "eu", "strong")]
    assert "→" not in str(desk.sheets[-1][0].known)


def test_retries_are_stopped_by_the_key_of_the_step() -> None:
    desk = at_the_procedure(retrying())
    procedures.act(desk)
    assert "failed, attempt 2 of 3 in 8s. Stop the retries?" in desk.choices[-1][0]
    desk.choices[-1][2]("end it")
    assert desk.submitted == [commands.StopStep("ana", "deploy", "apply")]


def test_a_wait_is_begun_without_a_dialog_and_ended_early_with_a_reason() -> None:
    night = retrying()
    desk = at_the_procedure(waiting())
    procedures.act(desk)
    assert "4m 10s left" in desk.choices[-1][0]
    assert words(desk) == ["back", "ok", "failed", "skip", "abandon"]
    desk.choices[-1][2]("ok")
    desk.questions[-1].done("pods are ready", 0)
    assert desk.submitted == [commands.SettleStep("ana", "deploy", "soak", True, "pods are ready")]
    assert night.session.procedures["deploy"].current is not None


def test_a_manual_step_offers_its_command_to_copy_and_is_never_run() -> None:
    desk = at_the_procedure(manual())
    assert desk.procedures is not None
    desk.procedures.copied = "curl https://provider.example.com/quota"
    procedures.act(desk)
    assert words(desk) == ["back", "copy", "ok", "failed", "skip"]
    desk.choices[-1][2]("copy")
    assert desk.copies == ["curl https://provider.example.com/quota"]
    desk.choices[-1][2]("ok")
    assert desk.submitted == [commands.SettleStep("ana", "deploy", "call", True)]
    assert not desk.sheets


def test_a_failure_that_asks_puts_the_question_at_once() -> None:
    night = asked()
    desk = at_the_procedure(night)
    procedures.ask_failed(desk, night.events[-1:])
    assert "Scale the pool eu FAILED: exit 1 in 0.9s." in desk.choices[-1][0]
    assert {"retry", "skip", "abandon"} <= set(words(desk))
    viewer = PlainDesk(night, operator="")
    procedures.ask_failed(viewer, night.events[-1:])
    assert viewer.choices == []


def test_the_key_opens_the_procedure_of_an_item() -> None:
    night = prepared()
    desk = PlainDesk(night, RowSubject("item", first_item(night)))
    procedures.act(desk)
    assert desk.procedures is not None
    assert desk.procedures.following == "deploy"
    assert desk.submitted == []


def test_the_command_of_an_item_is_copied_and_one_of_several_is_chosen() -> None:
    night = prepared()
    desk = PlainDesk(night, RowSubject("item", first_item(night)))
    desk.pane = PlainPane(RowSubject("item", first_item(night)))
    navigation.copy(desk)
    desk.choices[-1][2]("2")
    assert desk.copies == ["kubectl get pods"]


def only_a_signal() -> GoLive:
    """The only step has a signal and nothing that a person or a command does."""
    file = runbook_file()
    step = Step("complete", "It is complete", signal="rollout")
    checklist = msgspec.structs.replace(file.checklist, procedures=(Procedure("deploy", "Deploy", (step,)), DNS))
    night = GoLive(msgspec.structs.replace(file, checklist=checklist)).watched(620)
    return night.ask(commands.OpenProcedure("ana", "deploy"))


def test_a_step_with_only_a_signal_waits_or_ends_with_evidence() -> None:
    desk = at_the_procedure(only_a_signal())
    procedures.act(desk)
    title, ways, chosen = desk.choices[-1]
    assert title == "It is complete: begin the wait?"
    assert [(way.word, way.means) for way in ways[1:3]] == [
        ("wait", "the step ends once rollout passes"),
        ("ok", "do not wait; asks for evidence"),
    ]
    chosen("ok")
    assert desk.submitted == []
    chosen("wait")
    assert desk.submitted == [commands.RunStep("ana", "deploy", "complete")]


NEXT: dict[str, tuple[Callable[[], GoLive], str]] = {
    "asking": (asking, "!  1/8 Choose the region: answer it"),
    "applying": (applying, "!  2/8 Apply the manifests: run it"),
    "retrying": (retrying, "wait  2/8 Apply the manifests: failed, attempt 2 in 8s"),
    "waiting": (waiting, "wait  3/8 Let it settle: waits, 4m 10s left"),
    "parallel": (parallel, "!  5/8 Scale the pool us: run it"),
    "asked": (asked, "!  4/8 Scale the pool eu: failed, repeat or skip it"),
    "manual": (manual, "!  6/8 Call the provider: do it, then record it"),
    "text": (text_asked, "!  7/8 Note the ticket: answer it"),
}


@pytest.mark.parametrize("state", NEXT)
def test_next_names_what_the_step_needs(state: str) -> None:
    night, expected = NEXT[state]
    following = PlainDesk(night()).following
    assert following is not None
    assert next_text(following, {"run_step": "!"}) == expected

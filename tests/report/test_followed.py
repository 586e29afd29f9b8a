"""Procedures of a report: every attempt of every step, with its command, output and end."""

from pathlib import Path
from typing import get_args

import pytest

from mmcockpit.core.decide import command as commands
from mmcockpit.core.facts import event as facts
from mmcockpit.core.facts.event import StepState
from mmcockpit.core.model.cockpit import Abort
from mmcockpit.core.model.procedure import Step, StepRetry
from mmcockpit.core.state.procedure_runs import INTERRUPTED
from mmcockpit.report.attempts import Followed
from mmcockpit.report.page import ReportPage
from mmcockpit.report.render import Format, render
from tests.core.procedures.step_kinds import opened
from tests.core.procedures.step_kinds import run as start_step
from tests.core.rollbacks import ended, listed, run
from tests.core.rollbacks import night as rollback_night
from tests.core.sessions import Story
from tests.report.journals import collected
from tests.report.markup import Tags


def followed(folder: Path, story: Story) -> Followed:
    """Return the one run of a procedure in the report on a story."""
    (run,) = collected(folder, story.events).followed
    return run


def undoing() -> Story:
    """A session in which the command of the step `undo` runs."""
    story = rollback_night()
    listed(story)
    story.do(commands.ChooseValue("ana", "back", "revision", "40"))
    story.do(run(story, "undo", "undo", "40", typed=("muxer",)))
    return story


def test_a_procedure_that_ended_well_is_done(tmp_path: Path) -> None:
    story = undoing()
    ended(story, "undo", 0)
    story.see("errors", *[0.1] * 6)
    story.do(commands.SettleStep("ana", "back", "tell", True))
    run = followed(tmp_path, story)
    assert [(one.step, str(one.state)) for one in run.tried] == [("history", "ok"), ("undo", "ok"), ("tell", "ok")]
    assert run.ended is not None
    assert run.end
    assert [
        one for one in ReportPage(collected(tmp_path / "again", story.events)).open_ends if one.section == "steps"
    ] == []


def test_a_step_that_is_repeated_is_listed_once_for_each_attempt(tmp_path: Path) -> None:
    story = undoing()
    ended(story, "undo", 1)
    story.do(run(story, "undo", "undo", "40", typed=("muxer",)))
    ended(story, "undo", 0)
    undo = [one for one in followed(tmp_path, story).tried if one.step == "undo"]
    assert [(one.exit, str(one.state)) for one in undo] == [(1, "failed"), (0, "running")]


RETRIED = Step("flaky", "Push it", argv=("push",), retry=StepRetry(2, 5.0))


@pytest.mark.parametrize("kind", get_args(Format))
def test_every_attempt_of_a_retried_command_is_listed_with_its_own_end_and_output(tmp_path: Path, kind: Format) -> None:
    story = opened(RETRIED)
    story.do(start_step("flaky", "push"))
    for attempt, now in enumerate((StepState.RETRYING, StepState.RETRYING, StepState.OK), 1):
        story.tell(facts.StepOutput("go", "flaky", f"try {attempt}"))
        story.tell(facts.StepChanged("go", "flaky", now, exit=int(now is not StepState.OK), ms=5.0))
        story.wait(5.0)
        story.settle()
    tried = followed(tmp_path, story).tried
    assert [(one.title, one.by, str(one.state), one.exit) for one in tried] == [
        ("Push it", "ana", "retrying", 1),
        ("Push it (attempt 2)", "", "retrying", 1),
        ("Push it (attempt 3)", "", "ok", 0),
    ]
    assert [one.output for one in tried] == [["  try 1"], ["  try 2"], ["  try 3"]]
    text = "".join(render(collected(tmp_path / "again", story.events), kind))
    assert all(f"Push it (attempt {n})" in text.replace("\\", "") for n in (2, 3))


def test_a_later_crash_does_not_change_attempts_that_were_repeated(tmp_path: Path) -> None:
    story = opened(RETRIED)
    story.do(start_step("flaky", "push"))
    story.tell(facts.StepChanged("go", "flaky", StepState.RETRYING, exit=1, ms=5.0))
    story.wait(5.0)
    story.settle()
    story.tell(facts.Resumed("ana", "laptop", 9.0))
    first, second = followed(tmp_path, story).tried
    assert (first.state, first.because) == (StepState.RETRYING, "")
    assert (second.state, second.because) == (StepState.UNKNOWN, INTERRUPTED)


def test_the_output_belongs_to_the_attempt_that_wrote_it(tmp_path: Path) -> None:
    story = undoing()
    story.tell(facts.StepOutput("back", "undo", "first try", error=True))
    ended(story, "undo", 1)
    story.do(run(story, "undo", "undo", "40", typed=("muxer",)))
    story.tell(facts.StepOutput("back", "undo", "second try\nworks", dropped=7))
    ended(story, "undo", 0, output="output-2-undo.txt")
    undo = [one for one in followed(tmp_path, story).tried if one.step == "undo"]
    assert [one.output for one in undo] == [["! first try"], ["  second try", "  works"]]
    assert [one.dropped for one in undo] == [0, 7]
    assert [one.file for one in undo] == ["", "output-2-undo.txt"]


def test_a_step_that_ran_when_the_cockpit_stopped_has_an_unknown_end(tmp_path: Path) -> None:
    story = undoing()
    story.wait(100)
    story.tell(facts.Resumed("bo", "laptop", 100.0))
    past = collected(tmp_path, story.events)
    undo = past.followed[0].latest("undo")
    assert undo is not None
    assert (undo.state, undo.exit, undo.tone) == (StepState.UNKNOWN, None, "unknown")
    assert undo.because
    left = [one for one in ReportPage(past).open_ends if one.section == "steps"]
    assert any(one.tone == "unknown" and "Undo" in one.says for one in left)


@pytest.mark.parametrize("worked", [True, False])
def test_who_records_an_outcome_is_named_beside_who_started_the_step(tmp_path: Path, worked: bool) -> None:
    story = undoing()
    story.wait(100)
    story.tell(facts.Resumed("bo", "laptop", 100.0))
    story.do(commands.SettleStep("bo", "back", "undo", worked, "read the log"))
    undo = followed(tmp_path, story).latest("undo")
    assert undo is not None
    assert undo.by == "ana"
    assert undo.because == f"{INTERRUPTED}, {'ok' if worked else 'failed'} by bo: read the log"


def test_who_skips_a_failed_step_is_named_beside_who_started_it(tmp_path: Path) -> None:
    story = undoing()
    ended(story, "undo", 1)
    story.do(commands.SkipStep("bo", "back", "undo", "done in the console"))
    undo = followed(tmp_path, story).latest("undo")
    assert undo is not None
    assert (undo.by, undo.state) == ("ana", StepState.SKIPPED)
    assert undo.because.endswith("skipped by bo: done in the console")


def test_an_abandoned_procedure_names_who_abandoned_it_and_why(tmp_path: Path) -> None:
    story = undoing()
    ended(story, "undo", 1)
    story.do(commands.AbandonProcedure("bo", "back", "fix forward instead"))
    run = followed(tmp_path, story)
    assert ("bo" in run.end, "fix forward instead" in run.end) == (True, True)


def test_a_procedure_that_was_called_for_and_never_begun_is_an_open_end(tmp_path: Path) -> None:
    story = rollback_night(aborts=(Abort("errors", 2.0, "ready"),))
    story.see("errors", *[9.0] * 10)
    past = collected(tmp_path, story.events)
    assert past.followed == []
    assert any(
        one.tone == "fail" and "Back" in one.says for one in ReportPage(past).open_ends if one.section == "steps"
    )


def test_steps_of_a_journal_without_their_beginning_are_still_listed(tmp_path: Path) -> None:
    story = undoing()
    story.tell(facts.StepOutput("back", "undo", "half of it"))
    opened = next(n for n, event in enumerate(story.events) if isinstance(event.body, facts.ProcedureOpened))
    kept = [*story.events[:opened], *(e for e in story.events if isinstance(e.body, facts.StepOutput))]
    (run,) = collected(tmp_path, kept).followed
    assert (run.title, run.tried[0].output) == ("Back", ["  half of it"])


@pytest.mark.parametrize("kind", get_args(Format))
def test_both_formats_show_commands_quoted_for_a_shell(tmp_path: Path, kind: Format) -> None:
    story = rollback_night()
    story.tell(
        facts.ProcedureOpened("back", "ana"),
        facts.StepChanged("back", "history", StepState.RUNNING, "ana", "", ("echo", "two words", "$HOME"), "https://a"),
        facts.StepChanged("back", "history", StepState.FAILED, exit=-9, ms=1234.0),
    )
    text = "".join(render(collected(tmp_path, story.events), kind))
    text = "".join(Tags(text).text) if kind == "html" else text
    assert "echo 'two words' '$HOME'" in text
    assert "exit -9 after 1.2s" in text.replace("\\", "")


def test_output_with_backticks_stays_inside_its_block(tmp_path: Path) -> None:
    story = undoing()
    story.tell(facts.StepOutput("back", "undo", "```\n# a heading?\n````"))
    text = "".join(render(collected(tmp_path, story.events), "md"))
    before, block, after = text.partition("`````text\n")
    assert block
    assert "# a heading?" not in before
    assert after.index("# a heading?") < after.index("\n`````\n")

"""`mmcockpit handover` prints the page of a session, and first whether it still runs."""

from pathlib import Path

import pytest

from mmcockpit.cli import main
from mmcockpit.core.decide import command as commands
from mmcockpit.core.facts import event as facts
from mmcockpit.core.model.clock import Stamp
from mmcockpit.journal.writer import Writer
from tests.core.handovers.shift import troubled
from tests.core.sessions import Story


def written(folder: Path, story: Story) -> Path:
    """Write the journal of a story, whose process has ended."""
    path = folder / "night" / "journal.jsonl"
    writer = Writer.create(path, "ana")
    for event in story.events:
        writer.append(event)
    writer.close()
    return path


def printed(path: Path, capsys: pytest.CaptureFixture[str]) -> str:
    assert main(["handover", str(path)]) == 0
    return capsys.readouterr().out


def test_a_session_that_no_process_runs_is_printed_as_it_was(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = printed(written(tmp_path, troubled()), capsys)
    assert text.startswith("No process runs this session: this is its state ")
    assert "Regressions that no person has acknowledged: 1\n  [R] 2 access" in text
    assert "ErrorBudgetBurn, critical" in text


def test_the_page_of_an_ended_session_begins_with_its_outcome(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    story = troubled()
    story.tell(facts.Closed("rolled back", "ana"))
    assert printed(written(tmp_path, story), capsys).startswith("This session ended: rolled back\n")


def test_the_page_of_a_running_session_is_of_this_moment(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    story = troubled()
    path = tmp_path / "night" / "journal.jsonl"
    writer = Writer.create(path, "ana")
    for event in story.events:
        writer.append(event)
    writer.flush()
    try:
        text = printed(path, capsys)
    finally:
        writer.close()
    assert text.startswith("Night in staging, ")
    assert "On hold by ana for" in text


def test_a_handover_that_waits_is_named_before_the_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    story = troubled()
    story.do(commands.PrepareHandover("ana", "bo"))
    assert "\nHanded over by ana to bo, not acknowledged yet\n" in printed(written(tmp_path, story), capsys)


def test_a_journal_without_its_opening_fact_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "night" / "journal.jsonl"
    writer = Writer.create(path, "ana")
    writer.append(facts.Event(1, Stamp(0.0, 1.0), facts.Noted("alone", "ana")))
    writer.close()
    assert main(["handover", str(path)]) == 1
    assert "the opening fact of this session is missing" in capsys.readouterr().err

"""Planned work afterwards: the report shows who was late, and the gate names what is late."""

import pytest

from mmcockpit.cli.gate_rows import answer
from mmcockpit.core.decide import command as commands
from mmcockpit.core.model.states import Mark
from mmcockpit.journal.verify import Report as Verified
from mmcockpit.report.collect import gather
from mmcockpit.report.render import Format, render
from mmcockpit.report.work import WorkRow, work_rows
from tests.core.rules.work import MINUTE, night
from tests.core.sessions import Story, manual, plan

WHOLE = Verified(1, "head", 0, 0, ())


def late() -> Story:
    """Ana copies the data 15 minutes late; Bo has not switched DNS yet."""
    story = Story(night())
    story.wait(45 * MINUTE)
    story.do(commands.MarkItem("Ana", "ready/s/copy", "", Mark.DONE))
    story.wait(12 * MINUTE)
    story.do(commands.MarkItem("Ana", "ready/s/inform", "", Mark.DONE))
    return story


def test_a_report_shows_planned_and_actual_time_of_each_item_with_its_assignee() -> None:
    copy, inform, dns, test = work_rows(gather(late().events, WHOLE, "here"))
    assert copy[:4] == ("1 copy", "Ana", "30m", "45m")
    assert copy.late == "15m"
    assert inform.late.startswith(("7m", "6m"))
    assert dns[:4] == ("3 dns", "Bo", "10m", "open")
    assert dns.late.startswith(("2m", "1m"))
    assert test == WorkRow("4 test", "Cy", "20m", "open", "–")


@pytest.mark.parametrize("kind", ["md", "html"])
def test_the_section_is_only_in_reports_with_planned_work(kind: Format) -> None:
    with_plan = "".join(render(gather(late().events, WHOLE, "here"), kind))
    without = "".join(render(gather(Story(plan(manual("a"))).events, WHOLE, "here"), kind))
    assert "Planned work" in with_plan
    assert "Planned work" not in without


def test_the_gate_names_what_is_late_and_who_is_responsible() -> None:
    notes = answer(late().session, 0, sensed_only=False).notes
    (note,) = [note for note in notes if note.startswith("late: ")]
    assert note.startswith("late: 3 dns: Bo, ")
    assert not [note for note in answer(Story(night()).session, 0, sensed_only=False).notes if "late" in note]


def test_the_gate_names_a_manual_item_that_is_not_ticked() -> None:
    story = Story(plan(manual("audit"), manual("inform")))
    story.do(commands.MarkItem("ana", "ready/s/inform", "", Mark.DONE))
    assert [row.says for row in answer(story.session, 0, False).items] == ["not ticked", ""]

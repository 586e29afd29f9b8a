"""The targets of repeated phases in a report: one row each, the most severe first, with its times."""

import pytest

from mmcockpit.core.decide import command as commands
from mmcockpit.journal.verify import Report as Verified
from mmcockpit.report.collect import gather
from mmcockpit.report.render import Format, render
from mmcockpit.report.summary import summary
from mmcockpit.report.waves import TargetRow, target_rows
from tests.core.rules.waves import waves
from tests.core.sessions import BAD, GOOD, Story, manual, plan

WHOLE = Verified(1, "head", 0, 0, ())
SIGNALS = ("a", "b", "c", "health@eu-1", "health@eu-2")


def deployed() -> Story:
    """Both targets are finished: the first one after 5 minutes, the second one after another 10."""
    story = Story(waves())
    for minutes in (5, 10):
        story.wait(minutes * 60 - 20)
        for name in SIGNALS:
            story.see(name, GOOD, GOOD)
        story.wait(10 - story.session.phase)
        story.go()
    return story


def rows(story: Story) -> list[TargetRow]:
    return target_rows(gather(story.events, WHOLE, "here"))


def test_each_target_has_its_times() -> None:
    first, second = rows(deployed())
    assert first[:2] == ("eu-1", "finished, 1/1")
    assert (first.opened, first.time, first.failing) == ("02:00:00Z", "5m", "–")
    assert second[:2] == ("eu-2", "finished, 1/1")
    assert second.opened.startswith("02:05:0")
    assert second.time.startswith("10m")


def test_the_most_severe_target_comes_first_with_what_fails() -> None:
    story = deployed()
    story.see("b", BAD, BAD, BAD)
    story.see("health@eu-2", BAD, BAD, BAD, BAD)
    first, second = rows(story)
    assert (first.target, first.failing) == ("eu-2", "b, health@eu-2")
    assert first.state == "finished, regressed: 1 failing item and 1 failing signal, 0/1"
    assert second.target == "eu-1"


def test_a_target_that_was_not_reached_has_no_time() -> None:
    first, second = rows(Story(waves()))
    assert (first.target, first.time != "–") == ("eu-1", True)
    assert (second.target, second.opened, second.time) == ("eu-2", "not reached", "–")


def test_the_last_target_of_a_session_that_ended_is_finished() -> None:
    made = Story(waves(last=False))
    for name in SIGNALS:
        if name in made.session.signals:
            made.see(name, GOOD, GOOD)
    made.go()
    assert [row.state for row in rows(made)] == ["open: Deploy, 1/1", "finished, 1/1"]
    made.do(commands.EndSession("ana", "done"))
    assert [row.state for row in rows(made)] == ["finished, 1/1", "finished, 1/1"]


@pytest.mark.parametrize("kind", ["md", "html"])
def test_the_table_is_only_in_reports_with_targets(kind: Format) -> None:
    with_targets = "".join(render(gather(deployed().events, WHOLE, "here"), kind))
    without = "".join(render(gather(Story(plan(manual("a"))).events, WHOLE, "here"), kind))
    assert "Targets, sorted by severity" in with_targets
    assert all(text in with_targets for text in ("eu-1", "eu-2", "finished, 1/1", "02:00:00Z"))
    assert "Targets, sorted by severity" not in without


@pytest.mark.parametrize("style", ["md", "html"])
def test_signals_of_a_target_that_was_not_reached_are_marked_and_not_listed_as_failed(style: Format) -> None:
    story = Story(waves())
    story.see("a", GOOD, GOOD)
    for _ in range(5):
        story.see("health@eu-1", BAD)
        story.see("health@eu-2", BAD)
    past = gather(story.events, WHOLE, "here")
    text = "".join(render(past, style)).replace("&#64;", "@")
    failed = next(line for line in text.splitlines() if "signals that failed" in line)
    assert "health@eu-1" in failed
    assert "health@eu-2" not in failed
    rows = [line for line in text.splitlines() if "target not reached" in line]
    assert len(rows) == 1
    assert "health@eu-2" in rows[0]
    told = summary(past)
    assert told is not None
    assert [impact.title for impact in told.impacts] == ["health@eu-1"]

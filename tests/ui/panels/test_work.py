"""The work plan on the screen: what can start, who is late or idle, and the critical path in the header."""

import pytest

from mmcockpit.core.decide import command as commands
from mmcockpit.core.model.states import Mark
from mmcockpit.core.rules.plans.work_plan import work_plan
from mmcockpit.ui.render.header.identity import identity_line
from mmcockpit.ui.render.lens import Lens
from mmcockpit.ui.render.text import text_of, width_of
from mmcockpit.ui.render.work import people_rows, work_rows
from mmcockpit.ui.session_view import Sight
from tests.core.rules.work import MINUTE, night
from tests.core.sessions import Story, manual, plan


def upcoming(story: Story, width: int) -> list[str]:
    return [text_of(line) for _, line in work_rows(work_plan(story.session, story.now), story.now, width)]


def sight(story: Story) -> Sight:
    made = Sight()
    made.session, made.now = story.session, story.now
    return made


def late() -> Story:
    story = Story(night())
    story.wait(35 * MINUTE)
    return story


@pytest.mark.parametrize("width", [38, 60, 120])
def test_late_items_come_first_and_each_idle_person_with_the_reason(width: int) -> None:
    rows = upcoming(late(), width)
    text = " ".join(" ".join(rows).split())
    assert text.startswith("Can start now 2 [ ] 1 copy")
    assert "Ana, 5m late" in rows[1]
    assert "2 inform" in rows[2]
    assert "Bo is idle: 3 dns waits for 1 copy" in text
    assert "Cy is idle: 4 test waits for 3 dns" in text
    assert all(len(row) <= width for row in rows)


def test_more_than_eight_items_that_can_start_are_counted() -> None:
    story = Story(plan(*(manual(f"item{n}", assignee="Ana") for n in range(11))))
    assert upcoming(story, 60)[-1].strip() == "3 more"


def test_the_people_panel_has_a_row_for_each_assignee() -> None:
    story = late()
    story.do(commands.MarkItem("Ana", "ready/s/copy", "", Mark.DONE))
    rows = [text_of(line) for _, line in people_rows(work_plan(story.session, story.now), 60)]
    assert rows == ["Work", "Ana: 2 inform", "Bo: 3 dns", "Cy: idle: 4 test waits for 3 dns"]


@pytest.mark.parametrize(("width", "shown"), [(80, "path 1h"), (200, "critical path 1h")])
def test_the_header_shows_the_length_of_the_critical_path(width: int, shown: str) -> None:
    story = Story(night())
    line = identity_line(sight(story), Lens(), "ana", False, width)
    assert width_of(line) == width
    assert shown in text_of(line)


def test_without_assignees_and_needs_nothing_is_added() -> None:
    story = Story(plan(manual("a", estimate=600.0)))
    assert upcoming(story, 80) == []
    assert "path" not in text_of(identity_line(sight(story), Lens(), "ana", False, 200))

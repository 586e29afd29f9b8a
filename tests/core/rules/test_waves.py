"""Phases that are repeated for several targets: the row of each target, and the gate between them."""

import msgspec

from mmcockpit.core.model.cockpit import Cockpit
from mmcockpit.core.model.states import Advice
from mmcockpit.core.model.work_plan import WaveProgress
from mmcockpit.core.rules.gate import gate
from mmcockpit.core.rules.plans.waves import wave_targets
from mmcockpit.core.words.plans.waves import target_text
from tests.core.sessions import BAD, GOOD, Story, plan, sensed


def waves() -> Cockpit:
    """Return a cockpit whose first two phases are of the targets eu-1 and eu-2."""
    made = plan(sensed("a", "ready"), sensed("b", "deployment"), sensed("c", "cutover"))
    first, second, last = made.checklist.phases
    phases = (
        msgspec.structs.replace(first, wave="deploy", target="eu-1"),
        msgspec.structs.replace(second, wave="deploy", target="eu-2"),
        last,
    )
    return msgspec.structs.replace(made, checklist=msgspec.structs.replace(made.checklist, phases=phases))


def rows(story: Story) -> list[tuple[str, WaveProgress]]:
    return [(row.target, row.progress) for row in wave_targets(story.session)]


def test_targets_come_one_after_the_other() -> None:
    story = Story(waves())
    story.see("b", BAD, BAD, BAD)
    assert rows(story) == [("eu-1", WaveProgress.OPEN), ("eu-2", WaveProgress.NOT_REACHED)]
    assert not gate(story.session).open
    story.see("a", GOOD, GOOD, GOOD)
    story.go()
    assert rows(story) == [("eu-2", WaveProgress.FAILING), ("eu-1", WaveProgress.FINISHED)]
    assert target_text(wave_targets(story.session)[0]) == "failing: 1 failing item, 0/1"


def test_a_regression_in_a_finished_target_is_no_go_for_the_next() -> None:
    story = Story(waves())
    story.see("a", GOOD, GOOD, GOOD)
    story.go()
    story.see("b", GOOD, GOOD, GOOD)
    assert gate(story.session).open
    story.see("a", BAD, BAD, BAD)
    assert rows(story)[0] == ("eu-1", WaveProgress.REGRESSED)
    assert not gate(story.session).open
    assert story.session.advised is not None
    assert story.session.advised.advice is Advice.NO_GO


def test_a_session_without_targets_has_no_rows() -> None:
    assert wave_targets(Story(plan(sensed("a"))).session) == ()

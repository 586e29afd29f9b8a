"""The readiness of a rollback by the checks of its procedures: all pass within 15 minutes, and the age is known."""

from typing import Any

import pytest

from mmcockpit.cli.gate_rows import answer
from mmcockpit.core.model.procedure import Procedure, Step
from mmcockpit.core.model.reading import Reading
from mmcockpit.core.model.signal import Rule, Signal
from mmcockpit.core.model.verdict import Level
from mmcockpit.core.rules.advice import readiness
from mmcockpit.core.rules.rollback_checks import checked_at, unproven_checks
from mmcockpit.core.words.verdicts import verdict_reason
from mmcockpit.sources.procedures.source import PROBES
from mmcockpit.ui.render.advice import ready_words
from tests.core.sessions import Story, number, plan

BACK = Procedure("back", "Go back", (Step("undo", "Undo", argv=("undo",), signal="errors"),))
READY = Signal(
    "ready_back", "rollback ready: Go back", "procedures", "ready", {"procedure": "back"}, Rule("value.failed == 0"),
    every=300.0, stale_after=600.0, shape=PROBES["ready"].shape(None),
)  # fmt: skip


def checks(failed: int = 0, remark: str = "") -> Reading:
    value: dict[str, Any] = {"checked": 3, "failed": failed, "unproven": 0, "because": "", "checks": []}
    return Reading(value, remark=remark)


@pytest.fixture
def story() -> Story:
    return Story(plan(signals=(READY, number("errors")), procedures=(BACK,), readiness=("ready_back",)))


def test_a_rollback_is_ready_for_15_minutes_after_its_checks(story: Story) -> None:
    assert ready_words(story.session, story.now, out_of_date=False)[0] == "not checked"
    story.see("ready_back", checks())
    checked = checked_at(story.session)
    assert checked is not None
    story.wait(240)
    assert readiness(story.session) == (Level.PASS, ())
    assert ready_words(story.session, story.now, out_of_date=False)[1] == "ready, checked 4m ago"
    assert ready_words(story.session, story.now, out_of_date=True)[0] == "not checked"
    story.wait(899 - 240)
    story.settle()
    assert readiness(story.session)[0] is Level.PASS
    story.wait(5)
    story.settle()
    level, (reason,) = readiness(story.session)
    assert level is Level.UNKNOWN
    assert reason.result is not None
    assert verdict_reason(reason.result.verdict).endswith("no result for 15m")
    assert ready_words(story.session, story.now, out_of_date=False)[0] == "not checked"


def test_what_is_unproven_is_named_and_does_not_prevent_it(story: Story) -> None:
    story.see("ready_back", checks(remark="unproven: Undo: psql has no dry run"))
    assert readiness(story.session)[0] is Level.PASS
    assert [state.signal.name for state in unproven_checks(story.session)] == ["ready_back"]
    word, words, _ = ready_words(story.session, story.now, out_of_date=False)
    assert (word, words.partition("; ")[2]) == ("ready", "1 check not possible in advance")
    remark = "unproven: Undo: psql has no dry run; Sync: a person does it"
    story.see("ready_back", Reading({**checks().value, "unproven": 2}, remark=remark))
    assert ready_words(story.session, story.now, out_of_date=False)[1].endswith("; 2 checks not possible in advance")


def test_the_gate_notes_whether_the_rollback_is_ready_and_why_not(story: Story) -> None:
    def notes() -> list[str]:
        return [note for note in answer(story.session, 0, sensed_only=False).notes if note.startswith("rollback: ")]

    assert notes() == ["rollback: not checked: rollback ready: Go back unknown 0/1: not polled yet"]
    story.see("ready_back", checks())
    assert notes() == ["rollback: ready"]
    failing = Reading({**checks(failed=1).value, "because": "cannot run step Undo: undo: not found in PATH"})
    story.see("ready_back", failing)
    (note,) = notes()
    assert note.startswith("rollback: not ready: ")
    assert "cannot run step Undo: undo: not found in PATH" in note
    without = Story(plan(signals=(number("errors"),)))
    assert not [note for note in answer(without.session, 0, sensed_only=False).notes if "rollback" in note]

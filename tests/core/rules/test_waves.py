"""Phases that are repeated for several targets: the row of each target, the gate between them, and what counts."""

import msgspec
import pytest

from mmcockpit.core.decide import command as commands
from mmcockpit.core.facts import event as facts
from mmcockpit.core.facts.event import Event
from mmcockpit.core.model.cockpit import Abort
from mmcockpit.core.model.next_action import NextKind
from mmcockpit.core.model.procedure import Procedure, Step
from mmcockpit.core.model.reading import Reading
from mmcockpit.core.model.signal import Rule, Signal
from mmcockpit.core.model.states import Advice, StepState
from mmcockpit.core.model.work_plan import WaveProgress
from mmcockpit.core.rules.advice import advise, no_return
from mmcockpit.core.rules.charted_signal import worst_signal
from mmcockpit.core.rules.gate import gate
from mmcockpit.core.rules.messages.templates import filled
from mmcockpit.core.rules.messages.updates import update
from mmcockpit.core.rules.next_action import next_action
from mmcockpit.core.rules.plans.time_plan import rollback_procedure
from mmcockpit.core.rules.plans.waves import by_severity, wave_targets
from mmcockpit.core.rules.targets.reached import counts, open_target
from mmcockpit.core.state.carried import carry
from mmcockpit.core.state.evolve import fold
from mmcockpit.core.state.open_procedures import queue
from mmcockpit.core.state.releases.running_images import abort_signals
from mmcockpit.core.words.plans.waves import target_text
from mmcockpit.journal.codec import decode, encode
from tests.core.rules.waves import TARGETS, waves
from tests.core.sessions import BAD, GONE, GOOD, Story, number, plan, sensed
from tests.shapes import shape


def rows(story: Story) -> list[tuple[str, WaveProgress]]:
    return [(row.target, row.progress) for row in wave_targets(story.session)]


def texts(story: Story) -> list[str]:
    return [f"{row.target} {target_text(row)}" for row in wave_targets(story.session)]


def advice(story: Story) -> Advice:
    return advise(story.session, story.now)[0]


@pytest.fixture
def story() -> Story:
    """A session in the phase of eu-1, in which everything passes."""
    made = Story(waves())
    for name in ("a", "b", "c", "health@eu-1", "health@eu-2"):
        made.see(name, GOOD, GOOD)
    return made


def test_targets_come_one_after_the_other(story: Story) -> None:
    story.see("b", BAD, BAD, BAD)
    assert texts(story) == ["eu-1 open: Deploy, 1/1", "eu-2 not reached, 0/1"]
    assert gate(story.session).open
    assert open_target(story.session) == "eu-1"
    story.go()
    assert rows(story) == [("eu-2", WaveProgress.FAILING), ("eu-1", WaveProgress.FINISHED)]
    assert texts(story) == ["eu-2 open: Deploy, 1 failing item, 0/1", "eu-1 finished, 1/1"]


def test_a_regression_in_a_finished_target_is_no_go_for_the_next(story: Story) -> None:
    story.go()
    assert gate(story.session).open
    story.see("a", BAD, BAD, BAD)
    assert rows(story)[0] == ("eu-1", WaveProgress.REGRESSED)
    assert texts(story)[0] == "eu-1 finished, regressed: 1 failing item, 0/1"
    assert not gate(story.session).open
    assert advice(story) is Advice.NO_GO


def test_a_target_without_data_comes_before_the_open_one(story: Story) -> None:
    story.go()
    story.see("a", GONE, GONE, GONE)
    assert texts(story) == ["eu-1 finished, 1 without data, 0/1", "eu-2 open: Deploy, 1/1"]
    story.see("a", GOOD, GOOD, GOOD)
    story.see("health@eu-1", GONE, GONE, GONE)
    assert texts(story)[0] == "eu-1 finished, 1 without data, 1/1"
    assert advice(story) is Advice.HOLD


@pytest.mark.parametrize("answer", [BAD, GONE])
def test_an_abort_rule_of_a_target_that_is_not_reached_does_not_count(story: Story, answer: float) -> None:
    story.see("health@eu-2", *[answer] * 4)
    assert advice(story) is Advice.GO
    assert gate(story.session).open
    assert rows(story)[0] == ("eu-1", WaveProgress.OPEN)
    assert worst_signal(story.session) == ""
    assert next_action(story.session, story.now).kind is NextKind.GATE
    told = update(story.session, story.now)
    assert (told.impacts, told.measured) == ((), True)


def test_an_abort_rule_counts_once_its_target_is_reached_and_afterwards(story: Story) -> None:
    story.see("health@eu-2", *[BAD] * 4)
    story.go()
    assert advice(story) is Advice.NO_GO, "its time counts from the phase on"
    story.see("health@eu-2", *[BAD] * 3)
    assert advice(story) is Advice.ROLLBACK
    assert next_action(story.session, story.now).subject == "back@eu-2"
    story.see("health@eu-2", GOOD, GOOD)
    story.see("health@eu-1", *[BAD] * 4)
    assert advice(story) is Advice.ROLLBACK
    assert next_action(story.session, story.now).subject == "back@eu-1"
    assert texts(story)[0] == "eu-1 finished, regressed: 1 failing signal, 1/1"


def test_the_first_target_counts_before_its_phase_and_the_others_do_not() -> None:
    made = waves()
    first, second, last = made.checklist.phases
    phases = (last, first, second)
    story = Story(msgspec.structs.replace(made, checklist=msgspec.structs.replace(made.checklist, phases=phases)))
    assert [counts(story.session, one) for one in ("", *TARGETS)] == [True, True, False]
    story.see("health@eu-2", BAD, BAD)
    assert [one.signal.name for one in gate(story.session).failing] == []
    story.see("health@eu-1", BAD, BAD)
    assert [one.signal.name for one in gate(story.session).failing] == ["health@eu-1"]


def test_a_point_of_no_return_is_one_of_its_target() -> None:
    story = Story(waves(sensed("drop", "ready", no_return=True)))
    for name in ("a", "b", "c", "drop", "health@eu-1", "health@eu-2"):
        story.see(name, GOOD, GOOD)
    story.go()
    assert [no_return(story.session, one) for one in ("", *TARGETS)] == [True, True, False]
    story.see("health@eu-2", *[BAD] * 4)
    assert advice(story) is Advice.ROLLBACK
    story.see("health@eu-2", GOOD, GOOD)
    story.see("health@eu-1", *[BAD] * 4)
    assert advice(story) is Advice.FIX_FORWARD


def test_a_step_without_return_is_one_of_its_target(story: Story) -> None:
    made = story.session.cockpit
    drop = Procedure("drop@eu-1", "Drop", (Step("drop", "Drop", manual=True, no_return=True),), target="eu-1")
    checklist = msgspec.structs.replace(made.checklist, procedures=(*made.checklist.procedures, drop))
    story = Story(msgspec.structs.replace(made, checklist=checklist))
    story.do(commands.OpenProcedure("ana", "drop@eu-1"))
    story.tell(facts.StepChanged("drop@eu-1", "drop", StepState.OK, "ana"))
    assert [no_return(story.session, one) for one in ("", *TARGETS)] == [True, True, False]


def test_the_rollback_that_is_planned_is_the_one_of_the_latest_target(story: Story) -> None:
    planned = rollback_procedure(story.session)
    assert planned is not None
    assert planned.id == "back@eu-1"
    story.go()
    planned = rollback_procedure(story.session)
    assert planned is not None
    assert planned.id == "back@eu-2"


def test_a_new_version_is_proven_by_the_abort_signals_of_its_target(story: Story) -> None:
    assert [one.signal.name for one in abort_signals(story.session, "eu-2")] == ["health@eu-2"]
    assert len(abort_signals(story.session, "")) == 2


def test_signals_are_shown_with_the_most_severe_target_first(story: Story) -> None:
    story.go()
    names = ("health@eu-1", "c", "health@eu-2")
    assert by_severity(story.session, names) == ("health@eu-2", "c", "health@eu-1")
    story.see("a", BAD, BAD, BAD)
    assert by_severity(story.session, (*names, "unknown")) == (*names, "unknown")


def test_a_session_without_targets_has_no_rows() -> None:
    assert wave_targets(Story(plan(sensed("a"))).session) == ()


def test_what_fails_for_the_next_target_is_known_before_its_gate_opens(story: Story) -> None:
    story.see("health@eu-2", *[BAD] * 2)
    closing = gate(story.session)
    assert [one.signal.name for one in closing.next_failing] == ["health@eu-2"]
    assert closing.open
    story.go()
    assert gate(story.session).next_failing == ()
    assert [one.signal.name for one in gate(story.session).failing] == ["health@eu-2"]


CRITICAL = [{"name": "Slow", "state": "active", "labels": {"severity": "critical"}}]


def listing(name: str, target: str) -> Signal:
    """Return a signal that lists alerts."""
    alerts = Signal(name, name, "alertmanager", "alerts", rule=Rule("value.all(a, false)"), target=target)
    return msgspec.structs.replace(alerts, shape=shape("alertmanager", "alerts"))


def alerted(*signals: Signal) -> Story:
    """A session in which a critical alert queues a procedure of each target."""
    made = waves()
    steps = (Step("look", "Look", manual=True),)
    called = [
        Procedure(f"look@{one}", "Look", steps, alerts=({"severity": "critical"},), target=one) for one in TARGETS
    ]
    checklist = msgspec.structs.replace(made.checklist, procedures=(*made.checklist.procedures, *called))
    story = Story(msgspec.structs.replace(made, checklist=checklist, signals=(*made.signals, *signals)))
    for name in ("a", "b", "c", "health@eu-1", "health@eu-2"):
        story.see(name, GOOD, GOOD)
    return story


def queued(story: Story) -> list[str]:
    return [procedure.id for procedure, _ in queue(story.session)]


def test_an_alert_calls_for_the_procedures_of_its_target() -> None:
    story = alerted(listing("alerts@eu-1", "eu-1"), listing("alerts@eu-2", "eu-2"))
    story.go()
    story.see("alerts@eu-2", Reading(CRITICAL))
    assert queued(story) == ["look@eu-2"]


def test_an_alert_calls_for_the_procedures_of_the_targets_that_were_reached() -> None:
    story = alerted(listing("alerts", ""))
    story.see("alerts", Reading(CRITICAL))
    assert queued(story) == ["look@eu-1"]
    story.go("agreed")
    story.see("alerts", Reading(CRITICAL))
    assert queued(story) == ["look@eu-1", "look@eu-2"]


def test_an_abort_rule_of_no_target_calls_for_the_rollbacks_of_the_targets_that_were_reached() -> None:
    made = waves()
    rollbacks = tuple(msgspec.structs.replace(each, aborts=("shared",)) for each in made.checklist.procedures)
    checklist = msgspec.structs.replace(made.checklist, procedures=rollbacks)
    shared = Abort("shared", 2.0, made.aborts[0].phase)
    story = Story(
        msgspec.structs.replace(
            made, checklist=checklist, signals=(*made.signals, number("shared")), aborts=(*made.aborts, shared)
        )
    )
    for name in ("a", "b", "c", "health@eu-1", "health@eu-2"):
        story.see(name, GOOD, GOOD)
    story.see("shared", *[BAD] * 4)
    assert (advice(story), queued(story)) == (Advice.ROLLBACK, ["back@eu-1"])
    story.go("agreed")
    story.see("shared", BAD)
    assert queued(story) == ["back@eu-1", "back@eu-2"]


def test_a_message_names_the_phase_with_its_target_and_the_impact_of_targets_that_were_reached(story: Story) -> None:
    text = "${phase}: ${impact}"
    story.see("health@eu-2", *[BAD] * 3)
    assert filled(text, story.session, story.now) == "eu-1: Deploy: no effect on users is known"
    story.go()
    assert "health@eu-2" in filled(text, story.session, story.now)


def test_a_point_of_no_return_of_a_target_is_carried_into_another_journal(story: Story) -> None:
    story.session.past_return_of.add("eu-1")
    first = carry(story.session)
    assert first is not None
    read = decode(encode(Event(1, story.now, first))[:-1])
    assert fold([read]).past_return_of == {"eu-1"}


def test_a_target_between_two_phases_is_reached_and_its_regression_counts() -> None:
    made = waves()
    first, second, third = made.checklist.phases
    phases = (first, second, msgspec.structs.replace(third, title="eu-1: Verify", wave="verify", target="eu-1"))
    story = Story(msgspec.structs.replace(made, checklist=msgspec.structs.replace(made.checklist, phases=phases)))
    for name in ("a", "b", "c", "health@eu-1", "health@eu-2"):
        story.see(name, GOOD, GOOD)
    story.go()
    assert texts(story) == ["eu-2 open: Deploy, 1/1", "eu-1 next: Verify, 1/2"]
    assert counts(story.session, "eu-1")
    story.see("a", BAD, BAD, BAD)
    assert texts(story)[0] == "eu-1 next: Verify, regressed: 1 failing item, 0/2"
    story.see("a", GOOD, GOOD, GOOD)
    story.go()
    assert texts(story) == ["eu-1 open: Verify, 2/2", "eu-2 finished, 1/1"]

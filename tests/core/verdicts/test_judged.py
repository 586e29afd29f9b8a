"""Judged signals: one of them failing is NO-GO in every phase, whatever the items say; and a GO has to be proven."""

from typing import Any

import msgspec
import pytest

from mmcockpit.core.decide import command as commands
from mmcockpit.core.facts import event as facts
from mmcockpit.core.facts.event import Event
from mmcockpit.core.model.cockpit import Abort
from mmcockpit.core.model.reading import Fault
from mmcockpit.core.model.signal import Rule, Signal
from mmcockpit.core.model.states import Advice, Mark, State
from mmcockpit.core.model.verdict import Level
from mmcockpit.core.rules.gate import gate
from mmcockpit.core.rules.judged_signals import judged_signals, warning_count
from mmcockpit.core.words.describe import describe
from mmcockpit.core.words.reasons import reason_text
from mmcockpit.journal.codec import decode, encode
from tests.core.reasons import labels
from tests.core.sessions import BAD, GONE, GOOD, WARNS, Story, attested, manual, number, plan, sensed


def own(name: str = "own", **more: Any) -> Signal:
    """Return a signal that only the cockpit file defines."""
    return msgspec.structs.replace(number(name), first_in_cockpit=True, **more)


def night(*signals: Signal, aborts: tuple[Abort, ...] = ()) -> Story:
    """A first phase whose one item passes, and other signals."""
    story = Story(plan(sensed("errors"), signals=signals, aborts=aborts))
    story.see("errors", GOOD)
    return story


def told(story: Story) -> tuple[Advice, list[str]]:
    story.settle()
    assert story.session.advised is not None
    return story.session.advised.advice, labels(story.session.advised.reasons)


LATER = Abort("rate", 600.0, "cutover")


@pytest.mark.parametrize(
    ("signals", "aborts", "name"),
    [((own(),), (), "own"), ((number("rate"),), (LATER,), "rate")],
    ids=["of the cockpit file", "of an abort rule that is not armed"],
)
def test_a_judged_signal_that_fails_is_no_go_in_every_phase_and_keeps_the_gate_closed(
    signals: tuple[Signal, ...], aborts: tuple[Abort, ...], name: str
) -> None:
    story = night(*signals, aborts=aborts)
    story.see(name, BAD)
    assert told(story) == (Advice.NO_GO, [f"signal {name}"])
    assert story.session.advised is not None
    assert reason_text(story.session.advised.reasons[0]) == f"{name} fail 1/1: 9 (must be < 5)"
    assert f"[!] {name}: 9 (must be < 5)" in story.refusal(commands.OpenPhase("ana", "ready"))
    passed = story.go("we know why")
    assert (passed.unmet, passed.failing) == ((), (name,))
    assert [one.signal for one in passed.evidence] == ["errors", name]
    assert f"with 1 failing signal ({name}): we know why" in describe(passed)[1]
    assert told(story) == (Advice.NO_GO, [f"signal {name}"])
    story.see("errors", GOOD)
    story.see(name, GOOD)
    assert told(story)[0] is Advice.GO


@pytest.mark.parametrize(
    "signal",
    [
        number("rate"),
        own("rate", informational=True),
        own("rate", rule=Rule()),
    ],
    ids=["of the checklist", "informational", "without a rule"],
)
def test_other_signals_speak_neither_way(signal: Signal) -> None:
    story = night(signal)
    story.see("rate", BAD)
    assert told(story) == (Advice.GO, [])
    assert judged_signals(story.session.cockpit) == ()


@pytest.mark.parametrize("answer", [GONE, WARNS, None])
def test_a_judged_signal_that_warns_or_has_no_data_holds_nothing(answer: float | Fault | None) -> None:
    story = night(own())
    if answer is not None:
        story.see("own", answer)
    assert told(story) == (Advice.GO, [])
    assert warning_count(story.session) == (answer == WARNS)


def test_an_item_tells_of_its_judged_signal_once() -> None:
    story = Story(plan(sensed("own"), signals=(own(),)))
    story.see("own", BAD)
    assert told(story) == (Advice.NO_GO, ["item bad ready/s/own"])
    story.do(commands.MarkItem("ana", "ready/s/own", "the probe is wrong", Mark.OVERRIDE))
    assert told(story) == (Advice.NO_GO, ["signal own"]), "an override of the item is none of the signal"


def test_an_armed_rule_counts_to_rollback_and_the_unarmed_one_of_the_same_signal_adds_nothing() -> None:
    story = night(number("rate"), aborts=(Abort("rate", 3.0, "ready"), LATER))
    story.see("rate", BAD, BAD)
    assert told(story) == (Advice.NO_GO, ["abort rule failing rate ready 3"])
    story.see("rate", BAD, BAD)
    assert told(story) == (Advice.ROLLBACK, ["abort rule failed rate ready 3"])


def test_verdict_changes_of_judged_signals_are_facts_of_the_log_and_of_no_others() -> None:
    story = night(own(), number("rate"), aborts=(LATER,))
    story.see("own", GOOD, GOOD, BAD, GONE, GOOD)
    story.see("rate", WARNS)
    changes = [event.body for event in story.session.log if isinstance(event.body, facts.SignalChanged)]
    assert [(one.signal, one.was, one.now) for one in changes] == [
        ("own", Level.UNKNOWN, Level.PASS),
        ("own", Level.PASS, Level.FAIL),
        ("own", Level.FAIL, Level.UNKNOWN),
        ("own", Level.UNKNOWN, Level.PASS),
        ("rate", Level.UNKNOWN, Level.WARN),
    ]
    assert describe(changes[1]) == ("signal", "own: pass → fail, 9 (must be < 5)")
    event = Event(1, story.now, changes[1])
    assert decode(encode(event, base=None)[:-1], None) == event


def test_a_gate_names_the_abort_rules_that_the_next_phase_arms_without_data() -> None:
    aborts = (Abort("rate", 1.0, "deployment"), Abort("lost", 1.0, "deployment"), Abort("late", 1.0, "cutover"))
    story = night(number("rate"), number("late"), aborts=aborts)
    assert gate(story.session).without_data == ("rate", "lost")
    assert gate(story.session).open, "what is unknown is named, and keeps no gate closed before it is armed"
    story.see("rate", GOOD)
    assert gate(story.session).without_data == ("lost",)


def test_marks_that_leave_everything_out_prove_nothing() -> None:
    story = Story(plan(sensed("errors"), manual("audit")))
    story.do(commands.MarkItem("ana", "ready/s/errors", "the probe is wrong", Mark.OVERRIDE))
    story.do(commands.MarkItem("ana", "ready/s/audit", "after the freeze", Mark.DEFER))
    assert told(story) == (Advice.HOLD, ["nothing proven"])
    assert story.session.advised is not None
    assert reason_text(story.session.advised.reasons[0]) == "nothing is proven: no required item passes or is ticked"
    story.do(commands.UndoMark("ana"))
    story.do(commands.MarkItem("ana", "ready/s/audit"))
    assert told(story) == (Advice.GO, [])


def test_without_a_checklist_a_judged_signal_that_passes_is_the_proof() -> None:
    bare = msgspec.structs.replace(
        plan(signals=(own(),)), checklist=msgspec.structs.replace(plan().checklist, phases=())
    )
    story = Story(bare)
    assert told(story) == (Advice.HOLD, ["no required item"])
    story.see("own", GOOD)
    assert told(story) == (Advice.GO, [])


def test_a_satisfied_item_whose_signal_warns_is_counted_until_its_gate_settles_it() -> None:
    items = (sensed("errors"), attested("access"), sensed("backup", until_gate=True), sensed("open"))
    story = Story(plan(*items))
    for name in ("errors", "access", "backup"):
        story.see(name, GOOD)
    story.do(commands.MarkItem("ana", "ready/s/access"))
    for name in ("errors", "access", "backup", "open"):
        story.see(name, WARNS)
    assert [story.state(name) for name in ("errors", "access", "open")] == [State.GOOD, State.DONE, State.OPEN]
    assert warning_count(story.session) == 3, "an item that is open is no warning"
    story.go("good enough")
    assert warning_count(story.session) == 2

"""The advice: one value, the first that matches, and every reason behind it."""

import pytest

from mmcockpit.core.decide import command as commands
from mmcockpit.core.facts import event as facts
from mmcockpit.core.facts.event import Coverage, Reason, ReasonKind
from mmcockpit.core.model.checklist import Contact, Hold
from mmcockpit.core.model.cockpit import Abort
from mmcockpit.core.model.reading import Fault, Reading
from mmcockpit.core.model.signal import Rule, Signal
from mmcockpit.core.model.states import Advice, Mark, State
from mmcockpit.core.model.verdict import Level
from mmcockpit.core.rules.advice import dismissed, readiness
from mmcockpit.core.words.reasons import reason_text
from mmcockpit.core.words.verdicts import advice_word
from tests.core.reasons import label, labels
from tests.core.sessions import BAD, GONE, GOOD, WARNS, Story, manual, number, plan, sensed

RATE = Abort("rate", 10.0, "deployment")


def night(*aborts: Abort) -> Story:
    """One sensed item in the second phase, and a signal that no item rests on, with its abort rule."""
    return Story(plan(sensed("errors", "deployment"), signals=(number("rate"),), aborts=aborts or (RATE,)))


def advice(story: Story) -> Advice:
    story.settle()
    assert story.session.advised is not None
    return story.session.advised.advice


def reasons(story: Story) -> list[Reason]:
    story.settle()
    assert story.session.advised is not None
    return list(story.session.advised.reasons)


def keys(story: Story) -> list[str]:
    return labels(reasons(story))


def test_the_advice_is_the_first_that_matches() -> None:
    story = night()
    assert (advice(story), keys(story)) == (Advice.HOLD, ["no required item ready"]), (
        "the first phase has no required item"
    )
    story.go()
    assert (advice(story), keys(story)) == (Advice.HOLD, ["abort rule without data rate", "items open"])
    story.see("errors", GOOD)
    story.see("rate", GOOD)
    assert (advice(story), keys(story)) == (Advice.GO, [])
    story.do(commands.HoldSession("ana", True, "coffee"))
    assert (advice(story), keys(story)) == (Advice.HOLD, ["hold"])
    story.see("errors", BAD)
    assert (advice(story), keys(story)) == (Advice.NO_GO, ["item regressed deployment/s/errors"])
    story.see("rate", *[BAD] * 11)
    assert (advice(story), keys(story)) == (
        Advice.ROLLBACK,
        ["abort rule failed rate deployment 10", "item regressed deployment/s/errors"],
    )
    story.see("rate", GOOD)
    story.see("errors", GOOD)
    story.do(commands.HoldSession("ana", False))
    assert advice(story) is Advice.GO


@pytest.mark.parametrize(
    ("answer", "expected"),
    [(GOOD, Advice.GO), (WARNS, Advice.HOLD), (GONE, Advice.HOLD), (BAD, Advice.NO_GO), (None, Advice.HOLD)],
)
def test_only_a_pass_is_go(answer: float | Fault | None, expected: Advice) -> None:
    story = Story(plan(sensed("errors")))
    if answer is not None:
        story.see("errors", answer)
    assert advice(story) is expected


def test_items_that_are_optional_or_not_due_do_not_count() -> None:
    story = Story(plan(sensed("nice", required=False), sensed("late", "deployment")))
    story.see("nice", BAD)
    story.see("late", BAD)
    assert (advice(story), keys(story)) == (Advice.HOLD, ["no required item ready"])
    story.see("nice", GOOD)
    assert advice(story) is Advice.GO


def test_open_and_holding_and_waiting_items_are_counted_and_unknown_ones_named() -> None:
    many = tuple(sensed(f"u{n}") for n in range(10))
    items = (manual("a"), manual("b"), manual("pay", approvals=2), sensed("soak", hold=Hold(60.0, 60.0)), *many)
    story = Story(plan(*items))
    story.do(commands.MarkItem("ana", "ready/s/pay"))
    story.see("soak", GOOD)
    for item in many:
        story.see(item.signal, GONE, every=0.0)
    told = {label(reason): reason_text(reason) for reason in reasons(story)}
    assert advice(story) is Advice.HOLD
    assert told["items open"] == "[ ] 2 items open"
    assert told["items holding"] == "[~] 1 item settling"
    assert told["items waiting"] == "[2] 1 item waiting for a second person"
    assert told["items unknown"] == "[?] 2 more items unknown"
    assert told["item unknown ready/s/u0"].startswith("[?] 1 u0: u0 unknown 1/1: refused: gone")


def test_an_abort_rule_counts_from_its_phase_on_only() -> None:
    story = night()
    story.see("rate", *[BAD] * 3600)
    assert (advice(story), keys(story)) == (Advice.NO_GO, ["signal rate"]), "no rollback, but never a go"
    story.go("the old version fails, too")
    story.see("errors", GOOD)
    assert advice(story) is not Advice.ROLLBACK
    story.see("rate", *[BAD] * 8)
    assert advice(story) is not Advice.ROLLBACK, "nine seconds since the phase opened"
    story.see("rate", BAD)
    assert advice(story) is Advice.ROLLBACK


def test_an_abort_rule_counts_no_second_before_its_phase() -> None:
    story = night()
    story.see("rate", BAD)
    story.wait(15)
    story.go("the old version fails, too")
    story.see("rate", *[BAD] * 9, every=1.0)
    assert advice(story) is not Advice.ROLLBACK
    story.see("rate", BAD, BAD)
    assert advice(story) is Advice.ROLLBACK


def test_two_rules_on_one_signal_count_for_themselves() -> None:
    story = night(Abort("rate", 10.0, "deployment"), Abort("rate", 5.0, "cutover"))
    story.go()
    story.see("errors", GOOD)
    story.see("rate", *[BAD] * 8)
    story.go("it will be fine")
    story.see("rate", BAD, BAD, BAD)
    assert advice(story) is Advice.ROLLBACK
    assert keys(story) == ["abort rule failed rate deployment 10", "abort rule failing rate cutover 5"], (
        "ten seconds since deployment"
    )
    story.see("rate", BAD, BAD, BAD)
    assert keys(story) == ["abort rule failed rate deployment 10", "abort rule failed rate cutover 5"]


def test_unknown_pauses_an_abort_rule_and_never_makes_one() -> None:
    story = night()
    story.go()
    story.see("errors", GOOD)
    story.see("rate", *[GONE] * 60)
    story.see("errors", GOOD)
    assert (advice(story), keys(story)) == (Advice.HOLD, ["abort rule without data rate"])
    story.see("rate", *[BAD] * 6, *[GONE] * 60, *[BAD] * 5)
    assert advice(story) is not Advice.ROLLBACK, "five and four seconds"
    story.see("rate", BAD)
    assert advice(story) is Advice.ROLLBACK


@pytest.mark.parametrize("better", [GOOD, WARNS])
def test_a_pass_or_a_warning_starts_an_abort_rule_again(better: float) -> None:
    story = night()
    story.go()
    story.see("errors", GOOD)
    story.see("rate", *[BAD] * 10, better, *[BAD] * 10)
    assert advice(story) is not Advice.ROLLBACK
    story.see("rate", BAD)
    assert advice(story) is Advice.ROLLBACK


def test_time_without_data_counts_for_no_abort_rule() -> None:
    story = night()
    story.go()
    story.see("rate", BAD)
    story.wait(3600)
    story.answer("rate", BAD)
    assert advice(story) is not Advice.ROLLBACK, "an hour in which nothing was asked is not an hour of failure"
    story.tell(facts.Resumed("ana", "here", 3600.0))
    story.see("rate", BAD)
    assert advice(story) is not Advice.ROLLBACK


def test_a_source_that_fails_while_rollback_is_advised_leaves_no_go() -> None:
    story = night()
    story.go()
    story.see("errors", GOOD)
    story.see("rate", *[BAD] * 11)
    assert advice(story) is Advice.ROLLBACK
    story.see("rate", GONE)
    story.see("errors", GOOD)
    assert (advice(story), keys(story)) == (Advice.HOLD, ["abort rule without data rate"])
    assert "rate unknown 1/1: refused: gone" in reason_text(reasons(story)[0])


def test_an_abort_rule_whose_signal_is_missing_has_no_data() -> None:
    story = Story(plan(aborts=(Abort("lost", 10.0, "ready"),)))
    assert (advice(story), keys(story)) == (Advice.HOLD, ["abort rule without data lost"])


DNS = "no return deployment/s/dns"


def test_past_the_point_of_no_return_there_is_only_forward() -> None:
    dns = sensed("dns", "deployment", no_return=True)
    story = Story(plan(dns, signals=(number("rate"),), aborts=(RATE,)))
    story.go()
    story.see("rate", *[BAD] * 11)
    assert advice(story) is Advice.ROLLBACK
    story.see("dns", GOOD)
    assert (advice(story), keys(story)) == (Advice.FIX_FORWARD, ["abort rule failed rate deployment 10", DNS])
    assert advice_word(advice(story)) == "FIX FORWARD"
    assert advice(story).value == "NO-GO: FIX FORWARD", "journals keep their value"
    assert reason_text(reasons(story)[-1]) == "past the point of no return: 1 dns"
    story.see("dns", BAD)
    bad = ["abort rule failed rate deployment 10", "item regressed deployment/s/dns", DNS]
    assert (advice(story), keys(story)) == (Advice.FIX_FORWARD, bad)


@pytest.mark.parametrize(
    ("mark", "behind"),
    [(Mark.OVERRIDE, True), (None, True), (Mark.NOT_APPLICABLE, False), (Mark.DEFER, False)],
)
def test_behind_its_gate_a_point_of_no_return_counts_unless_it_was_not_done(mark: Mark | None, behind: bool) -> None:
    dns = sensed("dns", "deployment", no_return=True)
    story = Story(plan(dns, signals=(number("rate"),), aborts=(RATE,)))
    story.go()
    if mark is not None:
        story.do(commands.MarkItem("ana", dns.id, "the probe is wrong", mark))
    story.see("rate", *[BAD] * 11)
    assert advice(story) is Advice.ROLLBACK, "its gate is still ahead"
    story.see("rate", GOOD)
    if behind:
        assert "1 dns" in story.refusal(commands.OpenPhase("ana", "deployment")), "not passed in passing"
    story.go("we agreed" if behind else "")
    story.wait(3600)
    story.see("rate", *[BAD] * 11)
    assert advice(story) is (Advice.FIX_FORWARD if behind else Advice.ROLLBACK)
    assert (DNS in keys(story)) is behind


def test_an_override_alone_passes_no_point_of_no_return() -> None:
    story = Story(plan(sensed("dns", "deployment", no_return=True)))
    story.go()
    story.do(commands.MarkItem("ana", "deployment/s/dns", "the probe is wrong", Mark.OVERRIDE))
    because = story.refusal(commands.OpenPhase("ana", "deployment"))
    assert because == "no rollback is possible after this gate, and [o] 1 dns is not proven; `:go! REASON` overrides it"
    assert story.go("seen by hand").reason == "seen by hand"


def test_a_reason_names_rule_count_start_and_the_change_just_before() -> None:
    story = Story(plan(sensed("errors"), signals=(number("errors", agree=2, of=3),)))
    story.see("errors", GOOD, GOOD)
    story.do(commands.AddNote("bo", "canary to 50 %"))
    story.see("errors", BAD, BAD)
    (reason,) = reasons(story)
    assert label(reason) == "item regressed ready/s/errors"
    assert reason_text(reason) == "[R] 1 errors: errors fail 2/3: 9 (must be < 5)"
    assert reason.since == story.session.items["ready/s/errors"].since
    assert reason.before == "2s before: bo: canary to 50 %"


def test_an_old_change_is_not_named_as_the_change_just_before() -> None:
    story = Story(plan(sensed("errors")))
    story.do(commands.AddNote("bo", "canary to 50 %"))
    story.see("errors", *[GOOD] * 31, every=10.0)
    story.see("errors", BAD)
    assert reasons(story)[0].before == ""


def test_a_blocked_item_names_who_blocked_it_and_why() -> None:
    story = Story(plan(manual("pay")))
    story.do(commands.MarkItem("bo", "ready/s/pay", "the bank is down", Mark.BLOCK))
    assert advice(story) is Advice.NO_GO
    assert reason_text(reasons(story)[0]) == "[#] 1 pay: blocked by bo: the bank is down"


def test_the_advice_is_recorded_only_when_it_changes() -> None:
    story = Story(plan(sensed("errors")))
    story.see("errors", *[GOOD] * 5, *[BAD] * 5, *[GOOD] * 5)
    told = [event.body.advice for event in story.events if isinstance(event.body, facts.Advised)]
    assert told == [Advice.GO, Advice.NO_GO, Advice.GO]


def test_an_abort_rule_that_fails_for_less_than_its_time_is_no_go_with_its_duration() -> None:
    story = night()
    story.go()
    story.see("errors", GOOD)
    story.see("rate", GOOD, *[BAD] * 8)
    assert (advice(story), keys(story)) == (Advice.NO_GO, ["abort rule failing rate deployment 10"])
    assert reason_text(reasons(story)[0]) == "rate fail 1/1: 9 (must be < 5) for 0s of 10s to ROLLBACK"
    told = [event.body for event in story.events if isinstance(event.body, facts.Advised)]
    assert sum(one.advice is Advice.NO_GO and one.reasons[0].kind is ReasonKind.ABORT_PENDING for one in told) == 1, (
        "not every second"
    )
    story.do(story.decided(False, "a blip"))
    assert dismissed(story.session)
    story.see("rate", BAD, BAD, BAD)
    assert (advice(story), dismissed(story.session)) == (Advice.ROLLBACK, False)
    story.see("rate", GOOD)
    assert (advice(story), keys(story)) == (Advice.GO, [])


def test_a_no_go_tells_as_well_what_may_become_a_rollback() -> None:
    story = night()
    story.go()
    story.see("errors", BAD)
    story.see("rate", BAD, BAD)
    assert keys(story) == ["abort rule failing rate deployment 10", "item bad deployment/s/errors"], "the worst first"
    assert advice(story) is Advice.NO_GO


def test_a_late_key_decides_no_advice_that_was_not_on_the_screen() -> None:
    story = night()
    story.go()
    story.see("errors", BAD)
    story.see("rate", BAD)
    late = {accept: story.decided(accept, "known") for accept in (True, False)}
    story.see("rate", *[BAD] * 10)
    for command in late.values():
        assert story.refusal(command) == "the advice has changed: it is ROLLBACK now"
    story.see("errors", GOOD)
    story.see("rate", GOOD)
    assert story.refusal(late[False]) == "the advice has changed: it is GO now"


def test_a_dismissal_has_to_name_every_reason_of_the_advice() -> None:
    story = Story(plan(sensed("a"), sensed("b")))
    story.see("a", BAD)
    story.see("b", GOOD)
    dismissal, acceptance = story.decided(False, "known"), story.decided(True, "we stop")
    story.see("b", BAD)
    assert story.refusal(dismissal).startswith("the advice has a new reason: [R] 1 b")
    assert isinstance(story.do(acceptance)[0], facts.Decided), "one reason more is no reason to go on"


def test_a_dismissed_hold_comes_back_when_more_is_unknown_than_is_named() -> None:
    many = tuple(sensed(f"u{n}") for n in range(12))
    story = Story(plan(*many))
    for item in many[:10]:
        story.see(item.signal, GONE, every=0.0)
    for item in many[10:]:
        story.see(item.signal, GOOD, every=0.0)
    story.do(story.decided(False, "the exporter restarts"))
    assert dismissed(story.session)
    story.see("u10", GONE, every=0.0)
    assert (advice(story), dismissed(story.session)) == (Advice.HOLD, False)
    story.do(story.decided(False, "it still does"))
    story.see("u10", GOOD, every=0.0)
    assert dismissed(story.session), "fewer are no worse"
    story.see("u11", GONE, every=0.0)
    assert not dismissed(story.session), "as many as before, but after it got better"


def test_a_decision_takes_an_advice_and_a_reason() -> None:
    story = Story(plan(sensed("errors")))
    story.see("errors", GOOD)
    assert "no advice to accept or dismiss" in story.refusal(story.decided(True, "yes"))
    story.see("errors", BAD)
    assert "reason is required" in story.refusal(story.decided(False, " "))
    seen = (Coverage(ReasonKind.ITEM, "ready/s/errors", state=State.REGRESSED),)
    (decided,) = story.do(story.decided(True, "we stop here"))
    assert decided == facts.Decided(Advice.NO_GO, True, "ana", "we stop here", seen)
    assert not dismissed(story.session)


def test_a_dismissed_advice_stays_away_until_it_gets_worse() -> None:
    story = Story(plan(sensed("a"), sensed("b")))
    story.see("a", BAD)
    story.see("b", GOOD)
    story.do(story.decided(False, "known"))
    assert dismissed(story.session)
    story.see("a", *[BAD] * 20)
    assert dismissed(story.session)
    story.see("b", BAD)
    assert not dismissed(story.session), "one more reason"
    story.do(story.decided(False, "that too"))
    story.see("b", GOOD)
    assert dismissed(story.session), "one reason less is no worse"
    story.see("b", BAD)
    assert not dismissed(story.session), "it came back"


def test_a_dismissed_advice_comes_back_after_all_was_well() -> None:
    story = Story(plan(sensed("a")))
    story.see("a", BAD)
    story.do(story.decided(False, "a blip"))
    story.see("a", GOOD)
    story.see("a", BAD)
    story.do(story.decided(False, "another one"))
    story.see("a", GOOD)
    assert not dismissed(story.session)
    story.see("a", BAD)
    assert (advice(story), dismissed(story.session)) == (Advice.NO_GO, False)


def test_a_dismissed_no_go_does_not_dismiss_a_rollback() -> None:
    story = night()
    story.go()
    story.see("errors", BAD)
    story.do(story.decided(False, "known"))
    assert dismissed(story.session)
    story.see("rate", *[BAD] * 11)
    assert (advice(story), dismissed(story.session)) == (Advice.ROLLBACK, False)


FILLED = Contact("lead", "Ana")
UNFILLED = Contact("lead", "[Contact Information]")


@pytest.mark.parametrize(
    ("backup", "contact", "level"),
    [
        (GOOD, FILLED, Level.PASS),
        (WARNS, FILLED, Level.FAIL),
        (BAD, FILLED, Level.FAIL),
        (GONE, FILLED, Level.UNKNOWN),
        (None, FILLED, Level.UNKNOWN),
        (GOOD, UNFILLED, Level.FAIL),
        (GONE, UNFILLED, Level.FAIL),
    ],
)
def test_rollback_readiness_requires_every_signal_and_a_person_for_every_role(
    backup: float | Fault | None, contact: Contact, level: Level
) -> None:
    story = Story(plan(signals=(number("backup"),), readiness=("backup",), contacts=(contact,)))
    if backup is not None:
        story.see("backup", backup)
    found, against = readiness(story.session)
    assert found is level
    assert bool(against) is (level is not Level.PASS)
    assert ("contacts" in labels(against)) is (contact is UNFILLED)


def test_readiness_without_signals_is_unknown() -> None:
    assert readiness(Story(plan()).session) == (Level.UNKNOWN, ())
    assert readiness(Story(plan(readiness=("lost",))).session) == (Level.UNKNOWN, (Reason(ReasonKind.SIGNAL, "lost"),))


def group() -> Story:
    """One item that rests on two signals put together."""
    together = Signal(
        "both", "both", "session", "all_of", {"signals": ["one", "two"]}, Rule("size(value.failing) == 0")
    )
    parts = (number("one"), number("two"))
    return Story(plan(sensed("stores", "ready", signal="both"), signals=(together, *parts)))


def see_both(story: Story, one: float, two: float) -> None:
    failing = [name for name, value in (("one", one), ("two", two)) if value is not GOOD]
    passing = [name for name in ("one", "two") if name not in failing]
    story.see("one", one)
    story.see("two", two)
    story.see("both", Reading({"passing": passing, "failing": failing}))


def test_of_several_signals_those_at_fault_are_named_each_with_its_rule() -> None:
    story = group()
    see_both(story, GOOD, BAD)
    (reason,) = reasons(story)
    assert "both fail 1/1: two fail: 9 (must be < 5)" in reason_text(reason)
    assert "one" not in reason_text(reason)
    assert reason.parts == ("two",)


def test_another_failing_signal_needs_a_new_decision() -> None:
    story = group()
    see_both(story, GOOD, BAD)
    story.do(story.decided(False, "known"))
    see_both(story, GOOD, BAD)
    assert dismissed(story.session)
    see_both(story, BAD, GOOD)
    (reason,) = reasons(story)
    assert reason.parts == ("one",)
    assert "one fail: 9" in reason_text(reason)
    assert not dismissed(story.session)

"""Decisions of a report: who decided what on which evidence, and which signals their charts show."""

from pathlib import Path

import pytest

from mmcockpit.core.decide import command as commands
from mmcockpit.core.facts import event as facts
from mmcockpit.core.model.cockpit import Abort
from mmcockpit.core.model.states import Advice
from mmcockpit.report.decisions import MOST_SIGNALS
from mmcockpit.report.page import CHARTED, CHARTS, ReportPage
from mmcockpit.report.past import Decision
from tests.core.rollbacks import night as rollback_night
from tests.core.sessions import BAD, GONE, GOOD, Story, attested, manual, number, plan, sensed
from tests.report.journals import collected

ABORTS = (Abort("errors", 4.0, "ready"),)


def last_decision(folder: Path, story: Story) -> Decision:
    """Return the last decision of the report on a story."""
    return collected(folder, story.events).decisions[-1]


def failing() -> Story:
    """A session whose abort signal fails until ROLLBACK is advised."""
    story = Story(plan(sensed("errors"), sensed("latency"), aborts=ABORTS))
    story.see("latency", GOOD)
    story.see("errors", *[BAD] * 8)
    return story


def test_a_gate_that_was_open_has_no_reasons_against_it(tmp_path: Path) -> None:
    story = Story(plan(sensed("errors"), manual("audit")))
    story.do(commands.MarkItem("ana", "ready/s/audit"))
    story.see("errors", GOOD, GOOD)
    story.go()
    gate = last_decision(tmp_path, story)
    assert (gate.tone, gate.by, gate.reason, gate.unmet) == ("pass", "ana", "", ())
    assert "Ready" in gate.title
    assert "Deployment" in gate.title
    assert [(one.signal, one.level) for one in gate.evidence] == [("errors", "pass")]


def test_a_forced_gate_lists_failing_signals_first_then_items_by_severity(tmp_path: Path) -> None:
    story = Story(plan(manual("audit"), sensed("errors"), sensed("silent")))
    story.see("silent", GONE, GONE, GONE)
    story.see("errors", BAD, BAD)
    story.go("the risk is accepted")
    gate = last_decision(tmp_path, story)
    assert (gate.tone, gate.reason) == ("warn", "the risk is accepted")
    states = [line[:3] for line in gate.unmet]
    assert states == sorted(states, key=("[!]", "[?]", "[ ]").index)
    assert set(states) == {"[!]", "[?]", "[ ]"}
    assert "errors" in gate.unmet[0]
    assert "silent" in gate.signals, "a signal that did not pass is charted"


def test_an_advised_rollback_is_a_decision_though_no_operator_decided(tmp_path: Path) -> None:
    advised = last_decision(tmp_path, failing())
    assert (advised.title.split()[0], advised.tone, advised.by) == ("ROLLBACK", "fail", "")
    assert advised.signals[0] == "errors"
    assert any("errors" in reason for reason in advised.because)


def test_a_rollback_that_stays_advised_is_one_decision(tmp_path: Path) -> None:
    story = failing()
    story.see("latency", BAD, BAD, BAD)
    story.see("errors", BAD, BAD)
    titles = [one.title for one in collected(tmp_path, story.events).decisions]
    assert len([title for title in titles if title.startswith("ROLLBACK")]) == 1


@pytest.mark.parametrize("accept", [True, False])
def test_a_decision_on_the_advice_keeps_its_reasons_and_charts_the_abort_signal(tmp_path: Path, accept: bool) -> None:
    story = failing()
    story.do(story.decided(accept, "the database team agrees"))
    decided = last_decision(tmp_path, story)
    assert ("accepted" in decided.title, "dismissed" in decided.title) == (accept, not accept)
    assert (decided.by, decided.reason) == ("ana", "the database team agrees")
    assert decided.title.startswith(str(Advice.ROLLBACK))
    assert any("errors" in reason for reason in decided.because)
    assert decided.signals[0] == "errors"


def test_a_decision_and_the_end_show_how_long_the_abort_rule_had_failed_by_then(tmp_path: Path) -> None:
    story = failing()
    advised = story.session.advised
    story.see("errors", *[BAD] * 20)
    assert story.session.advised == advised, "the reasons were recorded 20s ago"
    story.do(story.decided(False, "a known failure"))
    story.tell(facts.Closed("kept", "ana"))
    ended, decided = reversed(collected(tmp_path, story.events).decisions[-2:])
    assert [one.because[0].partition(",")[0].rpartition(" for ")[2] for one in (decided, ended)] == ["27s"] * 2


def test_the_charts_of_a_reason_about_an_item_show_the_signal_of_that_item(tmp_path: Path) -> None:
    named = attested("access", signal="lag")
    story = Story(plan(named, signals=(number("lag"), number("other"))))
    story.see("lag", BAD, BAD)
    story.do(story.decided(False, "a known lag"))
    signals = last_decision(tmp_path, story).signals
    assert ("lag" in signals, "other" in signals) == (True, False)


def test_a_poll_lists_every_vote_and_every_role_without_one(tmp_path: Path) -> None:
    story = Story(plan(manual("audit"), poll=("ana", "bo", "cy")))
    story.do(commands.OpenPoll("ana"))
    story.do(commands.Vote("ana", True))
    story.do(commands.Vote("bo", False, "", "replica lags"))
    story.do(commands.ClosePoll("ana", False, "wait for bo"))
    poll = last_decision(tmp_path, story)
    assert (poll.by, poll.reason, poll.tone) == ("ana", "wait for bo", "warn")
    assert [line.partition(":")[0] for line in poll.because] == ["ana", "bo", "cy"]
    assert "replica lags" in poll.because[1]
    assert "NO-GO" in poll.because[2], "a role without a vote counts as no-go"


def test_a_unanimous_poll_passes(tmp_path: Path) -> None:
    story = Story(plan(manual("audit"), poll=("ana", "bo")))
    story.do(commands.OpenPoll("ana"))
    for role in ("ana", "bo"):
        story.do(commands.Vote(role, True))
    story.do(commands.ClosePoll("ana", True, ""))
    assert last_decision(tmp_path, story).tone == "pass"


def test_a_hold_and_its_end_are_two_decisions_with_their_reason(tmp_path: Path) -> None:
    story = Story(plan(manual("audit")))
    story.do(commands.HoldSession("ana", True, "waiting for the network team"))
    story.wait(90)
    story.do(commands.HoldSession("bo", False, ""))
    past = collected(tmp_path, story.events)
    assert [(one.by, one.reason, one.tone) for one in past.decisions] == [
        ("ana", "waiting for the network team", "warn"),
        ("bo", "", "pass"),
    ]
    (hold,) = past.holds
    assert hold.end is not None
    assert hold.end.at - hold.start.at == pytest.approx(91)


def test_a_procedure_that_was_begun_is_a_decision_with_the_signals_of_its_steps(tmp_path: Path) -> None:
    story = rollback_night()
    story.do(commands.OpenProcedure("ana", "back"))
    begun = last_decision(tmp_path, story)
    assert ("Back" in begun.title, begun.by, begun.signals[0]) == (True, "ana", "errors")


def test_a_decision_charts_a_limited_number_of_signals(tmp_path: Path) -> None:
    names = [f"s{n}" for n in range(30)]
    story = Story(plan(*(sensed(name) for name in names)))
    for _ in range(4):
        for name in names:
            story.see(name, BAD, every=0.0)
        story.wait(1)
    story.do(commands.HoldSession("ana", True, "too many"))
    past = collected(tmp_path, story.events)
    assert len(past.decisions[-1].signals) == MOST_SIGNALS
    card = list(ReportPage(past).cards)[-1]
    assert len(card.figures) == CHARTS


def test_many_decisions_are_all_listed_and_the_first_ones_have_charts(tmp_path: Path) -> None:
    story = Story(plan(sensed("errors"), aborts=ABORTS))
    story.see("errors", GOOD, GOOD, GOOD)
    for n in range(CHARTED + 10):
        story.tell(facts.Held(n % 2 == 0, "ana", f"reason {n}"))
        story.wait(1)
    cards = list(ReportPage(collected(tmp_path, story.events)).cards)
    assert [card.decision.reason for card in cards] == [f"reason {n}" for n in range(CHARTED + 10)]
    assert [bool(card.figures) for card in cards] == [n < CHARTED for n in range(CHARTED + 10)]


def test_the_evidence_of_a_decision_shows_what_did_not_pass_first(tmp_path: Path) -> None:
    story = Story(plan(sensed("errors"), sensed("latency")))
    for _ in range(3):
        story.see("errors", GOOD)
        story.see("latency", BAD)
    story.go("agreed")
    (card,) = ReportPage(collected(tmp_path, story.events)).cards
    assert [row[:2] for row in card.evidence] == [("latency", "fail"), ("errors", "pass")]
    assert card.evidence[0][2].startswith("9")
    assert card.evidence[0][3] == "value < 1.0"

"""A baseline that is missing: where it is shown, and every way to get one, also after the deployment opened."""

from typing import Any

import pytest

from mmcockpit.core.decide import command as commands
from mmcockpit.core.facts import event as facts
from mmcockpit.core.model.cockpit import BaselinePlan
from mmcockpit.core.model.signal import Rule, Signal
from mmcockpit.core.model.states import State
from mmcockpit.core.model.verdict import Level
from mmcockpit.core.rules.baseline import compares, missing_words, without_baseline
from mmcockpit.core.rules.gate import gate
from mmcockpit.core.state.evolve import fold
from tests.core.sessions import GONE, Story, manual, number, plan, sensed

RULES = {"passes": "value < 2.0 * baseline", "warns": ""}
RECORDED = Signal("recorded", "baseline", "session", "baseline", {}, Rule("value.recorded", "!value.recorded"))


def night(over: float = 60.0) -> Story:
    items = (sensed("traffic", "cutover"), manual("a"))
    signals = (number("traffic", **RULES), number("p95"), RECORDED)
    return Story(plan(*items, signals=signals, baseline=BaselinePlan(("traffic", "p95"), over, "deployment")))


def level(story: Story) -> tuple[Level, str]:
    verdict = story.session.signals["traffic"].verdict
    return verdict.level, verdict.because


def recorded(story: Story, **more: Any) -> facts.BaselineRecorded:
    (body,) = story.do(commands.RecordBaseline("ana", **more))
    assert isinstance(body, facts.BaselineRecorded), body
    assert fold(story.events) == story.session
    return body


def test_the_gate_before_the_new_production_names_the_missing_baseline() -> None:
    story = night()
    assert gate(story.session).no_baseline == ("traffic",)
    assert "the baseline is not recorded (`:baseline`)" in story.refusal(commands.OpenPhase("ana", "ready"))
    story.see("traffic", *[4.0] * 6)
    recorded(story)
    assert gate(story.session).no_baseline == ()
    story.go("tried")
    assert gate(story.session).no_baseline == (), "only the gate into the phase that brings the new production"


def test_a_signal_without_points_is_left_out_and_named() -> None:
    story = night()
    story.see("traffic", *[4.0] * 6)
    story.see("p95", GONE)
    body = recorded(story)
    assert body.values == {"traffic": 4.0}
    assert body.missing == {"p95": "0 points"}
    assert without_baseline(story.session) == ()


def test_a_signal_that_compares_and_has_no_value_is_not_proven_by_the_others() -> None:
    story = night()
    story.see("p95", *[4.0] * 6)
    body = recorded(story)
    assert body.missing == {"traffic": "0 points"}
    assert without_baseline(story.session) == ("traffic",)
    story.see("traffic", 3.0)
    told = level(story)
    assert told[0] is Level.UNKNOWN
    assert told[1].startswith(
        "the baseline has no value of traffic: `:baseline` records the last 1m, before deployment opens"
    )


def test_after_the_deployment_opened_it_is_taken_from_the_history() -> None:
    story = night()
    story.go("late")
    story.see("traffic", *[100.0] * 8)
    assert level(story)[0] is Level.UNKNOWN
    assert "`:baseline` takes the 1m before deployment; `:baseline traffic=VALUE REASON` sets" in level(story)[1]
    body = recorded(story, history={"traffic": (3.0, 4.0, 5.0, 4.0, 4.0)}, looked_up=True)
    assert body.values == {"traffic": 4.0}
    assert body.history == ("traffic",)
    assert body.end == story.session.opened_at[1].wall
    story.see("traffic", 7.0)
    assert level(story)[0] is Level.PASS


def test_a_known_value_is_set_with_its_reason_at_any_time() -> None:
    story = night()
    story.go("late")
    assert "reason is required" in story.refusal(commands.RecordBaseline("ana", {"traffic": 4.0}))
    assert "unknown signal 'p59'" in story.refusal(commands.RecordBaseline("ana", {"p59": 4.0}, "guess"))
    nan = commands.RecordBaseline("ana", {"traffic": float("nan")}, "guess")
    assert "must be a number" in story.refusal(nan)
    body = recorded(story, values={"traffic": 4.0}, reason="dashboard of Monday")
    assert (body.values, body.by_hand, body.reason) == ({"traffic": 4.0}, ("traffic",), "dashboard of Monday")
    story.see("traffic", 9.0)
    assert level(story)[0] is Level.FAIL


def test_what_an_operator_set_stays_where_nothing_better_is_recorded() -> None:
    story = night()
    recorded(story, values={"traffic": 4.0}, reason="load test")
    story.see("p95", *[1.0] * 6)
    body = recorded(story)
    assert body.values == {"traffic": 4.0, "p95": 1.0}
    assert body.by_hand == ("traffic",)
    story.see("traffic", *[5.0] * 6)
    assert recorded(story).values["traffic"] == 5.0
    assert recorded(story).by_hand == ()


@pytest.mark.parametrize(
    ("rule", "reads"),
    [
        (Rule("value < baseline"), True),
        (Rule("value < 1.0", "value < 4.0 * baseline"), True),
        (Rule("value < 1.0", applies="baseline > 0.0"), True),
        (Rule("value.baseline < 1.0"), False),
        (Rule('value == "baseline"'), False),
        (Rule("value < baselines"), False),
    ],
)
def test_a_rule_reads_the_baseline_only_by_its_name(rule: Rule, reads: bool) -> None:
    assert compares(Signal("a", "a", "s", "p", {}, rule)) is reads


def test_a_fault_takes_precedence_over_a_missing_baseline() -> None:
    story = night()
    story.see("traffic", GONE)
    assert level(story) == (Level.UNKNOWN, "refused: gone")


def test_a_signal_outside_the_plan_leads_to_the_file() -> None:
    story = Story(plan(sensed("rps"), signals=(number("rps", **RULES),), baseline=BaselinePlan(("p95",))))
    assert missing_words(story.session, "rps").endswith("add rps to baseline.signals in the cockpit file")


def test_the_items_that_compare_recover_once_there_is_a_baseline() -> None:
    story = night()
    story.go("late")
    story.go("late")
    story.see("traffic", *[5.0] * 4)
    assert story.state("traffic") is State.UNKNOWN
    recorded(story, values={"traffic": 4.0}, reason="load test")
    story.see("traffic", *[5.0] * 4)
    assert story.state("traffic") is State.GOOD

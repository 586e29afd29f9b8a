"""Updates for stakeholders: one for each situation, without items, rules or values."""

import re
from collections.abc import Callable, Iterator

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmcockpit.core.decide import command as commands
from mmcockpit.core.facts import event as facts
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.cockpit import Abort, Cockpit, Window
from mmcockpit.core.model.procedure import Procedure, Step
from mmcockpit.core.rules.messages.templates import STAKEHOLDERS, WORDS, filled, messages
from mmcockpit.core.rules.messages.updates import update
from mmcockpit.core.state.open_procedures import open_runs
from mmcockpit.core.words.times import wall_time
from mmcockpit.core.words.updates import UpdateKind
from tests.core import generated
from tests.core.sessions import BAD, GONE, GOOD, START, Story, manual, number, plan, sensed

ERRORS = msgspec.structs.replace(number("errors"), title="5xx share", impact="some requests fail")
LATENCY = msgspec.structs.replace(number("latency"), title="p95 latency")
BACK = Procedure("back", "Roll back (kubectl)", (Step("undo", "Undo", estimate=720.0),), aborts=("errors",))
CALL = Procedure("call", "Call the provider", (Step("phone", "Phone"),))


def cockpit(**more: object) -> Cockpit:
    made = plan(
        msgspec.structs.replace(manual("audit"), number=7001),
        msgspec.structs.replace(sensed("access"), number=7002),
        msgspec.structs.replace(manual("deploy", "deployment"), number=7003),
        msgspec.structs.replace(manual("switch", "cutover", no_return=True), number=7004),
        signals=(ERRORS, LATENCY),
        aborts=(Abort("errors", 5.0, "ready"), Abort("latency", 60.0, "ready")),
        procedures=(BACK, CALL),
        window=Window(START, START + 4 * 3600),
        vars={"deployment": "shop", "version": "2.4.1"},
    )
    return msgspec.structs.replace(made, **more)


def healthy(**more: object) -> Story:
    story = Story(cockpit(**more))
    for signal in ("errors", "latency", "access"):
        story.see(signal, GOOD, GOOD, GOOD)
    return story


def later(story: Story, seconds: float, errors: float = GOOD) -> None:
    """Let time pass; every signal is polled at its end."""
    story.wait(seconds)
    story.see("errors", errors, errors, errors, every=0.0)
    story.see("latency", GOOD, GOOD, GOOD, every=0.0)
    story.see("access", GOOD, GOOD, GOOD, every=0.0)


def text(story: Story) -> str:
    story.settle()
    return filled(STAKEHOLDERS.text, story.session, story.now)


def situation(story: Story) -> UpdateKind:
    story.settle()
    return update(story.session, story.now).situation


def test_a_go_live_as_planned() -> None:
    assert text(healthy()) == (
        "shop v2.4.1 (staging), 02:00 UTC: going as planned.\n"
        "No effect on users is known.\n"
        'The phase "Ready" is in progress. The work is planned until 06:00 UTC.\n'
        "Next update by 02:35 UTC."
    )


def test_a_go_live_that_has_not_begun() -> None:
    story = healthy(window=Window(START + 86_400, START + 90_000))
    assert text(story) == (
        "shop v2.4.1 (staging), 02:00 UTC: planned.\n"
        "The work starts at 2026-12-07 02:00 UTC.\n"
        "Next update by 02:35 UTC."
    )


def test_a_go_live_that_takes_longer_than_its_window() -> None:
    story = healthy()
    later(story, 5 * 3600)
    assert "The work takes longer than planned (until 06:00 UTC)." in text(story)


def test_a_go_live_on_hold_does_not_give_the_operators_reason() -> None:
    story = healthy()
    later(story, 600)
    story.do(commands.HoldSession("ana", True, "item 7001: p95 at 2300 ms on db0.internal"))
    assert text(story) == (
        "shop v2.4.1 (staging), 02:10 UTC: on hold.\n"
        "No effect on users is known.\n"
        "No further step starts since 02:10 UTC, until we continue.\n"
        "Next update by 02:45 UTC."
    )


def test_a_problem_that_users_notice() -> None:
    story = healthy()
    story.wait(600)
    story.see("errors", BAD, BAD, BAD)
    assert text(story) == (
        "shop v2.4.1 (staging), 02:10 UTC: a problem was found.\n"
        "Some requests fail since 02:10 UTC.\n"
        "We are investigating.\n"
        "Next update by 02:45 UTC."
    )


def test_without_words_for_its_impact_a_signal_is_named_by_its_title() -> None:
    story = healthy()
    story.see("errors", BAD, BAD, BAD)
    story.see("latency", BAD, BAD, BAD)
    assert 'Some requests fail and "p95 latency" is not as it should be since 02:00 UTC.' in text(story)


def test_a_failing_check_without_an_effect_on_users() -> None:
    story = healthy()
    story.see("access", BAD, BAD, BAD)
    assert "Some checks have failed since 02:00 UTC; no effect on users is known." in text(story)


def test_a_failing_check_claims_nothing_about_users_without_measurements() -> None:
    story = healthy()
    story.see("access", BAD, BAD, BAD)
    story.see("errors", GONE, GONE, GONE)
    assert "the effect on users is not known yet" in text(story)


def test_an_advised_rollback_is_a_decision_to_make() -> None:
    story = healthy()
    story.see("errors", *[BAD] * 10)
    assert story.session.advised is not None
    assert story.session.advised.advice is facts.Advice.ROLLBACK
    assert "We are deciding about a rollback to the previous version." in text(story)


def test_another_procedure_is_named_while_it_is_followed() -> None:
    story = healthy()
    story.see("errors", BAD, BAD, BAD)
    story.do(commands.OpenProcedure("ana", "call"))
    assert 'We are following the procedure "Call the provider".' in text(story)


def test_past_the_point_of_no_return_the_problem_is_fixed() -> None:
    story = healthy()
    story.go("forced")
    story.go("forced")
    story.do(commands.MarkItem("ana", "cutover/s/switch"))
    story.see("errors", *[BAD] * 10)
    assert situation(story) is UpdateKind.FIXING
    assert "We are fixing the problem." in text(story)


def rolling_back() -> Story:
    story = healthy()
    story.wait(600)
    story.see("errors", *[BAD] * 10)
    story.do(commands.OpenProcedure("ana", "back"))
    return story


def rolled_back(story: Story) -> Story:
    story.tell(facts.StepChanged("back", "undo", facts.StepState.OK, by="ana"))
    story.settle()
    assert not list(open_runs(story.session))
    return story


def test_a_rollback_tells_since_when_and_how_long_it_usually_takes() -> None:
    assert text(rolling_back()) == (
        "shop v2.4.1 (staging), 02:10 UTC: rolling back to the previous version.\n"
        "Some requests fail since 02:10 UTC.\n"
        "We have been rolling back since 02:10 UTC; this usually takes 12m.\n"
        "Next update by 02:45 UTC."
    )


def test_after_a_rollback_what_still_fails_is_reported() -> None:
    story = rolling_back()
    later(story, 720, errors=BAD)
    rolled_back(story)
    assert text(story) == (
        "shop v2.4.1 (staging), 02:22 UTC: rolled back to the previous version.\n"
        "Still, some requests fail.\n"
        "The rollback was completed at 02:22 UTC. We are watching the previous version.\n"
        "Next update by 02:55 UTC."
    )
    story.see("errors", GOOD, GOOD, GOOD)
    assert "No effect on users is known." in text(story)
    story.see("errors", GONE, GONE, GONE)
    assert "The effect on users is not known at the moment." in text(story)


def test_a_new_problem_after_a_rollback_is_a_problem_again() -> None:
    story = rolled_back(rolling_back())
    story.see("errors", GOOD, GOOD, GOOD)
    story.see("errors", BAD, BAD, BAD)
    assert situation(story) is UpdateKind.PROBLEM


def test_an_abandoned_rollback_does_not_count() -> None:
    story = rolling_back()
    story.do(commands.AbandonProcedure("ana", "back", "false alarm"))
    assert situation(story) is UpdateKind.PROBLEM


def test_missing_measurements_are_not_as_planned() -> None:
    story = Story(cockpit())
    story.see("access", GOOD, GOOD, GOOD)
    assert situation(story) is UpdateKind.UNCLEAR
    assert "measurements are missing" in text(story)
    assert "No effect" not in text(story)


def complete() -> Story:
    story = healthy()
    story.go("forced")
    story.go("forced")
    for item in ("ready/s/audit", "deployment/s/deploy", "cutover/s/switch"):
        story.do(commands.MarkItem("ana", item))
    return story


def test_a_complete_go_live() -> None:
    assert text(complete()) == (
        "shop v2.4.1 (staging), 02:00 UTC: complete.\n"
        "No effect on users is known.\n"
        "All planned work is done.\n"
        "This is the last update."
    )


@pytest.mark.parametrize(
    ("story", "told"),
    [
        (complete, UpdateKind.DONE),
        (healthy, UpdateKind.STOPPED),
        (lambda: rolled_back(rolling_back()), UpdateKind.ROLLED_BACK),
    ],
)
def test_a_session_that_ended(story: Callable[[], Story], told: UpdateKind) -> None:
    made = story()
    made.do(commands.EndSession("ana", "item 7001 at 5.6%"))
    assert situation(made) is told
    assert "7001" not in text(made)


def test_the_next_update_comes_when_the_operator_chooses() -> None:
    story = healthy()
    assert filled("${next_update}", story.session, story.now, START + 3600) == "03:00 UTC"
    assert filled("${update}", story.session, story.now, START + 3600).endswith("Next update by 03:00 UTC.")


@pytest.mark.parametrize(
    ("typed", "at"),
    [("30m", START + 1810), ("02:30", START + 1800), ("2:30 utc", START + 1800), ("01:30Z", START + 23.5 * 3600)],
)
def test_the_next_update_is_a_duration_or_a_time(typed: str, at: float) -> None:
    assert wall_time(typed, START + 10) == at


@pytest.mark.parametrize("typed", ["", "soon", "25:00", "2:5", "0m", "02:30 CET", "-5m"])
def test_other_texts_are_no_time(typed: str) -> None:
    assert wall_time(typed, START) is None


def test_every_session_has_the_message_unless_it_defines_its_own() -> None:
    assert messages(Story(cockpit()).session) == (STAKEHOLDERS,)
    own = msgspec.structs.replace(STAKEHOLDERS, text="ours")
    assert messages(Story(cockpit(messages=(own,))).session) == (own,)


def test_the_reasons_of_an_earlier_template_are_words_too() -> None:
    story = healthy()
    story.see("errors", BAD, BAD, BAD)
    assert filled("${reasons} | ${impact}", story.session, story.now) == "some requests fail | some requests fail"


_WORDS = [f"${{{name}}}" for name in WORDS if name not in ("count", "clock", "operator", "advice")]


def forbidden(story: Story) -> Iterator[str]:
    """Yield what no update may hold: items, rules, values, faults, reasons of operators."""
    yield from (
        "[!]",
        "[ ]",
        "[?]",
        "value <",
        "value >",
        "9.0",
        "7001",
        "7002",
        "7003",
        "7004",
        "secret",
        "gone",
        "None",
    )
    for item in story.session.cockpit.checklist.items:
        yield f"{item.number} {item.title}"


def happen(story: Story, act: str, signal: str, value: object) -> None:
    match act:
        case "see":
            story.see(signal, *[generated.given(value)] * 3)
        case "hold":
            story.do(commands.HoldSession("ana", story.session.held is None, "secret 9.0"))
        case "go":
            story.do(commands.OpenPhase("ana", story.phase, "secret", override=True))
        case "back" | "call":
            story.do(commands.OpenProcedure("ana", act))
        case "step":
            story.tell(facts.StepChanged("back", "undo", facts.StepState.OK, by="ana"))
        case "abandon":
            story.do(commands.AbandonProcedure("ana", "back", "secret"))
        case "tick":
            story.do(commands.MarkItem("ana", "ready/s/audit", "secret"))
        case "end":
            story.do(commands.EndSession("ana", "secret"))
        case _:
            story.wait(3600)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("see"), st.sampled_from(["errors", "latency", "access"]), generated.answers),
            st.tuples(
                st.sampled_from(["hold", "go", "back", "call", "step", "abandon", "tick", "end", "wait"]),
                st.just(""),
                st.none(),
            ),
        ),
        max_size=25,
    )
)
def test_whatever_happens_an_update_names_no_item_rule_or_value(acts: list[tuple[str, str, object]]) -> None:
    story = Story(cockpit())
    for act, signal, value in acts:
        happen(story, act, signal, value)
        told = filled("\n".join(_WORDS), story.session, Stamp(story.at, START + story.at))
        assert not [part for part in forbidden(story) if part in told]
        assert "${" not in told
        assert re.search(r"Next update by \d\d:\d\d UTC\.|This is the last update\.|rolled back", told)

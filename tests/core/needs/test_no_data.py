"""No data is grouped by its cause: one failing source is one group, and each cause has its own way out."""

import msgspec
import pytest

from mmcockpit.core.facts import event as facts
from mmcockpit.core.model.checklist import Hold
from mmcockpit.core.model.cockpit import Allowed, BaselinePlan, SourceSpec
from mmcockpit.core.model.needs import NoDataCause, NoDataGroup
from mmcockpit.core.model.reading import Fault, FaultKind, Reading
from mmcockpit.core.model.signal import Rule, Signal
from mmcockpit.core.rules.next_action import next_action
from mmcockpit.core.rules.no_data import no_data_groups
from mmcockpit.core.words.next_actions import next_words
from mmcockpit.core.words.no_data import cause_text, group_text, way_out
from tests.core.sessions import BAD, GOOD, WARNS, Story, attested, number, plan, sensed

KEYS = {"resense": "r", "resense_all": "Ctrl+R", "details": "Enter"}


def only(story: Story) -> NoDataGroup:
    """Return the one group of a session."""
    (group,) = no_data_groups(story.session)
    return group


def lines(story: Story) -> list[str]:
    """Return all groups as text."""
    return [group_text(group, KEYS, story.now) for group in no_data_groups(story.session)]


def active(name: str, **more: object) -> Signal:
    return msgspec.structs.replace(number(name), active=True, valid_for=600.0, **more)


def all_of(name: str, *members: str) -> Signal:
    return Signal(name, name, "session", "all_of", {"signals": members})


@pytest.mark.parametrize("value", [GOOD, WARNS, BAD])
def test_a_signal_with_a_result_is_in_no_group(value: float) -> None:
    story = Story(plan(sensed("errors")))
    story.see("errors", value)
    assert no_data_groups(story.session) == ()


def test_what_was_not_polled_yet_waits_for_its_poll() -> None:
    story = Story(plan(sensed("errors"), attested("access")))
    assert only(story) == NoDataGroup(
        NoDataCause.NOT_ASKED, "", ("errors", "access"), ("ready/s/errors", "ready/s/access")
    )
    assert lines(story) == ["not polled yet: 2 items"]


@pytest.mark.parametrize(
    ("kind", "way", "first"),
    [
        (FaultKind.UNAUTHORISED, "renew its credentials, then Ctrl+R", "renew its credentials first, "),
        (FaultKind.FORBIDDEN, "grant the permission, then Ctrl+R", "grant the permission first, "),
        (FaultKind.TIMEOUT, "Ctrl+R polls again", ""),
    ],
)
def test_the_way_out_of_a_source_that_refuses_the_account_begins_before_another_poll(
    kind: FaultKind, way: str, first: str
) -> None:
    story = Story(plan(sensed("a")))
    story.see("a", GOOD, *[Fault(kind, "refused")] * 4)
    assert way_out(only(story), KEYS) == way
    told = next_words(next_action(story.session, story.now), KEYS)
    assert (told.key, told.subject, told.detail) == ("Ctrl+R", "poll Prometheus again", f"{first}no data for 1 item")


def test_a_source_that_does_not_answer_is_one_group_with_its_duration_and_extent() -> None:
    story = Story(plan(sensed("a"), sensed("b"), sensed("c", "cutover")))
    for name in "abc":
        story.see(name, GOOD, Fault(FaultKind.REFUSED, "connection refused"))
    story.wait(37)
    group = only(story)
    assert (group.cause, group.source, group.signals) == (NoDataCause.SOURCE_FAILING, "prometheus", ("a", "b", "c"))
    assert group.items == ("ready/s/a", "ready/s/b"), "a later phase has previews only"
    assert lines(story) == ["Prometheus: no answer for 42s (3 signals, 2 items)"]
    assert way_out(group, KEYS) == "Ctrl+R polls again"


def test_the_most_frequent_fault_names_what_is_wrong_with_a_source() -> None:
    story = Story(plan(sensed("a"), sensed("b"), sensed("c")))
    story.see("a", Fault(FaultKind.TIMEOUT, "3s"))
    for name in "bc":
        story.see(name, Fault(FaultKind.UNAUTHORISED, "401"))
    assert lines(story) == ["Prometheus: unauthorised for 3s (3 signals, 3 items)"]
    story.see("b", Fault(FaultKind.CONFIGURATION, "environment variable TOKEN is not set"))
    story.see("c", Fault(FaultKind.CONFIGURATION, "environment variable TOKEN is not set"))
    assert "Prometheus: configuration: environment variable TOKEN is not set" in lines(story)[0]


def test_one_slow_query_is_no_failing_source() -> None:
    story = Story(plan(sensed("a"), sensed("b")))
    story.see("a", Fault(FaultKind.TIMEOUT, "3s"))
    story.see("b", GOOD)
    assert only(story).cause is NoDataCause.OTHER
    assert lines(story) == ["Prometheus: no answer: 1 item (Enter shows why)"]


def test_a_source_that_responds_without_a_value_is_named_with_the_fault() -> None:
    story = Story(plan(sensed("a"), sensed("b")))
    story.see("a", Fault(FaultKind.NO_DATA, "no series"))
    story.see("b", Fault(FaultKind.NO_DATA, "no series"))
    assert lines(story) == ["Prometheus: no data: 2 items (Enter shows why)"]


@pytest.mark.parametrize("value", [None, [], {}])
def test_an_empty_result_is_no_data(value: object) -> None:
    story = Story(plan(sensed("a")))
    story.see("a", Reading(value))
    assert lines(story) == ["Prometheus: no data: 1 item (Enter shows why)"]


def test_a_source_that_is_not_configured_is_known_before_the_first_poll() -> None:
    story = Story(plan(sensed("a"), signals=(msgspec.structs.replace(number("a"), source="command"),)))
    assert lines(story) == ["source `command` is not configured: 1 item (add it under sources: in the cockpit file)"]
    story.see("a", Fault(FaultKind.CONFIGURATION, "the cockpit file has no source named command"))
    assert only(story).cause is NoDataCause.SOURCE_MISSING


def test_an_active_check_that_may_run_waits_for_its_key() -> None:
    story = Story(plan(attested("chat"), signals=(active("chat"),), allow=Allowed(active=("chat",))))
    assert lines(story) == ["active checks not run: 1 item (r runs one)"]
    assert group_text(only(story), {}) == "active checks not run: 1 item (:resense runs one)"


def test_an_active_check_whose_time_is_over_has_to_run_again() -> None:
    story = Story(plan(attested("chat"), signals=(active("chat"),), allow=Allowed(active=("chat",))))
    story.see("chat", GOOD)
    story.wait(601)
    story.settle()
    assert lines(story) == ["active checks expired: 1 item (r runs one again)"]


def test_an_active_check_that_is_not_allowed_names_the_key_of_the_cockpit_file() -> None:
    story = Story(plan(attested("chat"), signals=(active("chat"),)))
    assert lines(story) == ["chat is not allowed: 1 item (add chat to allow.active)"]


def test_a_program_that_is_not_allowed_names_the_key_of_the_cockpit_file() -> None:
    checks = [msgspec.structs.replace(number(name), source="helm", args={"argv": ("helm", name)}) for name in "ab"]
    told = plan(sensed("a"), sensed("b"), signals=tuple(checks))
    told = msgspec.structs.replace(told, sources=(SourceSpec("helm", "command"),))
    assert lines(Story(told)) == ["helm is not allowed: 2 items (add helm to allow.probe_commands)"]
    allowed = msgspec.structs.replace(told, allow=Allowed(probe_commands=("helm",)))
    assert lines(Story(allowed)) == ["not polled yet: 2 items"]


def test_a_rule_that_compares_with_a_missing_baseline_shows_how_to_record_it() -> None:
    signal = msgspec.structs.replace(number("a"), rule=Rule("value < baseline * 2.0", numeric=True))
    story = Story(plan(sensed("a"), signals=(signal,), baseline=BaselinePlan(("a",), 60.0)))
    story.see("a", 1.0)
    assert lines(story) == ["no baseline recorded: 1 item (:baseline records it)"]


def test_a_rule_that_cannot_be_evaluated_leads_to_the_details() -> None:
    signal = msgspec.structs.replace(number("a"), rule=Rule("value.nothing > 1"))
    story = Story(plan(sensed("a"), signals=(signal,)))
    story.see("a", Reading({"some": 1}))
    assert lines(story) == ["rule cannot be evaluated: 1 item (Enter shows why)"]


def test_a_settle_time_that_cannot_be_evaluated_is_a_rule_without_a_signal() -> None:
    story = Story(plan(sensed("a", hold=Hold(rule="duration(vars.missing)"))))
    story.see("a", GOOD)
    group = only(story)
    assert (group.cause, group.signals, group.items) == (NoDataCause.RULE, (), ("ready/s/a",))


def test_a_result_that_is_too_old_is_stale() -> None:
    story = Story(plan(sensed("a")))
    story.see("a", GOOD)
    story.wait(60)
    story.settle()
    assert lines(story) == ["results are too old: 1 item (Ctrl+R polls again)"]


def test_too_few_results_that_agree_need_only_time() -> None:
    story = Story(plan(sensed("a"), signals=(number("a", agree=3, of=3),)))
    story.see("a", GOOD)
    assert lines(story) == ["more results needed: 1 item"]


def test_a_resumed_session_polls_again() -> None:
    story = Story(plan(sensed("a")))
    story.see("a", GOOD)
    story.tell(facts.Resumed("ana", "here", 90.0))
    assert only(story).cause is NoDataCause.NOT_ASKED


def test_a_combination_has_the_cause_of_its_member() -> None:
    told = plan(
        attested("both"), signals=(all_of("both", "a", "chat"), number("a"), active("chat")),
        allow=Allowed(active=("chat",)),
    )  # fmt: skip
    story = Story(told)
    story.see("a", GOOD)
    group = only(story)
    assert (group.cause, group.signals, group.items) == (
        NoDataCause.ACTIVE_NOT_RUN,
        ("both", "chat"),
        ("ready/s/both",),
    )


def test_an_item_whose_signal_is_unknown_has_no_data() -> None:
    told = msgspec.structs.replace(plan(sensed("a")), signals=())
    assert cause_text(only(Story(told))) == "unknown signal"


def test_failing_sources_come_first_and_what_only_waits_last() -> None:
    signals = (
        number("late"),
        msgspec.structs.replace(number("gone"), source="dns"),
        active("chat"),
        msgspec.structs.replace(number("down"), source="cluster"),
    )
    told = plan(*(sensed(signal.name) for signal in signals), signals=signals, allow=Allowed(active=("chat",)))
    sources = (SourceSpec("prometheus", "prometheus"), SourceSpec("cluster", "kubernetes"))
    story = Story(msgspec.structs.replace(told, sources=sources))
    story.see("down", Fault(FaultKind.TIMEOUT, "3s"))
    causes = [group.cause for group in no_data_groups(story.session)]
    assert causes == [
        NoDataCause.SOURCE_FAILING,
        NoDataCause.SOURCE_MISSING,
        NoDataCause.ACTIVE_NOT_RUN,
        NoDataCause.NOT_ASKED,
    ]

"""NEXT where data is missing: by cause, what can be done about it, and what has to be waited for."""

import msgspec

from mmcockpit.core.decide import command as commands
from mmcockpit.core.model.cockpit import Allowed, BaselinePlan
from mmcockpit.core.model.next_action import NextKind
from mmcockpit.core.model.reading import Fault, FaultKind
from mmcockpit.core.words.next_actions import next_text
from tests.core.next.proposals import given, story, text
from tests.core.sessions import GONE, GOOD, manual, number, sensed


def test_an_outage_comes_before_the_ticks() -> None:
    told = story(manual("audit"), sensed("errors"))
    told.see("errors", GOOD, GONE)
    now = given(told)
    assert (now.kind, now.action) == (NextKind.NO_DATA, "resense_all")


def test_an_active_check_that_was_not_run_is_run() -> None:
    paid = msgspec.structs.replace(number("chat"), active=True)
    told = story(sensed("chat"), signals=(paid,), allow=Allowed(active=("chat",)))
    now = given(told)
    assert (now.kind, now.action, now.subject) == (NextKind.ACTIVE_CHECK, "resense", "chat")
    assert next_text(now, {"resense": "r"}) == "r  run chat: active check, not run yet"


def test_the_baseline_is_recorded_before_the_phase_that_ends_its_window() -> None:
    compares = number("load", passes="value < 2.0 * baseline", warns="")
    told = story(manual("audit"), signals=(compares,), baseline=BaselinePlan(("load",), 60.0, "deployment"))
    assert given(told).kind is NextKind.TICK
    told.do(commands.MarkItem("ana", "ready/s/audit"))
    assert text(told) == ":baseline  record the baseline before Deployment opens"


def test_the_first_results_are_waited_for() -> None:
    assert text(story(sensed("errors"))) == "wait  first results: not polled yet"


def test_a_failing_source_is_one_action_for_all_its_items() -> None:
    told = story(manual("audit"), sensed("errors"), sensed("rate"))
    told.see("errors", GOOD, GONE)
    told.see("rate", GOOD, GONE)
    now = given(told)
    assert (now.kind, now.action, now.subject) == (NextKind.NO_DATA, "resense_all", "prometheus")
    assert text(told) == ":resense-all  poll Prometheus again: no data for 2 items"


def test_a_result_that_is_not_valid_is_looked_into() -> None:
    told = story(manual("audit"), sensed("errors"))
    told.see("errors", Fault(FaultKind.QUERY, "parse error"))
    now = given(told)
    assert (now.kind, now.action, now.subject) == (NextKind.NO_DATA, "details", "ready/s/errors")
    assert text(told) == "Enter  1 errors: no data, Prometheus: query"


def test_a_missing_source_waits_behind_the_ticks_and_names_the_cockpit_file() -> None:
    chart = msgspec.structs.replace(number("chart"), source="grafana")
    told = story(manual("audit"), sensed("chart"), signals=(chart,))
    assert given(told).kind is NextKind.TICK
    told.do(commands.MarkItem("ana", "ready/s/audit"))
    assert given(told).kind is NextKind.CONFIGURE
    assert text(told) == ("source `grafana` is not configured: add it under sources: in the cockpit file, 1 item")


def test_what_a_forced_gate_left_open_waits_behind_the_open_phase() -> None:
    told = story(sensed("errors"), manual("audit"), manual("deploy", "deployment"))
    told.see("errors", GONE)
    told.go("rehearsed")
    assert (given(told).kind, given(told).subject, given(told).others) == (NextKind.TICK, "deployment/s/deploy", 1)


def test_a_rule_that_lacks_the_baseline_asks_for_it_at_any_time() -> None:
    load = number("load", passes="value < 2.0 * baseline", warns="")
    told = story(sensed("load"), signals=(load,), baseline=BaselinePlan(("load",), 60.0))
    told.see("load", GOOD)
    assert text(told) == ":baseline  record the baseline: 1 item"

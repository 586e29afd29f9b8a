"""Roles, times and lengths before and after the title of an item, and titles in front matter."""

import pytest

from mmcockpit.config.markdown.lengths import length_s
from tests.config.markdown.reading import imported, items


@pytest.mark.parametrize(
    ("written", "title", "role"),
    [
        ("QA: run the suite", "run the suite", "QA"),
        ("**Ops:** swap the pools", "swap the pools", "Ops"),
        ("**QA, DBA**: compare it all", "compare it all", "QA, DBA"),
        ("SRE - scale it down", "scale it down", "SRE"),
        ("DBA team: freeze the schema", "freeze the schema", "DBA team"),
        ("QA/Dev: agree on it", "agree on it", "QA/Dev"),
        ("Release manager \u2013 tag it now", "tag it now", "Release manager"),
        ("<b>(Docs)</b> publish it", "publish it", "Docs"),
        ("==(QA)== publish it", "publish it", "QA"),
        ("freeze it (QA)", "freeze it", "QA"),
        ("freeze it [SRE]", "freeze it", "SRE"),
        ("freeze it \u2192 DBA", "freeze it", "DBA"),
        ("freeze it (@ana, @bo)", "freeze it", "ana, bo"),
        ("freeze it (assigned to @ana)", "freeze it", "ana"),
        ("Note: nothing may change", "Note: nothing may change", ""),
        ("Step 1: tag the release", "Step 1: tag the release", ""),
        ("DNS: the record is set", "DNS: the record is set", ""),
        ("Verify: the queue is empty", "Verify: the queue is empty", ""),
        ("Tech lead: ______", "Tech lead", ""),
        ("QA: GO / NO-GO", "QA: GO / NO-GO", ""),
        ("freeze it (the cache)", "freeze it (the cache)", ""),
        ("(in parallel) copy it", "(in parallel) copy it", ""),
        ("(Day 1) copy it", "(Day 1) copy it", ""),
        ("(US only) copy it", "(US only) copy it", ""),
        ("**(Monday)** copy it", "(Monday) copy it", ""),
    ],
)
def test_roles_before_and_after_a_title(written: str, title: str, role: str) -> None:
    (item,) = imported(f"- [ ] {written}\n").checklist.items
    assert (item.title, item.role) == (title, role)


def test_a_role_that_is_optional_makes_the_item_optional() -> None:
    (item,) = items("- [ ] **(Optional, QA)** compare it\n")
    assert (item.title, item.role, item.required) == ("compare it", "QA", False)


@pytest.mark.parametrize(
    ("written", "time"),
    [
        *(
            ("T-0:15 copy it", "T-0:15"),
            ("T+2h: copy it", "T+2h"),
            ("D-1 copy it", "D-1"),
            ("[T-30m] copy it", "T-30m"),
        ),
        *(("(T-10) copy it", "T-10"), ("**T-5 min** \u2014 copy it", "T-5 min"), ("`T-1h` copy it", "T-1h")),
        *(("22:00 UTC - copy it", "22:00 UTC"), ("10:30: copy it", "10:30"), ("**22:00:** copy it", "22:00")),
        *(("2026-03-01 22:00 copy it", "2026-03-01 22:00"), ("22:00\u201322:30: copy it", "22:00\u201322:30")),
    ],
)
def test_a_time_before_a_title_is_planned(written: str, time: str) -> None:
    (item,) = items(f"- [ ] {written}\n")
    assert (item.title, item.text) == ("copy it", f"Planned time: {time}")


@pytest.mark.parametrize("title", ["22:00 UTC maintenance is announced", "T-shirts are ordered", "3:1 is the ratio"])
def test_a_time_that_may_be_a_part_of_a_title_stays(title: str) -> None:
    (item,) = items(f"- [ ] {title}\n")
    assert (item.title, item.text) == (title, "")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        *(("half an hour", 1800), ("an hour", 3600), ("two days", 172_800), ("PT20M", 1200), ("PT1H30M", 5400)),
        *(("20'", 1200), ("< 5 min", 300), ("10 min max", 600), ("P", 0), ("a while", 0)),
    ],
)
def test_more_forms_of_lengths(text: str, seconds: float) -> None:
    assert length_s(text) == seconds


def test_values_without_names_after_a_title_are_its_fields() -> None:
    first, second, third = items(
        "- [ ] a | QA | 10 min\n- [ ] b \u00b7 @ana \u00b7 5m\n- [ ] c (half an hour, DBA, attach a screenshot)\n"
    )
    assert (first.title, first.role, first.estimate) == ("a", "QA", 600.0)
    assert (second.title, second.role, second.estimate) == ("b", "ana", 300.0)
    assert (third.title, third.role, third.estimate, third.evidence_required) == ("c", "DBA", 1800.0, True)
    assert third.text == "Evidence: attach a screenshot"


def test_a_value_after_a_dash_may_be_a_part_of_the_title() -> None:
    (item,) = items("- [ ] raise the timeout - 10 min\n")
    assert (item.title, item.estimate) == ("raise the timeout - 10 min", 0)


def test_several_fields_in_one_line_are_several() -> None:
    (item,) = items("- [ ] a\n  - Responsible: DNS team; Backup: Bo; Est.: 20m\n")
    assert (item.role, item.text, item.estimate) == ("DNS team", "Backup: Bo", 1200.0)


@pytest.mark.parametrize(
    ("front", "title", "lost"),
    [
        ("---\ntitle: Cut-over 4.2   # of the shop\n---\n", "Cut-over 4.2", []),
        ('---\ntitle: "Cut-over # 4" # of the shop\n---\n', "Cut-over # 4", []),
        ("---\ntitle: >-\n  Cut-over\n  of the shop\ndraft: no\n---\n", "Cut-over of the shop", [5]),
        ("---\ntitle: [a, b]\n---\n", "List", [2]),
        ("---\ntitle: null\n---\n", "List", [2]),
        ('+++\n[params]\ntitle = "of a table"\n+++\n', "List", [2, 3]),
    ],
)
def test_the_title_in_front_matter_of_any_form(front: str, title: str, lost: list[int]) -> None:
    result = imported(f"{front}# List\n- [ ] one\n")
    assert (result.checklist.title, [note.line for note in result.lost]) == (title, lost)

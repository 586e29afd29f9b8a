"""Fields of items in the forms that tools and people write: around a title, and in lines below it."""

import pytest

from mmcockpit.config.markdown.lengths import length_s
from tests.config.markdown.reading import imported, items


@pytest.mark.parametrize(
    ("written", "title", "role", "estimate"),
    [
        ("[DBA] take the snapshot", "take the snapshot", "DBA", 0),
        ("[PROD] take the snapshot", "[PROD] take the snapshot", "", 0),
        ("[the page] is read", "[the page] is read", "", 0),
        ("(prod) take the snapshot", "(prod) take the snapshot", "", 0),
        ("freeze it \u2014 @bo", "freeze it", "bo", 0),
        ("send it to @bo", "send it to @bo", "", 0),
        ("@ana and @bo sign the form", "sign the form", "ana and bo", 0),
        ("@ana, @bo: sign the form", "sign the form", "ana, bo", 0),
        ("update it [owner: Comms]", "update it", "Comms", 0),
        ("dry run {owner: QA}", "dry run", "QA", 0),
        ("tag it **Owner:** Ana", "tag it", "Ana", 0),
        ("tag it | Owner: Ana | Estimate: 5 min", "tag it", "Ana", 300),
        ("tag it \u2013 Owner: Ana", "tag it", "Ana", 0),
        ("**Tag it** \u2014 **Owner:** Ana", "Tag it", "Ana", 0),
        ("tag it - what: the release", "tag it - what: the release", "", 0),
        ("scale up *(est. 15 min)*", "scale up", "", 900),
        ("ask (@<Ana Pop>)", "ask (@<Ana Pop>)", "", 0),
        ("tag it (Owner: @<Ana Pop>)", "tag it", "Ana Pop", 0),
        ("tag it (Owner: [~ana])", "tag it", "ana", 0),
        ("tag it (Owner: ana@example.com)", "tag it", "ana@example.com", 0),
        ("tag it (Owner\uff1aana)", "tag it", "ana", 0),
        ("tag it\uff08Owner\uff1aana\uff09", "tag it", "ana", 0),
        ("tag it (takes ~20 minutes)", "tag it", "", 1200),
        ("raise it to 2\\.5k \\- owner: @bo", "raise it to 2.5k", "bo", 0),
        ("check it - @bo - 10m", "check it", "bo", 600),
        ("check it - @bo, 10m", "check it", "bo", 600),
        ("check it - @bo, at night", "check it - @bo, at night", "", 0),
        ("call them [owner:: Kim]", "call them", "Kim", 0),
        ("keep 2 * 3 * 4 replicas and a _ b", "keep 2 * 3 * 4 replicas and a _ b", "", 0),
    ],
)
def test_fields_around_a_title(written: str, title: str, role: str, estimate: float) -> None:
    (item,) = items(f"- [ ] {written}\n")
    assert (item.title, item.role, item.estimate) == (title, role, estimate)


@pytest.mark.parametrize(
    "line",
    [
        *("Owner = ops", "**Owner** \u2013 ops", "👤 Owner: ops", "Owner\uff1aops", "Responsible person: ops"),
        *("Owner(s): ops", "*Owner*: @ops", "Owner : ops"),
    ],
)
def test_names_and_values_of_a_field_are_separated_in_many_ways(line: str) -> None:
    (item,) = items(f"- [ ] a\n  - {line}\n")
    assert (item.role, item.text) == ("ops", "")


def test_a_unit_in_the_name_of_a_field_counts_and_unknown_fields_in_wrapped_lines_are_text() -> None:
    (item,) = items(
        "- [ ] close the train\n      Responsible person: Ana\n      Backup: Bo\n      Duration (min): 10\n"
    )
    assert (item.title, item.role, item.text, item.estimate) == ("close the train", "Ana", "Backup: Bo", 600.0)


@pytest.mark.parametrize(
    ("text", "seconds"), [("est. 15 min", 900), ("approx. 1h", 3600), ("up to 2 h", 7200), ("about five", 0)]
)
def test_words_before_a_length_of_time(text: str, seconds: float) -> None:
    assert length_s(text) == seconds


def test_no_field_of_an_item_is_dropped() -> None:
    result = imported("- [ ] a\n  - Owner: ana\n  - Owners: bo, zoe\n")
    (item,) = result.checklist.items
    assert (item.role, item.text) == ("ana", "Owners: bo, zoe")


@pytest.mark.parametrize("line", ["Signal: error_rate", "**Approvals:** 2"])
def test_a_field_that_only_yaml_has_is_reported_with_its_line(line: str) -> None:
    found = imported(f"# List\n- [ ] a\n  - {line}\n- [ ] Watch it (Note: by hand)\n")
    (note,) = found.lost
    name = line.strip("*").partition(":")[0]
    assert (note.line, note.mistake) == (3, False)
    assert note.message == f"`{name}:` is only text here; items have it in YAML: mmcockpit import writes the file"
    assert name in found.checklist.phases[0].sections[0].items[0].text


@pytest.mark.parametrize(
    ("written", "title", "text"),
    [
        ("deploy it (due 02:30 UTC)", "deploy it", "Planned time: 02:30 UTC"),
        ("deploy it (at 02:30)", "deploy it", "Planned time: 02:30"),
        ("deploy it (by 10%)", "deploy it (by 10%)", ""),
        ("deploy it (due to rain)", "deploy it (due to rain)", ""),
        ("deploy it 📅 2026-12-01 ⏫ #web", "deploy it #web", "Planned time: 2026-12-01"),
        ("deploy it ^web-1", "deploy it", ""),
        ("deploy it [due:: 2026-12-02]", "deploy it", "Planned time: 2026-12-02"),
        ("deploy it (after: lunch)", "deploy it", "after: lunch"),
    ],
)
def test_times_and_names_of_tasks_around_a_title(written: str, title: str, text: str) -> None:
    (item,) = items(f"- [ ] {written}\n")
    assert (item.title, item.text) == (title, text)


@pytest.mark.parametrize(
    "written",
    ["b (depends on a)", "b \u2014 depends on: a", "b (Requires: a)", "b [Blocked by: a]", "b\n  - Waits for: a"],
)
def test_what_an_item_needs_in_every_form(written: str) -> None:
    first, second = items(f"- [ ] a\n- [ ] {written}\n")
    assert (second.title, second.needs, second.text) == ("b", (first.id,), "")


def test_the_address_of_a_page_is_no_part_of_a_needed_title() -> None:
    first, second = items(
        "| Name | Done | Blocked By |\n|-|-|-|\n| a | No | |\n| b | No | a (https://wiki.example.com/a) |\n"
    )
    assert second.needs == (first.id,)


def test_a_colon_after_a_heading_is_no_part_of_its_title() -> None:
    (phase,) = imported("## Checklist:\n- [ ] a\n").checklist.phases
    assert phase.title == "Checklist"

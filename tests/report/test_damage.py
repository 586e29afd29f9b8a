"""Reports on journals that are damaged, hostile, empty, or very long."""

from pathlib import Path
from typing import get_args

import pytest

from mmcockpit.core.facts import event as facts
from mmcockpit.core.facts.event import Event
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.reading import Fault, FaultKind
from mmcockpit.core.model.states import Mark
from mmcockpit.journal.sample import unpacked
from mmcockpit.report.collect import collect
from mmcockpit.report.page import ReportPage
from mmcockpit.report.render import Format, render
from tests.core.sessions import GOOD, START, Story, manual, number, plan, sensed
from tests.report.journals import HARM, collected, harmful, incident, journal
from tests.report.markup import Tags, only_ours, only_text


def write(path: Path, lines: list[bytes]) -> Path:
    path.write_bytes(b"\n".join(lines))
    return path


@pytest.fixture
def lines(tmp_path: Path) -> list[bytes]:
    """The lines of a whole journal."""
    return journal(tmp_path / "whole", incident().events).read_bytes().split(b"\n")


@pytest.mark.parametrize("kind", get_args(Format))
def test_a_report_on_a_damaged_journal_names_the_line_and_shows_the_rest(
    tmp_path: Path, lines: list[bytes], kind: Format
) -> None:
    lines[9] = b'[not json"'
    past = collect(write(tmp_path / "damaged.jsonl", lines))
    assert not past.verified.ok
    text = "".join(render(past, kind))
    assert "DAMAGED" in text
    assert "line 10" in text
    assert "rolled back" in text, "what comes after the damage"
    assert any(one.section == "journal" and one.tone == "fail" for one in ReportPage(past).findings)


def test_an_edited_line_is_shown_and_called_damage(tmp_path: Path, lines: list[bytes]) -> None:
    edited = [line.replace(b"rehearsed last week", b"rehearsed yesterday") for line in lines]
    assert edited != lines
    past = collect(write(tmp_path / "edited.jsonl", edited))
    assert not past.verified.ok
    assert any("rehearsed yesterday" in one.reason for one in past.decisions)


def test_a_removed_line_is_damage(tmp_path: Path, lines: list[bytes]) -> None:
    past = collect(write(tmp_path / "removed.jsonl", [*lines[:20], *lines[21:]]))
    assert not past.verified.ok
    assert past.facts == len(lines) - 2


def test_a_journal_that_ends_in_the_middle_of_a_line_is_read_up_to_there(tmp_path: Path, lines: list[bytes]) -> None:
    path = write(tmp_path / "torn.jsonl", [*lines[:30], lines[30][:50]])
    past = collect(path)
    assert past.facts == 30
    page = ReportPage(past)
    assert page.banner[0] != "pass"
    assert any(one.section == "open-ends" for one in page.findings), "a session without an end is a finding"


@pytest.mark.parametrize("kind", get_args(Format))
@pytest.mark.parametrize("content", [b"", b"\n\n", b"\x00\xff" * 500, b"{}\n[]\n1\n"])
def test_what_is_no_journal_makes_a_report_without_facts(tmp_path: Path, content: bytes, kind: Format) -> None:
    path = tmp_path / "journal.jsonl"
    path.write_bytes(content)
    past = collect(path)
    text = "".join(render(past, kind))
    assert (past.facts, past.decisions, past.entries) == (0, [], [])
    assert ReportPage(past).banner[0] != "pass"
    if kind == "html":
        only_ours(text)


def test_a_session_without_its_opening_fact_still_shows_its_decisions(tmp_path: Path, lines: list[bytes]) -> None:
    past = collect(write(tmp_path / "headless.jsonl", lines[1:]))
    page = ReportPage(past)
    assert [one.reason for one in past.decisions if one.reason]
    assert page.cockpit is None
    assert page.open_ends == []
    assert page.findings[0].tone == "fail"
    assert list(page.groups)


@pytest.mark.parametrize("kind", get_args(Format))
def test_a_decision_on_an_abort_rule_is_shown_without_the_opening_fact(tmp_path: Path, kind: Format) -> None:
    content = unpacked(tmp_path / "sample" / "journal.jsonl").read_bytes()
    past = collect(write(tmp_path / "headless.jsonl", content.split(b"\n")[1:]))
    decided = [one for one in past.decisions if "rollback" in one.title.lower()]
    assert decided
    assert all(one.because for one in decided)
    assert "the opening fact of this session is missing" in "".join(render(past, kind))


def test_a_clock_that_went_back_keeps_the_facts_in_their_order(tmp_path: Path) -> None:
    story = Story(plan(manual("a")))
    events = list(story.events)
    for n, (at, wall) in enumerate(((10.0, START + 10), (20.0, START - 7180), (30.0, START + 30)), 2):
        events.append(Event(n, Stamp(at, wall), facts.Noted(f"note {n}", "ana")))
    past = collected(tmp_path, events)
    assert [one.seq for one in past.entries] == [1, 2, 3, 4]
    assert [line.utc for group in ReportPage(past).groups for line in group.lines] == [
        *("02:00:00", "02:00:10", "00:00:20", "02:00:30")
    ]


@pytest.mark.parametrize("kind", get_args(Format))
@pytest.mark.parametrize("harm", HARM, ids=range(len(HARM)))
def test_hostile_text_of_a_journal_is_only_text(tmp_path: Path, harm: str, kind: Format) -> None:
    past = collected(tmp_path, harmful(harm.replace("{url}", "http://127.0.0.1:9/x")))
    text = "".join(render(past, kind))
    for char in "\x1b\x9b\u202e\x00":
        assert char not in text
    if kind == "html":
        only_ours(text)
    else:
        only_text(text)


def test_thousands_of_facts_of_every_section_are_all_in_the_report(tmp_path: Path) -> None:
    count = 800
    story = Story(plan(sensed("errors"), manual("audit")))
    story.answer("errors", GOOD)
    for n in range(count):
        story.tell(facts.Noted(f"note {n} of many", "ana"))
        if n % 4 == 0:
            story.tell(facts.Held(n % 8 == 0, "ana", f"hold {n}"))
            story.tell(facts.ItemMarked("ready/s/audit", Mark.OVERRIDE, "bo", f"override {n}"))
        story.wait(1)
    past = collected(tmp_path, story.events)
    page = ReportPage(past)
    assert len(past.entries) == len(story.events)
    assert len(list(page.cards)) == count // 4
    assert (len(page.stretches), len(page.marks)) == (count // 8, count // 4)
    text = "".join(render(past, "md"))
    for words in ("note 0 of", f"note {count - 1} of", f"hold {count - 4}", f"override {count - 4}"):
        assert words in text, words
    drawing = Tags(str(page.overview))
    assert len(drawing.tags) < 2_000, "what is too close together is drawn once"


def test_a_signal_that_is_silent_from_a_moment_on_shows_where_it_fell_silent(tmp_path: Path) -> None:
    story = Story(plan(sensed("errors"), signals=(number("errors"),)))
    for n in range(120):
        story.answer("errors", GOOD if n < 60 else Fault(FaultKind.TIMEOUT, "no response within 3 s"))
    past = collected(tmp_path, story.events)
    row = next(row for row in ReportPage(past).signals if row.series.signal.name == "errors")
    assert (row.tone, row.series.answers, row.series.faults) == ("unknown", 120, 60)
    assert row.figure is not None
    assert "60" in row.figure.note
    assert row.figure.spark.strip("▁▂▃▄▅▆▇█").strip("×") == ""
    assert row.figure.spark.endswith("×")


def test_an_item_or_signal_that_the_checklist_does_not_have_is_named_by_its_id(tmp_path: Path) -> None:
    story = Story(plan(manual("audit")))
    events = [
        *story.events,
        Event(2, story.now, facts.ItemMarked("gone/s/item", Mark.OVERRIDE, "bo", "why")),
        Event(3, story.now, facts.PhaseChanged("gone", "later", "bo", (), ("gone/s/item",), "forced", "")),
    ]
    past = collected(tmp_path, events)
    assert past.marks[0].title == "gone/s/item"
    assert past.decisions[-1].unmet == ("gone/s/item",)
    assert "later" in past.decisions[-1].title
    assert any("bo: forced" in one.says for one in ReportPage(past).findings)

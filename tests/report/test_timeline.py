"""The timeline of a report: a line for every fact, folded where nothing of note happened."""

import json
from html import unescape
from pathlib import Path
from typing import get_args

import msgspec
import pytest

from mmcockpit.core.decide import command as commands
from mmcockpit.core.facts import event as facts
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.reading import Fault, FaultKind, Reading
from mmcockpit.core.model.signal import Signal
from mmcockpit.core.model.states import Mark
from mmcockpit.core.words.durations import duration
from mmcockpit.journal.archive import put_away
from mmcockpit.journal.files import compressed
from mmcockpit.report.collect import collect
from mmcockpit.report.page import FOLDED, LineGroup, ReportPage
from mmcockpit.report.past import Entry
from mmcockpit.report.render import Format, render
from tests.core.sessions import BAD, GOOD, START, Story, manual, number, plan, sensed
from tests.report.journals import collected, journal
from tests.report.markup import Tags
from tests.shapes import shape


def entries(folder: Path, story: Story) -> list[Entry]:
    return collected(folder, story.events).entries


def groups(folder: Path, story: Story) -> list[LineGroup]:
    return list(ReportPage(collected(folder, story.events)).groups)


def test_a_result_has_a_line_only_if_it_changed_the_verdict(tmp_path: Path) -> None:
    story = Story(plan(sensed("errors")))
    story.see("errors", GOOD, GOOD, BAD, BAD, GOOD)
    past = collected(tmp_path, story.events)
    verdicts = [one for one in past.entries if one.word == "verdict"]
    assert [(one.tone, one.when.at) for one in verdicts] == [("pass", 0.0), ("fail", 2.0), ("pass", 4.0)]
    assert past.readings == 5
    assert "9" in verdicts[1].says


def test_a_result_has_a_line_if_production_changed(tmp_path: Path) -> None:
    rollout = Signal("rollout", "the rollout", "cluster", "argo_rollout", shape=shape("kubernetes", "argo_rollout"))
    story = Story(plan(sensed("errors"), signals=(rollout,)))
    story.see("rollout", *(Reading({"weight": weight}) for weight in (0, 5, 5)), Fault(FaultKind.TIMEOUT, "slow"))
    story.see("rollout", Reading({"weight": 20}))
    changes = [one.says for one in entries(tmp_path, story) if one.word == "change"]
    assert changes == ["the rollout: weight 0% to 5%", "the rollout: weight 5% to 20%"]


def test_a_fault_is_shown_with_its_kind_and_the_words_of_the_server(tmp_path: Path) -> None:
    story = Story(plan(sensed("errors")))
    story.see("errors", GOOD, Fault(FaultKind.FORBIDDEN, "403 pods is forbidden"))
    fault = [one for one in entries(tmp_path, story) if one.word == "verdict"][-1]
    assert fault.tone == "unknown"
    assert str(FaultKind.FORBIDDEN) in fault.says
    assert "403 pods is forbidden" in fault.says


def test_numbers_of_the_timeline_are_those_of_the_facts(tmp_path: Path) -> None:
    story = Story(plan(manual("a"), manual("b")))
    story.do(commands.MarkItem("ana", "ready/s/a"))
    story.tell(facts.Noted("look here", "bo", "ready/s/b", marker=True))
    lines = {one.seq: one for one in entries(tmp_path, story)}
    for event in story.events:
        assert event.seq in lines
    note = lines[story.events[-1].seq]
    assert ("bo" in note.says, "1 b" in note.says, "look here" in note.says) == (True, True, True)


def test_times_count_from_the_planned_start_and_leave_out_holds(tmp_path: Path) -> None:
    story = Story(plan(manual("a")))
    story.tell(facts.T0Changed(START + 60, "ana"))
    story.wait(120)
    story.tell(facts.Held(True, "ana", "wait"))
    story.wait(30)
    story.tell(facts.Held(False, "ana", ""))
    story.wait(10)
    story.tell(facts.Noted("now", "ana"))
    lines = [line for group in groups(tmp_path, story) for line in group.lines]
    assert lines[0].t == "T-00:01:00"
    assert (lines[-1].t, lines[-1].utc) == ("T+00:01:10", "02:02:40")


def test_routine_lines_in_a_row_are_folded_and_counted(tmp_path: Path) -> None:
    names = [f"s{n}" for n in range(FOLDED + 2)]
    story = Story(plan(manual("a"), signals=tuple(number(name) for name in names)))
    for name in names:
        story.answer(name, GOOD)
    story.tell(facts.Noted("a note ends the run", "ana"))
    found = groups(tmp_path, story)
    folded = [group for group in found if group.summary]
    assert [len(group.lines) for group in folded] == [len(names)]
    assert str(len(names)) in folded[0].summary
    assert found[-1].lines[-1].entry.says.endswith("a note ends the run")


def test_a_few_routine_lines_are_not_folded(tmp_path: Path) -> None:
    names = [f"s{n}" for n in range(FOLDED - 1)]
    story = Story(plan(manual("a"), signals=tuple(number(name) for name in names)))
    for name in names:
        story.answer(name, GOOD)
    assert [group.summary for group in groups(tmp_path, story) if group.summary] == []


def test_a_fold_has_the_colour_of_its_most_severe_line(tmp_path: Path) -> None:
    names = [f"s{n}" for n in range(FOLDED + 1)]
    story = Story(plan(manual("a"), signals=tuple(number(name) for name in names)))
    for n, name in enumerate(names):
        story.answer(name, BAD if n == 2 else GOOD)
    assert [group.tone for group in groups(tmp_path, story) if group.summary] == ["fail"]


def test_a_verdict_that_counts_is_never_folded(tmp_path: Path) -> None:
    judged = msgspec.structs.replace(number("judged"), first_in_cockpit=True)
    story = Story(plan(manual("a"), signals=(judged, *(number(f"s{n}") for n in range(8)))))
    for n in range(8):
        story.answer(f"s{n}", GOOD)
    story.answer("judged", BAD)
    shown = [line.entry for group in groups(tmp_path, story) if not group.summary for line in group.lines]
    assert [one.tone for one in shown if one.word == "verdict"] == ["fail"]


def test_a_session_over_midnight_names_both_days(tmp_path: Path) -> None:
    story = Story(plan(manual("a")))
    story.wait(22 * 3600 - 1)
    story.tell(facts.Noted("before midnight", "ana"))
    story.wait(1)
    story.tell(facts.Noted("after midnight", "ana"))
    days = [group.day for group in groups(tmp_path, story)]
    assert (days[0], days[-1]) == ("2026-12-06", "2026-12-07")
    text = "".join(render(collect(tmp_path / "journal.jsonl"), "md"))
    assert text.index("before midnight") < text.index("2026-12-07\n") < text.index("after midnight")


@pytest.mark.parametrize("kind", get_args(Format))
def test_every_line_of_the_timeline_is_in_both_formats(tmp_path: Path, kind: Format) -> None:
    story = Story(plan(sensed("errors"), manual("audit")))
    story.see("errors", GOOD, BAD)
    story.do(commands.MarkItem("ana", "ready/s/audit", "agreed", Mark.OVERRIDE, 60.0))
    story.wait(120)
    story.settle()
    story.tell(facts.Trouble("panel", "a bug in a panel", "Traceback\n  line 1\n  line 2"))
    past = collected(tmp_path, story.events)
    text = "".join(render(past, kind))
    text = "".join(Tags(text).text) if kind == "html" else text
    shown = unescape(text.replace("\\", ""))
    for one in past.entries:
        assert f"#{one.seq}" in shown
        for line in one.details:
            assert line.strip() in shown


def test_a_gap_shows_how_many_facts_were_lost_since_when_and_why(tmp_path: Path) -> None:
    story = Story(plan(sensed("errors")))
    story.see("errors", GOOD)
    since = story.now
    story.wait(90)
    story.tell(facts.Gap(42, since, "no space left on device"))
    past = collected(tmp_path, story.events)
    gap = past.entries[-1]
    assert (gap.tone, "42" in gap.says, "no space left on device" in gap.says) == ("fail", True, True)
    (stretch,) = past.without_data
    assert (stretch.start.at, stretch.end and stretch.end.at) == (since.at, story.at)
    ((_, start, end, time),) = ReportPage(past).stretches
    assert (start[:8], end[:8], time) == ("02:00:01", "02:01:31", duration(90))
    assert any(one.tone == "unknown" and duration(90) in one.says for one in ReportPage(past).findings)


def test_holds_and_gaps_are_listed_in_order_of_time(tmp_path: Path) -> None:
    story = Story(plan(manual("a")))
    for n in range(3):
        story.tell(facts.Held(True, "ana", f"hold {n}"))
        story.wait(10)
        story.tell(facts.Held(False, "ana", ""))
        story.tell(facts.Gap(1, Stamp(story.at - 5, START + story.at - 5), f"gap {n}"))
        story.wait(10)
    rows = ReportPage(collected(tmp_path, story.events)).stretches
    assert [one.reason for one, *_ in rows] == ["hold 0", "gap 0", "hold 1", "gap 1", "hold 2", "gap 2"]


def test_a_hold_at_the_end_is_still_running(tmp_path: Path) -> None:
    story = Story(plan(manual("a")))
    story.tell(facts.Held(True, "ana", "wait"))
    story.wait(75)
    story.tell(facts.Noted("waiting", "ana"))
    ((one, _, _, time),) = ReportPage(collected(tmp_path, story.events)).stretches
    assert (one.end, time) == (None, duration(75))


def test_a_fact_of_an_unknown_kind_is_shown_as_it_was_written(tmp_path: Path) -> None:
    story = Story(plan(manual("a")))
    text = json.dumps({"colour": "purple", "by": "a later version"})
    story.tell(facts.Unread("ColourChanged", text))
    past = collected(tmp_path, story.events)
    unknown = past.entries[-1]
    assert (unknown.tone, "ColourChanged" in f"{unknown.word} {unknown.says}") == ("unknown", True)
    assert any("purple" in line for line in unknown.details)
    assert any(one.tone == "unknown" for one in ReportPage(past).findings)


def test_a_compressed_journal_has_the_same_report(tmp_path: Path) -> None:
    story = Story(plan(sensed("errors")))
    story.see("errors", GOOD, BAD)
    story.tell(*(facts.Noted(f"{n} " * 5_000, "ana") for n in range(40)))
    story.do(commands.EndSession("ana", "done"))
    path = journal(tmp_path, story.events)
    plain = collect(path)
    assert put_away(path)
    assert compressed(path).exists()
    again = collect(path)
    assert (again.entries, again.decisions, again.verified.ok) == (plain.entries, plain.decisions, True)

"""The head of a report: facts, findings, open ends, people, and the drawing of the whole session."""

import re
from pathlib import Path
from typing import get_args

import msgspec
import pytest

from mmcockpit.core.decide import command as commands
from mmcockpit.core.facts import event as facts
from mmcockpit.core.model.cockpit import Abort, Person, Window
from mmcockpit.core.model.states import Mark
from mmcockpit.core.words.durations import duration
from mmcockpit.core.words.report.findings import NAMED
from mmcockpit.report.findings import ORDER
from mmcockpit.report.page import ReportPage
from mmcockpit.report.render import LONGEST, Format, render
from tests.core.sessions import BAD, GONE, GOOD, START, Story, manual, number, plan, sensed
from tests.report.journals import collected
from tests.report.markup import Tags


def page_of(folder: Path, story: Story) -> ReportPage:
    return ReportPage(collected(folder, story.events))


def texts(page: ReportPage, tone: str = "") -> str:
    """Return the findings of a tone, or all, as one text."""
    return "\n".join(one.says for one in page.findings if not tone or one.tone == tone)


def test_the_facts_name_session_environment_times_and_phase(tmp_path: Path) -> None:
    window = Window(START - 3600, START + 3600)
    story = Story(msgspec.structs.replace(plan(manual("audit")), vars={"deployment": "shop"}, window=window))
    story.tell(facts.T0Changed(START + 600, "ana"))
    story.wait(3725)
    story.go("agreed")
    rows = dict(page_of(tmp_path, story).facts)
    assert {"shop", "staging", "live", "s1", "Deployment"} <= set(rows.values())
    values = " | ".join(rows.values())
    assert "2026-12-06 02:00:00Z" in values
    assert duration(3726) in values, "how long the session took"
    assert "2026-12-06 02:10:00Z" in values, "T0"
    assert "2026-12-06 01:00:00Z to 2026-12-06 03:00:00Z" in values


def test_the_title_is_the_name_of_the_cockpit(tmp_path: Path) -> None:
    assert page_of(tmp_path, Story(plan(manual("audit")))).title == "Night"


@pytest.mark.parametrize("ended", [True, False])
def test_the_banner_shows_outcome_and_last_advice(tmp_path: Path, ended: bool) -> None:
    story = Story(plan(sensed("errors"), aborts=(Abort("errors", 2.0, "ready"),)))
    story.see("errors", *[BAD] * 6)
    if ended:
        story.do(commands.EndSession("ana", "rolled back"))
    tone, text = page_of(tmp_path, story).banner
    assert (tone, "ROLLBACK" in text, "rolled back" in text) == ("fail", True, ended)


def test_an_unfinished_session_is_never_green(tmp_path: Path) -> None:
    story = Story(plan(sensed("errors")))
    story.see("errors", GOOD, GOOD)
    assert page_of(tmp_path, story).banner[0] == "warn"


def test_findings_are_sorted_by_severity(tmp_path: Path) -> None:
    story = Story(plan(sensed("errors"), sensed("silent"), manual("audit")))
    story.do(commands.MarkItem("ana", "ready/s/audit", "agreed", Mark.OVERRIDE, 3600.0))
    story.see("silent", GONE, GONE, GONE)
    story.see("errors", BAD, BAD, BAD)
    story.tell(facts.Trouble("panel", "a bug", "Traceback"))
    story.do(commands.HoldSession("ana", True, "wait"))
    tones = [one.tone for one in page_of(tmp_path, story).findings]
    assert tones == sorted(tones, key=ORDER.index)
    assert {"fail", "unknown", "warn"} <= set(tones)


def test_a_good_session_has_no_findings_and_no_open_ends(tmp_path: Path) -> None:
    story = Story(plan(sensed("errors", "cutover")))
    story.see("errors", GOOD, GOOD, GOOD)
    for _ in range(2):
        story.go()
    story.see("errors", GOOD, GOOD)
    story.do(commands.EndSession("ana", "done"))
    page = page_of(tmp_path, story)
    assert ([one.tone for one in page.findings if one.tone == "fail"], page.open_ends) == ([], [])


def test_an_advice_is_summed_up_with_its_time_and_first_reason(tmp_path: Path) -> None:
    story = Story(plan(sensed("errors"), aborts=(Abort("errors", 2.0, "ready"),)))
    for _ in range(2):
        story.see("errors", *[BAD] * 6)
        story.see("errors", *[GOOD] * 6)
    page = page_of(tmp_path, story)
    assert "ROLLBACK" in texts(page, "fail")
    rollback = next(line for line in texts(page, "fail").split("\n") if line.startswith("ROLLBACK"))
    assert "2" in rollback, "advised in two stretches"
    assert "errors" in rollback
    times = {what: time for what, _, time in page.advice_changes}
    assert times["ROLLBACK"] in rollback


def test_signals_that_failed_longest_are_named_and_the_rest_is_counted(tmp_path: Path) -> None:
    names = [f"signal-{n}" for n in range(NAMED + 3)]
    story = Story(plan(*(sensed(name) for name in names)))
    for at in range(20):
        for n, name in enumerate(names):
            story.see(name, BAD if at >= 2 * n else GOOD, every=0.0)
        story.wait(1)
    failed = next(line for line in texts(page_of(tmp_path, story), "fail").split("\n") if "signal-1" in line)
    assert [name for name in names if name in failed] == names[:NAMED]
    assert failed.index("signal-0") < failed.index("signal-1"), "the longest first"
    assert failed.endswith("3 more")


def test_a_signal_that_was_silent_is_an_unknown_finding(tmp_path: Path) -> None:
    story = Story(plan(sensed("errors"), sensed("silent")))
    story.see("silent", GONE, GONE)
    story.see("errors", *[GOOD] * 30)
    page = page_of(tmp_path, story)
    assert "silent" in texts(page, "unknown")
    row = next(row for row in page.signals if row.series.signal.name == "silent")
    assert (row.tone, row.series.faults, row.series.answers) == ("unknown", 2, 2)
    assert row.figure is None, "a signal without a number has no chart"


def test_a_signal_that_was_never_polled_has_no_result(tmp_path: Path) -> None:
    story = Story(plan(sensed("errors"), sensed("never")))
    story.see("errors", GOOD, GOOD)
    row = next(row for row in page_of(tmp_path, story).signals if row.series.signal.name == "never")
    assert (row.series.answers, row.shares["pass"], row.shares["fail"], row.figure) == (0, "–", "–", None)


def test_the_note_of_a_chart_has_the_lowest_and_the_highest_value(tmp_path: Path) -> None:
    story = Story(plan(sensed("errors")))
    story.see("errors", 3.0, 0.5, 4.5, 2.0)
    (row,) = page_of(tmp_path, story).signals
    assert row.figure is not None
    assert row.figure.note.startswith("0.5 to 4.5")


def test_open_ends_name_what_was_left_open(tmp_path: Path) -> None:
    story = Story(plan(sensed("errors"), manual("audit"), manual("later", "cutover"), poll=("ana",)))
    story.see("errors", BAD, BAD)
    story.do(commands.MarkItem("bo", "ready/s/audit", "agreed with security", Mark.OVERRIDE, 3600.0))
    story.do(commands.HoldSession("ana", True, "waiting for cy"))
    story.do(commands.OpenPoll("ana"))
    left = "\n".join(f"{one.tone} {one.says}" for one in page_of(tmp_path, story).open_ends)
    for words in ("resume", "ana", "waiting for cy", "poll", "errors", "audit", "bo", "Deployment, Cutover (1 item"):
        assert words in left, words


def test_what_was_undone_replaced_or_expired_is_no_open_end(tmp_path: Path) -> None:
    story = Story(plan(manual("a"), manual("b"), manual("c")))
    story.do(commands.MarkItem("ana", "ready/s/a", "broken", Mark.BLOCK))
    story.do(commands.UndoMark("ana"))
    story.do(commands.MarkItem("ana", "ready/s/b", "for now", Mark.OVERRIDE, 5.0))
    story.do(commands.MarkItem("ana", "ready/s/c", "after the freeze", Mark.DEFER))
    # The core refuses this today; journals may have it.
    story.tell(facts.ItemMarked("ready/s/c", Mark.NOT_APPLICABLE, "bo", "not used here"))
    story.wait(10)
    story.settle()
    page = page_of(tmp_path, story)
    fates = {(one.mark.item[-1], one.mark.mark): fate for one, _, _, fate in page.marks}
    assert "ana" in fates["a", Mark.BLOCK]
    assert "expired" in fates["b", Mark.OVERRIDE]
    assert "bo" in fates["c", Mark.DEFER]
    left = "\n".join(one.says for one in page.open_ends if one.section == "marks")
    assert ("1 c" in left, "1 a" in left, "1 b" in left) == (True, False, False)


def test_people_are_listed_with_roles_hosts_and_counted_actions(tmp_path: Path) -> None:
    story = Story(plan(manual("a"), manual("b"), people=(Person("bo", "database"), Person("cy", "network"))))
    story.wait(60)
    for name in "ab":
        story.do(commands.MarkItem("bo", f"ready/s/{name}"))
    story.tell(facts.Resumed("bo", "laptop", 5.0))
    rows = {row[0]: row for row in page_of(tmp_path, story).people}
    assert set(rows) == {"ana", "bo", "cy"}
    _, roles, identity, actions, hosts, seen = rows["bo"]
    assert (roles, identity, actions, hosts) == ("database", "–", "2 marks", "laptop")
    assert seen == "02:01:00 to 02:01:02"
    assert rows["cy"][3:5] == ("–", "–")


def test_the_drawing_has_the_advice_phases_holds_and_decisions(tmp_path: Path) -> None:
    story = Story(plan(sensed("errors"), aborts=(Abort("errors", 2.0, "ready"),)))
    story.see("errors", *[GOOD] * 30)
    story.go()
    story.see("errors", *[GOOD] * 30)
    story.do(commands.HoldSession("ana", True, "wait"))
    story.wait(20)
    story.do(commands.HoldSession("ana", False, ""))
    story.see("errors", *[BAD] * 30)
    page = page_of(tmp_path, story)
    drawing = Tags(str(page.overview))
    blocks = [attributes["class"] for tag, attributes in drawing.tags if tag == "rect"]
    assert {"block phase", "block t-warn", "block t-fail"} <= set(blocks)
    assert blocks.count("block phase") == 2
    numbers = [int(found) for found in re.findall(r'href="#decision-(\d+)"', str(page.overview))]
    assert numbers == sorted(set(numbers))
    assert 1 in numbers
    places = [float(attributes["x"] or 0) for tag, attributes in drawing.tags if tag == "rect"]
    assert all(76 <= place <= 992 for place in places)


def test_a_hundred_thousand_characters_of_reason_leave_the_page_short(tmp_path: Path) -> None:
    story = Story(plan(manual("audit"), signals=(number("x"),)))
    story.tell(facts.Held(True, "ana", "long " * 20_000))
    past = collected(tmp_path, story.events)
    for kind in get_args(Format):
        text = "".join(render(past, kind))
        assert "long long" in text
        assert max(map(len, re.findall(r"(?:long )+", text))) <= LONGEST

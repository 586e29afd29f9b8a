"""The page of a handover names everything that the next person has to know, and never less than is known."""

import msgspec

from mmcockpit.core.decide import command as commands
from mmcockpit.core.model.handover import MOST_ROWS, HandoverPage
from mmcockpit.core.model.states import Mark, State
from mmcockpit.core.rules.handovers.page import handover_page
from mmcockpit.core.words.handover import page_parts, page_text, summary_text
from tests.core.handovers.shift import last_phase, shift_file, troubled
from tests.core.sessions import BAD, GONE, START, Story, manual, plan


def page(story: Story) -> HandoverPage:
    return handover_page(story.session, story.now)


def text(story: Story) -> str:
    return "\n".join(page_text(page(story)))


def part(story: Story, heading: str) -> tuple[str, ...]:
    return next(one.lines for one in page_parts(page(story)) if one.heading.startswith(heading))


def test_every_part_of_the_situation_is_on_the_page() -> None:
    shown = text(troubled())
    for expected in (
        "Phase 3 of 3, Cutover",
        "NO-GO: [R] 2 access",
        "On hold by ana for 10m: wait for the database",
        "Next handover 2026-12-06 08:00Z, in 5h",
        "[R] 2 access",
        "[ ] 9 debrief",
        "Overrides: 1",
        "3 backup: until 2026-12-06 04:01Z (1h 49m left), by ana: restored by hand",
        "Deferred: 1",
        "4 docs: by ana: after the go-live",
        "ErrorBudgetBurn, critical, since 2026-12-06T02:10:00Z",
        "Restart the cache: step 1 of 2, Drain it, ready for 10m; started by ana",
        "Baseline: recorded by ana, 2026-12-06 01:51Z to 2026-12-06 02:01Z",
        "p95 latency 0 ms",
    ):
        assert expected in shown, f"{expected!r} is not in\n{shown}"
    assert "RedisMemoryHigh" not in shown


def test_a_settle_time_shows_how_long_it_ran_and_its_earliest_end() -> None:
    story = last_phase()
    stability = next(line for line in part(story, "Settle times: 3") if "stability" in line)
    assert stability == "[~] 6 stability: 20s of 24h, over at 2026-12-07 02:01Z at the earliest"
    assert any("8 users" in line and line.endswith("then needs a tick") for line in part(story, "Settle times"))


def test_a_part_without_rows_is_on_the_page_as_none() -> None:
    story = Story(plan(manual("audit")))
    headings = [one.heading for one in page_parts(page(story))]
    assert headings == [
        "Open items: 1",
        "Regressions that no person has acknowledged: none",
        "Settle times: none",
        "Overrides: none",
        "Deferred: none",
        "Alerts firing: unknown, no signal polls alerts",
        "Open procedures: none",
        "Baseline: not recorded",
    ]


def test_alerts_without_data_are_unknown_and_not_none() -> None:
    story = last_phase()
    assert any(one.heading == "Alerts firing: unknown, no data from Alerts" for one in page_parts(page(story)))
    story = troubled()
    story.see("alerts", GONE)
    assert part(story, "Alerts firing: 1")[-1] == "no data from Alerts: there may be more"


def test_a_regression_counts_as_acknowledged_once_a_person_claims_it_or_notes_it() -> None:
    story = troubled()
    assert [one.number for one in page(story).regressions] == [2]
    noted = troubled()
    noted.do(commands.AddNote("bo", "known, ticket 12", "ready/s/access"))
    assert page(noted).regressions == ()
    claimed = troubled()
    claimed.do(commands.MarkItem("bo", "ready/s/access", mark=Mark.CLAIM))
    assert page(claimed).regressions == ()
    # Open it stays, whoever takes care of it.
    assert 2 in [one.number for one in page(claimed).open_items]


def test_a_note_before_the_regression_does_not_acknowledge_it() -> None:
    story = last_phase()
    story.do(commands.AddNote("bo", "looks fine", "ready/s/access"))
    story.see("access", BAD, BAD, BAD)
    assert [one.state for one in page(story).regressions] == [State.REGRESSED]


def test_a_long_part_is_cut_and_its_number_of_rows_is_kept() -> None:
    story = Story(plan(*(manual(f"item{n}") for n in range(MOST_ROWS + 5))))
    made = page(story)
    assert len(made.open_items) == MOST_ROWS
    assert part(story, f"Open items: {MOST_ROWS + 5}")[-1] == "and 5 more"
    assert summary_text(made) == f"{MOST_ROWS + 5} open items"


def test_the_page_reads_the_same_after_it_was_written_to_a_journal() -> None:
    made = page(troubled())
    assert msgspec.json.decode(msgspec.json.encode(made), type=HandoverPage) == made


def test_the_next_handover_is_the_next_planned_time_of_day_in_utc() -> None:
    assert page(Story(shift_file(handovers=()))).next_handover is None
    for handovers, hours in (((8 * 3600.0,), 6), ((0.0, 2 * 3600.0), 22), ((2 * 3600.0 + 60,), 1 / 60)):
        made = page(Story(shift_file(handovers=handovers)))
        assert made.next_handover == START + hours * 3600

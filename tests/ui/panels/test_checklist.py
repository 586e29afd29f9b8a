"""The checklist as a to-do list: its groups, its cursor, and the keys that lead to what needs an operator."""

from typing import Any

import pytest
from msgspec.structs import replace
from textual.pilot import Pilot

from mmcockpit.core.decide import command as commands
from mmcockpit.core.facts.event import ItemMarked, PhaseChanged
from mmcockpit.core.model.checklist import Item, Section
from mmcockpit.core.model.cockpit import Cockpit, SourceSpec
from mmcockpit.core.model.reading import Fault, FaultKind
from mmcockpit.core.model.states import Mark
from mmcockpit.core.rules.gate import gate
from mmcockpit.ui.actions import marks
from mmcockpit.ui.actions.ask import ask_why
from mmcockpit.ui.actions.needs import next_match
from mmcockpit.ui.app import CockpitApp
from mmcockpit.ui.panels.checklist import ChecklistPanel
from mmcockpit.ui.render.checklist.todo_rows import todo_list
from mmcockpit.ui.render.rows import RowSubject
from tests.core.sessions import Story, manual, plan, sensed
from tests.ui.cockpits import open_cockpit
from tests.ui.conftest import page, settle, shown, typed
from tests.ui.desks import PlainDesk
from tests.ui.feeds import ListFeed
from tests.ui.go_lives import GoLive, cutover, go_live_file, go_live_layout, item, marked

pytestmark = pytest.mark.anyio

DOWN = Fault(FaultKind.REFUSED, "connection refused")


def small(*names: str) -> Cockpit:
    """Return a cockpit file of sensed items, with a layout."""
    return replace(plan(*map(sensed, names)), layout=go_live_layout())


def panel(app: CockpitApp) -> ChecklistPanel:
    """Return the checklist of an application."""
    found = app.board.named("checklist")
    assert isinstance(found, ChecklistPanel)
    return found


def headings(app: CockpitApp) -> list[str]:
    """Return the headings of the to-do list with their counts, whether they are in sight or not."""
    rows = panel(app)._list
    texts = ["".join(part for part, _ in rows.draw(n)) for n, key in enumerate(rows.keys) if key[0] != "item"]  # type: ignore[index]
    return [" ".join(text.split()) for text in texts]


def at(app: CockpitApp) -> str:
    """Return the id of the item under the cursor, or the kind of heading."""
    key: Any = panel(app).chosen
    return str(key[3] or key[0])


async def zoomed(app: CockpitApp, pilot: "Pilot[str]") -> None:
    """Show the checklist alone."""
    await typed(app, pilot, "1", "z")
    await settle(app, pilot)


async def test_every_item_so_far_is_below_the_heading_of_what_it_needs() -> None:
    app, _ = open_cockpit(marked())
    async with shown(app, 120, 40):
        assert headings(app) == [
            "▾ FAILING 2",
            "▾ NEEDS YOU 1",
            "▾ NEEDS YOUR TICK 1",
            "▾ NEEDS A TICK BY BO 1",
            "▾ NO DATA 1",
            "▸ source `api` is not configured 1",
            "▾ SETTLING 2",
            "▸ DONE, 2 overridden, 1 deferred 4",
            "▸ NOT APPLICABLE 1",
        ]


def test_the_tick_of_another_person_is_below_a_heading_with_their_name() -> None:
    story = Story(plan(manual("bo's", assignee="bo"), manual("mine")))
    made = todo_list(story.session, "ana")
    shown = [(part.title, part.items) for part in made.parts if part.items]
    assert shown == [("needs your tick", ("ready/s/mine",)), ("needs a tick by bo", ("ready/s/bo's",))]
    assert made.parents("ready/s/bo's") == [("need", "needs you", "tick", "bo")]


async def test_the_title_counts_what_is_open() -> None:
    app, _ = open_cockpit(marked())
    async with shown(app, 80, 24) as pilot:
        top = next(line for line in page(app) if "1 To do" in line)
        assert top.split("┬")[0].split("▼")[0].rstrip(" ━").endswith(" 8")
        await zoomed(app, pilot)
        assert any("8 open of 13 items" in line for line in page(app))


async def test_a_failing_source_is_one_line_that_opens_to_its_items() -> None:
    file = replace(go_live_file(), sources=(SourceSpec("database", "postgres"),))
    app, _ = open_cockpit(GoLive(file).good(pg_connections=DOWN, pg_replicas=DOWN).wait(40))
    async with shown(app, 120, 40) as pilot:
        assert "▸ database: no answer for 40s: Ctrl+R polls again 2" in headings(app)
        assert item("Read Replicas") not in {key[3] for key in panel(app).outline.keys}
        await typed(app, pilot, "1")
        panel(app).go_to(next(key for key in panel(app).outline.keys if key[0] == "cause"))
        await typed(app, pilot, "enter")
        await settle(app, pilot)
        assert any("[?]   7 Read Replicas" in line for line in page(app))


async def test_the_cursor_starts_on_what_needs_an_operator_first_and_follows_it_until_it_is_moved() -> None:
    night = GoLive(small("errors", "rate"))
    app, _ = open_cockpit(night)
    feed = app._feed
    assert isinstance(feed, ListFeed)
    async with shown(app, 80, 24) as pilot:
        assert at(app) == "cause"
        before = len(night.events)
        night.see(errors=0.0, rate=9.0)
        feed.tell(*(event.body for event in night.events[before:]))
        await settle(app, pilot)
        assert at(app) == "ready/s/rate"


async def test_after_a_tick_the_cursor_is_on_the_next_item_that_needs_one() -> None:
    app, book = open_cockpit(GoLive().good())
    feed = app._feed
    assert isinstance(feed, ListFeed)
    async with shown(app, 120, 40) as pilot:
        first, second = (key[3] for key in panel(app).outline.targets[:2])
        assert at(app) == first
        await typed(app, pilot, "j", "k", "space")
        assert book.asked == [commands.MarkItem("ana", first)]
        feed.tell(ItemMarked(first, Mark.DONE, "ana"))
        await settle(app, pilot)
        assert at(app) == second


async def test_a_key_that_records_is_ignored_right_after_data_moved_the_cursor() -> None:
    app, book = open_cockpit(GoLive().good())
    feed = app._feed
    assert isinstance(feed, ListFeed)
    async with shown(app, 120, 40) as pilot:
        first, second = (key[3] for key in panel(app).outline.targets[:2])
        await typed(app, pilot, "j", "k")
        feed.tell(ItemMarked(first, Mark.DONE, "bo"))
        await settle(app, pilot)
        await pilot.press("space")
        await settle(app, pilot)
        assert book.asked == []
        assert "the cursor has just moved to" in page(app)[-1]
        await typed(app, pilot, "space")
        assert book.asked == [commands.MarkItem("ana", second)]


async def test_an_item_keeps_the_cursor_while_it_moves_to_another_group() -> None:
    night = GoLive(small("errors", "rate", "share")).see(errors=0.0, rate=9.0, share=9.0)
    app, _ = open_cockpit(night)
    feed = app._feed
    assert isinstance(feed, ListFeed)
    async with shown(app, 80, 24) as pilot:
        await typed(app, pilot, "j")
        assert at(app) == "ready/s/share"
        await typed(app, pilot, "f", "f")
        before = len(night.events)
        night.see(rate=0.0)
        feed.tell(*(event.body for event in night.events[before:]))
        await settle(app, pilot)
        assert at(app) == "ready/s/share"


async def test_n_and_shift_n_lead_through_what_needs_an_operator_and_around() -> None:
    app, _ = open_cockpit(marked())
    async with shown(app, 120, 40) as pilot:
        targets = [key[3] or key[0] for key in panel(app).outline.targets]
        seen = [at(app)]
        for _ in targets:
            await typed(app, pilot, "n")
            seen.append(at(app))
        assert seen == [*targets, targets[0]]
        await typed(app, pilot, "N")
        assert at(app) == targets[-1]


async def test_n_leads_from_another_panel_to_the_most_urgent_need() -> None:
    app, _ = open_cockpit(marked())
    async with shown(app, 120, 40) as pilot:
        await typed(app, pilot, "2", "n")
        assert app.pane.kind == "checklist"
        assert panel(app).chosen == panel(app).outline.targets[0]


async def test_while_filtering_n_leads_to_the_next_match() -> None:
    app, _ = open_cockpit(marked())
    async with shown(app, 120, 40) as pilot:
        await typed(app, pilot, "slash", *"redis", "enter", "home")
        await typed(app, pilot, "n")
        first = at(app)
        await typed(app, pilot, "n")
        assert at(app) != first
        assert all("redis" in row for row in (first, at(app)))


async def test_a_filter_also_finds_items_of_later_phases() -> None:
    app, _ = open_cockpit(GoLive().good())
    async with shown(app, 120, 40) as pilot:
        await typed(app, pilot, "slash", *"dns", "enter")
        await settle(app, pilot)
        assert headings(app) == ["▾ LATER PHASES 1"]
        assert any("DNS Cutover" in line for line in page(app))


async def test_a_filter_that_matches_nothing_is_named_where_the_items_were() -> None:
    app, _ = open_cockpit(GoLive().good())
    async with shown(app, 120, 40) as pilot:
        await typed(app, pilot, "slash", *"zzz", "enter")
        await settle(app, pilot)
        assert any("nothing here matches zzz" in line for line in page(app))


async def test_g_shows_the_order_of_the_document_with_passed_phases_closed_and_back() -> None:
    app, _ = open_cockpit(cutover(bad=False))
    async with shown(app, 120, 40) as pilot:
        await typed(app, pilot, "g")
        await settle(app, pilot)
        shown_headings = headings(app)
        assert [text[:1] for text in shown_headings[:3]] == ["▸", "▸", "▾"]
        assert any("1 Checklist" in line for line in page(app))
        await typed(app, pilot, "g")
        await settle(app, pilot)
        assert any("1 To do" in line for line in page(app))


async def test_in_the_order_of_the_document_a_passed_gate_leads_the_cursor_to_the_next_need() -> None:
    items = (sensed("errors"), sensed("rate", "deployment"), manual("deploy", "deployment"))
    app, _ = open_cockpit(GoLive(replace(plan(*items), layout=go_live_layout())).see(errors=0.0, rate=0.0))
    feed = app._feed
    assert isinstance(feed, ListFeed)
    async with shown(app, 120, 40) as pilot:
        await typed(app, pilot, "g")
        panel(app).reach(RowSubject("item", "ready/s/errors"))
        await settle(app, pilot)
        assert at(app) == "ready/s/errors"
        feed.tell(PhaseChanged("ready", "deployment", "ana"))
        await settle(app, pilot)
        assert at(app) == "deployment/s/deploy", "not on what moved into the row of the folded item"


async def test_w_leads_to_the_open_phase() -> None:
    app, _ = open_cockpit(cutover(bad=False))
    async with shown(app, 80, 24) as pilot:
        await typed(app, pilot, "2", "w")
        await settle(app, pilot)
        assert panel(app).chosen == ("phase", "cutover", "", "")
        assert any(line.startswith(">▾ CUTOVER") for line in page(app))


async def test_the_cursor_stays_on_its_item_between_the_orders() -> None:
    app, _ = open_cockpit(GoLive().good())
    async with shown(app, 120, 40) as pilot:
        await typed(app, pilot, "n", "n")
        chosen = at(app)
        await typed(app, pilot, "g")
        assert at(app) == chosen
        await typed(app, pilot, "g")
        assert at(app) == chosen


def test_what_was_left_open_is_listed_with_its_phase_whatever_its_id_is() -> None:
    cockpit = plan(sensed("a", "deployment"))
    ready, *later = cockpit.checklist.phases
    ready = replace(ready, sections=(Section("s", "S", (Item("nowhere", 2, "Left"),)),))
    story = Story(replace(cockpit, checklist=replace(cockpit.checklist, phases=(ready, *later))))
    story.tell(PhaseChanged("ready", "deployment", "ana", reason="it is time"))
    assert todo_list(story.session, "ana").left == {"ready": ("nowhere",)}


async def test_what_a_forced_gate_left_open_is_one_row() -> None:
    night = GoLive().good()
    left = len(gate(night.session).unmet)
    night.wait(1).ask(commands.OpenPhase("ana", gate(night.session).phase, "all agree", override=True))
    app, _ = open_cockpit(night)
    async with shown(app, 120, 40) as pilot:
        (row,) = [text for text in headings(app) if "left open" in text]
        count = int(row.split()[1])
        assert row == f"▸ {count} left open in Readiness (forced)"
        assert 0 < count <= left
        panel(app).go_to(("left", "readiness", "", ""))
        await typed(app, pilot, "l")
        await settle(app, pilot)
        assert panel(app).outline.keys.index(("left", "readiness", "", "")) + count < len(panel(app).outline.keys)


async def test_a_claim_is_visible_on_the_row_of_a_sensed_item() -> None:
    night = GoLive().good(pg_replicas=DOWN).ask(commands.MarkItem("bo", item("Read Replicas"), mark=Mark.CLAIM))
    app, _ = open_cockpit(night)
    async with shown(app, 80, 24) as pilot:
        assert app.show_item(item("Read Replicas"))
        await settle(app, pilot)
        row = next(line for line in page(app) if "7 Read Replicas" in line)
        assert "claimed by bo" in row.split("│")[0]


async def test_thousands_of_rows_cost_no_more_than_those_in_sight() -> None:
    names = [f"s{n}" for n in range(1000)]
    app, _ = open_cockpit(GoLive(small(*names)).see(s1=9.0))
    async with shown(app, 80, 24):
        assert len(panel(app)._drawn) <= 24
        assert at(app) == "ready/s/s1"


@pytest.mark.parametrize(
    ("kind", "title", "why"),
    [
        (Mark.VERIFY, "PostgreSQL", "does not require a second person"),
        (Mark.VERIFY, "API Keys", "API Keys"),
        (Mark.CLAIM, "Audit Logging", "claimed"),
        (Mark.OVERRIDE, "Persistence", "Persistence"),
    ],
)
def test_what_cannot_be_recorded_is_refused_before_a_text_is_asked_for(kind: Mark, title: str, why: str) -> None:
    actions = {Mark.VERIFY: marks.verify, Mark.CLAIM: marks.claim}
    night = marked()
    if title == "API Keys":
        night = GoLive().good()
    desk = PlainDesk(night, RowSubject("item", item(title)))
    actions.get(kind, marks.mark(kind))(desk)
    assert desk.questions == []
    assert desk.choices == []
    assert desk.submitted == []
    assert why in desk.said[-1]


def test_a_hold_that_is_refused_asks_for_no_reason() -> None:
    desk = PlainDesk(marked())
    ask_why(desk, "skip, because:", lambda by, why: commands.SkipStep(by, "rollback", "nothing", why))
    assert desk.questions == []
    assert desk.said[-1].startswith("refused: ")


def test_n_without_any_need_shows_what_is_next() -> None:
    desk = PlainDesk(GoLive().good(), operator="ana")
    desk.has_needs = False
    next_match(desk)
    assert "settles" in desk.said[-1] or "tick" in desk.said[-1]
    assert desk.submitted == []


async def test_a_cause_of_missing_data_is_polled_by_its_first_signal_on_the_key() -> None:
    file = replace(go_live_file(), sources=(SourceSpec("database", "postgres"),))
    app, book = open_cockpit(GoLive(file).good(pg_connections=DOWN, pg_replicas=DOWN))
    async with shown(app, 120, 40) as pilot:
        panel(app).go_to(
            next(key for key in panel(app).outline.keys if key[:3] == ("cause", "source failing", "database"))
        )
        await typed(app, pilot, "r", "space")
        assert book.asked == [commands.SenseNow("ana", ("pg_connections",))], "a cause cannot be ticked"

"""The command line: what is found, how it is completed, and what Enter means; properties of every command."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmcockpit.core.decide import command as commands
from mmcockpit.core.model.reading import Fault, FaultKind
from mmcockpit.core.model.states import Mark
from mmcockpit.core.words.keys import NO_KEYS, press
from mmcockpit.ui.actions.action import Action
from mmcockpit.ui.actions.command_line import complete, meant, named, rank_of, run_line, split, suggestions, usable
from mmcockpit.ui.actions.keymap import ACTIONS
from mmcockpit.ui.actions.palette import command_question
from mmcockpit.ui.app import CockpitApp
from mmcockpit.ui.render.rows import RowSubject
from tests.ui.conftest import page, settle, shown
from tests.ui.desks import PlainDesk
from tests.ui.emergencies import called
from tests.ui.feeds import Notebook
from tests.ui.go_lives import GoLive, go_live_layout, item

ALL = usable(replays=True)
LETTERS = st.text("abcdefghijklmnopqrstuvwxyz0123456789 -_!=%", max_size=24)


@pytest.fixture
def desk() -> PlainDesk:
    return PlainDesk(GoLive().good())


def heads(desk: PlainDesk, typed: str) -> list[str]:
    return [one.line for one in suggestions(desk, typed)]


def enter(desk: PlainDesk, typed: str, chosen: int = 0) -> None:
    question = command_question(desk, "")
    question.changed(typed)
    question.done(typed, chosen)


def test_no_two_commands_share_a_name_or_a_synonym() -> None:
    words = [word for action in ACTIONS for word in (action.name, *action.synonyms)]
    assert sorted({word for word in words if words.count(word) > 1}) == []
    assert all(word == word.casefold() and " " not in word for word in words)


@pytest.mark.parametrize("action", ALL, ids=lambda action: action.name)
def test_every_command_is_found_by_its_name_its_synonyms_and_its_sentence(action: Action) -> None:
    assert named(action.name) is action
    assert named(action.id) is action
    assert named(press(NO_KEYS, action.id).removeprefix("run :")) is action
    for typed in (action.name, *action.synonyms):
        ranks = {one.id: rank for one in ALL if (rank := rank_of([typed], one)) is not None}
        assert ranks[action.id] == min(ranks.values())
    for word in action.title.split():
        assert rank_of([word.strip(",:;?.").casefold()], action) is not None


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("rollback", "rollback"),
        ("revert", "rollback"),
        ("tick", "tick"),
        ("contacts", "contacts"),
        ("phone", "contacts"),
        ("quit", "leave"),
        ("q", "leave"),
        ("exit", "leave"),
        ("baseline", "baseline"),
        ("pause", "freeze"),
        ("dark", "theme"),
        ("vote", "poll"),
        ("search", "filter"),
        ("second", "verify"),
        ("stakeholders", "message"),
        ("deploy", "phase deployment"),
        ("checklist", "panel checklist"),
        ("zoo", "zoom"),
    ],
)
def test_a_command_is_found_by_what_it_means(desk: PlainDesk, typed: str, first: str) -> None:
    assert heads(desk, typed)[0] == first


@given(LETTERS)
def test_any_line_can_be_typed_completed_and_entered(typed: str) -> None:
    desk = PlainDesk(GoLive().good(), operator="")
    rows = suggestions(desk, typed)
    assert len({one.line for one in rows}) == len(rows)
    for chosen, row in enumerate(rows):
        completed = complete(typed, row)
        assert split(completed)[0] is row.action
        assert complete(completed, row) == completed
        line, _ = meant(typed, rows, chosen)
        assert split(line)[0] is not None or typed == line
    enter(desk, typed)
    assert desk.submitted == []


@given(st.sampled_from(ALL), st.integers(1, 20), st.booleans())
def test_the_beginning_of_a_name_finds_it_in_capitals_too(action: Action, cut: int, upper: bool) -> None:
    typed = action.name[:cut]
    rank = rank_of([typed.casefold()], action)
    assert rank is not None
    assert rank <= 2
    wanted = typed.upper() if upper else typed
    assert any(one.action is action for one in suggestions(PlainDesk(GoLive().good()), wanted)) or action.replays


def test_a_near_miss_is_offered_and_never_run(desk: PlainDesk) -> None:
    assert {one.near for one in suggestions(desk, "notr hello")} == {True}
    assert complete("notr hello", suggestions(desk, "notr hello")[0]) == "note hello"
    enter(desk, "notr hello")
    assert desk.said == ["unknown command 'notr'; did you mean note?"]
    assert desk.submitted == []


def test_what_records_and_was_found_by_meaning_is_completed_before_it_runs(desk: PlainDesk) -> None:
    enter(desk, "the gate of")
    assert (desk.opened, desk.submitted) == ([":go "], [])


@pytest.mark.parametrize(
    ("typed", "completed"),
    [
        ("the", "theme "),
        ("theme c", "theme cockpit-dark"),
        ("panel proc", "panel procedures"),
        ("tick redis cl", "tick 10"),
        ("sense err", "sense error_rate"),
        ("sense error_rate p9", "sense error_rate p95"),
        ("go ", "go deployment"),
        ("advice acc", "advice accept "),
        ("poll cl", "poll close "),
        ("poll close n", "poll close no-go"),
        ("phase cut", "phase cutover"),
        ("t0 n", "t0 now"),
        ("note hello there", "note hello there"),
    ],
)
def test_arguments_are_completed(desk: PlainDesk, typed: str, completed: str) -> None:
    assert complete(typed, suggestions(desk, typed)[0]) == completed


def test_an_item_is_ticked_by_its_number_or_its_title(desk: PlainDesk) -> None:
    assert run_line(desk, "tick 2") == ""
    assert run_line(desk, "tick secrets management") == ""
    assert run_line(desk, "override api keys") == ""
    desk.questions[-1].done("15m wrong probe", 0)
    assert desk.submitted == [
        commands.MarkItem("ana", item("Secrets Management")),
        commands.MarkItem("ana", item("Secrets Management")),
        commands.MarkItem("ana", item("API Keys"), "wrong probe", Mark.OVERRIDE, 900.0),
    ]
    assert run_line(desk, "tick secretz management") == (
        "unknown item 'secretz management'; did you mean 2 Secrets Management?"
    )
    assert run_line(desk, "tick deploy").startswith("3 items match 'deploy': 14 Deploy Databases")


def test_an_unfinished_item_that_may_be_another_is_completed_and_not_ticked(desk: PlainDesk) -> None:
    enter(desk, "tick deploy")
    assert (desk.opened, desk.submitted) == ([":tick 14 "], [])
    enter(desk, "tick deploy", chosen=1)
    assert desk.opened[-1] == f"item {item('Deploy Application')}"


def test_the_chosen_value_is_taken_for_an_unfinished_one(desk: PlainDesk) -> None:
    enter(desk, "panel proc")
    assert desk.opened == ["procedures"]
    enter(desk, "panel ", chosen=1)
    assert desk.opened[-1] == "procedures"


def test_a_gate_is_passed_only_into_the_phase_that_opens_next(desk: PlainDesk) -> None:
    following = "the next phase is Deployment: `:go deployment`"
    assert run_line(desk, "go cutover") == f"phase 'cutover' does not open next; {following}"
    assert run_line(desk, "go moon") == f"unknown phase 'moon'; {following}"
    assert run_line(desk, "go deployment") == ""
    assert len(desk.submitted) + len(desk.choices) == 1


@pytest.mark.anyio
async def test_rollback_opens_the_dialog_of_the_rollback_procedure() -> None:
    book = Notebook()
    app = CockpitApp(called().feed(book), go_live_layout())
    async with shown(app, 80, 24) as pilot:
        await pilot.press("colon", *"rollback", "enter")
        await settle(app, pilot)
        assert len(app.screen_stack) == 2
        assert any("Roll back by kubectl: start it?" in line for line in page(app))
        await pilot.press("escape")
        await settle(app, pilot)
        assert app.pane.kind == "procedures"
        assert book.asked == []
    without = PlainDesk(GoLive().good())
    assert run_line(without, "revert") == ""
    assert without.said[-1].startswith("no rollback procedure")


def test_a_planned_start_in_another_week_is_set_and_named() -> None:
    desk = PlainDesk(GoLive().good())
    assert run_line(desk, "t0 2026-12-20T02:00Z") == ""
    assert desk.said == ["T0 is 2026-12-20 02:00Z, in 14d: check the date"]
    assert len(desk.submitted) == 1
    assert run_line(desk, "t0 +15m") == ""
    assert len(desk.said) == 1


def test_a_second_person_is_named_with_the_item(desk: PlainDesk) -> None:
    assert run_line(desk, "verify 99 bo") == "unknown item '99'; an item is its number or its title"
    assert run_line(desk, "verify 3 bo") == ""
    assert desk.submitted == [commands.MarkItem("bo", item("API Keys"), mark=Mark.VERIFY, witnessed=True)]
    assert run_line(desk, "verify 3 zoe") == "unknown person 'zoe'; known: ana, bo, cy"
    assert complete("verify 3 c", suggestions(desk, "verify 3 c")[0]) == "verify 3 cy"


def test_doctor_shows_what_has_no_data_and_records_nothing() -> None:
    desk = PlainDesk(GoLive().good(error_rate=Fault(FaultKind.TIMEOUT, "no answer within 3 s")))
    assert run_line(desk, "doctor") == ""
    title, ways, answered = desk.choices[-1]
    answered("back")
    assert (title, [way.word for way in ways], desk.submitted) == ("No data, by cause", ["back"], [])


def test_what_is_missing_is_named_and_asked_for(desk: PlainDesk) -> None:
    needed = "needs REASON, such as waiting for the database team"
    assert run_line(desk, "advice accept") == f":advice {needed} (accept or dismiss the advice, with a reason)"
    enter(desk, "advice accept")
    enter(desk, "panel")
    enter(desk, "accept-identity ")
    assert desk.opened == [
        f"{needed} :advice accept ",
        f"needs NAME, such as {next(iter(desk.panel_titles))} :panel ",
        "needs SOURCE, such as prometheus :accept-identity ",
    ]
    assert run_line(desk, "zoom in") == ":zoom takes no argument: this panel alone, or all again"


@pytest.mark.anyio
@pytest.mark.parametrize("order", ["", "g"])
async def test_an_item_is_reached_in_both_orders_and_behind_a_filter(order: str) -> None:
    book = Notebook()
    feed = GoLive().good().feed(book)
    app = CockpitApp(feed, go_live_layout())
    async with shown(app, 80, 24) as pilot:
        feed.wait(2)
        await settle(app, pilot)
        await pilot.press("f", "slash", *"redis", "enter", *order, "2", "colon", *"item 3", "enter")
        await settle(app, pilot)
        panel = app.board.named("checklist")
        assert panel is not None
        assert panel.subject(panel.chosen) == RowSubject("item", item("API Keys"))
        assert app.pane.kind == "detail"
        await pilot.press("escape", "1", "slash", *"redis", "enter", "colon", *"tick 2", "enter")
        await settle(app, pilot)
        assert book.asked == [commands.MarkItem("ana", item("Secrets Management"))]
        await pilot.press("colon", *"phase cutover", "enter")
        await settle(app, pilot)
        assert panel.subject(panel.chosen) == RowSubject("item", item("DNS Cutover"))


@pytest.mark.anyio
async def test_enter_without_a_required_argument_names_it_with_an_example_until_it_is_typed() -> None:
    book = Notebook()
    app = CockpitApp(GoLive().good().feed(book), go_live_layout())
    async with shown(app, 80, 24) as pilot:
        await pilot.press("colon", *"accept ", "enter")
        await settle(app, pilot)
        assert page(app)[-1].startswith(" needs REASON, such as waiting for the database team : accept")
        await pilot.press(*"disk is full", "enter")
        await settle(app, pilot)
        assert not page(app)[-1].startswith(" needs")
        assert book.asked == [commands.AcceptUnrecorded("ana", "disk is full")]


@pytest.mark.parametrize("action", [one for one in ALL if one.arguments], ids=lambda action: action.name)
def test_every_required_argument_has_an_example_or_values_to_choose(desk: PlainDesk, action: Action) -> None:
    for argument in action.arguments:
        assert argument.optional or argument.closed or argument.example or list(argument.candidates(desk, ()))

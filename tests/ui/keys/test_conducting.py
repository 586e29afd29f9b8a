"""What the keys and commands that conduct the go-live ask the engine for."""

import string

import pytest
from msgspec.structs import replace
from textual.pilot import Pilot

from mmcockpit.core.decide import command as commands
from mmcockpit.core.facts.event import Advised, PhaseChanged, PollOpened, Reason, Voted
from mmcockpit.core.facts.reasons import ReasonKind
from mmcockpit.core.model.checklist import Section
from mmcockpit.core.model.signal import Rule
from mmcockpit.core.model.states import Advice, Mark
from mmcockpit.core.rules.advice import coverage
from mmcockpit.core.rules.gate import gate
from mmcockpit.ui.actions.marks import spoken, timed
from mmcockpit.ui.app import CockpitApp
from mmcockpit.ui.render.rows import RowSubject
from mmcockpit.ui.render.text import plain
from tests.ui.cockpits import open_cockpit
from tests.ui.conftest import page, settle, shown, typed
from tests.ui.go_lives import GoLive, go_live_file, item

pytestmark = pytest.mark.anyio


async def move_to(app: CockpitApp, pilot: "Pilot[str]", title: str) -> None:
    """Move the cursor down to an item, in the order of the document."""
    await pilot.press("w")
    for _ in range(40):
        if app.board.active.subject(app.board.active.chosen) == RowSubject("item", item(title)):
            return
        await pilot.press("j")
    raise AssertionError(f"{title} is not in sight")


@pytest.mark.parametrize(
    ("key", "words", "wanted"),
    [
        ("O", "probe is wrong", commands.MarkItem("ana", item("PostgreSQL"), "probe is wrong", Mark.OVERRIDE, 1800.0)),
        ("O", "15m wrong", commands.MarkItem("ana", item("PostgreSQL"), "wrong", Mark.OVERRIDE, 900.0)),
        ("X", "no pool", commands.MarkItem("ana", item("PostgreSQL"), "no pool", Mark.NOT_APPLICABLE)),
        ("D", "later", commands.MarkItem("ana", item("PostgreSQL"), "later", Mark.DEFER)),
        ("B", "no access", commands.MarkItem("ana", item("PostgreSQL"), "no access", Mark.BLOCK)),
        ("H", "wait for bo", commands.HoldSession("ana", True, "wait for bo")),
    ],
)
async def test_an_upper_case_key_asks_why_and_an_empty_answer_cancels(
    key: str, words: str, wanted: commands.AnyCommand
) -> None:
    app, book = open_cockpit(GoLive().good())
    async with shown(app, 80, 24) as pilot:
        await move_to(app, pilot, "PostgreSQL")
        await typed(app, pilot, key)
        assert app.prompt.asking
        await typed(app, pilot, "enter")
        await settle(app, pilot)
        assert "cancelled" in page(app)[-1]
        assert book.asked == []
        await typed(app, pilot, key, *words, "enter")
        assert book.asked == [wanted]


async def test_a_claim_asks_first_and_no_capital_letter_answers() -> None:
    app, book = open_cockpit(GoLive().good())
    async with shown(app, 80, 24) as pilot:
        await move_to(app, pilot, "PostgreSQL")
        await typed(app, pilot, "A", *"YAOXDBVPH", "enter")
        assert book.asked == []
        await typed(app, pilot, "A", "y")
        assert book.asked == [commands.MarkItem("ana", item("PostgreSQL"), mark=Mark.CLAIM)]


async def test_no_capital_letter_records_at_once_and_caps_lock_types_no_answer() -> None:
    """Everything that is typed with Caps Lock on, at a reader's pace: questions open, nothing is recorded."""
    app, book = open_cockpit(GoLive().good())
    async with shown(app, 80, 24) as pilot:
        await move_to(app, pilot, "PostgreSQL")
        for key in string.ascii_uppercase:
            await typed(app, pilot, key)
            assert book.asked == [], key
            await typed(app, pilot, *"QY", "escape")
        await typed(app, pilot, "E", "E", "escape")
        assert book.asked == []


async def test_a_key_without_effect_shows_why() -> None:
    app, _ = open_cockpit(GoLive().good())
    async with shown(app, 80, 24) as pilot:
        for key, why in (
            ("J", "J is not a key here, j is: is Caps Lock on?"),
            ("о", "Cyrillic"),
            ("α", "Greek"),
            ("v", "v is not a key"),
        ):
            await typed(app, pilot, key)
            await settle(app, pilot)
            assert why in page(app)[-1]
        await typed(app, pilot, "q", "L")
        await settle(app, pilot)
        assert "L is not a key here, l is: is Caps Lock on?" in "\n".join(page(app))
        assert app.is_running


async def test_the_second_person_is_another_one_of_the_people() -> None:
    app, book = open_cockpit(GoLive().good().ask(commands.MarkItem("ana", item("API Keys"))))
    async with shown(app, 80, 24) as pilot:
        await move_to(app, pilot, "API Keys")
        await typed(app, pilot, "V", *"zoe", "enter")
        await settle(app, pilot)
        assert "unknown person 'zoe'; known: " in page(app)[-1]
        await typed(app, pilot, "V", *"ana", "enter")
        assert book.asked == []
        await typed(app, pilot, "V", "c", "enter")
        assert book.asked == [commands.MarkItem("cy", item("API Keys"), mark=Mark.VERIFY, witnessed=True)]


async def test_the_poll_is_opened_and_answered_role_by_role() -> None:
    app, book = open_cockpit(GoLive().good())
    async with shown(app, 80, 24) as pilot:
        await typed(app, pilot, "P", "enter")
        assert book.asked == [], "the first answer opens it"
        await typed(app, pilot, "P", *"go", "enter", *"no-go lag", "enter", *"perhaps", "enter")
        await settle(app, pilot)
        assert "write go or no-go" in page(app)[-1]
        assert book.asked == [
            commands.OpenPoll("ana"),
            commands.Vote("ana", True, "database", ""),
            commands.Vote("ana", False, "network", "lag"),
        ]


async def test_once_all_have_answered_the_poll_is_decided() -> None:
    app, book = open_cockpit(GoLive().good())
    feed = app._feed
    async with shown(app, 80, 24) as pilot:
        feed.tell(PollOpened("ana"), *(Voted(role, True, "ana") for role in ("database", "network", "support")))  # type: ignore[attr-defined]
        await settle(app, pilot)
        await typed(app, pilot, "P", *"go all said go", "enter")
        assert book.asked == [commands.ClosePoll("ana", True, "all said go")]


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ("go", commands.OpenPhase("ana", "readiness")),
        ("baseline", commands.RecordBaseline("ana")),
        ("poll no-go lag", commands.Vote("ana", False, "", "lag")),
        ("poll close go all", commands.ClosePoll("ana", True, "all")),
        ("hold dinner", commands.HoldSession("ana", True, "dinner")),
    ],
)
async def test_commands_conduct(words: str, wanted: commands.AnyCommand) -> None:
    app, book = open_cockpit(GoLive().good())
    async with shown(app, 80, 24) as pilot:
        await typed(app, pilot, "colon", *words, "enter")
        assert book.asked == [wanted]


async def test_an_advice_is_decided_as_it_was_when_the_line_was_opened() -> None:
    app, book = open_cockpit(GoLive().good(pg_connections={"connections": 190, "max_connections": 200, "share": 0.95}))
    feed = app._feed
    async with shown(app, 80, 24) as pilot:
        said = app.sight.session.advised
        assert said is not None
        assert said.advice is Advice.NO_GO
        seen = coverage(said.reasons)
        rollback = Reason(ReasonKind.ABORT, "p95", "cutover", 60.0)
        await typed(app, pilot, "colon", *"advice dismiss kn")
        feed.tell(Advised(Advice.ROLLBACK, (rollback,)))  # type: ignore[attr-defined]
        await settle(app, pilot)
        await typed(app, pilot, *"own", "enter")
        await typed(app, pilot, "colon", *"advice accept yes", "enter")
        assert book.asked == [
            commands.DecideAdvice("ana", Advice.NO_GO, seen, False, "known"),
            commands.DecideAdvice("ana", Advice.ROLLBACK, (rollback.coverage,), True, "yes"),
        ]


async def test_a_gate_is_passed_as_it_was_when_the_line_was_opened() -> None:
    app, book = open_cockpit(GoLive().good())
    feed = app._feed
    async with shown(app, 80, 24) as pilot:
        await typed(app, pilot, "colon", *"go! ag")
        feed.tell(PhaseChanged("readiness", "deployment", "bo"))  # type: ignore[attr-defined]
        await settle(app, pilot)
        await typed(app, pilot, *"reed", "enter", "colon", *"go", "enter")
        assert book.asked == [
            commands.OpenPhase("ana", "readiness", "agreed", override=True),
            commands.OpenPhase("ana", "deployment"),
        ]


async def test_an_override_of_a_gate_asks_and_shows_what_stays_open() -> None:
    app, book = open_cockpit(GoLive().good())
    async with shown(app, 80, 17) as pilot:
        closing = gate(app.sight.session)
        await typed(app, pilot, "colon", *"go! agreed", "enter")
        await settle(app, pilot)
        screen = "\n".join(page(app))
        # The question is broken into two lines, beside what the dialog does not cover.
        assert f"despite {len(closing.unmet)} open" in screen
        assert plain(closing.unmet[0].item.title, 20) in screen
        assert "PgDn" in screen, "there are more than fit"
        assert book.asked == []
        await typed(app, pilot, "enter")
        await settle(app, pilot)
        assert book.asked == [], "cancel has the focus"
        await typed(app, pilot, "colon", *"go! agreed", "enter")
        await settle(app, pilot)
        await typed(app, pilot, "o")
        wanted = commands.OpenPhase("ana", "readiness", "agreed", override=True, seen=closing.against)
        assert book.asked == [wanted]


INCOMPLETE = {
    "advice": ":advice accept",
    "advice dismiss": ":advice accept|dismiss REA",
    "advice maybe so": ":advice accept REASON",
    "poll maybe": ":poll go|no-go",
    "go!": ":go! REASON",
    "hold": "hold the go-live, why:",
}


@pytest.mark.parametrize("words", INCOMPLETE)
async def test_an_incomplete_command_shows_what_is_missing(words: str) -> None:
    app, book = open_cockpit(GoLive().good())
    async with shown(app, 80, 24) as pilot:
        await typed(app, pilot, "colon", *words, "enter")
        await settle(app, pilot)
        assert INCOMPLETE[words] in "\n".join(page(app)[-4:])
        assert book.asked == []


async def test_what_costs_money_is_asked_only_once_it_is_confirmed() -> None:
    app, book = open_cockpit(GoLive().good())
    async with shown(app, 80, 24) as pilot:
        await typed(app, pilot, "colon", *"panel smoke", "enter")
        await settle(app, pilot)
        await typed(app, pilot, "r")
        await pilot.pause()
        await typed(app, pilot, "enter")
        await pilot.pause()
        assert book.asked == []
        await typed(app, pilot, "r")
        await pilot.pause()
        await typed(app, pilot, "r")
        await pilot.pause()
        assert book.asked == [commands.SenseNow("ana", ("smoke_chat",), confirmed=True)]


async def test_what_is_attested_is_ticked_with_what_was_seen() -> None:
    app, book = open_cockpit(GoLive().good())
    async with shown(app, 80, 24) as pilot:
        await move_to(app, pilot, "Redis Cluster")
        await typed(app, pilot, "space", *"both online", "enter")
        await move_to(app, pilot, "Audit Logging")
        await typed(app, pilot, "space", "enter")
        await typed(app, pilot, "space", *"ticket 7", "enter")
        await move_to(app, pilot, "PostgreSQL")
        await typed(app, pilot, "space")
        assert book.asked == [
            commands.MarkItem("ana", item("Redis Cluster"), "both online"),
            commands.MarkItem("ana", item("Audit Logging"), "ticket 7"),
            commands.MarkItem("ana", item("PostgreSQL")),
        ]


async def test_a_warning_that_an_item_accepts_is_accepted_for_a_reason() -> None:
    file = go_live_file()
    rule = Rule("value.connected_replicas >= 2", "value.connected_replicas == 1")
    signals = tuple(replace(one, rule=rule) if one.name == "redis_role" else one for one in file.signals)
    phases = tuple(replace(one, sections=tuple(map(accepting, one.sections))) for one in file.checklist.phases)
    file = replace(file, signals=signals, checklist=replace(file.checklist, phases=phases))
    app, book = open_cockpit(GoLive(file).good(redis_role={"connected_replicas": 1}))
    async with shown(app, 80, 24) as pilot:
        await move_to(app, pilot, "Redis Cluster")
        await typed(app, pilot, "space")
        await settle(app, pilot)
        assert "accept the warning because:" in page(app)[-1]
        await typed(app, pilot, "enter")
        await typed(app, pilot, "space", *"one is enough", "enter")
        assert book.asked == [commands.MarkItem("ana", item("Redis Cluster"), "one is enough")]


def accepting(section: Section) -> Section:
    return replace(section, items=tuple(replace(one, warning_accepted=bool(one.signal)) for one in section.items))


def test_times_and_votes_are_read() -> None:
    assert timed("2h long") == (7200.0, "long")
    assert timed("15m") == (900.0, "")
    assert timed("15 minutes") == (1800.0, "15 minutes")
    assert spoken("No-go: lag") == (False, "lag")
    assert spoken("maybe") == (None, "")

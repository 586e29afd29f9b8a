"""`r` and `:sense` on the shipped checklist: a combination offers its active members in one dialog."""

from functools import cache

import msgspec
import pytest

from mmcockpit import sources
from mmcockpit.config.load import load_cockpit
from mmcockpit.core.decide import command as commands
from mmcockpit.core.model.cockpit import Allowed
from mmcockpit.core.model.cockpit import Cockpit as CockpitFile
from mmcockpit.core.model.verdict import Level
from mmcockpit.core.rules.combination import polled_by
from mmcockpit.ui.app import CockpitApp
from tests.config.modelmuxer import DEMO, readings
from tests.ui.cockpits import open_cockpit, select_item
from tests.ui.conftest import page, settle, shown, typed
from tests.ui.go_lives import GoLive

pytestmark = pytest.mark.anyio

CHATS = ("chat_1", "chat_2", "chat_3")


@cache
def demo(*allow: str) -> CockpitFile:
    """Return the demo's cockpit; it allows its own active signals, or those given."""
    file = load_cockpit(DEMO, sources).cockpit
    return msgspec.structs.replace(file, allow=Allowed(active=allow)) if allow else file


def dialog(app: CockpitApp) -> str:
    """Return the text of the open dialog, in one line."""
    lines = page(app)
    left, right = next((line.index("╭"), line.index("╮")) for line in lines if "╭" in line)
    return " ".join(
        " ".join(line[left + 1 : right].strip(" │╰─╯") for line in lines if line[left : left + 1] == "│").split()
    )


@pytest.mark.parametrize(
    ("title", "checks", "width", "height"),
    [
        ("API Keys", CHATS, 80, 24),
        ("PII Protection", ("pii_prompt",), 80, 24),
        ("Alerting", ("synthetic_alert",), 80, 24),
        ("Smoke Tests", ("smoke_chat", "smoke_stream", "smoke_models"), 200, 50),
        ("External APIs", CHATS, 200, 50),
    ],
)
async def test_r_on_an_item_asks_once_for_all_its_active_members(
    title: str, checks: tuple[str, ...], width: int, height: int
) -> None:
    night = GoLive(demo())
    app, book = open_cockpit(night)
    async with shown(app, width, height) as pilot:
        await select_item(app, pilot, title)
        await typed(app, pilot, "r")
        await settle(app, pilot)
        said = dialog(app)
        for name in checks:
            signal = night.session.signals[name].signal
            assert signal.title in said
            assert signal.effect.split(";")[0] in said, "what it costs and does"
        await typed(app, pilot, "enter")
        assert book.asked == [], "Cancel has the focus"
        await typed(app, pilot, "r")
        await settle(app, pilot)
        await typed(app, pilot, "r")
        (sent,) = book.asked
        assert isinstance(sent, commands.SenseNow)
        assert sent.confirmed
        assert set(checks) <= set(polled_by(night.session, sent.signals)), "the engine polls them"
        night.ask(sent)
        assert night.session.log[-1].body.__class__.__name__ != "Refused"


async def test_the_combination_is_judged_from_the_answers() -> None:
    night = GoLive(demo())

    def level() -> Level:
        return night.session.signals["provider_chats"].verdict.level

    assert level() is Level.UNKNOWN
    night.see(**{name: readings()[name] for name in CHATS})
    assert level() is Level.PASS
    night.see(chat_2={**readings()["chat_2"], "status": 401})
    assert level() is Level.FAIL


async def test_what_passes_already_need_not_be_paid_again() -> None:
    night = GoLive(demo()).see(chat_1=readings()["chat_1"])
    app, book = open_cockpit(night)
    async with shown(app, 80, 24) as pilot:
        await select_item(app, pilot, "External APIs")
        await typed(app, pilot, "r")
        await typed(app, pilot, "m")
        (sent,) = book.asked
        assert isinstance(sent, commands.SenseNow)
        assert {"chat_2", "chat_3"} == set(sent.signals) & set(CHATS)


async def test_what_is_not_allowed_is_named_and_the_rest_runs() -> None:
    app, book = open_cockpit(GoLive(demo("chat_1")))
    async with shown(app, 80, 24) as pilot:
        await select_item(app, pilot, "External APIs")
        await typed(app, pilot, "r")
        await settle(app, pilot)
        assert "add chat_2 to allow.active" in dialog(app)
        await typed(app, pilot, "r")
        assert book.asked == [commands.SenseNow("ana", ("external_apis", "chat_1"), confirmed=True)]


async def test_without_any_allowed_the_rest_is_polled_and_the_way_out_named() -> None:
    app, book = open_cockpit(GoLive(demo("smoke_chat")))
    async with shown(app, 80, 24) as pilot:
        await select_item(app, pilot, "External APIs")
        await typed(app, pilot, "r")
        await settle(app, pilot)
        assert "chat_1, chat_2, chat_3 are active checks: add to allow.active" in page(app)[-1]
        assert book.asked == [commands.SenseNow("ana", ("external_apis",))]


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("sense chat_1", ("chat_1",)),
        ("sense provider_chats", ("provider_chats", *CHATS)),
        ("sense external_apis", ("external_apis", *CHATS)),
        ("sense error_rate chat_2 chat_2", ("error_rate", "chat_2")),
    ],
)
async def test_the_command_line_offers_the_same(line: str, wanted: tuple[str, ...]) -> None:
    app, book = open_cockpit(GoLive(demo()))
    async with shown(app, 80, 24) as pilot:
        await typed(app, pilot, ":", *line, "enter")
        assert book.asked == []
        await typed(app, pilot, "r")
        assert book.asked == [commands.SenseNow("ana", wanted, confirmed=True)]


async def test_details_and_another_key_do_the_same() -> None:
    app, book = open_cockpit(GoLive(demo()), {"resense": "ctrl+e"})
    async with shown(app, 80, 24) as pilot:
        await select_item(app, pilot, "Smoke Tests")
        await typed(app, pilot, "enter", "ctrl+e")
        await settle(app, pilot)
        assert "Smoke Tests: run 3 active checks?" in dialog(app)
        await typed(app, pilot, "r")
        assert len(book.asked) == 1


async def test_a_read_only_view_runs_nothing() -> None:
    night = GoLive(demo())
    app = CockpitApp(night.feed(None), night.session.cockpit.layout)
    async with shown(app, 80, 24) as pilot:
        await select_item(app, pilot, "External APIs")
        for keys in (("r",), (":", *"sense chat_1", "enter")):
            await typed(app, pilot, *keys)
            await settle(app, pilot)
            assert "read-only session" in page(app)[-1]
            assert len(app.screen_stack) == 1


async def test_a_step_of_a_rollback_runs_the_active_check_that_it_waits_for() -> None:
    night = GoLive(demo()).ask(commands.OpenProcedure("ana", "rollback-kubectl"))
    app, book = open_cockpit(night)
    async with shown(app, 80, 24) as pilot:
        await typed(app, pilot, "E", *"jjjjjjjjjjjjjjjj")
        run = night.session.procedures["rollback-kubectl"]
        while (one := app.board.active.shown_subject) is None or one.name != "smoke_chat":
            assert run.steps
            await typed(app, pilot, "k")
        await typed(app, pilot, "r")
        await settle(app, pilot)
        assert "run 1 active check?" in dialog(app)
        await typed(app, pilot, "r")
        assert book.asked == [commands.SenseNow("ana", ("smoke_chat",), confirmed=True)]

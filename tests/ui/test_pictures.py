"""The screen as pictures, at the sizes people use; every change of one is reviewed."""

import pytest

from mmcockpit.core.facts.event import SessionMode
from mmcockpit.core.model.layout import Theme
from mmcockpit.ui.app import CockpitApp
from mmcockpit.ui.render.themes import COCKPIT_DARK
from tests.ui.conftest import Picture, settle, shown
from tests.ui.feeds import ListFeed, Notebook, go_live, layout

pytestmark = pytest.mark.anyio

SIZES = [(80, 24), (120, 40), (200, 60), (40, 12)]

LIGHT = Theme(
    "paper", False, "#fbfaf7", "#e8e6e0", "#1d2126", "#5b636d", "#b4b2ab", "#0b57a4", "#0b57a4", "#1b6e2c",
    "#8a5a00", "#b00020", "#6a35b5", "#b00020",
)  # fmt: skip


def cockpit(**options: object) -> CockpitApp:
    return CockpitApp(ListFeed(go_live(), Notebook()), layout(), **options)  # type: ignore[arg-type]


@pytest.mark.parametrize(("width", "height"), SIZES, ids=[f"{width}x{height}" for width, height in SIZES])
async def test_go_live(picture: Picture, width: int, height: int) -> None:
    app = cockpit()
    async with shown(app, width, height):
        assert picture(app)


@pytest.mark.parametrize(("width", "height"), SIZES[:3], ids=[f"{width}x{height}" for width, height in SIZES[:3]])
async def test_without_colour(picture: Picture, monkeypatch: pytest.MonkeyPatch, width: int, height: int) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = cockpit()
    async with shown(app, width, height):
        assert picture(app)


async def test_on_paper(picture: Picture) -> None:
    app = cockpit(themes=(COCKPIT_DARK, LIGHT), theme="paper")
    async with shown(app, 120, 40):
        assert picture(app)


async def test_demo_is_not_dressed_as_production(picture: Picture) -> None:
    app = CockpitApp(ListFeed(go_live(SessionMode.DEMO, "demo"), Notebook()), layout())
    async with shown(app, 80, 24):
        assert picture(app)


KEYS = {
    "item": ("j", "j", "enter"),
    "signal": ("2", "enter"),
    "chart_alone": ("4",),
    "pods": ("5",),
    "redis": ("6",),
    "postgres": ("colon", *"panel postgres", "enter"),
    "log_large": ("L",),
    "help": ("question_mark",),
    "palette": ("colon", "t"),
    "contacts": ("colon", "c", "o", "n", "t", "a", "enter"),
    "failing_only": ("f",),
    "filtered": ("slash", "r", "e", "d", "enter"),
    "leaving": ("q",),
}


@pytest.mark.parametrize("keys", KEYS.values(), ids=KEYS.keys())
async def test_after_keys(picture: Picture, keys: tuple[str, ...]) -> None:
    app = cockpit()
    async with shown(app, 80, 24) as pilot:
        await pilot.press(*keys)
        await settle(app, pilot)
        assert picture(app)


async def test_stalled_engine_makes_every_verdict_unknown(picture: Picture) -> None:
    feed = ListFeed(go_live(), Notebook())
    app = CockpitApp(feed, layout())
    async with shown(app, 120, 40) as pilot:
        feed.beating = False
        feed.wait(7)
        await settle(app, pilot)
        assert picture(app)


async def test_not_recording(picture: Picture) -> None:
    feed = ListFeed(go_live(), Notebook())
    feed.not_recording = "no space left on device"
    app = CockpitApp(feed, layout())
    async with shown(app, 80, 24):
        assert picture(app)

"""The first ten seconds: what the fixed lines answer in ten situations, and each of them as a picture."""

from collections.abc import Callable
from pathlib import Path

import pytest

from mmcockpit.ui.app import CockpitApp
from tests.ui.conftest import page, shown
from tests.ui.go_lives import go_live_layout
from tests.ui.situations import SITUATIONS, feed_of

pytestmark = pytest.mark.anyio

Picture = Callable[[CockpitApp], bool]
SIZES = [(80, 23), (80, 24), (120, 40), (200, 50)]

LINES: dict[str, tuple[str, str, str]] = {}
"""The first three lines of each situation at 80 columns."""


@pytest.mark.parametrize("name", SITUATIONS)
async def test_three_lines_answer_what_this_is_what_is_wrong_and_what_helps(name: str, tmp_path: Path) -> None:
    app = CockpitApp(feed_of(name, tmp_path), go_live_layout())
    async with shown(app, 80, 24):
        lines = tuple(line.rstrip() for line in page(app)[:3])
    print(f"\n{name}", *lines, sep="\n")
    assert lines == LINES[name]


@pytest.mark.parametrize(("width", "height"), SIZES, ids=[f"{width}x{height}" for width, height in SIZES])
@pytest.mark.parametrize("name", SITUATIONS)
async def test_situations(picture: Picture, name: str, width: int, height: int, tmp_path: Path) -> None:
    app = CockpitApp(feed_of(name, tmp_path), go_live_layout())
    async with shown(app, width, height):
        assert picture(app)


@pytest.mark.parametrize("name", SITUATIONS)
async def test_situations_without_colour(
    picture: Picture, name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = CockpitApp(feed_of(name, tmp_path), go_live_layout())
    async with shown(app, 80, 24):
        assert picture(app)

"""The prompt in narrow terminals: its item and what to type are never cut."""

from datetime import UTC, datetime

import pytest

from mmcockpit.core.words.amounts import scalar
from tests.ui.cockpits import open_cockpit
from tests.ui.conftest import page, settle, shown, typed
from tests.ui.go_lives import GoLive

pytestmark = pytest.mark.anyio


async def test_a_prompt_keeps_its_item_and_what_to_type_at_any_width() -> None:
    app, _ = open_cockpit(GoLive())
    async with shown(app, 80, 24) as pilot:
        await typed(app, pilot, "j", "D")
        for width in (80, 60, 44, 200):
            await pilot.resize_terminal(width, 24)
            await settle(app, pilot)
            await pilot.press("x")
            await settle(app, pilot)
            line = page(app)[-1]
            assert line.startswith(" defer ")
            assert "until when and why: x" in line
            await pilot.press("backspace")


def test_a_time_of_zero_has_not_happened() -> None:
    assert scalar(datetime.fromtimestamp(0, UTC)) == "never"
    assert scalar(datetime.fromtimestamp(1, UTC)) == "1970-01-01 00:00:01Z"

"""The screen at a size, its picture, and the comparison of pictures with those in snapshots/."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from math import inf
from pathlib import Path
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode
from syrupy.location import PyTestLocation
from textual import app as textual_app
from textual import pilot as textual_pilot
from textual.pilot import Pilot

from mmcockpit.ui.app import CockpitApp
from mmcockpit.ui.repaint import FRAMES_A_NUMBER

SNAPSHOTS = Path(__file__).parents[2] / "snapshots"


class Pictures(SingleFileSnapshotExtension):
    """SVG files in snapshots/<test file>/<test>.svg."""

    _write_mode = WriteMode.TEXT
    file_extension = "svg"

    @classmethod
    def dirname(cls, *, test_location: PyTestLocation) -> str:
        """Return the folder of a test file's pictures."""
        return str(SNAPSHOTS / Path(test_location.filepath).stem)


MOST_TURNS = 100_000
MOST_TIMERS = 3
SOON_S = 0.02
"""Textual lays out and paints by timers that are due sooner; frames are further apart."""

Picture = Callable[[CockpitApp], bool]


@pytest.fixture
def picture(snapshot: SnapshotAssertion) -> Picture:
    """Compare the screen with its picture."""
    pictures = snapshot.use_extension(Pictures)

    def same(app: CockpitApp) -> bool:
        drawn = re.sub(r"terminal-\d+", "terminal", app.export_screenshot(title="mmcockpit"))
        return bool(drawn == pictures)

    return same


@asynccontextmanager
async def shown(app: CockpitApp, width: int, height: int) -> AsyncIterator[Pilot[Any]]:
    """Run the application at a size until its first frame is drawn."""
    with pytest.MonkeyPatch.context() as patch:
        for module in (textual_app, textual_pilot):
            patch.setattr(module, "wait_for_idle", idle)
        async with app.run_test(size=(width, height), notifications=True, tooltips=True) as pilot:
            await settle(app, pilot)
            yield pilot


async def idle(*_: float) -> None:
    """Let the loop handle everything that was posted, and what the timers do that are due soon.

    Textual waits until the process needs no CPU time, which a busy machine may not give it.
    """
    loop: Any = asyncio.get_running_loop()
    # Some timers run again and again.
    for _time in range(MOST_TIMERS):
        await _nothing_ready(loop)
        due_in_s = min((timer.when() for timer in loop._scheduled if not timer.cancelled()), default=inf) - loop.time()
        if due_in_s > SOON_S:
            return
        await asyncio.sleep(due_in_s)
    await _nothing_ready(loop)


async def _nothing_ready(loop: Any) -> None:
    for _turn in range(MOST_TURNS):
        await asyncio.sleep(0)
        if not loop._ready:
            return
    raise AssertionError(f"the screen is still busy after {MOST_TURNS} turns of its loop")


async def settle(app: CockpitApp, pilot: Pilot[Any]) -> None:
    """Draw as many frames as readings may wait for, and wait until they are on the screen."""
    await pilot.pause()
    for _ in range(FRAMES_A_NUMBER):
        app.frame()
    await pilot.pause()


async def typed(app: CockpitApp, pilot: Pilot[Any], *keys: str) -> None:
    """Press keys like an operator who reads first: before each of them a dialog has begun to accept keys."""
    for key in keys:
        app._feed.wait(1.0)  # type: ignore[attr-defined]
        app.frame()
        await pilot.press({"!": "exclamation_mark", ":": "colon"}.get(key, key))
        await pilot.pause()


def page(app: CockpitApp) -> list[str]:
    """Return the screen as lines of text."""
    strips = app.screen._compositor.render_strips()
    return ["".join(segment.text for segment in strip).rstrip() for strip in strips]

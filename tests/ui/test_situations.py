"""The first ten seconds: what the fixed lines answer in ten situations, and each of them as a picture."""

from pathlib import Path

import pytest

from mmcockpit.ui.app import CockpitApp
from tests.ui.conftest import Picture, page, settle, shown
from tests.ui.go_lives import go_live_layout
from tests.ui.situations import SITUATIONS, feed_of

pytestmark = pytest.mark.anyio

SIZES = [(80, 23), (80, 24), (120, 40), (200, 50)]

LINES: dict[str, tuple[str, str, str]] = {
    "fresh start": (
        " LIVE PROD  modelmuxer v2.4.1  3h 59m left  rollback by 05:57  T-00:09:58   ana",
        " HOLD      13 of 13 open: 8 need your tick, 5 no data (not polled yet)",
        " NEXT      Space  2 Secrets Management: manual, tick it when it is done  n next",
    ),
    "ticking": (
        " LIVE PROD  modelmuxer v2.4.1  3h 58m left  rollback by 05:57  T-00:08:00   ana",
        " HOLD      9 of 13 open: 7 need your tick, 1 needs a tick by bo, 1 settling",
        " NEXT      Space  3 API Keys: manual, tick it when it is done  (6 more)  n next",
    ),
    "one signal failing": (
        " LIVE PROD  modelmuxer v2.4.1  3h 57m left  rollback by 05:57  T-00:07:00   ana",
        " NO-GO     6 PostgreSQL: share 95% (must be < 80%), since 02:02:10Z",
        " NEXT      Enter  6 PostgreSQL: see why it fails                rollback: ready",
    ),
    "a source down": (
        " LIVE PROD  modelmuxer v2.4.1  3h 42m left  rollback by 05:57  T+00:07:10   ana",
        " HOLD      Prometheus: no answer for 50s (3 signals); an abort rule has no data",
        " NEXT      Ctrl+R  poll Prometheus again: no data for 3 signals",
    ),
    "a settle time": (
        " LIVE PROD  modelmuxer v2.4.1  3h 49m left  rollback by 05:57  T+00:00:20   ana",
        " HOLD      1 of 13 open: 1 settling",
        " NEXT      wait  7 Read Replicas settles in 4m 40s              rollback: ready",
    ),
    "gate ready": (
        " LIVE PROD  modelmuxer v2.4.1  3h 44m left  rollback by 05:57  T+00:05:20   ana",
        " GO        all 13 required items so far are satisfied; Deployment can open",
        " NEXT      :go  open Deployment: the gate of Readiness is open  rollback: ready",
    ),
    "rollback advised": (
        " LIVE PROD  modelmuxer v2.4.1  3h 40m left  rollback by 05:57  T+00:09:50   ana",
        " ROLLBACK  5xx share on chat routes 8.1% for 2m (limit 5%)",
        " NEXT      E  Roll back by kubectl: 4 steps, ~3 min         rollback: not ready",
    ),
    "rollback running": (
        " LIVE PROD  modelmuxer v2.4.1  3h 40m left  T+00:09:54           02:19:54Z  ana",
        " ROLLBACK  5xx share on chat routes 8.1% for 2m (limit 5%)",
        " NEXT      wait  1/4 See the history: running for 4s        rollback: not ready",
    ),
    "past no return": (
        " LIVE PROD  modelmuxer v2.4.1  3h 40m left  T+00:09:20           02:19:20Z  ana",
        " FIX FORWARD  5xx share on chat routes 8.1% for 2m (limit 5%), since 02:16:50Z",
        " NEXT      2 Enter  fix 5xx share on chat routes: it is too late for a rollback",
    ),
    "replay at an alarm": (
        " REPLAY PROD  modelmuxer v2.4.1  3h 40m left  rollback by 05:57  T+00:09:20",
        " ROLLBACK  5xx share on chat routes 8.1% for 2m (limit 5%)",
        " NEXT      then  Roll back by kubectl: 4 steps, ~3 min      rollback: not ready",
    ),
}
"""The first three lines of each situation at 80 columns."""


@pytest.mark.parametrize("name", SITUATIONS)
async def test_three_lines_answer_what_this_is_what_is_wrong_and_what_helps(name: str, tmp_path: Path) -> None:
    app = CockpitApp(feed_of(name, tmp_path), go_live_layout())
    async with shown(app, 80, 24):
        lines = tuple(line.rstrip() for line in page(app)[:3])
    print(f"\n{name}", *lines, sep="\n")
    assert lines == LINES[name]


async def test_next_names_what_its_key_acts_on(tmp_path: Path) -> None:
    app = CockpitApp(feed_of("ticking", tmp_path), go_live_layout())
    async with shown(app, 80, 24) as pilot:
        assert page(app)[2].startswith(" NEXT      Space  3 API Keys: ")
        await pilot.press("j")
        await settle(app, pilot)
        assert page(app)[2].startswith(" NEXT      Space  4 Network Policies: ")
        await pilot.press("k", "k")
        await settle(app, pilot)
        assert page(app)[2].startswith(" NEXT      n Space  3 API Keys: "), "n leads from the heading to the item"


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

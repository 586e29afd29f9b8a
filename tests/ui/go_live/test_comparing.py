"""What other rules would say, on the screen of a replay: beside the record, never in its place."""

from collections.abc import Callable
from pathlib import Path

import pytest

from mmcockpit.config.rejudge_rules import with_rules
from mmcockpit.core.compared import ComparedFeed
from mmcockpit.core.decide.rejudge import compare, rejudge
from mmcockpit.core.feed import Otherwise
from mmcockpit.core.model.states import Advice, State
from mmcockpit.core.model.verdict import Level
from mmcockpit.core.state.session import Session
from mmcockpit.ui.app import CockpitApp
from mmcockpit.ui.render.text import text_of, width_of
from mmcockpit.ui.widgets.rules_bar import rules_line
from tests.ui.conftest import page, shown
from tests.ui.go_lives import cutover, go_live_layout
from tests.ui.replays import replay

pytestmark = pytest.mark.anyio

LAX = "signals:\n  error_rate: {pass: value < 0.5}\n  p95: {pass: value < 2.0}\n"


def compared(folder: Path, at: str) -> CockpitApp:
    """Return the screen of a night with its errors, judged by rules that let errors pass and latency fail."""
    rules = folder / "lax.yaml"
    rules.write_text(LAX)
    events = cutover().events
    feed, _ = replay(folder, events, at, playing=False)
    turns = rejudge(iter(events), lambda cockpit: with_rules(rules, cockpit))
    return CockpitApp(ComparedFeed(feed, list(compare(turns)), rules.name), go_live_layout())


@pytest.mark.parametrize(("width", "height"), [(80, 24), (120, 40)], ids=["80x24", "120x40"])
async def test_a_replay_by_other_rules(
    picture: Callable[[CockpitApp], bool], tmp_path: Path, width: int, height: int
) -> None:
    app = compared(tmp_path, "98%")
    async with shown(app, width, height):
        assert picture(app)


async def test_a_replay_by_other_rules_without_colour(
    picture: Callable[[CockpitApp], bool], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = compared(tmp_path, "98%")
    async with shown(app, 80, 24):
        assert picture(app)


async def test_the_record_keeps_its_place(tmp_path: Path) -> None:
    app = compared(tmp_path, "98%")
    async with shown(app, 80, 24):
        lines = page(app)
    assert lines[1].startswith(" ROLLBACK ")
    assert "instead of ROLLBACK" in lines[21]
    assert lines[22].startswith(" PAUSED ")


def test_differences_are_listed_as_far_as_there_is_room() -> None:
    session = Session()
    for other, said in (
        (Otherwise("a.yaml"), "by a.yaml: no difference"),
        (Otherwise("a.yaml", None, (("p95", Level.FAIL),)), "by a.yaml: the same advice · p95 fail"),
        (
            Otherwise("a.yaml", Advice.GO, (("p95", Level.PASS),), (("x/y/z", State.GOOD),)),
            "by a.yaml:  GO  instead of nothing · p95 pass · [+] x/y/z",
        ),
    ):
        assert text_of(rules_line(other, session, 80)) == said
        for width in (1, 20, 40, 120):
            assert width_of(rules_line(other, session, width)) == width

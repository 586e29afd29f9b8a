"""A replay shows every state of the steps as the live screen showed it at that moment."""

from collections.abc import Callable
from pathlib import Path

import pytest

from mmcockpit.core.facts.event import StepOutput
from mmcockpit.ui.app import CockpitApp
from tests.ui.conftest import page, settle, shown
from tests.ui.feeds import Notebook
from tests.ui.go_lives import GoLive, go_live_layout
from tests.ui.replays import replay
from tests.ui.runbooks import applying, asked, asking, manual, parallel, retrying, skipped, text_asked, waiting

pytestmark = pytest.mark.anyio

STATES: tuple[tuple[Callable[[], GoLive], str], ...] = (
    (asking, "> [*] 1 Choose the region           needs an answer"),
    (applying, "> [*] 2 Apply the manifests         next"),
    (retrying, "> [~] 2 Apply the manifests         failed, attempt 2 of 3 in 10s"),
    (waiting, "> [~] 3 Let it settle               waits, 5m left"),
    (parallel, "  [~] 4 ┌ Scale the pool eu         running 0s"),
    (asked, "> [!] 4 ┌ Scale the pool eu         FAILED: exit 1 in 0.9s"),
    (manual, "> [*] 6 Call the provider           next: done by a person"),
    (text_asked, "> [*] 7 Note the ticket             needs an answer"),
    (skipped, "> [-] 8 Look at a new signal        skipped: its condition is false: values.re"),
)


def panel(app: CockpitApp) -> list[str]:
    """Return the rows of the panel without those that name keys, which a replay does not have."""
    lines = page(app)
    first = next(n for n, line in enumerate(lines) if "Procedures ━" in line)
    last = next(n for n, line in enumerate(lines) if " list  Enter whole step" in line)
    return [line for line in lines[first + 1 : last] if line and not line.startswith("  now  ")]


async def live(night: GoLive) -> list[str]:
    """Return the rows of the panel at the moment of the last fact."""
    night.now = night.events[-1].stamp
    app = CockpitApp(night.feed(Notebook()), go_live_layout())
    async with shown(app, 80, 24) as pilot:
        await pilot.press("E")
        await settle(app, pilot)
        app.procedures.follow("deploy")  # type: ignore[union-attr]
        await settle(app, pilot)
        return panel(app)


async def test_a_replay_shows_each_state_of_the_steps_as_it_was(tmp_path: Path) -> None:
    moments = [(made(), words) for made, words in STATES]
    last = moments[-1][0]
    assert all(last.events[: len(night.events)] == night.events for night, _ in moments), "one session, seen at moments"
    feed, _ = replay(tmp_path, last.tell(StepOutput("deploy", "eu", "after the end")).events, playing=False)
    app = CockpitApp(feed, go_live_layout())
    async with shown(app, 80, 24) as pilot:
        await pilot.press("E")
        for night, words in [*moments, *reversed(moments)]:
            feed.transport.seek(f"#{len(night.events)}")
            await settle(app, pilot)
            app.procedures.follow("deploy")  # type: ignore[union-attr]
            await settle(app, pilot)
            rows = panel(app)
            assert [row for row in rows if row.startswith(words)], "\n".join(rows)
            assert rows == await live(night)

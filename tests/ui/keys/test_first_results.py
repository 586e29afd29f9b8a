"""The first seconds: the bottom line shows what is polled until every signal has a first result."""

import msgspec
import pytest

from mmcockpit.core.model.cockpit import Cockpit, SourceSpec
from mmcockpit.core.state.first_results import FIRST_S, first_results
from mmcockpit.ui.app import CockpitApp
from tests.ui.conftest import page, settle, shown
from tests.ui.feeds import Notebook
from tests.ui.go_lives import GoLive, go_live_file, go_live_layout

NAMES = ("prometheus", "cluster", "cache", "database", "api")


def file(*names: str) -> Cockpit:
    return msgspec.structs.replace(go_live_file(), sources=tuple(SourceSpec(name, "http") for name in names))


def text(night: GoLive) -> str:
    first = first_results(night.session, night.now)
    return first.text if first is not None else ""


def test_it_counts_what_can_be_polled_and_ends_with_the_last_result() -> None:
    night = GoLive(file(*NAMES))
    total = sum(state.signal.source in NAMES and not state.signal.active for state in night.session.signals.values())
    assert text(night) == f"polling 5 sources… 0/{total}"
    night.see(error_rate=0.002)
    assert text(night) == f"polling 5 sources… 1/{total}"
    assert text(GoLive(file("cache"))).startswith("polling 1 source… 0/")
    assert text(GoLive(file())) == ""
    assert text(night.good()) == ""


def test_what_is_still_missing_after_a_minute_is_no_first_result_any_more() -> None:
    assert text(GoLive(file(*NAMES)).wait(FIRST_S)) != ""
    assert text(GoLive(file(*NAMES)).wait(FIRST_S + 1)) == ""


@pytest.mark.anyio
async def test_the_screen_shows_it_beside_the_keys_before_the_first_poll() -> None:
    app = CockpitApp(GoLive(file(*NAMES)).feed(Notebook()), go_live_layout())
    async with shown(app, 80, 24) as pilot:
        assert "polling 5 sources… 0/" in page(app)[-1]
        assert ": all" in page(app)[-1]
        app.say("a message has precedence")
        await settle(app, pilot)
        assert "polling" not in page(app)[-1]

"""A journal that cannot be written: what NEXT offers, before and after an operator accepted to continue."""

import pytest

from mmcockpit.core.facts.event import Noted
from mmcockpit.ui.app import CockpitApp
from tests.core.sessions import Story, manual, plan
from tests.ui.conftest import page, settle, shown
from tests.ui.feeds import ListFeed, Notebook
from tests.ui.go_lives import go_live_layout


@pytest.mark.anyio
async def test_next_offers_to_continue_without_a_record_until_that_is_accepted() -> None:
    feed = ListFeed(Story(plan(manual("audit"), manual("pay"))).events, Notebook())
    feed.not_recording = "no space left on device"
    app = CockpitApp(feed, go_live_layout())
    async with shown(app, 120, 40) as pilot:
        assert page(app)[2].startswith(" NEXT      :accept REASON  make room for the journal")
        feed.tell(Noted("continues without a record: disk is full", "ana"), recorded=False)
        await settle(app, pilot)
        assert page(app)[2].startswith(" NEXT      Space  1 audit")
        assert "NOT RECORDING" in page(app)[1]
        for why in ("", "no space left on device"):
            feed.not_recording = why
            feed.wait(1.0)
            await settle(app, pilot)
        assert ":accept REASON" in page(app)[2]

"""A terminal that only looks: no text is about its own acts, and NEXT names who acts."""

import re

import pytest

from mmcockpit.core.model.cockpit import Person
from mmcockpit.ui.app import CockpitApp
from mmcockpit.ui.plain.screen import PlainScreen
from tests.core.sessions import GOOD, Story, attested, manual, plan
from tests.ui.conftest import page, settle, shown
from tests.ui.feeds import ListFeed, Notebook
from tests.ui.go_lives import go_live_layout

pytestmark = pytest.mark.anyio
OWN = re.compile(r"\b(you|your)\b")


class Silent:
    """Types nothing."""

    ended = True

    def next(self, within_s: float) -> str | None:
        return None

    def drop(self) -> list[str]:
        return []


def night() -> Story:
    """A session of ana, whose items wait for her tick, for a tick by bo, and for a second person."""
    people = (Person("ana"), Person("bo", "database"), Person("cy"))
    items = (manual("audit"), attested("access"), manual("mail", assignee="bo"), manual("pay", approvals=2))
    story = Story(plan(*items, people=people))
    story.see("access", GOOD)
    story.settle()
    return story


@pytest.mark.parametrize(("width", "height"), [(80, 24), (200, 50)])
async def test_no_text_of_a_watched_session_is_about_the_viewer(width: int, height: int) -> None:
    app = CockpitApp(ListFeed(night().events), go_live_layout())
    async with shown(app, width, height) as pilot:
        assert app.lens.viewer
        lines = page(app)
        assert lines[2].startswith(" NEXT      read-only  ana: 1 audit: needs their tick")
        for keys in ((), ("enter",), ("escape", "2"), ("3",), ("4",), ("5",)):
            await pilot.press(*keys)
            await settle(app, pilot)
            assert [line for line in page(app) if OWN.search(line)] == []
        assert "4 need a tick by others" in lines[1]


async def test_the_help_of_a_viewer_has_no_words_for_an_operator_but_in_what_is_not_possible() -> None:
    app = CockpitApp(ListFeed(night().events), go_live_layout())
    async with shown(app, 200, 120) as pilot:
        await pilot.press("question_mark")
        await settle(app, pilot)
        lines = page(app)
        assert any("next thing to do" in line for line in lines)
        assert [line for line in lines if OWN.search(line) and "not in a read-only session" not in line] == []


async def test_the_operator_still_reads_of_the_own_tick() -> None:
    app = CockpitApp(ListFeed(night().events, Notebook()), go_live_layout())
    async with shown(app, 200, 50):
        assert not app.lens.viewer
        assert "need your tick" in page(app)[1]


def test_the_plain_text_of_a_watched_session_is_not_about_the_viewer() -> None:
    said: list[str] = []
    PlainScreen(ListFeed(night().events), Silent(), said.append).run()
    assert any(line == "next: read-only ana: 1 audit: needs their tick (3 more)" for line in said), said
    assert [line for line in said if OWN.search(line)] == []

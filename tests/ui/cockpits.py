"""Applications on a session of the tests, and their cursor."""

from textual.pilot import Pilot

from mmcockpit.ui.app import CockpitApp
from mmcockpit.ui.render.rows import RowSubject
from tests.ui.conftest import typed
from tests.ui.feeds import Notebook
from tests.ui.go_lives import GoLive


def open_cockpit(night: GoLive, keymap: dict[str, str] | None = None) -> tuple[CockpitApp, Notebook]:
    """Return an application with the session's own layout, and the commands that it submits."""
    book = Notebook()
    return CockpitApp(night.feed(book), night.session.cockpit.layout, keymap=keymap or {}), book


async def select_item(app: CockpitApp, pilot: "Pilot[str]", title: str) -> None:
    """Filter the checklist for an item's title and put the cursor on it."""
    name = next(state.item.id for state in app.sight.session.items.values() if state.item.title == title)
    await typed(app, pilot, "1", "slash", *title.lower(), "enter", "home")
    for _ in range(12):
        if app.board.active.subject(app.board.active.chosen) == RowSubject("item", name):
            return
        await pilot.press("j")
    raise AssertionError(f"the checklist does not show {title}")

"""No keys and no pasted text start a dangerous step, unless its target is typed where the dialog asks for it."""

import asyncio

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from textual.events import Paste

from mmcockpit.core import command as commands
from mmcockpit.ui.app import Cockpit
from tests.ui.conftest import settle, shown
from tests.ui.emergencies import begun, chosen, failed
from tests.ui.feeds import Notebook
from tests.ui.nights import night_layout

KEYS = ("E", "exclamation_mark", "enter", "tab", "up", "down", "escape", "r", "y", "o", "b", "m", "u", "x", "backspace")
PASTED = ("modelmuxer", "modelmuxer\n", "\nmodelmuxer\n\n")
WAIT = "wait"
NAME = list("modelmuxer")
MOVES = st.lists(
    st.one_of(
        st.sampled_from(KEYS).map(lambda key: [key]),
        st.sampled_from(PASTED).map(lambda text: [Paste(text)]),
        st.just([WAIT]),
        st.just(["exclamation_mark", "tab", *NAME, "enter", "enter"]),
        st.just(["tab", *NAME[:-1], "enter", "tab", WAIT, "enter"]),
    ),
    min_size=3,
    max_size=10,
).map(lambda parts: [move for part in parts for move in part])
BOUNDED = settings(max_examples=5, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
NIGHTS = {"chosen": chosen(), "failed": failed(), "forbidden": begun(allowed=False)}


async def _played(name: str, moves: list[str | Paste]) -> list[commands.AnyCommand]:
    book = Notebook()
    feed = NIGHTS[name].feed(book)
    app = Cockpit(feed, night_layout())
    async with shown(app, 80, 24) as pilot:
        await pilot.press("E")
        for move in moves:
            if isinstance(move, Paste):
                app.post_message(Paste(move.text))
                await pilot.pause()
            elif move == WAIT:
                feed.wait(1.0)
                await settle(app, pilot)
            else:
                await pilot.press(move)
    return book.asked


def _spelled(moves: list[str | Paste]) -> bool:
    """Whether every letter of the target was pressed as a key, in order."""
    pressed = iter(move for move in moves if isinstance(move, str))
    return all(letter in pressed for letter in NAME)


@BOUNDED
@given(st.sampled_from(["chosen", "failed"]), MOVES)
def test_a_dangerous_step_needs_its_target_typed(name: str, moves: list[str | Paste]) -> None:
    for asked in asyncio.run(_played(name, moves)):
        if isinstance(asked, commands.RunStep):
            assert asked.typed == ("modelmuxer",)
            assert _spelled(moves)
            assert WAIT in moves


@BOUNDED
@given(MOVES)
def test_without_permission_nothing_is_asked_to_run(moves: list[str | Paste]) -> None:
    assert not [one for one in asyncio.run(_played("forbidden", moves)) if isinstance(one, commands.RunStep)]

"""No keys and no pasted text start a dangerous step, unless its target is typed where the dialog asks for it."""

import asyncio
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from textual.events import Paste

from mmcockpit.core.decide import command as commands
from mmcockpit.ui.app import CockpitApp
from tests.ui.conftest import settle, shown, typed
from tests.ui.emergencies import begun, by_hand, called, chosen, failed, listed, running, unknown
from tests.ui.feeds import Notebook
from tests.ui.go_lives import GoLive, go_live_layout

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
NIGHTS: dict[str, Callable[[], GoLive]] = {
    "chosen": chosen,
    "failed": failed,
    "forbidden": lambda: begun(allowed=False),
}


async def _played(name: str, moves: list[str | Paste]) -> list[commands.AnyCommand]:
    book = Notebook()
    feed = NIGHTS[name]().feed(book)
    app = CockpitApp(feed, go_live_layout())
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


SETTLING: dict[str, tuple[Callable[[], GoLive], tuple[str, ...]]] = {
    "by hand": (by_hand, ("E", "exclamation_mark", "o")),
    "running": (running, ("E", "ctrl+c", "e")),
    "begin": (called, ("E", "G", "enter", "exclamation_mark", "s")),
    "forbidden": (lambda: begun(allowed=False), ("E", "exclamation_mark", "o", "x", "enter")),
    "failed": (failed, ("E", "exclamation_mark", "s", "x", "enter")),
    "unknown": (unknown, ("E", "exclamation_mark", "o", "x", "enter")),
    "value": (listed, ("E", "exclamation_mark", "k", "enter")),
    "message": (called, ("colon", *"message status", "enter", "p")),
    "override": (called, ("g", "j", "j", "O", "x", "enter")),
    "hold": (called, ("H", "x", "enter")),
    "vote": (called, ("P", "g", "o", "enter")),
    "gate": (called, ("colon", "g", "o", "enter")),
    "advice": (called, ("colon", *"advice dismiss x", "enter")),
    "end": (called, ("colon", *"end x", "enter")),
    "leave": (called, ("q", "l")),
    "ended": (called, ("q", "e", "x", "enter")),
}
"""Keys that settle something when an operator who reads presses them."""


async def _settled(night: GoLive, keys: tuple[str, ...], reading: bool) -> list[commands.AnyCommand]:
    """Press keys in a burst, or like an operator who reads; return what was asked for beside the opening of a poll."""
    book = Notebook()
    app = CockpitApp(night.feed(book), go_live_layout())
    async with shown(app, 80, 24) as pilot:
        await (typed(app, pilot, *keys) if reading else pilot.press(*keys))
    return [one for one in book.asked if not isinstance(one, commands.OpenPoll)]


@pytest.mark.parametrize("name", SETTLING)
def test_a_burst_of_keys_settles_nothing_and_the_same_keys_do_once_they_were_read(name: str) -> None:
    night, keys = SETTLING[name]
    assert asyncio.run(_settled(night(), keys, reading=False)) == []
    assert len(asyncio.run(_settled(night(), keys, reading=True))) == 1


@pytest.mark.parametrize("keys", [("slash", *"pool", "enter"), ("colon", *"theme cockpit-dark", "enter")])
def test_a_dialog_that_changes_nothing_takes_keys_at_once(keys: tuple[str, ...]) -> None:
    async def asked() -> bool:
        app = CockpitApp(called().feed(Notebook()), go_live_layout())
        async with shown(app, 80, 24) as pilot:
            await pilot.press(*keys)
            return app.prompt.asking

    assert not asyncio.run(asked())

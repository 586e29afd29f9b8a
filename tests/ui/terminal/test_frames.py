"""Frames and keys: how often frames come, and that a key waits for one panel, not for the whole frame."""

import asyncio
import gc
import itertools
import os
import select
import threading
from collections import Counter

import pytest

from mmcockpit.core.facts.event import Held, ItemChanged
from mmcockpit.core.model.states import State
from mmcockpit.ui import garbage, repaint
from mmcockpit.ui.app import FRAME_S, CockpitApp
from mmcockpit.ui.repaint import FRAMES_A_READING, FRAMES_A_SECOND, MOST_LEFT_OVER, QUIET, FrameTimer
from mmcockpit.ui.terminal import TerminalDriver
from mmcockpit.ui.terminal_streams import Exit
from mmcockpit.ui.widgets import canvas
from tests.ui.conftest import settle, shown
from tests.ui.feeds import ListFeed, Notebook, go_live, layout

pytestmark = pytest.mark.anyio


class WaitingApp(CockpitApp):
    """An application with a key that is always waiting while `waiting` is set."""

    waiting = False

    @property
    def key_waits(self) -> bool:
        """Whether a key waits."""
        return self.waiting


async def test_frames_come_half_as_often_while_no_key_is_pressed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repaint, "FRAMES_A_SECOND", 4)
    frames: list[int] = []
    enough = asyncio.Event()

    def frame(count: int) -> int:
        frames.append(count)
        if len(frames) == 5:
            beat.hasten()
        if len(frames) == 7:
            enough.set()
        return QUIET

    def failed(error: Exception) -> None:
        raise AssertionError(error)

    beat = FrameTimer(frame, failed)
    beat.start()
    await enough.wait()
    beat.stop()
    assert frames == [1, 1, 1, 1, QUIET, 1, 1]


async def test_the_rest_of_a_frame_comes_before_the_next_one_and_counts_as_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(repaint, "REST_S", 0.0)
    frames: list[int] = []
    enough = asyncio.Event()

    def frame(count: int) -> int:
        frames.append(count)
        if len(frames) == 5:
            enough.set()
        return 0 if len(frames) in (1, 2) else QUIET

    def failed(error: Exception) -> None:
        raise AssertionError(error)

    beat = FrameTimer(frame, failed)
    beat.start()
    await enough.wait()
    beat.stop()
    assert frames == [1, 0, 0, 1, 1]


async def test_garbage_is_collected_once_the_session_has_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(garbage, "STARTING_S", 0.01)
    usual = gc.get_threshold()
    collector = garbage.Garbage(lambda: True)
    gc.disable()
    try:
        collector.start()
        assert not gc.isenabled()
        await _after(garbage.STARTING_S)
        assert gc.isenabled()
        assert gc.get_freeze_count()
        assert gc.get_threshold() == (*usual[:2], garbage.NEVER)
    finally:
        gc.enable()
        collector.stop()
    assert gc.get_threshold() == usual


@pytest.mark.parametrize("idle", [True, False])
async def test_a_full_collection_waits_until_no_key_is_pressed(idle: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(garbage, "STARTING_S", 0.01)
    monkeypatch.setattr(garbage, "FULL_S", 0.01)
    monkeypatch.setattr(garbage, "LATEST", 2)
    asked = 0

    def look() -> bool:
        nonlocal asked
        asked += 1
        return idle

    def seen(phase: str, info: dict[str, int]) -> None:
        if (phase, info["generation"]) == ("start", 2):
            full.append(asked)

    collector, full = garbage.Garbage(look), list[int]()
    gc.callbacks.append(seen)
    collector.start()
    try:
        await _after(garbage.STARTING_S)
        for number in (1, 2):
            while len(full) < number:
                # As young collections after a while; a full one resets their number.
                gc.collect(1)
                await asyncio.sleep(0)
    finally:
        gc.callbacks.remove(seen)
        collector.stop()
    assert full == ([1, 2] if idle else [3, 6])


@pytest.mark.parametrize("opened", [[], ["question_mark"]])
async def test_what_keys_and_frames_draw_needs_no_collection(
    opened: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(canvas, "STRIPS_KEPT", 1)
    monkeypatch.setattr(canvas.Canvas, "screens_kept", 0)
    feed = ListFeed(go_live(), Notebook())
    app = CockpitApp(feed, layout())
    async with shown(app, 160, 48) as pilot:
        await pilot.press(*opened)
        await settle(app, pilot)
        gc.collect()
        gc.set_debug(gc.DEBUG_SAVEALL)
        try:
            for key in ("j", "k") * 5:
                feed.wait(1.0)
                await pilot.press(key)
                await settle(app, pilot)
            gc.collect()
            kinds = Counter(type(each).__qualname__ for each in gc.garbage)
        finally:
            gc.set_debug(0)
            gc.garbage.clear()
    assert not kinds["Strip"] + kinds["RowStrip"], kinds


async def _after(seconds: float) -> None:
    """Return after the timers that are due in so many seconds."""
    later = asyncio.Event()
    asyncio.get_running_loop().call_later(seconds, later.set)
    await later.wait()


async def test_an_exception_in_a_frame_is_passed_on_and_ends_the_frames() -> None:
    failures: list[Exception] = []
    passed = asyncio.Event()

    def frame(count: int) -> int:
        raise ValueError("a bug")

    def failed(error: Exception) -> None:
        failures.append(error)
        passed.set()

    beat = FrameTimer(frame, failed)
    beat.start()
    await passed.wait()
    assert [str(one) for one in failures] == ["a bug"]
    assert beat._timer is not None
    assert beat._timer.when() <= asyncio.get_running_loop().time()


async def test_a_waiting_key_puts_a_frame_off_but_not_for_long() -> None:
    feed = ListFeed(go_live(), Notebook())
    app = WaitingApp(feed, layout())
    async with shown(app, 160, 48) as pilot:
        before, seen = [panel.rows for panel in app.board.panels], app.shown
        header = app._header.rows
        app.waiting = True
        feed.wait(1.0)
        feed.tell(Held(True, "bo", "a long reason"))
        for left in range(1, MOST_LEFT_OVER + 1):
            app.frame()
            assert app._left_over.times == app._behind.times == left
            assert [panel.rows for panel in app.board.panels] == before
            assert app._header.rows == header
            assert app.shown == seen < app.session.seq
        app.frame()
        assert app._left_over.times == app._behind.times == 0
        assert app.shown == app.session.seq
        assert "on hold" in "".join(part for line, _ in app._header.rows for part, _ in line)
        drawn = [panel.rows for panel in app.board.panels]
        app.waiting = False
        app.board.redraw()
        await settle(app, pilot)
        assert [panel.rows for panel in app.board.panels] == drawn


async def test_an_item_that_its_signal_changed_is_drawn_with_the_readings_and_soon_after_a_key() -> None:
    feed = ListFeed(go_live(), Notebook())
    app = CockpitApp(feed, layout())
    async with shown(app, 160, 48):
        app._timer.stop()
        for idle in (True, False):
            app._timer._since_key = FRAMES_A_SECOND if idle else 0
            app._show(None, tick=False)
            seen, item = app.shown, next(one for one in app.session.items.values() if one.state is State.OPEN)
            feed.tell(ItemChanged(item.item.id, item.state, State.DONE, "passes"))
            app.frame()
            assert app.session.items[item.item.id].state is State.DONE
            assert app.shown == (seen if idle else app.session.seq)
            for _ in range(FRAMES_A_READING):
                app.frame()
            assert app.shown == app.session.seq > seen


async def test_the_panels_that_a_key_interrupted_are_drawn_by_the_next_frame() -> None:
    feed = ListFeed(go_live(), Notebook())
    app = CockpitApp(feed, layout())
    async with shown(app, 160, 48):
        placed = set(app.board._placed)
        calls = iter([False, False, True])
        app.board.show(app.session, app.now, None, True, lambda: next(calls))
        assert len(app.board.left) == len(placed) - 2
        app.board.show(app.session, app.now, set(), False)
        assert not app.board.left


async def test_a_panel_that_was_left_to_the_next_frame_may_be_hidden_before_it() -> None:
    feed = ListFeed(go_live(), Notebook())
    app = CockpitApp(feed, layout())
    async with shown(app, 160, 48) as pilot:
        app.board.show(app.session, app.now, None, True, lambda: True)
        left = list(app.board.left)
        assert len(left) == len(app.board._placed)
        app.board.zoom()
        await settle(app, pilot)
        assert not app.board.left
        app.board.left = left
        app.board.show(app.session, app.now, set(), False)
        assert not app.board.left


async def test_a_long_frame_is_drawn_in_parts_while_keys_are_pressed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    feed = ListFeed(go_live(), Notebook())
    app = CockpitApp(feed, layout())
    async with shown(app, 160, 48):
        app._timer.stop()
        before, count, left = app.shown, len(app.board._placed), list[int]()
        # Between two panels half of the time of a frame passes, and a little more.
        clock = itertools.count(0.0, FRAME_S * 0.6)
        monkeypatch.setattr(repaint, "monotonic", lambda: next(clock))
        feed.wait(1.0)
        feed.tell(Held(True, "bo", "a long reason"))
        while app._next_frame(1) == 0:
            left.append(len(app.board.left))
            assert app.shown == before < app.session.seq
        assert left == list(range(count - 1, -1, -1))
        assert app.shown == app.session.seq
        assert "on hold" in "".join(part for line, _ in app._header.rows for part, _ in line)
        # While no key is pressed, it costs less to paint it once.
        app._timer._since_key = FRAMES_A_SECOND
        feed.tell(Held(True, "bo", "another reason"))
        assert app._next_frame(1)
        assert app.shown == app.session.seq


async def test_a_key_waits_from_the_moment_it_is_typed_until_it_is_handled() -> None:
    typist, terminal = os.openpty()
    driver = TerminalDriver(CockpitApp(ListFeed(go_live(), Notebook()), layout()))
    driver.fileno = terminal
    assert not driver.key_waits
    os.write(typist, b"j\n")
    assert driver.key_waits
    assert os.read(terminal, 16) == b"j\n"
    assert not driver.key_waits
    driver.key_read = True
    assert driver.key_waits
    driver.close()
    os.close(typist)
    os.close(terminal)


def test_the_event_that_ends_the_input_also_ends_a_select() -> None:
    ends = Exit()
    assert not select.select([ends], [], [], 0)[0]
    thread = threading.Thread(target=select.select, args=([ends], [], []))
    thread.start()
    ends.set()
    ends.set()
    thread.join(10)
    assert not thread.is_alive()
    ends.clear()
    assert not ends.is_set()
    assert not select.select([ends], [], [], 0)[0]
    number = ends.fileno()
    ends.close()
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(number)

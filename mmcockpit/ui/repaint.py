"""When changes are drawn: those by operators in the next frame, results a few times a second, numbers once."""

import asyncio
from collections.abc import Callable
from math import inf
from time import monotonic
from typing import Any, NamedTuple

from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.state.session import SIGNALS, Topic

FRAMES_A_SECOND = 20

QUIET = 2
"""How many frames are one while no key was pressed for a second: a program that waits wakes up less often."""

REST_S = 0.01
"""Seconds until a frame that left something continues: until then keys are handled, and what it drew is painted."""

MOST_LEFT_OVER = 20
"""How often in a row something is left to the next frame, which comes after REST_S."""

FRAMES_A_READING = 5
"""Results and what follows from them are drawn together, after at most this many frames."""

FRAMES_A_NUMBER = 20
"""Readings that repeat what is shown, or change only quantities, wait for the next second, or so many frames."""


class Due(NamedTuple):
    """What to draw: the touched topics (None: everything), and whether ages have changed."""

    topics: set[Topic] | None
    tick: bool


class Pace:
    """Collects touched topics until they are drawn."""

    def __init__(self) -> None:
        self._second = -1
        self._frames = self._waited = 0
        self._pending: set[Topic] = set()
        self._calm = True

    @property
    def waits(self) -> bool:
        """Whether results wait for one of the next frames."""
        return bool(self._pending) and not self._calm

    def due(
        self, touched: set[Topic] | None, now: Stamp, calm: bool = False, frames: int = 1, patient: bool = False
    ) -> Due | None:
        """Add the topics that one frame touched, and return what to draw now; None if nothing.

        `calm`: the frame has only readings that repeat what is shown, or change only quantities. `frames` is as how
        many it counts. `patient`: all that the frame touched may wait as long as readings.
        """
        tick, self._second = int(now.at) != self._second, int(now.at)
        turn = self._frames // FRAMES_A_READING != (self._frames + frames) // FRAMES_A_READING
        # A new second draws everything: the turns begin again, instead of one soon after it.
        self._frames = 0 if tick else self._frames + frames
        self._waited += frames
        if touched is None:
            self._pending, self._calm, self._waited = set(), True, 0
            return Due(None, tick)
        self._pending |= touched
        self._calm = self._calm and (calm or not touched)
        over = self._waited >= FRAMES_A_NUMBER if self._calm else turn
        patient = patient or all(map(_patient, touched))
        if not tick and patient and not (self._pending and over):
            return None
        pending, self._pending, self._calm, self._waited = self._pending, set(), True, 0
        return Due(pending, tick)


def _patient(topic: Topic) -> bool:
    return topic == SIGNALS or topic.part == "signal"


class LeftOver:
    """What is left to the next frame, for a key or for time: at most MOST_LEFT_OVER times in a row."""

    def __init__(self, key_waits: Callable[[], bool]) -> None:
        self._key_waits = key_waits
        self.times = 0

    def enough(self, within_s: float = inf) -> Callable[[], bool]:
        """Return what is asked between two parts: whether the rest is left; it is after so many seconds."""
        if self.times >= MOST_LEFT_OVER:
            return lambda: False
        end = monotonic() + within_s
        return lambda: self._key_waits() or monotonic() > end

    def put_off(self, enough: bool) -> bool:
        """Count that the rest is left, or that there is none; return which."""
        self.times = self.times + 1 if enough else 0
        return enough


class FrameTimer:
    """Calls `frame` 20 times a second.

    `frame` gets as how many frames it counts, and returns after how many the next may come: QUIET is one as long as
    keys are pressed; 0 calls it again after REST_S, for the rest. What it raises goes to `failed`, and it is not called
    again.
    """

    def __init__(self, frame: Callable[[int], int], failed: Callable[[Exception], None]) -> None:
        self._frame = frame
        self._failed = failed
        self._timer: asyncio.TimerHandle | None = None
        self._since_key = 0
        self._frames = 1

    @property
    def idle(self) -> bool:
        """Whether no key was pressed for a second."""
        return self._since_key >= FRAMES_A_SECOND

    def start(self) -> None:
        """Begin; in the loop that runs."""
        # Textual's timers send a message at every tick, and a task that sleeps wakes the loop twice: both cost more
        # than a frame without changes.
        asyncio.get_running_loop().set_exception_handler(self._raised)
        self._plan(1)

    def stop(self) -> None:
        """Call no more frames."""
        if self._timer is not None:
            self._timer.cancel()

    def hasten(self) -> None:
        """Call the next frame soon, and the frames of the next second: a key was pressed."""
        self._since_key = 0
        if self._timer is not None and self._frames > 1:
            self._timer.cancel()
            self._plan(1)

    def _plan(self, frames: int) -> None:
        self._frames = frames
        delay = frames / FRAMES_A_SECOND if frames else REST_S
        self._timer = asyncio.get_running_loop().call_later(delay, self._step)

    def _step(self) -> None:
        following = self._frame(self._frames)
        self._since_key += self._frames
        self._plan(following if self.idle else min(following, 1))

    def _raised(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        if context.get("handle") is self._timer and isinstance(error, Exception):
            self._failed(error)
        else:
            loop.default_exception_handler(context)

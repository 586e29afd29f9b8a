"""When changes are drawn: those by operators in the next frame, readings a few times a second, numbers once."""

from typing import NamedTuple

from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.state.session import SIGNALS, Topic

FRAMES_A_READING = 5
"""Readings are drawn together, after at most this many frames."""

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

    def due(self, touched: set[Topic] | None, now: Stamp, calm: bool = False) -> Due | None:
        """Add the topics that one frame touched, and return what to draw now; None if nothing.

        `calm`: the frame has only readings that repeat what is shown, or change only quantities.
        """
        tick, self._second = int(now.at) != self._second, int(now.at)
        self._frames += 1
        self._waited += 1
        if touched is None:
            self._pending, self._calm, self._waited = set(), True, 0
            return Due(None, tick)
        self._pending |= touched
        self._calm = self._calm and (calm or not touched)
        over = self._waited >= FRAMES_A_NUMBER if self._calm else self._frames % FRAMES_A_READING == 0
        if not tick and all(map(_patient, touched)) and not (self._pending and over):
            return None
        pending, self._pending, self._calm, self._waited = self._pending, set(), True, 0
        return Due(pending, tick)


def _patient(topic: Topic) -> bool:
    return topic == SIGNALS or topic.part == "signal"

"""The moments and stretches of time of a report."""

import msgspec

from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.state.session import Session
from mmcockpit.core.words.durations import offset


class When(msgspec.Struct, frozen=True):
    """A moment: session seconds, Unix seconds, and the seconds of holds before it, which the T-clock leaves out."""

    at: float
    wall: float
    held_s: float = 0.0


class Stretch(msgspec.Struct, frozen=True):
    """A stretch of time: what, start, end (None: still open when the journal ended), by whom and why.

    `more` is the number of further reasons beside `reason`.
    """

    what: str
    start: When
    end: When | None = None
    by: str = ""
    reason: str = ""
    more: int = 0


def when(session: Session, stamp: Stamp) -> When:
    """Return a moment of a session, with the total of its holds so far."""
    running = stamp.at - session.held_since.at if session.held_since else 0.0
    return When(stamp.at, stamp.wall, session.held_s + max(running, 0.0))


class Axis(msgspec.Struct, frozen=True):
    """The zero of T±: the planned start as it was last set, else the session's first fact (Unix seconds)."""

    zero: float
    planned: bool

    def t(self, moment: When) -> str:
        """Return a moment as T±; holds do not count."""
        return offset(moment.wall - self.zero - moment.held_s)

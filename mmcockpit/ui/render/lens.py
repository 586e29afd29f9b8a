"""How the viewer looks at the session: which clock is shown, and whether the engine can still be believed."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from mmcockpit.core.model.verdict import Level
from mmcockpit.core.state.signals import SignalState
from mmcockpit.core.words.numbers import offset
from mmcockpit.ui.render.text import LETTER

ClockMode = Literal["utc", "local", "t"]
CLOCKS: tuple[ClockMode, ...] = ("utc", "local", "t")


@dataclass(frozen=True, slots=True)
class Lens:
    """The viewer's own settings; `t0` (Unix seconds) is what T± counts from, `stalled` makes every verdict unknown."""

    clock: ClockMode = "utc"
    t0: float | None = None
    stalled: bool = False

    def level(self, state: SignalState) -> Level:
        """Return the level to draw: unknown while nothing was asked or the engine gives no sign of life."""
        return Level.UNKNOWN if self.stalled or state.asked_at is None else state.verdict.level

    def letter(self, state: SignalState) -> str:
        """Return a signal's letter in brackets; a blank one for a signal that no rule judges."""
        return f"[{LETTER[self.level(state)] if state.signal.judged or self.stalled or state.fault else ' '}]"

    def time(self, wall: float, seconds: bool = True) -> str:
        """Return a moment (Unix seconds) by the chosen clock: `14:03:22Z`, `16:03:22` or `T+00:12:31`."""
        if self.clock == "t" and self.t0 is not None:
            return offset(wall - self.t0, seconds)
        shape = "%H:%M:%S" if seconds else "%H:%M"
        if self.clock == "local":
            return time.strftime(shape, time.localtime(wall))
        return datetime.fromtimestamp(wall, UTC).strftime(shape) + ("Z" if seconds else "")

    def narrow(self, wall: float) -> str:
        """Return a moment in as few cells as possible: `14:03`."""
        return self.time(wall, seconds=False)

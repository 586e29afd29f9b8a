"""The lens: settings of this view that change how the session is drawn, such as the clock."""

import time
from datetime import UTC, datetime
from typing import Literal

import msgspec

from mmcockpit.core.model.next_action import ViewpointKind
from mmcockpit.core.model.people import VIEWER
from mmcockpit.core.model.verdict import Level
from mmcockpit.core.state.session import Session
from mmcockpit.core.state.signals import SignalState
from mmcockpit.core.words.durations import offset
from mmcockpit.core.words.keys import Keys
from mmcockpit.ui.render.text import LETTER

ClockMode = Literal["utc", "local", "t"]
CLOCKS: tuple[ClockMode, ...] = ("utc", "local", "t")


class Lens(msgspec.Struct, frozen=True):
    """The settings of this view: `t0` (Unix seconds) is the zero of T±, `out_of_date` draws every verdict as unknown.

    `keys` are the names of the effective keys, for texts that mention one. `operator` is who drives this screen; empty
    where it is read-only. `layout` is the name of the layout that is shown, `controls` whether this seat has the
    controls, `viewer` whether it only looks at a live session.
    """

    clock: ClockMode = "utc"
    t0: float | None = None
    out_of_date: bool = False
    keys: Keys = msgspec.field(default_factory=dict)
    operator: str = ""
    layout: str = ""
    controls: bool = True
    viewer: bool = False

    @property
    def view(self) -> ViewpointKind:
        """Whether NEXT has a key here; a replay shows the one of the live session."""
        return ViewpointKind.READ_ONLY if self.viewer else ViewpointKind.LIVE

    def seated(self, session: Session) -> str:
        """Return for whom texts are made: the operator, a VIEWER, or in a replay the operator who joined last."""
        return VIEWER if self.viewer else session.seated(self.operator)

    def level(self, state: SignalState) -> Level:
        """Return the level to draw: unknown before the first poll, and while the view may be out of date."""
        return Level.UNKNOWN if self.out_of_date or state.asked_at is None else state.verdict.level

    def letter(self, state: SignalState) -> str:
        """Return a signal's letter in brackets; a blank for a signal without a rule."""
        return f"[{LETTER[self.level(state)] if state.signal.judged or self.out_of_date or state.fault else ' '}]"

    def time(self, wall: float, seconds: bool = True) -> str:
        """Return a moment (Unix seconds) by the chosen clock: `14:03:22Z`, `16:03:22` or `T+00:12:31`."""
        if self.clock == "t" and self.t0 is not None:
            return offset(wall - self.t0, seconds)
        shape = "%H:%M:%S" if seconds else "%H:%M"
        if self.clock == "local":
            return time.strftime(shape, time.localtime(wall))
        return datetime.fromtimestamp(wall, UTC).strftime(shape) + ("Z" if seconds else "")

    def narrow(self, wall: float) -> str:
        """Return a moment without seconds: `14:03`."""
        return self.time(wall, seconds=False)

"""The four lines at the top: identity and time, the state with the worst thing, NEXT, and the phases."""

from collections.abc import Sequence

from mmcockpit.core.model.next_action import Next, Viewpoint
from mmcockpit.core.rules.next_action import next_action
from mmcockpit.core.rules.plans.time_plan import time_plan
from mmcockpit.ui.render.header.identity import identity_line
from mmcockpit.ui.render.header.next_line import AT_CURSOR, Badge, KeysTo, next_line, seat_of
from mmcockpit.ui.render.header.phases import phase_line
from mmcockpit.ui.render.header.state_line import state_line
from mmcockpit.ui.render.lens import Lens
from mmcockpit.ui.render.text import Line, fit
from mmcockpit.ui.render.themes import Paint
from mmcockpit.ui.session_view import Sight
from mmcockpit.ui.widgets.canvas import Canvas

ROWS = 4
"""Lines of the header, at every size."""


class Header(Canvas):
    """Answers in the first ten seconds: what is this, what is wrong, what helps, where are we."""

    DEFAULT_CSS = f"Header {{ height: {ROWS}; width: 1fr; dock: top; }}"

    def __init__(self, paint: Paint, sight: Sight, replay: bool, keys_to: KeysTo) -> None:
        super().__init__(paint)
        self._sight = sight
        self._replay = replay
        self._keys_to = keys_to
        self._lens = Lens()
        self._operator = self._cursor = ""
        self._seat = Viewpoint()
        self.following: Next | None = None
        """NEXT, as shown; None before the first frame."""

    def show(self, lens: Lens, operator: str, cursor: str = "") -> None:
        """Draw all lines; `operator` is empty in a read-only session, `cursor` the subject under the cursor."""
        self._lens, self._operator, self._cursor = lens, operator, cursor
        self._decide()
        self.on_resize()

    def point(self, cursor: str) -> None:
        """Draw NEXT again if another subject is under the cursor."""
        if cursor == self._cursor or self.following is None:
            return
        if self.following.action not in AT_CURSOR:
            self._cursor = cursor
            return
        self._cursor, before = cursor, (self.following, self._seat)
        self._decide()
        if before != (self.following, self._seat):
            self.on_resize()

    def _decide(self) -> None:
        self._seat = seat_of(self._sight, self._operator, self._replay, self._cursor, self._lens.layout)
        self.following = next_action(self._sight.session, self._sight.now, self._seat)

    def on_resize(self) -> None:
        """Draw in the new width."""
        width = self.size.width
        if not width or self.following is None:
            return
        sight, lens = self._sight, self._lens
        first = identity_line(sight, lens, self._operator, self._replay, width)
        following, badges = next_line(sight, self.following, self._seat, lens, width, self._keys_to)
        rows = [(first, "bar"), (state_line(sight, lens, width), "base"), (following, "base")]
        self.put([*rows, (self._phases(badges, width), "bar")])

    def _phases(self, badges: Sequence[Badge], width: int) -> Line:
        session = self._sight.session
        if session.opened is None:
            return fit((), width)
        return phase_line(time_plan(session, self._sight.now).phases, session.phase, badges, width)

"""The transport bar of a replay: its state, the playhead, and the landmarks to jump to."""

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import groupby

from mmcockpit.core.feed import Landmark, ReplayState, Transport
from mmcockpit.core.words.durations import clock
from mmcockpit.core.words.numbers import speed_words
from mmcockpit.ui.render.text import Line, Role, Span, fit, width_of
from mmcockpit.ui.render.themes import Paint
from mmcockpit.ui.widgets.canvas import Canvas

MARKS: dict[str, Span] = {
    "gap": (" ", "muted"),
    "verdict": ("·", "text"),
    "marker": ("m", "accent"),
    "alarm": ("!", "fail"),
    "decision": ("D", "warn"),
}
"""The letters of landmarks, readable without colours; a later kind hides an earlier one in the same cell."""

PLAYED, AHEAD, HEAD = "━", "─", "█"
LEAST_TRACK = 8
WIDE = 100


class TransportBar(Canvas):
    """One line above the bottom line."""

    DEFAULT_CSS = "TransportBar { dock: bottom; height: 1; margin: 0 0 1 0; width: 1fr; }"

    def __init__(self, paint: Paint, transport: Transport) -> None:
        super().__init__(paint, id="transport")
        self._transport = transport
        self._drawn: tuple[object, ...] = ()

    def follow(self) -> None:
        """Draw the replay's position, if it has changed."""
        parts = self._transport.state, self._transport.landmarks, self.size.width
        if self.size.width and parts != self._drawn:
            self._drawn = parts
            self.put([(bar(*parts), "bar")])

    def on_resize(self) -> None:
        """Draw in the new width."""
        self.follow()


def bar(replay: ReplayState, landmarks: Sequence[Landmark], width: int) -> Line:
    """Return the bar in `width` cells; the least important parts are left out to make room for the track."""
    state: Role = "strong" if replay.playing else "accent"
    passed, whole = replay.position.at - replay.first, replay.last - replay.first
    left: Line = ((f" {_state(replay):6} ", state), (f"{speed_words(replay.speed):>4} ", "text"))
    idle: Line = (("no idle ", "accent"),) if replay.skips_idle else ()
    position: Line = ((f"{clock(passed)}/{clock(whole)} ", "text"),)
    number: Line = ((f" #{replay.seq}/{replay.count} ", "text"),)
    day: Line = ((f"{datetime.fromtimestamp(replay.position.wall, UTC):%Y-%m-%d} ", "muted"),)
    ends = [left, idle, position, number, day if width >= WIDE else ()]
    for least in (1, 3, 2):
        if sum(map(width_of, ends)) + LEAST_TRACK > width:
            ends[least] = ()
    cells = max(width - sum(map(width_of, ends)), 0)
    return fit((*ends[0], *ends[1], *ends[2], *track(replay, landmarks, cells), *ends[3], *ends[4]), width)


def track(replay: ReplayState, landmarks: Sequence[Landmark], cells: int) -> Line:
    """Return the session as a line of cells with its landmarks and the playhead."""
    if cells < 1:
        return ()
    head = _cell(replay.position.at, replay, cells)
    drawn: list[Span] = [(PLAYED, "accent") if n < head else (AHEAD, "muted") for n in range(cells)]
    order = list(MARKS)
    for mark in sorted((one for one in landmarks if one.kind in MARKS), key=lambda one: order.index(one.kind)):
        drawn[_cell(mark.at, replay, cells)] = MARKS[mark.kind]
    drawn[head] = (HEAD, "strong")
    return tuple(("".join(part for part, _ in same), role) for role, same in groupby(drawn, lambda span: span[1]))


def _state(replay: ReplayState) -> str:
    if replay.ended:
        return "END"
    return "PLAY" if replay.playing else "PAUSED"


def _cell(at: float, replay: ReplayState, cells: int) -> int:
    whole = replay.last - replay.first
    share = (at - replay.first) / whole if whole > 0 else 1.0
    return min(max(int(share * (cells - 1) + 0.5), 0), cells - 1)

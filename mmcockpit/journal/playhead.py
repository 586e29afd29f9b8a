"""The playhead of a replay: where it stands, whether it moves, and how fast."""

SPEEDS = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0)
"""How fast a session can be played."""


def nearest_speed(wanted: float) -> float:
    """Return the speed that comes closest to the wanted one."""
    return min(SPEEDS, key=lambda speed: abs(speed - wanted))


class Playhead:
    """Moves through the session seconds `first` to `last` as the viewer's clock goes on; reads no clock itself.

    It stops at the end, where it waits for what is still being written if the session is `growing`.
    """

    def __init__(self, at: float, first: float, last: float, speed: float = 1.0, playing: bool = True) -> None:
        self.first, self.last = first, last
        self.growing = False
        self.speed = speed
        self.playing = playing
        self._at = at
        self._viewed: float | None = None

    @property
    def at(self) -> float:
        """The moment it stands at, in session seconds."""
        return self._at

    def move(self, viewed_s: float) -> float:
        """Return where it stands when the viewer's clock shows this."""
        passed = 0.0 if self._viewed is None else max(viewed_s - self._viewed, 0.0)
        self._viewed = viewed_s
        if self.playing:
            self.go(round(self._at + passed * self.speed, 3))
            self.playing = self.growing or self._at < self.last
        return self._at

    def go(self, at: float) -> None:
        """Stand at a moment, within the session."""
        self._at = min(max(at, self.first), self.last)

    def play(self) -> None:
        """Play or pause; at the end of a session that is over, from the start again."""
        self.playing = not self.playing
        if self.playing and self._at >= self.last and not self.growing:
            self._at = self.first

    def quicken(self, steps: int) -> None:
        """Take the speed so many steps up or down."""
        place = SPEEDS.index(self.speed) + steps
        self.speed = SPEEDS[min(max(place, 0), len(SPEEDS) - 1)]

"""The playhead of a replay: its position, whether it plays, and its speed."""

SPEEDS = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0)
"""Playback speeds, as multiples of real time."""


class Playhead:
    """Moves through the session seconds `first` to `last` with the viewer's clock; reads no clock itself.

    It stops at the end; if the session is `growing`, it waits there for new facts.
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
        """The current position, in session seconds."""
        return self._at

    def move(self, viewed_s: float) -> float:
        """Return the position at this time of the viewer's clock."""
        passed = 0.0 if self._viewed is None else max(viewed_s - self._viewed, 0.0)
        self._viewed = viewed_s
        if self.playing:
            self.go(round(self._at + passed * self.speed, 3))
            self.playing = self.growing or self._at < self.last
        return self._at

    def go(self, at: float) -> None:
        """Move to a time within the session."""
        self._at = min(max(at, self.first), self.last)

    def play(self) -> None:
        """Play or pause; at the end of a finished session, play from the start."""
        self.playing = not self.playing
        if self.playing and self._at >= self.last and not self.growing:
            self._at = self.first

    def quicken(self, steps: int) -> None:
        """Change the speed by this many steps up or down."""
        place = SPEEDS.index(self.speed) + steps
        self.speed = SPEEDS[min(max(place, 0), len(SPEEDS) - 1)]

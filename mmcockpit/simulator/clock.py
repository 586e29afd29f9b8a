"""The clock of the simulated world: how its seconds follow the wall clock."""

import time
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class WorldClock:
    """Maps epoch seconds to world seconds: 0 at the start, negative in the history before it.

    Speed applies only to the time after the start, so that two hours of history stay two hours; what clients see
    (sample times, process starts) is wall time at any speed.
    """

    started: float
    speed: float = 1.0

    def at(self, wall: float) -> float:
        """Return the world seconds at an epoch time."""
        passed = wall - self.started
        return passed * self.speed if passed > 0 else passed

    def wall(self, at: float) -> float:
        """Return the epoch time at which the world reaches `at`."""
        return self.started + (at / self.speed if at > 0 else at)

    def now(self) -> float:
        """Return the current world seconds."""
        return self.at(time.time())

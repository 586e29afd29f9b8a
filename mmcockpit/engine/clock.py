"""The session's clock: the only place that reads the time."""

import time

from mmcockpit.core.model.clock import Clock, Stamp
from mmcockpit.engine.pace import REAL_TIME, SessionPace

# BOOTTIME includes the time a laptop was suspended; systems without it use the monotonic clock.
_BOOTTIME = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def wall() -> float:
    """Return Unix seconds, rounded to milliseconds."""
    return _milliseconds(time.time())  # noqa: TID251 - the one clock


def pace_of(clock: Clock) -> SessionPace:
    """Return the pace of a clock; clocks that do not have one run in real time."""
    return clock.pace if isinstance(clock, SessionClock) else REAL_TIME


class SessionClock:
    """Stamps a session that has already lasted `elapsed` seconds; both times of a stamp pass at its pace."""

    def __init__(self, elapsed: float = 0.0, pace: SessionPace = REAL_TIME) -> None:
        self.pace = pace
        self._elapsed = elapsed
        self._began = time.clock_gettime(_BOOTTIME)

    def now(self) -> Stamp:
        """Return the current stamp."""
        passed = (time.clock_gettime(_BOOTTIME) - self._began) * self.pace.speed
        moment = wall() if self.pace.speed == 1.0 else _milliseconds(self.pace.began + passed)
        return Stamp(_milliseconds(self._elapsed + passed), moment)


def _milliseconds(seconds: float) -> float:
    """Return seconds in whole milliseconds; `round` with digits takes four times as long."""
    return round(seconds * 1000) / 1000

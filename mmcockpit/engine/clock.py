"""The session's clock: the only place that reads the time."""

import time

from mmcockpit.core.model.clock import Stamp

# BOOTTIME includes the time a laptop was suspended; systems without it use the monotonic clock.
_BOOTTIME = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def wall() -> float:
    """Return Unix seconds, rounded to milliseconds."""
    return round(time.time(), 3)  # noqa: TID251 - the one clock


class SessionClock:
    """Stamps a session that has already lasted `elapsed` seconds."""

    def __init__(self, elapsed: float = 0.0) -> None:
        self._zero = time.clock_gettime(_BOOTTIME) - elapsed

    def now(self) -> Stamp:
        """Return the current stamp."""
        return Stamp(round(time.clock_gettime(_BOOTTIME) - self._zero, 3), wall())

"""The pace of a session: a demo may let its time pass faster than real time; polling stays in real time."""

import msgspec

from mmcockpit.core.model.cockpit import Cockpit
from mmcockpit.core.model.reading import Answer, Reading
from mmcockpit.core.model.signal import Signal

Points = list[tuple[float, float]]
"""Unix seconds and values."""


class SessionPace(msgspec.Struct, frozen=True):
    """How the session's wall clock follows the real one.

    From the Unix second `began_real` on it runs `speed` times as fast, beginning at `began`; before that both differ
    only by a constant. At speed 1 both are the same.
    """

    speed: float = 1.0
    began: float = 0.0
    began_real: float = 0.0

    def recorded(self, real: float) -> float:
        """Return the session's Unix seconds at a real time."""
        if self.speed == 1.0:
            return real
        passed = real - self.began_real
        return round(self.began + (passed * self.speed if passed > 0 else passed), 3)

    def real(self, recorded: float) -> float:
        """Return the real Unix seconds at a time of the session."""
        if self.speed == 1.0:
            return recorded
        passed = recorded - self.began
        return round(self.began_real + (passed / self.speed if passed > 0 else passed), 3)

    def points(self, real: Points) -> Points:
        """Return the points of a source at their times in the session."""
        return real if self.speed == 1.0 else [(self.recorded(at), value) for at, value in real]

    def answer(self, real: Answer) -> Answer:
        """Return a result with the time of its newest sample in the session."""
        if self.speed == 1.0 or not isinstance(real, Reading) or real.sampled is None:
            return real
        return msgspec.structs.replace(real, sampled=self.recorded(real.sampled))

    def signal(self, recorded: Signal) -> Signal:
        """Return a signal of the session as it is polled: intervals and ages in real seconds."""
        return _scaled(recorded, 1.0 / self.speed)


REAL_TIME = SessionPace()


def at_speed(cockpit: Cockpit, speed: float) -> Cockpit:
    """Return the cockpit for a session at a speed: its signals are polled as often in real time.

    Combinations are not polled, so their intervals stay as they are.
    """
    signals = tuple(signal if signal.group else _scaled(signal, speed) for signal in cockpit.signals)
    return msgspec.structs.replace(cockpit, signals=signals)


def _scaled(signal: Signal, factor: float) -> Signal:
    if factor == 1.0:
        return signal
    every, stale = round(signal.every * factor, 3), round(signal.stale_after * factor, 3)
    return msgspec.structs.replace(signal, every=every, stale_after=stale)

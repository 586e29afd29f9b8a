"""Notices that the process was stopped, the machine suspended, or the clock set."""

from mmcockpit.core.facts.pauses import ClockJumped, Paused
from mmcockpit.core.model.clock import Clock, Stamp
from mmcockpit.core.state.pauses import lost


class PauseWatch:
    """Compares each moment with the one before; `woke_at` is the session second at which the latest pause ended."""

    def __init__(self, clock: Clock, speed: float = 1.0) -> None:
        self._clock, self._speed = clock, speed
        self._last: Stamp | None = None
        self.woke_at = 0.0

    def notice(self) -> list[Paused | ClockJumped]:
        """Return the gaps since the last call, which is at most a second ago while the engine runs."""
        now = self._clock.now()
        pauses = lost(self._last, now, self._speed) if self._last is not None else []
        self._last = now
        if any(isinstance(fact, Paused) for fact in pauses):
            self.woke_at = now.at
        return pauses

    def cut_short(self, ms: float) -> bool:
        """Return whether a poll that took `ms` milliseconds up to now began before the latest pause ended."""
        return self.woke_at > 0.0 and self._clock.now().at - ms / 1000 * self._speed < self.woke_at

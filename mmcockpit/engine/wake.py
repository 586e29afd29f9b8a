"""Early polls of a signal: an operator requests one, or its source reports a change."""

import asyncio

from mmcockpit.core.model.signal import Signal
from mmcockpit.core.words.durations import duration

COALESCED_S = 0.03
"""Seconds from a reported change to the poll: related changes come together."""
WAKE_GAP_S = 0.2
WAKE_SHARE = 20.0
"""Least time between two polls after reported changes: in seconds, and in durations of the last poll."""

LONGEST_PAUSE_S = 60.0
"""The longest pause that a server can ask for, in seconds: a go-live has to see soon that it recovered."""


class Wake:
    """Polls one signal early: at once, or soon after its source reported a change.

    Changes are coalesced: there are at least WAKE_GAP_S between two such polls, and 20 times as long as the last poll
    took. A signal whose level needs several readings has its whole interval between them, so that one change cannot
    make them agree.
    """

    def __init__(self, signal: Signal) -> None:
        self.event = asyncio.Event()
        self._gap = signal.every if signal.rule.of > 1 else WAKE_GAP_S
        self._every = signal.every
        self._took = 0.0
        self.not_before = 0.0
        """The time of the loop before which the source asked not to be polled; an operator may still request it."""
        self._next = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def changed(self) -> None:
        """Poll the signal soon: its source reported a change."""
        if self._timer is None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_at(max(loop.time() + COALESCED_S, self._next, self.not_before), self._due)

    def pause(self, seconds: float) -> str:
        """Pause as long as the server asks; return that for the fault, if it is longer than the signal's interval."""
        seconds = min(seconds, LONGEST_PAUSE_S)
        self.not_before = asyncio.get_running_loop().time() + seconds
        return f"; next poll in {duration(seconds)}, as the server asks" if seconds > self._every else ""

    def recovered(self) -> None:
        """Poll the signal now, since another one of its source has a reading again, unless its source asked not to."""
        if asyncio.get_running_loop().time() >= self.not_before:
            self.event.set()

    def polled(self, took: float) -> None:
        """Note the duration of a poll (seconds)."""
        self._took = took

    def stop(self) -> None:
        """Forget a reported change."""
        if self._timer is not None:
            self._timer.cancel()

    def _due(self) -> None:
        self._timer = None
        self._next = asyncio.get_running_loop().time() + max(self._gap, WAKE_SHARE * self._took)
        self.event.set()

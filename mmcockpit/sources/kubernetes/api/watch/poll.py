"""One poll of a probe: how often it reads a path, and what its caches are worth."""

import asyncio
import time
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import msgspec

from mmcockpit.core.model.reading import Reading

WORTH_WITHIN_S = 60.0
"""Longest interval of polls for which a watch needs fewer requests than the polls."""

LEAST_S = 1.0
"""Seconds that a poll gets at least."""

# BOOTTIME includes the time a laptop was suspended; systems without it use the monotonic clock.
_BOOTTIME = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)

CURRENT: ContextVar["ClusterPoll | None"] = ContextVar("poll", default=None)
"""The poll that is running; None outside the probes of a cluster."""


def uptime() -> float:
    """Return the seconds since this machine started: the clock of signs of life."""
    return time.clock_gettime(_BOOTTIME)


class Reader:
    """A probe as a reader of caches: what it reads, and whom it tells of changes."""

    def __init__(self, stale_after: float) -> None:
        self.stale_after = stale_after
        self.changed: Callable[[], None] = _ignored
        self.paths: dict[Hashable, tuple[float, ClusterPoll, bool]] = {}
        self.alive_at: float | None = None
        """The last sign of life behind the last reading, if that was from caches."""

    def within(self, timeout: float) -> float:
        """Return how long a poll may take: a watch that froze must be no data within `stale_after`."""
        if self.alive_at is None:
            return timeout
        left = round(self.alive_at + self.stale_after - uptime(), 1)
        return min(timeout, max(LEAST_S, left)) if left > 0 else timeout


class ClusterPoll:
    """One poll; `alive_at` is the oldest last sign of life of the caches that it read (in `uptime`)."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.alive_at: float | None = None
        self.remarks: dict[str, None] = {}

    def again(self, path: Hashable) -> bool:
        """Return whether this reader polled the path before, and so recently that a watch is worth it."""
        now = asyncio.get_running_loop().time()
        at, poll, again = self.reader.paths.get(path, (now - WORTH_WITHIN_S, self, False))
        if poll is not self or path not in self.reader.paths:
            again = now - at < WORTH_WITHIN_S
            self.reader.paths[path] = now, self, again
        return again

    def served(self, alive_at: float) -> None:
        """Note the last sign of life of a cache that this poll read."""
        self.alive_at = alive_at if self.alive_at is None else min(self.alive_at, alive_at)

    def polled(self, why: str) -> None:
        """Note why a path cannot be watched."""
        self.remarks[f"polled, not watched: {why}"] = None

    def stamped(self, reading: Reading) -> Reading:
        """Return the reading with the time of the oldest cache, and with the remarks."""
        self.reader.alive_at = self.alive_at
        sampled, remark = reading.sampled, "; ".join(filter(None, [reading.remark, *self.remarks]))
        if self.alive_at is not None:
            seen = time.time() - (uptime() - self.alive_at)  # noqa: TID251 - the age is measured on this machine
            sampled = seen if sampled is None else min(sampled, seen)
        return msgspec.structs.replace(reading, sampled=sampled, remark=remark)


@contextmanager
def polling(reader: Reader) -> Iterator[ClusterPoll]:
    """Make everything in the block part of one poll of a reader."""
    poll = ClusterPoll(reader)
    token = CURRENT.set(poll)
    try:
        yield poll
    finally:
        CURRENT.reset(token)


def _ignored() -> None:
    """Do nothing: no schedule listens."""

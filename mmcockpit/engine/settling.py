"""When what follows from new facts is evaluated: at once, or for many results together."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from mmcockpit.core.facts.event import AnyBody

APART_S = 0.05
"""Least seconds between two evaluations that results trigger: with the first polls hundreds of signals change."""

MOST_ROUNDS = 10
"""Most rounds of follow-up changes in one evaluation."""


class Settling:
    """Publishes what follows from time and the latest facts, until nothing does; used in the engine's loop only.

    `paused` are facts that come before all others, `follows` those of the next round.
    """

    def __init__(
        self,
        paused: Callable[[], Sequence[AnyBody]],
        follows: Callable[[], Sequence[AnyBody]],
        publish: Callable[[Sequence[AnyBody]], None],
    ) -> None:
        self._paused, self._follows, self._publish = paused, follows, publish
        self._timer: asyncio.TimerHandle | None = None
        self._last = 0.0
        self.settled = True
        """Whether everything that follows from the facts so far is published; may be read in another thread."""

    @contextmanager
    def after(self, changed: bool) -> Iterator[None]:
        """Evaluate soon after the facts of this block, if something may follow from them."""
        self.settled = self.settled and not changed
        yield
        if changed:
            self.soon()

    def soon(self) -> None:
        """Evaluate at once, or APART_S after the last time."""
        if self._timer is not None:
            return
        loop = asyncio.get_running_loop()
        if loop.time() - self._last >= APART_S:
            self._due()
        else:
            self._timer = loop.call_at(self._last + APART_S, self._due)

    def _due(self) -> None:
        self._last = asyncio.get_running_loop().time()
        self.now()

    def now(self) -> None:
        """Evaluate at once."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._publish(self._paused())
        for _ in range(MOST_ROUNDS):
            bodies = self._follows()
            if not bodies:
                break
            self._publish(bodies)
        self.settled = True

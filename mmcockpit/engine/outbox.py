"""The outbox: a bounded queue of events from the engine to the screen's thread."""

import threading
from collections import deque

from mmcockpit.core.facts.event import Event
from mmcockpit.core.state.copies import copied
from mmcockpit.core.state.session import Session

LIMIT = 20_000
"""Events kept for a screen that does not drain; after more, the screen restarts from a copy of the whole session."""


class Outbox:
    """Events for one reader; after an overflow, a copy of the session replaces the events that were dropped."""

    def __init__(self, session: Session, limit: int = LIMIT) -> None:
        self.limit = limit
        self._lock = threading.Lock()
        self._events: deque[Event] = deque()
        self._base: Session | None = copied(session)
        self._overflown = False

    def put(self, event: Event, session: Session) -> None:
        """Queue an event that has been applied to `session`; called only by the engine."""
        with self._lock:
            if self._overflown:
                return
            self._events.append(event)
            if len(self._events) > self.limit:
                self._events.clear()
                self._overflown = True

    def refill(self, session: Session) -> None:
        """After an overflow, queue a copy of the whole session; called by the engine once a second."""
        with self._lock:
            if self._overflown:
                self._base, self._overflown = copied(session), False

    def take(self) -> tuple[Session | None, tuple[Event, ...]]:
        """Return the session to restart from, if any, and the events since."""
        with self._lock:
            base, self._base = self._base, None
            events = tuple(self._events)
            self._events.clear()
            return base, events

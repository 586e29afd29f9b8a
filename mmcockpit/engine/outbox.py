"""What the engine hands to the screen: a bounded queue between two threads."""

import threading
from collections import deque
from copy import deepcopy

from mmcockpit.core.facts.event import Event
from mmcockpit.core.state.session import Session

LIMIT = 20_000
"""Events kept for a screen that does not drain; beyond it the screen starts again from the whole session."""


class Outbox:
    """Events on their way to one reader; after an overflow, the session they make instead of the events lost."""

    def __init__(self, session: Session, limit: int = LIMIT) -> None:
        self.limit = limit
        self._lock = threading.Lock()
        self._events: deque[Event] = deque()
        self._base: Session | None = _copied(session)
        self._overflown = False

    def put(self, event: Event, session: Session) -> None:
        """Hand on an event that has been applied to `session`; called by the engine only."""
        with self._lock:
            if self._overflown:
                return
            self._events.append(event)
            if len(self._events) > self.limit:
                self._events.clear()
                self._overflown = True

    def refill(self, session: Session) -> None:
        """After an overflow, put the whole session in; called by the engine once a second."""
        with self._lock:
            if self._overflown:
                self._base, self._overflown = _copied(session), False

    def take(self) -> tuple[Session | None, tuple[Event, ...]]:
        """Return the session to start again from, if there is one, and the events since."""
        with self._lock:
            base, self._base = self._base, None
            events = tuple(self._events)
            self._events.clear()
            return base, events


def _copied(session: Session) -> Session:
    """Return a session for the other thread; what never changes is shared: facts, and what the checklist says."""
    items, signals = session.items.values(), session.signals.values()
    shared = [session.opened, *session.log, *(one.item for one in items), *(one.signal for one in signals)]
    return deepcopy(session, {id(one): one for one in shared})

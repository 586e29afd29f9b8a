"""The part of a session that readings do not change, restored as of any number of logged facts.

Logged facts are all facts except readings and backfills: a few thousand a day. They are kept in memory,
with a copy of the session that they made after every SPACING of them.
"""

from collections import deque

from mmcockpit.core.facts.event import Event
from mmcockpit.core.state.copies import copied
from mmcockpit.core.state.evolve import UNLOGGED, evolve
from mmcockpit.core.state.session import LOG_KEPT, Session
from mmcockpit.journal.playback.cache import MOST_LOGGED

SPACING = 128
"""Logged facts between two copies."""

MOST_BYTES = 32 * 1024 * 1024
"""Maximum size of the copies, estimated; beyond it, or beyond MOST_LOGGED logged facts, no more are kept."""

_ITEM_BYTES, _FACT_BYTES = 512, 8
"""What a copy takes: the state of each item, and a reference for each fact, such as a note, that a state refers to."""


class Checkpoints:
    """Logged facts in order, and copies of the sessions that they made."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self._shown: list[Event] = []
        self._shown_after = [0]
        self._session = _bare(Session())
        self._copies = [copied(self._session)]
        self._bytes = 0

    @property
    def full(self) -> bool:
        """Whether a limit is reached and no more facts are kept."""
        return len(self.events) >= MOST_LOGGED or self._bytes >= MOST_BYTES

    def add(self, event: Event) -> None:
        """Add the next logged fact."""
        self.events.append(event)
        if type(event.body) not in UNLOGGED:
            self._shown.append(event)
        self._shown_after.append(len(self._shown))
        evolve(self._session, event)
        if self._session.signals:
            _bare(self._session)
        if len(self.events) % SPACING == 0:
            self._copies.append(copied(self._session))
            self._bytes += _ITEM_BYTES * len(self._session.items) + _FACT_BYTES * len(self.events)

    def session(self, logged: int) -> Session:
        """Return a new session after the first `logged` facts, without signals."""
        session = copied(self._copies[logged // SPACING])
        for event in self.events[logged // SPACING * SPACING : logged]:
            evolve(session, event)
            session.signals = {}
        shown = self._shown_after[logged]
        session.log = deque(self._shown[max(shown - LOG_KEPT, 0) : shown], LOG_KEPT)
        return session


def _bare(session: Session) -> Session:
    session.signals = {}
    session.log = deque(maxlen=0)
    return session

"""The part of a session that readings do not change, restored as of any number of logged facts.

Logged facts are all facts except readings and backfills: a few thousand a day. They are kept in memory,
with a copy of the session that they made after every SPACING of them. The copies are pickled in memory, never to or
from a file.
"""

import io
import pickle
from collections import deque
from collections.abc import Iterable
from itertools import islice
from typing import Any

import msgspec

from mmcockpit.core.facts.event import Event, Opened
from mmcockpit.core.state.evolve import UNLOGGED, evolve
from mmcockpit.core.state.session import LOG_KEPT, Session
from mmcockpit.journal.playback.cache import MOST_LOGGED

SPACING = 256
"""Logged facts between two copies."""

MOST_BYTES = 16 * 1024 * 1024
"""Maximum size of the copies; beyond it, or beyond MOST_LOGGED logged facts, no more are kept."""


class Checkpoints:
    """Logged facts in order, and copies of the sessions that they made."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self._session = _bare(Session())
        self._known = _Known()
        self._copies = [self._known.dumps(self._session)]
        self._bytes = 0

    @property
    def full(self) -> bool:
        """Whether a limit is reached and no more facts are kept."""
        return len(self.events) >= MOST_LOGGED or self._bytes >= MOST_BYTES

    def add(self, event: Event) -> None:
        """Add the next logged fact."""
        self.events.append(event)
        self._known.add((event.stamp, event.body))
        evolve(self._session, event)
        if isinstance(event.body, Opened):
            self._known.add(event.body.cockpit)
            _bare(self._session)
        if len(self.events) % SPACING == 0:
            self._copies.append(self._known.dumps(self._session))
            self._bytes += len(self._copies[-1])

    def session(self, logged: int) -> Session:
        """Return a new session after the first `logged` facts, without signals."""
        session = self._known.loads(self._copies[logged // SPACING])
        for event in self.events[logged // SPACING * SPACING : logged]:
            evolve(session, event)
            session.signals = {}
        shown = (event for event in reversed(self.events[:logged]) if type(event.body) not in UNLOGGED)
        session.log = deque(reversed(list(islice(shown, LOG_KEPT))), LOG_KEPT)
        return session


def _bare(session: Session) -> Session:
    session.signals = {}
    session.log = deque(maxlen=0)
    return session


class _Known:
    """Frozen values that all copies refer to instead of each containing them."""

    def __init__(self) -> None:
        self._values: list[object] = []
        self._numbers: dict[int, int] = {}

    def add(self, value: object) -> None:
        """Register a value; for a container, everything in it."""
        match value:
            case tuple() | list():
                self._add_all(value)
            case dict():
                self._add_all(value.values())
            case msgspec.Struct() if id(value) not in self._numbers:
                self._numbers[id(value)] = len(self._values)
                self._values.append(value)
                if not isinstance(value, Opened):
                    self._add_all(msgspec.structs.astuple(value))

    def _add_all(self, values: Iterable[object]) -> None:
        for value in values:
            self.add(value)

    def dumps(self, session: Session) -> bytes:
        """Return the session as bytes for `loads`."""
        target = io.BytesIO()
        pickler = _Referring(target, pickle.HIGHEST_PROTOCOL)
        pickler.numbers = self._numbers
        pickler.dump(session)
        return target.getvalue()

    def loads(self, copy: bytes) -> Session:
        """Return a new session."""
        unpickler = _Resolving(io.BytesIO(copy))
        unpickler.values = self._values
        session: Session = unpickler.load()
        return session


class _Referring(pickle.Pickler):
    numbers: dict[int, int]

    def persistent_id(self, value: Any) -> int | None:
        return self.numbers.get(id(value))


class _Resolving(pickle.Unpickler):
    values: list[object]

    def persistent_load(self, number: int) -> object:
        return self.values[number]

"""Where the screen gets its facts, and where its commands go; live, replay and watch are only other feeds."""

from typing import Protocol

import msgspec

from mmcockpit.core.clock import Stamp
from mmcockpit.core.command import AnyCommand
from mmcockpit.core.event import Event
from mmcockpit.core.session import Session


class Batch(msgspec.Struct, frozen=True):
    """What one frame of the screen is made of.

    `now` is the screen's only clock. `base` is a session to start again from (the first batch, and after a seek).
    `pulse` is the engine's last sign of life: older than STALLED_AFTER, every verdict is drawn unknown.
    `not_recording` says why facts cannot be written; empty while they are.
    """

    now: Stamp
    events: tuple[Event, ...] = ()
    base: Session | None = None
    pulse: Stamp | None = None
    not_recording: str = ""


STALLED_AFTER = 3.0
"""Seconds without a sign of life after which the engine counts as stalled."""


class Commander(Protocol):
    """Takes what operators want; the answer comes back as facts."""

    operator: str

    def submit(self, command: AnyCommand) -> None:
        """Hand a command to the engine; returns at once."""
        ...


class Transport(Protocol):
    """Moves a replay: nothing yet but where it stands and which session it shows."""

    @property
    def position(self) -> Stamp:
        """The playhead."""
        ...


class Feed(Protocol):
    """Where the screen gets its facts."""

    @property
    def commands(self) -> Commander | None:
        """Live: takes commands. Replay and watch: None, and every key that changes the record is dimmed."""
        ...

    @property
    def transport(self) -> Transport | None:
        """Replay: the playhead. Live: None."""
        ...

    def drain(self) -> Batch:
        """Return what happened since the last call, without blocking."""
        ...

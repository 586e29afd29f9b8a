"""The interface between screen and session: facts in, commands out; implemented for live, replay and watch."""

from collections.abc import Sequence
from typing import Protocol

import msgspec

from mmcockpit.core.decide.command import AnyCommand
from mmcockpit.core.facts.event import Event
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.outcome import Outcome
from mmcockpit.core.model.seat import Sharing
from mmcockpit.core.state.session import Session


class Otherwise(msgspec.Struct, frozen=True):
    """Results of other rules at this moment: their name (`rules`), and their `advice` where it differs (else None).

    `signals` and `items` are those that the other rules judge differently: (name, result by the other rules).
    """

    rules: str
    advice: Outcome = None
    signals: tuple[tuple[str, Outcome], ...] = ()
    items: tuple[tuple[str, Outcome], ...] = ()


class Batch(msgspec.Struct, frozen=True):
    """The input of one frame of the screen.

    `now` is the only clock of the screen. `base` is a session to restart from (in the first batch and after a seek).
    `pulse` is the last heartbeat of the engine: once it is older than STALLED_AFTER, every verdict is drawn as unknown.
    `not_recording` is the reason why facts cannot be written; empty while they can. `gone` is the time since which a
    watched session has no operator, `lost` the reason why its journal is no longer followed. `otherwise` is set where a
    replay compares rules. `sharing` is set in a shared session; `notices` are lines
    for the person of this seat.
    """

    now: Stamp
    events: tuple[Event, ...] = ()
    base: Session | None = None
    pulse: Stamp | None = None
    not_recording: str = ""
    otherwise: Otherwise | None = None
    gone: Stamp | None = None
    lost: str = ""
    sharing: Sharing | None = None
    notices: tuple[str, ...] = ()


STALLED_AFTER = 3.0
"""Seconds without a heartbeat after which the engine counts as stalled."""


class Commander(Protocol):
    """Accepts commands of operators; the outcome comes back as facts."""

    operator: str

    def submit(self, command: AnyCommand, saw: int | None = None) -> None:
        """Pass a command to the engine; returns at once. `saw` is the last fact that was shown when it was decided."""
        ...


class Landmark(Protocol):
    """A fact that a replay can jump to: `kind` is decision, alarm, marker or gap."""

    @property
    def at(self) -> float:
        """Time of the fact in session seconds."""
        ...

    @property
    def kind(self) -> str:
        """One of decision, alarm, marker and gap."""
        ...


class ReplayState(msgspec.Struct, frozen=True):
    """Position of a replay: fact `seq` of `count`, between the session seconds `first` and `last`.

    `growing` is set while the session is still being written, so that facts may follow after `last`.
    """

    position: Stamp
    seq: int
    count: int
    first: float
    last: float
    playing: bool
    speed: float
    skips_idle: bool
    growing: bool

    @property
    def ended(self) -> bool:
        """Whether the replay is at the end of a journal that no longer grows."""
        return self.position.at >= self.last and not self.growing


class Sought(msgspec.Struct, frozen=True):
    """The result of a seek: why the text is not a time (`error`), or that it is outside of the session (`note`)."""

    error: str = ""
    note: str = ""


class Transport(Protocol):
    """Controls a replay; the effect comes with the next batch."""

    @property
    def state(self) -> ReplayState:
        """Position and speed of the replay."""
        ...

    @property
    def landmarks(self) -> Sequence[Landmark]:
        """Every fact of the session that the replay can jump to, in order."""
        ...

    @property
    def viewed_s(self) -> float:
        """Seconds of the viewer's own clock, by which notifications time out: session time may be paused or faster."""
        ...

    def play(self) -> None:
        """Play or pause; at the end, play again from the start."""
        ...

    def quicken(self, steps: int) -> None:
        """Move `steps` entries up (positive) or down the list of speeds."""
        ...

    def skip(self, seconds: float) -> None:
        """Move forward or back (negative) by seconds of the session."""
        ...

    def step(self, by: int) -> None:
        """Pause, and move by `by` facts: 1 forward, -1 back."""
        ...

    def jump(self, kind: str, by: int) -> bool:
        """Jump to the next or previous landmark of a kind; False if there is none in that direction."""
        ...

    def seek(self, text: str) -> Sought:
        """Jump to a time as an operator types it; outside of the session, to its start or its end."""
        ...

    def skip_idle(self) -> None:
        """Toggle whether stretches without facts are skipped."""
        ...


class Feed(Protocol):
    """Source of the facts that the screen shows."""

    @property
    def commands(self) -> Commander | None:
        """Commander of a live session; None for replay and watch, where keys that change the record are dimmed."""
        ...

    @property
    def transport(self) -> Transport | None:
        """Transport of a replay; None for a live session."""
        ...

    @property
    def rules(self) -> str:
        """Name of the rules that a replay is compared with; empty if it is not compared."""
        ...

    def drain(self) -> Batch:
        """Return what happened since the last call, without blocking."""
        ...

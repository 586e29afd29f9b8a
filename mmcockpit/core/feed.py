"""Where the screen gets its facts, and where its commands go; live, replay and watch are only other feeds."""

from collections.abc import Sequence
from typing import Protocol

import msgspec

from mmcockpit.core.decide.command import AnyCommand
from mmcockpit.core.facts.event import Event
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.state.session import Session


class Otherwise(msgspec.Struct, frozen=True):
    """What other rules would say at this moment: `rules` names them, `advice` is theirs where it is another.

    `signals` and `items` are those that they judge otherwise: the name, and what the rules say.
    """

    rules: str
    advice: str = ""
    signals: tuple[tuple[str, str], ...] = ()
    items: tuple[tuple[str, str], ...] = ()


class Batch(msgspec.Struct, frozen=True):
    """What one frame of the screen is made of.

    `now` is the screen's only clock. `base` is a session to start again from (the first batch, and after a seek).
    `pulse` is the engine's last sign of life: older than STALLED_AFTER, every verdict is drawn unknown.
    `not_recording` says why facts cannot be written; empty while they are. `gone` is since when nobody drives a session
    that is watched, `lost` why its journal is followed no further; `otherwise` is there where a replay compares.
    """

    now: Stamp
    events: tuple[Event, ...] = ()
    base: Session | None = None
    pulse: Stamp | None = None
    not_recording: str = ""
    otherwise: Otherwise | None = None
    gone: Stamp | None = None
    lost: str = ""


STALLED_AFTER = 3.0
"""Seconds without a sign of life after which the engine counts as stalled."""


class Commander(Protocol):
    """Takes what operators want; the answer comes back as facts."""

    operator: str

    def submit(self, command: AnyCommand) -> None:
        """Hand a command to the engine; returns at once."""
        ...


class Landmark(Protocol):
    """A fact that a replay can jump to: `kind` is decision, alarm, marker or gap."""

    @property
    def at(self) -> float:
        """Its moment in session seconds."""
        ...

    @property
    def kind(self) -> str:
        """What it is."""
        ...


class Standing(msgspec.Struct, frozen=True):
    """Where a replay stands: at fact `seq` of `count`, between the session seconds `first` and `last`.

    `growing` says that somebody still writes the session, so that its end is not the last word.
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
        """Whether there is nothing more to play."""
        return self.position.at >= self.last and not self.growing


class Transport(Protocol):
    """Moves a replay; what it did comes with the next batch."""

    @property
    def standing(self) -> Standing:
        """Where the playhead stands, and how it moves."""
        ...

    @property
    def landmarks(self) -> Sequence[Landmark]:
        """Every fact of the session that it can jump to, in order."""
        ...

    @property
    def viewed_s(self) -> float:
        """Seconds of the viewer's own clock: messages last by it, because the session's stands or runs."""
        ...

    def play(self) -> None:
        """Play or pause; at the end, from the start again."""
        ...

    def quicken(self, steps: int) -> None:
        """Play faster (positive) or slower by so many of the speeds."""
        ...

    def skip(self, seconds: float) -> None:
        """Move by seconds of the session."""
        ...

    def step(self, by: int) -> None:
        """Pause, and show one fact more or one less."""
        ...

    def jump(self, kind: str, by: int) -> bool:
        """Go to the next or the previous landmark of a kind; False if there is none that way."""
        ...

    def seek(self, text: str) -> str:
        """Go to a moment as people write it; return what is wrong with it, or nothing."""
        ...

    def skip_idle(self) -> None:
        """Leave out the stretches in which nothing happened, or play them again."""
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

    @property
    def rules(self) -> str:
        """The name of the other rules that a replay is compared with; empty where it is not."""
        ...

    def drain(self) -> Batch:
        """Return what happened since the last call, without blocking."""
        ...

"""Replays to test with: a journal of given facts, and a viewer whose clock runs on demand."""

from collections.abc import Iterable
from pathlib import Path

from mmcockpit.core.facts.event import Event
from mmcockpit.core.feed import Batch
from mmcockpit.core.model.clock import Stamp
from mmcockpit.journal.playback.replay import ReplayFeed
from mmcockpit.journal.writer import Writer
from tests.ui.feeds import Notebook


class Viewer:
    """A clock that is stopped until it is started."""

    def __init__(self) -> None:
        self.at = 0.0

    def now(self) -> Stamp:
        """Return the moment it shows."""
        return Stamp(self.at, 0.0)

    def wait(self, seconds: float) -> None:
        """Let it run."""
        self.at += seconds


def journal(folder: Path, events: Iterable[Event]) -> Path:
    """Write these facts into a journal and close it."""
    path = folder / "night" / "journal.jsonl"
    writer = Writer.create(path, "ana")
    for event in events:
        writer.append(event)
    writer.close()
    return path


def replay(folder: Path, events: Iterable[Event], at: str = "", playing: bool = True) -> tuple[ReplayFeed, Viewer]:
    """Return a replay of these facts and its viewer's clock."""
    viewer = Viewer()
    return ReplayFeed(journal(folder, events), viewer, at, playing=playing), viewer


class Stream:
    """A live feed of given facts, which come as its clock passes them."""

    transport = None
    rules = ""

    def __init__(self, events: list[Event]) -> None:
        self.commands = Notebook()
        self.now = events[0].stamp
        self._rest = list(events)

    def pass_to(self, at: float) -> None:
        """Let the session's clock run to this second."""
        self.now = Stamp(at, round(self.now.wall + at - self.now.at, 3))

    def drain(self) -> Batch:
        """Hand over what happened since the last call."""
        count = sum(event.stamp.at <= self.now.at for event in self._rest)
        events, self._rest = tuple(self._rest[:count]), self._rest[count:]
        return Batch(self.now, events, pulse=self.now)

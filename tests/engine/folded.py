"""What a screen would know of a session: its feed, folded."""

from mmcockpit.core.facts.event import Event
from mmcockpit.core.feed import Batch, Feed
from mmcockpit.core.state.evolve import evolve
from mmcockpit.core.state.session import Session


class FoldedFeed:
    """Drains a feed, one frame with each `look`; keeps all its events and notices."""

    def __init__(self, feed: Feed) -> None:
        self.feed = feed
        self.session = Session()
        self.events: list[Event] = []
        self.notices: list[str] = []
        self.batch: Batch = self.look()

    def look(self) -> Batch:
        """Draw one frame."""
        self.batch = self.feed.drain()
        if self.batch.base is not None:
            self.session = self.batch.base
        for event in self.batch.events:
            evolve(self.session, event)
            self.events.append(event)
        self.notices += self.batch.notices
        return self.batch

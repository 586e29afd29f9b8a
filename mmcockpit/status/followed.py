"""Follows a session for its status page: folds what the feed yields, and notices when the session is silent."""

from mmcockpit.core.feed import STALLED_AFTER, Batch, Feed
from mmcockpit.core.state.evolve import evolve
from mmcockpit.core.state.session import Session
from mmcockpit.status.page import StatusPage, status_page


class FollowedSession:
    """The state of a session as its feed shows it."""

    def __init__(self, feed: Feed) -> None:
        self._feed = feed
        self._session = Session()

    def page(self) -> StatusPage:
        """Return the page as of now; reads what was written since the last call."""
        batch = self._feed.drain()
        if batch.base is not None:
            self._session = batch.base
        for event in batch.events:
            evolve(self._session, event)
        return status_page(self._session, batch.now, self._silence(batch))

    def _silence(self, batch: Batch) -> float | None:
        """Return since when (Unix seconds) the session sends nothing; None while it does."""
        last = self._session.last
        if batch.gone is not None:
            return batch.gone.wall
        if batch.lost and last is not None:
            return last.wall
        if batch.pulse is not None and batch.now.wall - batch.pulse.wall > STALLED_AFTER:
            return batch.pulse.wall
        return None

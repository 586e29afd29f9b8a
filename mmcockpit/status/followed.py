"""Follows a session for its status page: folds what the feed yields, and notices when the session is silent."""

from mmcockpit.core.feed import STALLED_AFTER, Batch, Feed
from mmcockpit.core.model.sharing import SILENT_AFTER_S, cut_off, silent_s
from mmcockpit.core.state.evolve import evolve
from mmcockpit.core.state.session import Session
from mmcockpit.status.page import StatusPage, status_page


class FollowedSession:
    """The state of a session as its feed shows it; `lost` is why the page is not current, empty while it can be."""

    def __init__(self, feed: Feed) -> None:
        self.lost = ""
        self._feed = feed
        self._session = Session()
        self._cut_off_since: float | None = None

    def page(self) -> StatusPage:
        """Return the page as of now; reads what was written since the last call."""
        batch = self._taken()
        return status_page(self._session, batch.now, self._silence(batch))

    def page_of_copy(self, driver_silent_s: float | None) -> StatusPage:
        """Return the page of a copy, for which the silence of the driver is known; None: no driver has the session."""
        now, last = self._taken().now, self._session.last
        if driver_silent_s is None:
            return status_page(self._session, now, last.wall if last is not None else now.wall)
        return status_page(self._session, now, now.wall - driver_silent_s if driver_silent_s > SILENT_AFTER_S else None)

    def _taken(self) -> Batch:
        batch = self._feed.drain()
        if batch.base is not None:
            self._session = batch.base
        for event in batch.events:
            evolve(self._session, event)
        self.lost = batch.lost or cut_off(batch.sharing)
        return batch

    def _silence(self, batch: Batch) -> float | None:
        """Return since when (Unix seconds) the session sends nothing; None while it does."""
        last = self._session.last
        if batch.gone is not None:
            return batch.gone.wall
        if batch.lost and last is not None:
            return last.wall
        if (shared := self._shared_silence(batch)) is not None:
            return shared
        if batch.pulse is not None and batch.now.wall - batch.pulse.wall > STALLED_AFTER:
            return batch.pulse.wall
        return None

    def _shared_silence(self, batch: Batch) -> float | None:
        """Return since when the driver of a shared session is silent, or its store cannot be reached."""
        self._cut_off_since = (self._cut_off_since or batch.now.wall) if cut_off(batch.sharing) else None
        silent = silent_s(batch.sharing)
        return batch.now.wall - silent if silent else self._cut_off_since

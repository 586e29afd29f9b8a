"""The seats elsewhere: who has come and left, and whom the driver lets take over."""

import asyncio
from collections.abc import Sequence

from mmcockpit.core.driver import Driver
from mmcockpit.core.model.cockpit import Person
from mmcockpit.core.model.people import same
from mmcockpit.core.model.seat import Right, Seat, Via
from mmcockpit.core.text import plain
from mmcockpit.core.words.durations import duration
from mmcockpit.share.postgres.identity import VIEWER_PROGRAM, seat_id, seat_of
from mmcockpit.share.postgres.records import Fenced, PresentSeat, Term
from mmcockpit.share.postgres.store import SharedStore

NOT_GRANTED = "-"
"""A name that no login has: the session is granted to no other driver."""

GONE_S = 12.0
"""Seconds without a sign of life after which a seat has left."""

UNSEEN_S = 4.0
"""Seconds between two looks after which the store was away: for so long, no seat could report to it."""


class Visitors:
    """Records in the session which seats of the store are present.

    Whoever has the controls at such a seat may take the session over while its driver is alive.
    """

    def __init__(self, store: SharedStore, id: str, driver: Driver) -> None:
        self._store, self._id, self._driver = store, id, driver
        self._granted = ""
        self._looked_at: float | None = None
        self._back_at = 0.0

    async def look(self, term: Term) -> Fenced | None:
        """Record who came and who left; Fenced if another driver has the session."""
        rows = await self._store.seats(self._id)
        session = self._driver.session
        known = {id for id, seat in session.seats.items() if seat.via is Via.DATABASE}
        waiting = known if self._returning() else set()
        present = {seat_id(row.id): row for row in rows}
        here = {id: row for id, row in present.items() if row.silent_s < GONE_S or id in waiting}
        for id in sorted(known - here.keys()):
            silent = present[id].silent_s if id in present else 0.0
            self._driver.left(id, f"silent for {duration(silent)}" if silent else "")
        for id, row in here.items():
            if id not in known:
                self._driver.joined(_seat(row, session.cockpit.people))
        return await self._grant(term, list(here.values()))

    def _returning(self) -> bool:
        """Return whether the store was away a moment ago, so that seats may not have reported to it yet."""
        now, before = asyncio.get_running_loop().time(), self._looked_at
        if before is not None and now > before + UNSEEN_S:
            self._back_at = now
        self._looked_at = now
        return bool(self._back_at) and now < self._back_at + GONE_S

    async def _grant(self, term: Term, rows: list[PresentSeat]) -> Fenced | None:
        session, own = self._driver.session, self._driver.seat
        to = ""
        if own is not None and not same(session.controls, own.person):
            seats = {row.who: session.seats.get(seat_id(row.id)) for row in rows}
            may = (who for who, seat in seats.items() if seat is not None and seat.right is Right.DRIVER)
            holders = (who for who in may if (seat := seats[who]) is not None and same(seat.person, session.controls))
            to = next(holders, "")
        if to == self._granted or (not to and not self._granted):
            return None
        self._granted = to
        return await self._store.grant(self._id, term, to or NOT_GRANTED)


def _seat(row: PresentSeat, people: Sequence[Person]) -> Seat:
    """Return the seat of a row; one that chose to read only is a viewer, whatever its login may do."""
    right = Right.VIEWER if row.program == VIEWER_PROGRAM else row.right
    return seat_of(row.who, right, row.id, people, plain(row.host, 64), row.process)

"""The driver's side of a session in the store: copies its journal, keeps its lease, decides what seats request."""

import asyncio
import os
from contextlib import closing, suppress
from uuid import uuid4

from mmcockpit.core.driver import Driver
from mmcockpit.journal.codec import ROOT
from mmcockpit.journal.files import SessionError
from mmcockpit.share.lines import JournalLines, Lines
from mmcockpit.share.local_copy import before, head_at
from mmcockpit.share.postgres.inbox import Inbox
from mmcockpit.share.postgres.records import (
    RENEW_S,
    Chunk,
    Fenced,
    LeaseHeld,
    Misplaced,
    StoreAway,
    StoreError,
    StoreRefused,
    Term,
)
from mmcockpit.share.postgres.store import SharedStore
from mmcockpit.share.postgres.term_file import load_term, save_term
from mmcockpit.share.postgres.visitors import Visitors

COPY_S = 0.25
"""Seconds between two commits; each of them wakes the seats."""

POLL_S = 1.0
"""Seconds between two looks at the inbox and at the seats, where no notification arrives."""

RETRY_S = 1.0
"""Seconds until the next attempt after the store could not be reached."""

LAST_S = 3.0
"""Seconds that a driver waits at its end for the store to take its last facts."""

BEHIND_S = 2.0
"""Seconds after which facts that the store has not acknowledged are reported."""

CHUNK = 1024 * 1024
"""Bytes of lines in one commit; more only for one longer line."""


class Taken(Exception):
    """Raised where the store refuses this driver's term; the message is who drives instead, and why."""


class Publisher:
    """Copies the local journal to the store, as a service of the driver; the engine never waits for it.

    What the store has is always asked of the store: after a lost answer, a restart or a failover to a replica without
    the last commits, copying continues from there, if the journal has the very line that the store ends with.
    """

    def __init__(
        self, store: SharedStore, id: str, host: str, behind_s: float = BEHIND_S, last_s: float = LAST_S
    ) -> None:
        self._store, self._id, self._host = store, id, host
        self._behind_s, self._last_s = behind_s, last_s
        self._term = Term(0, "")
        self._last, self._head = 0, ROOT
        self._away, self._refused = "", False
        self._news: asyncio.Task[None] | None = None
        self._copied_at = self._looked_at = self._renewed_at = self._caught_up_at = 0.0

    async def run(self, driver: Driver) -> None:
        """Publish until cancelled or fenced; at the end wait at most `last_s` for the last facts."""
        self._driver = driver
        self._term = load_term(driver.journal) or Term(max(driver.session.epoch, 1), str(uuid4()))
        self._inbox = Inbox(self._store, self._id, driver)
        self._visitors = Visitors(self._store, self._id, driver)
        self._caught_up_at = _now()
        with closing(JournalLines(lambda: driver.journal)) as self._journal:
            reporting = asyncio.create_task(self._report())
            try:
                await self._publish()
            except asyncio.CancelledError:
                await self._leave()
                raise
            except Taken as taken:
                driver.fence(str(taken))
            finally:
                reporting.cancel()
                self._share()
                await self._store.close()

    async def _publish(self) -> None:
        while True:
            try:
                await self._enter()
                while True:
                    await self._turn()
            except (StoreError, SessionError, OSError) as error:
                self._away, self._refused = str(error), isinstance(error, StoreRefused)
            finally:
                if self._news is not None:
                    self._news.cancel()
                    self._news = None
            await asyncio.sleep(RETRY_S)

    async def _enter(self) -> None:
        """Find the session in the store, or add it; take the lease again, and find out what the store has."""
        stored = await self._store.session(self._id)
        if stored is None:
            await self._open()
            stored = await self._store.session(self._id)
            if stored is None:
                raise StoreAway("the store has lost the session that was just opened")
        await self._check(await self._store.renew(self._id, self._term))
        self._renewed_at = _now()
        self._continue_from(stored.last_seq, stored.head)
        self._away = ""

    async def _open(self) -> None:
        """Add the session to the store; in one that has lost it, begin a term after those in the journal."""
        save_term(self._driver.journal, self._term)
        cockpit, epoch = self._driver.session.cockpit, self._term.epoch
        names = (cockpit.name, cockpit.environment, self._host, str(os.getpid()))
        first = await self._store.open_session(self._id, *names, self._term.token)
        if epoch > first.epoch:
            await self._store.release(self._id, first)
            await self._begin_again()

    async def _begin_again(self) -> None:
        """Begin another term in a store that has lost this one in a failover."""
        reason, lost = f"the store has lost epoch {self._term.epoch}", self._term.epoch
        fresh = Term(lost + 1, str(uuid4()))
        who = (self._host, str(os.getpid()), reason)
        taken = await self._store.take_over(self._id, *who, fresh.token, lost + 1)
        if isinstance(taken, LeaseHeld):
            raise StoreAway(f"{reason}; waiting {max(taken.left_s, 0.0):.0f}s for the lease of {taken.holder} to end")
        self._term = taken.term
        save_term(self._driver.journal, self._term)
        self._share()
        self._continue_from(taken.last_seq, taken.head)

    def _continue_from(self, last: int, head: str) -> None:
        """Continue copying after a line of the store; raises Taken if the journal does not have that line."""
        if head_at(self._journal, self._driver.journal, last) != head:
            raise Taken(f"another copy of this session: the store has other facts up to #{last}")
        self._last, self._head = last, head

    async def _check(self, result: Fenced | None) -> None:
        """Raise Taken if another term has begun; one that is older than this one was restored by a failover."""
        if result is None:
            return
        if result.epoch < self._term.epoch:
            await self._begin_again()
        else:
            reason = f": {result.reason}" if result.reason else ""
            raise Taken(f"{result.holder} on {result.host}{reason}")

    async def _turn(self) -> None:
        """Copy, decide and renew what is due, then wait for the next of these."""
        seen = self._driver.session.seq
        if _now() >= self._copied_at + COPY_S:
            await self._copy()
        if _now() >= self._looked_at + POLL_S:
            self._looked_at = _now()
            await self._check(await self._inbox.decide(self._term, self._last))
            await self._check(await self._visitors.look(self._term))
        if _now() >= self._renewed_at + RENEW_S:
            await self._check(await self._store.renew(self._id, self._term))
            self._renewed_at = _now()
        self._away = ""
        await self._wait(seen)

    async def _wait(self, seen: int) -> None:
        """Wait until there is a fact after `seen` and it may be committed, or until there is news; at most POLL_S."""
        if self._news is None:
            self._news = asyncio.create_task(self._store.news(self._id, POLL_S))
        facts = asyncio.create_task(self._driver.facts(seen))
        try:
            await asyncio.wait({facts, self._news}, return_when=asyncio.FIRST_COMPLETED)
            early_s = self._copied_at + COPY_S - _now()
            if facts.done() and early_s > 0:
                await asyncio.wait({self._news}, timeout=early_s)
        finally:
            facts.cancel()
        if self._news.done():
            self._news, self._looked_at = None, 0.0

    async def _copy(self) -> None:
        """Commit the lines that the store does not have yet, with the commands that they decide."""
        while (lines := self._next()) is not None:
            decided = self._inbox.decided(lines.last)
            chunk = Chunk(lines.first, lines.last, self._head, lines.head, lines.data)
            self._copied_at = _now()
            result = await self._store.append(self._id, self._term, chunk, decided)
            if isinstance(result, Misplaced):
                return self._continue_from(result.last_seq, result.head)
            if result is not None:
                return await self._check(result)
            self._last, self._head, self._renewed_at = lines.last, lines.head, self._copied_at
            self._inbox.forget(decided)
            if len(lines.data) < CHUNK:
                break
        self._caught_up_at = _now()

    def _next(self) -> Lines | None:
        """Return the next lines for one commit: of one file, and continuing what the store has."""
        lines = self._journal.after(self._last)
        if lines is None:
            return None
        if before(lines) != self._head:
            raise SessionError(f"the local journal was changed by another program after fact #{self._last}")
        data, last, head = [lines.data], lines.last, lines.head
        size = len(lines.data)
        while size < CHUNK and (more := self._journal.after(last)) is not None and more.prev == head:
            data.append(more.data)
            last, head, size = more.last, more.head, size + len(more.data)
        return Lines(lines.first, last, lines.prev, head, b"".join(data))

    async def _report(self) -> None:
        while True:
            self._share()
            await asyncio.sleep(COPY_S)

    def _share(self) -> None:
        late = self._away or _now() - self._caught_up_at > self._behind_s
        behind = self._driver.session.seq - self._last if late else 0
        self._driver.share(max(behind, 0), self._away, self._term.epoch, bool(self._away) and self._refused)

    async def _leave(self) -> None:
        """Commit the last facts and end the lease, so that another driver need not wait for its end."""
        with suppress(StoreError, SessionError, OSError, TimeoutError, Taken):
            async with asyncio.timeout(self._last_s):
                await self._enter()
                await self._copy()
                await self._store.release(self._id, self._term, ended=self._driver.session.closed is not None)
        self._caught_up_at = 0.0


def _now() -> float:
    """Return the time of the engine's loop, in seconds."""
    return asyncio.get_running_loop().time()

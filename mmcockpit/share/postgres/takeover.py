"""Becoming the driver of a session in the store: its journal comes to this machine, then its lease."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import msgspec

from mmcockpit.core.facts.event import AnyBody, DriverChanged, Gap
from mmcockpit.core.model.sharing import LEASE_S
from mmcockpit.core.state.session import Session
from mmcockpit.share.local_copy import BroughtUp, bring_up
from mmcockpit.share.postgres.chain import StoredChain
from mmcockpit.share.postgres.records import LeaseHeld, StoredSession, StoreRefused, Term
from mmcockpit.share.postgres.store import SharedStore
from mmcockpit.share.postgres.term_file import load_term, save_term

WAIT_S = 0.5
"""Seconds between two attempts to take a lease that is about to end."""


class TakenOver(msgspec.Struct, frozen=True):
    """A session that this process drives from now on: its local journal, its term, and who drove it before."""

    local: BroughtUp
    term: Term
    before: StoredSession

    def facts(self, by: str, host: str, reason: str) -> Callable[[Session], list[AnyBody]]:
        """Return what gives the first facts of the term, for the session as it is in the store."""

        def first(session: Session) -> list[AnyBody]:
            was, silent_s = self.before.host, round(max(self.before.silent_s, 0.0), 1)
            changed = DriverChanged(by, host, self.term.epoch, reason, was, silent_s)
            if session.last is None:
                return [changed]
            because = f"another machine drives now; facts that {was} had not shared yet are missing"
            return [changed, Gap(0, session.last, because)]

        return first


async def take_over(
    store: SharedStore, id: str, path: Path, who: tuple[str, str], reason: str,
    waits: Callable[[LeaseHeld], None] = lambda held: None, progress: Callable[[int], None] = lambda number: None,
) -> TakenOver | LeaseHeld:  # fmt: skip
    """Copy the session to the journal at `path`, and begin a term; LeaseHeld if its driver is alive.

    `who` is the host and the process. A lease that nothing renews is waited for; `waits` is called meanwhile. What the
    local journal has and the store does not is set apart. Raises StoreError, SessionError or OSError.
    """
    before = await _session(store, id)
    # Most of it before the lease is taken: that may take longer than a lease.
    early = await bring_up(path, StoredChain(store, id), progress)
    known = load_term(path)
    token = str(uuid4())
    held = await store.take_over(id, *who, reason, token, known.epoch if known else 0)
    waited = 0.0
    while isinstance(held, LeaseHeld):
        now = await _session(store, id)
        if now.silent_s < WAIT_S or waited > 2 * LEASE_S:
            return held
        waits(held)
        await asyncio.sleep(WAIT_S)
        waited += WAIT_S
        before = now
        held = await store.take_over(id, *who, reason, token, known.epoch if known else 0)
    save_term(path, held.term)
    local = await bring_up(path, StoredChain(store, id), progress)
    if early.apart is not None:
        local = msgspec.structs.replace(local, apart=early.apart, count=early.count)
    return TakenOver(local, held.term, before)


async def _session(store: SharedStore, id: str) -> StoredSession:
    stored = await store.session(id)
    if stored is None:
        raise StoreRefused(f"the store has no session {id}; `mmcockpit sessions --shared` lists them")
    return stored

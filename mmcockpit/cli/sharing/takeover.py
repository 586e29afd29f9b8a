"""`resume --shared`: this process becomes the driver of a session in the store."""

import asyncio
import os
import socket
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

from mmcockpit.cli.errors import CommandError
from mmcockpit.cli.sharing.store import find_shared, local_journal, opened_store, with_store
from mmcockpit.cli.splash import leave as leave_splash
from mmcockpit.core.facts.event import AnyBody, Opened
from mmcockpit.core.model.cockpit import Cockpit
from mmcockpit.core.model.seat import Right
from mmcockpit.core.state.session import Session
from mmcockpit.core.text import plain
from mmcockpit.core.words.amounts import counted
from mmcockpit.journal.codec import decode
from mmcockpit.journal.files import first_part
from mmcockpit.journal.reader import open_journal, opening
from mmcockpit.share.identity import known_by_db_user
from mmcockpit.share.local_copy import BroughtUp
from mmcockpit.share.postgres.records import LeaseHeld, StoreError, StoreLogin, Term

RENEW_S = 3.0
LONGEST_REASON = 400


class TakenSession(NamedTuple):
    """A session that this process has taken over: its local journal, its operator, and the first facts of the term.

    `start` ends the renewing of its lease: from then on that is up to its driver.
    """

    path: Path
    operator: str
    facts: Callable[[Session], Sequence[AnyBody]]
    start: Callable[[], None]


@contextmanager
def taken_over(where: Mapping[str, Any], session: str, reason: str, reopen: bool) -> Iterator[TakenSession]:
    """Take a session over; its lease is renewed until `start`, and ends at once if an error ends this context.

    Raises CommandError if its driver is alive, if this login may not drive it, or if the session has ended and is not
    to be reopened.
    """
    from mmcockpit.share.postgres.takeover import take_over

    stored = find_shared(where, session)
    if stored.ended_at is not None and not reopen:
        raise CommandError(
            f"{stored.id} has ended: `--reopen REASON` continues it, `mmcockpit replay --shared` shows it"
        )
    path = local_journal(stored)
    login = with_store(where, lambda store: store.login())
    if login.right != Right.DRIVER:
        raise CommandError(f"the database login {login.user} may not drive sessions: it needs GRANT mmcockpit_driver")
    who = (socket.gethostname(), str(os.getpid()))
    reason = plain(reason, LONGEST_REASON)
    taken = with_store(where, lambda store: take_over(store, stored.id, path, who, reason, _Waiting()))
    if isinstance(taken, LeaseHeld):
        raise CommandError(
            f"{taken.holder} on {taken.host} drives this session; `mmcockpit join --shared {stored.id}` joins it, "
            "and its driver can grant you the controls"
        )
    report_apart(taken.local)
    stop = _renewing(where, stored.id, taken.term)
    try:
        operator = _person(taken.local.path, login)
        yield TakenSession(taken.local.path, operator, taken.facts(operator, who[0], reason), stop)
    except BaseException:
        stop()
        with suppress(CommandError):
            with_store(where, lambda store: store.release(stored.id, taken.term))
        raise


def report_apart(local: BroughtUp) -> None:
    """Report facts of this machine that the session does not have."""
    if local.apart is not None:
        what = counted(local.count, "fact")
        print(f"{what} of this machine that the session does not have: kept in {local.apart}", file=sys.stderr)


class _Waiting:
    """Reports once that the lease of another driver is waited for."""

    def __init__(self) -> None:
        self._reported = False

    def __call__(self, held: LeaseHeld) -> None:
        """Report it, the first time."""
        if not self._reported:
            self._reported = True
            leave_splash()
            left_s, who = max(held.left_s, 0.0), f"{plain(held.holder, 60)} on {plain(held.host, 60)}"
            print(f"waiting {left_s:.0f}s for the lease of {who} to end", file=sys.stderr)


def _person(path: Path, login: StoreLogin) -> str:
    """Return the person of a database login; CommandError if the cockpit file lists people without it."""
    cockpit = _cockpit(path)
    known = known_by_db_user(login.user, cockpit.people if cockpit else ())
    if known.right is Right.VIEWER:
        raise CommandError(f"people: no person has `db_user: {login.user}`, so this login may only watch")
    return known.person


def _cockpit(path: Path) -> Cockpit | None:
    with open_journal(first_part(path)) as file:
        line = opening(file)
    body = decode(line).body
    return body.cockpit if isinstance(body, Opened) else None


def _renewing(where: Mapping[str, Any], session: str, term: Term) -> Callable[[], None]:
    """Renew the lease from a thread: reading the journal and questions to the person may take longer than it lasts.

    Return what ends that.
    """
    stopping = threading.Event()

    async def renew() -> None:
        store = opened_store(where)
        while not stopping.is_set():
            with suppress(StoreError):
                await store.renew(session, term)
            await asyncio.to_thread(stopping.wait, RENEW_S)
        await store.close()

    threading.Thread(target=lambda: asyncio.run(renew()), name="lease", daemon=True).start()
    return stopping.set

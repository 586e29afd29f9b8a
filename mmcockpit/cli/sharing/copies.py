"""Read-only copies of sessions in the store, for commands that read a journal."""

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from mmcockpit.cli.errors import CommandError
from mmcockpit.cli.progress import progress_line
from mmcockpit.cli.sharing.store import SHARE, find_shared, local_journal, read_copy, reference, with_store
from mmcockpit.core.model.states import SessionMode
from mmcockpit.core.words.times import utc
from mmcockpit.journal.files import SessionError, first_part, parts
from mmcockpit.journal.lock import Locked
from mmcockpit.journal.sessions import SessionRow, find, session_row
from mmcockpit.share.postgres.records import StoredSession

if TYPE_CHECKING:
    from mmcockpit.share.local_copy import BroughtUp
    from mmcockpit.share.postgres.store import SharedStore

ATTEMPTS = 20
"""How often a copy is tried that another command writes at the same time."""


def journal_of(args: argparse.Namespace) -> Path:
    """Return the journal that a command reads: with --shared, a copy of what the store has now."""
    if args.shared:
        return copied(args)[1].path
    path = found(args.session)
    if copy := incomplete(session_row(path)):
        print(copy, file=sys.stderr)
    return path


def found(session: str) -> Path:
    """Return the journal of a session of this machine; an error also names --shared where the store is known."""
    try:
        return find(session)
    except SessionError as error:
        if not os.environ.get(SHARE):
            raise
        raise SessionError(f"{error}; --shared reads those in ${SHARE}") from error


def incomplete(row: SessionRow) -> str:
    """Return that others may have recorded more in a session than this machine has; empty otherwise."""
    if not row.shared or row.mode == SessionMode.DEMO or row.outcome or row.locked_by or row.last is None:
        return ""
    return f"no driver on this machine since {utc(row.last.wall)}Z: --shared also has what others recorded since"


def copied(args: argparse.Namespace) -> "tuple[StoredSession, BroughtUp]":
    """Copy a session of the store as far as it is; raises CommandError."""
    # Imported here: the client of PostgreSQL takes longer to import than everything else here.
    from mmcockpit.share.local_copy import bring_up
    from mmcockpit.share.postgres.chain import StoredChain

    where = reference(args.cockpit)
    stored = find_shared(where, args.session)
    path, last = read_copy(stored), max(stored.last_seq, 1)

    async def bring(store: "SharedStore") -> "BroughtUp":
        with progress_line("copying the session") as progress:
            return await bring_up(path, StoredChain(store, stored.id), lambda number: progress(number / last))

    for attempt in range(ATTEMPTS):
        try:
            return stored, _without_rest(with_store(where, bring))
        except Locked:
            if attempt == ATTEMPTS - 1:
                raise
        except SessionError as error:
            raise CommandError(str(error)) from error
    raise AssertionError("the last attempt returns or raises")


def _without_rest(brought: "BroughtUp") -> "BroughtUp":
    """Remove what the copy had and the store no longer has: it was only a copy."""
    if brought.apart is not None:
        brought.apart.unlink(missing_ok=True)
    return brought


def own_journals(stored: StoredSession) -> list[Path]:
    """Return the files of the journal with which this machine drives or drove the session."""
    first = first_part(local_journal(stored))
    return [path for path in parts(first) if path.exists() or path.with_name(f"{path.name}.zst").exists()]

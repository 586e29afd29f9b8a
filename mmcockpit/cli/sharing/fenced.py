"""A driver whose session was taken over: keeps its own facts in a file of their own, and becomes a viewer."""

import sys
from pathlib import Path

from mmcockpit.cli.errors import CommandError
from mmcockpit.cli.sharing.shared_seat import show_seat
from mmcockpit.cli.sharing.store import find_shared, with_store
from mmcockpit.cli.sharing.takeover import report_apart
from mmcockpit.core.text import plain
from mmcockpit.engine.engine import Engine
from mmcockpit.journal.files import SessionError
from mmcockpit.share.local_copy import BroughtUp, bring_up


def set_tail_apart(engine: Engine, path: Path) -> bool:
    """After another driver took the session over: make the local journal a copy of the store's, report what is apart.

    Return False if that is not possible now; then the journal stays as it is.
    """
    session = path.absolute().parent.name
    print(f"session {session} was taken over: {plain(engine.driver.fenced, 400)}", file=sys.stderr)
    try:
        report_apart(copied(engine, path))
    except (CommandError, SessionError, OSError) as error:
        print(f"the facts of this machine stay in {path}: {plain(str(error), 300)}", file=sys.stderr)
        print(f"`mmcockpit resume {session}` sets them apart once the store responds", file=sys.stderr)
        return False
    return True


def copied(engine: Engine, path: Path) -> BroughtUp:
    """Make the local journal a copy of the store's; raises CommandError, SessionError or OSError."""
    from mmcockpit.share.postgres.chain import StoredChain
    from mmcockpit.share.postgres.term_file import remove_term

    share, session = engine.session.cockpit.share, path.absolute().parent.name
    if share is None or not share.postgres:
        raise CommandError("its cockpit file has no share.postgres")
    brought = with_store(share.postgres, lambda store: bring_up(path, StoredChain(store, session)))
    remove_term(path)
    return brought


def view_instead(engine: Engine, path: Path, mouse: bool) -> int:
    """Show the session that another driver has now, read-only; return the exit code."""
    share = engine.session.cockpit.share
    if share is None or not set_tail_apart(engine, path):
        return 1
    stored = find_shared(share.postgres, path.absolute().parent.name)
    notice = f"you are a viewer now: q, then `mmcockpit join --shared`, to act; taken over by {engine.driver.fenced}"
    outcome = show_seat(share.postgres, stored, None, mouse, view=True, notice=plain(notice, 300))
    # What the other driver recorded meanwhile, so that both journals have the same head.
    report_apart(copied(engine, path))
    if find_shared(share.postgres, stored.id).ended_at is None:
        print(f"to act in it again: mmcockpit join --shared {stored.id}", file=sys.stderr)
    return outcome if isinstance(outcome, int) else 0

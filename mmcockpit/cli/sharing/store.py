"""The store of shared sessions as commands use it: which one it is, and the session in it."""

import argparse
import os
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from mmcockpit.cli.errors import CommandError
from mmcockpit.core.text import plain
from mmcockpit.journal.sessions import sessions_root

if TYPE_CHECKING:
    from mmcockpit.share.postgres.publisher import Publisher
    from mmcockpit.share.postgres.records import StoredSession
    from mmcockpit.share.postgres.store import SharedStore

SHARE = "MMCOCKPIT_SHARE"
"""The environment variable with the DSN of the store, where no cockpit file names another reference."""

Result = TypeVar("Result")


def shared_argument(parser: argparse.ArgumentParser, cockpit: bool = True) -> None:
    """Declare --shared, and --cockpit where the command does not have it."""
    about = f"the session is in PostgreSQL: `share.postgres` of --cockpit FILE, else the address in ${SHARE}"
    parser.add_argument("--shared", action="store_true", help=about)
    if cockpit:
        parser.add_argument(
            "--cockpit", metavar="FILE", type=Path, help="the cockpit file whose `share.postgres` counts"
        )


def reference(cockpit: Path | None) -> dict[str, Any]:
    """Return where the address of the store is; CommandError for a cockpit file without `share.postgres`."""
    if cockpit is None:
        if not os.environ.get(SHARE):
            raise CommandError(f"--shared: set ${SHARE} to the address of the store, or use --cockpit FILE")
        return {"env": SHARE}
    # Imported here, as below: the models of files and the client of PostgreSQL take longer than everything else here.
    from mmcockpit import sources
    from mmcockpit.config.load import load_cockpit

    share = load_cockpit(cockpit, sources).cockpit.share
    if share is None or not share.postgres:
        raise CommandError(f"{cockpit}: no share.postgres: add `share: {{postgres: {{env: {SHARE}}}}}`")
    return share.postgres


def opened_store(where: Mapping[str, Any]) -> "SharedStore":
    """Return the store, not connected yet."""
    from mmcockpit.share.postgres.address import open_store
    from mmcockpit.sources.common.secrets import Secrets

    return open_store(where, Secrets())


def publisher(where: Mapping[str, Any], session: str) -> "Publisher":
    """Return the service that copies a driver's session to the store; `where` is `share.postgres`."""
    import socket

    from mmcockpit.share.postgres.publisher import Publisher

    return Publisher(opened_store(where), session, socket.gethostname())


class StoreUnreachable(CommandError):
    """The store does not respond now; the same command may succeed later."""


def with_store(where: Mapping[str, Any], work: "Callable[[SharedStore], Awaitable[Result]]") -> Result:
    """Do something in the store and return its result; CommandError if it cannot be done."""
    import asyncio

    from mmcockpit.share.postgres.records import StoreAway, StoreError

    async def run() -> Result:
        store = opened_store(where)
        try:
            return await work(store)
        finally:
            await store.close()

    try:
        return asyncio.run(run())
    except StoreAway as error:
        raise StoreUnreachable(plain(str(error), 400)) from None
    except StoreError as error:
        raise CommandError(plain(str(error), 400)) from None


def find_shared(where: Mapping[str, Any], session: str) -> "StoredSession":
    """Return a session of the store by its id, the unique beginning of its id, or `latest`; CommandError."""
    if session != "latest" and (exact := with_store(where, lambda store: store.session(session))) is not None:
        return exact
    every = with_store(where, lambda store: store.sessions())
    if session == "latest":
        if not every:
            raise CommandError("the store has no session yet; `mmcockpit run` with `share.postgres` adds one")
        return every[0]
    matches = [stored for stored in every if stored.id.startswith(session)]
    if len(matches) == 1:
        return matches[0]
    if not matches:
        raise CommandError(
            f"{plain(session, 80)}: no such session in the store; `mmcockpit sessions --shared` lists them"
        )
    some = ", ".join(plain(stored.id, 80) for stored in matches[:4])
    raise CommandError(f"{plain(session, 80)}: {len(matches)} sessions match ({some}); write a longer part of the id")


def local_journal(stored: "StoredSession") -> Path:
    """Return the journal of a session that this machine drives or drove."""
    return sessions_root() / folder_of(stored) / "journal.jsonl"


def read_copy(stored: "StoredSession") -> Path:
    """Return the copy of a session that this machine only reads."""
    return sessions_root().parent / "shared" / folder_of(stored) / "journal.jsonl"


def folder_of(stored: "StoredSession") -> str:
    """Return the name of the folder of a session; CommandError for an id that is not a name."""
    if not stored.id or stored.id in (".", "..") or "/" in stored.id or "\0" in stored.id:
        raise CommandError(f"{plain(stored.id, 80)!r}: not the name of a session")
    return stored.id

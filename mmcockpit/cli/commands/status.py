"""`mmcockpit status`: a read-only page of a session for stakeholders, served to browsers or written as a file."""

import argparse
import asyncio
import secrets
import signal
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from mmcockpit.cli import OK
from mmcockpit.cli.errors import CommandError
from mmcockpit.cli.progress import progress_line
from mmcockpit.cli.sharing.store import shared_argument
from mmcockpit.core.feed import Feed
from mmcockpit.core.text import plain
from mmcockpit.engine.clock import SessionClock
from mmcockpit.journal.atomic import replacing
from mmcockpit.journal.sessions import find
from mmcockpit.journal.watch import WatchFeed
from mmcockpit.status.addresses import AddressError, Listener, listener
from mmcockpit.status.followed import FollowedSession
from mmcockpit.status.latest import LatestBody
from mmcockpit.status.page import StatusPage
from mmcockpit.status.render import MARK, body, live_page, page_file

EVERY_S = 1.0
"""Seconds between two looks at the session."""

TOKEN_BYTES = 32

_MORE = """\
  mmcockpit status latest --once -o status.html              writes the page of this moment
  mmcockpit status latest --shared --serve 127.0.0.1:8080    the newest session in PostgreSQL"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    about = "a path, an id, `latest` (the default) or `sample`"
    parser.add_argument("session", nargs="?", default="latest", help=about)
    how = parser.add_mutually_exclusive_group(required=True)
    serve = "serve the page there, such as 127.0.0.1:8080, to readers with the link that is printed"
    how.add_argument("--serve", metavar="HOST:PORT", help=serve)
    how.add_argument("--once", action="store_true", help="write the page of this moment as one file")
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="of --once; default: standard output")
    tls = "of --serve, in PEM: needed for an address other than loopback"
    parser.add_argument("--certificate", type=Path, metavar="FILE", help=f"the certificate {tls}")
    parser.add_argument("--key", type=Path, metavar="FILE", help=f"its private key {tls}")
    shared_argument(parser)
    parser.epilog = f"{parser.epilog}\n{_MORE}"


def run(args: argparse.Namespace) -> int:
    """Run the command."""
    if args.once and (args.certificate or args.key):
        raise CommandError("--certificate and --key belong to --serve")
    if args.serve and args.output:
        raise CommandError("-o belongs to --once")
    try:
        where = listener(args.serve, args.certificate, args.key) if args.serve else None
    except AddressError as error:
        raise CommandError(str(error)) from error
    if where is None:
        _write(page_file(_present(args)), args.output)
        return OK
    with _followed(args) as (session, feed):
        return asyncio.run(_serve(FollowedSession(feed), where, session))


def _present(args: argparse.Namespace) -> StatusPage:
    """Return the page of this moment; of a shared session from a copy, so that no seat joins for it."""
    if not args.shared:
        with _followed(args) as (_, feed):
            return FollowedSession(feed).page()
    # Imported here, as below: only a session of the store needs its client.
    from mmcockpit.cli.sharing.copies import copied

    stored, brought = copied(args)
    with closing(WatchFeed(brought.path, SessionClock())) as feed:
        return FollowedSession(feed).page_of_copy(stored.silent_s if stored.left_s > 0 else None)


@contextmanager
def _followed(args: argparse.Namespace) -> Iterator[tuple[str, Feed]]:
    """Open a session of this machine, or of the store as a viewer; yield its id and its feed."""
    if args.shared:
        from mmcockpit.cli.sharing.shared_seat import joined
        from mmcockpit.cli.sharing.store import find_shared, reference

        where = reference(args.cockpit)
        stored = find_shared(where, args.session)
        with joined(where, stored, view=True) as seat:
            yield stored.id, seat
        return
    path = find(args.session)
    with progress_line("opening the session") as progress:
        watched = WatchFeed(path, SessionClock(), progress)
    with closing(watched):
        yield path.parent.name, watched


def _write(page: str, output: Path | None) -> None:
    if output is None:
        if sys.stdout.isatty():
            raise CommandError("HTML needs a file: add -o status.html")
        sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
        sys.stdout.write(page)
        return
    _refuse_foreign(output)
    with replacing(output) as file:
        file.write(page.encode())
    print(f"{output}: {output.stat().st_size / 1024:.0f} KiB")


def _refuse_foreign(path: Path) -> None:
    """Refuse to overwrite a file that is not a status page."""
    try:
        with path.open("rb") as file:
            if file.read(len(MARK)) == MARK.encode():
                return
    except FileNotFoundError:
        return
    raise CommandError(f"{path} already exists and is not a status page: move it, or choose another file")


async def _serve(followed: FollowedSession, where: Listener, session: str) -> int:
    """Serve the page until SIGINT or SIGTERM."""
    # Imported here: only a page that is served needs it.
    from mmcockpit.status.server import StatusServer

    latest = LatestBody(await asyncio.to_thread(lambda: body(followed.page())))
    token = secrets.token_urlsafe(TOKEN_BYTES)
    page, policy = live_page()
    server = StatusServer(where, token, page, policy, latest)

    def started(port: int) -> None:
        print(f"{session}: {where.url(port)}#{token}", flush=True)
        print("whoever has this link can read the page until this command ends; Ctrl+C ends it", flush=True)

    ending = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, ending.set)
    tasks = [asyncio.ensure_future(part) for part in (server.serve(started), _follow(followed, latest), ending.wait())]
    done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        task.cancel()
        with suppress(asyncio.CancelledError):
            if task not in done:
                await task
    for task in done:
        task.result()
    return OK


async def _follow(followed: FollowedSession, latest: LatestBody) -> None:
    """Publish what the session shows, every second; report on stderr why it cannot be followed."""
    lost = False
    while True:
        # In a thread: a slow disk must not delay the readers.
        latest.publish(await asyncio.to_thread(lambda: body(followed.page())))
        if lost is not bool(followed.lost):
            lost = bool(followed.lost)
            said = f"no current data, and the page shows that: {followed.lost}" if lost else "there is data again"
            print(plain(said, 400), file=sys.stderr, flush=True)
        await asyncio.sleep(EVERY_S)

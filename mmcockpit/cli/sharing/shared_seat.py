"""A seat in a session of the store: joins it, shows it, and takes it over at the request of its person."""

import argparse
import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from mmcockpit import sources
from mmcockpit.cli.errors import CommandError
from mmcockpit.cli.progress import progress_line
from mmcockpit.cli.read_only_screen import sit
from mmcockpit.cli.screen import need_terminal
from mmcockpit.cli.sharing.store import find_shared, opened_store, read_copy, reference
from mmcockpit.config.load import load_cockpit
from mmcockpit.config.text.error import FileError
from mmcockpit.core.facts.event import Opened
from mmcockpit.core.model.reading import Fault, FaultKind
from mmcockpit.core.text import plain
from mmcockpit.core.words.amounts import counted
from mmcockpit.engine.clock import SessionClock
from mmcockpit.share.postgres.records import StoredSession
from mmcockpit.share.seat_feed import SeatFeed
from mmcockpit.sources.common.secrets import Secrets

CHECK_S = 30.0
"""Seconds that polling every signal once may take, to find out whether this machine could drive."""

_HERE = frozenset({FaultKind.CONFIGURATION, FaultKind.REFUSED, FaultKind.FORBIDDEN})
"""Faults that show that this machine cannot poll what the driver polls."""


def sit_down(args: argparse.Namespace, take_over: Callable[..., int] | None = None) -> int:
    """Join a session of the store, until its person leaves; return the exit code.

    `take_over` is `mmcockpit resume` with some arguments, for a person who takes the session over; None for a viewer.
    """
    where = reference(args.cockpit)
    stored = find_shared(where, args.session)
    need_terminal()
    outcome = show_seat(where, stored, args.cockpit, not args.no_mouse, take_over is None)
    if isinstance(outcome, int) or take_over is None:
        return 0 if isinstance(outcome, str) else outcome
    return take_over(session=stored.id, shared=True, cockpit=args.cockpit, reason=outcome, no_mouse=args.no_mouse)


def show_seat(
    where: Mapping[str, Any], stored: StoredSession, cockpit: Path | None, mouse: bool, view: bool, notice: str = ""
) -> int | str:
    """Show a session of the store; return the exit code, or the reason for which this seat takes it over."""
    with joined(where, stored, view, lambda opened: cannot(opened, cockpit)) as feed:
        return sit(feed, feed.cockpit, read_copy(stored), feed.problems, mouse, notice)


@contextmanager
def joined(
    where: Mapping[str, Any], stored: StoredSession, view: bool, cannot: Callable[[Opened], str] = lambda opened: ""
) -> Iterator[SeatFeed]:
    """Join a session of the store as a seat, with all of its facts so far; SessionError if they do not arrive.

    `view` joins as a viewer; `cannot` is why this machine could not take the session over.
    """
    # Imported here: the client of PostgreSQL takes longer to import than everything else here.
    from mmcockpit.share.postgres.link import StoreLink

    viewer = SessionClock()
    with progress_line("joining the session") as progress:
        link = StoreLink(lambda: opened_store(where), stored.id, viewer, view, cannot)
        feed = SeatFeed(link, viewer, stored.id, progress)
    with closing(feed):
        yield feed


def cannot(opened: Opened, given: Path | None) -> str:
    """Return why this machine could not drive a session: its cockpit file, secrets and sources; empty if it could.

    Polls every signal once, as `mmcockpit doctor` does.
    """
    # Imported here: only a seat that may drive needs the sources.
    from mmcockpit.engine.survey import Survey

    path = given or (Path(opened.file) if opened.file else None)
    if path is None or not path.exists():
        return f"no cockpit file on this machine: {path or 'use --cockpit FILE'}"
    try:
        cockpit = load_cockpit(path, sources).cockpit
    except (FileError, CommandError, OSError) as error:
        return plain(str(error), 200)
    if (cockpit.name, cockpit.environment) != (opened.cockpit.name, opened.cockpit.environment):
        return f"{path}: the cockpit file of another session"
    survey = Survey(cockpit, Secrets())
    asyncio.run(survey.run(CHECK_S))
    faults = [
        (poll.signal.title, poll.answer)
        for poll in survey.polls.values()
        if isinstance(poll.answer, Fault) and poll.answer.kind in _HERE
    ]
    if not faults:
        return ""
    title, fault = faults[0]
    return plain(f"{counted(len(faults), 'signal')} cannot be polled here: {title}: {fault.message}", 300)

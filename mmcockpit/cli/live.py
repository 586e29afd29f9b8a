"""A live session: wires its journal, its engine and its screen together."""

import socket
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from mmcockpit import __version__
from mmcockpit.cli import OK
from mmcockpit.cli.compiled import compiled_clusters, other_layouts
from mmcockpit.cli.errors import FAILED
from mmcockpit.cli.leaving import Leaving
from mmcockpit.cli.progress import progress_line
from mmcockpit.cli.screen import prepare_process, tell
from mmcockpit.cli.session_end import put_away_journals, report_unrecorded, resumed_by, waiting
from mmcockpit.cli.sharing.driver import share
from mmcockpit.cli.splash import handed_over
from mmcockpit.config.results import Appearance
from mmcockpit.core.facts.event import (
    MINOR,
    SCHEMA,
    AnyBody,
    DamageAccepted,
    DriverChanged,
    Event,
    Opened,
    Reconfigured,
    Reopened,
    Resumed,
    SessionMode,
    Trouble,
)
from mmcockpit.core.model.clock import Clock, Stamp
from mmcockpit.core.model.cockpit import Cockpit
from mmcockpit.core.model.procedure import Cluster
from mmcockpit.core.model.sharing import ends_with_store
from mmcockpit.core.state.deliveries import unknown_deliveries
from mmcockpit.core.state.evolve import evolve
from mmcockpit.core.state.session import Session
from mmcockpit.core.text import plain
from mmcockpit.core.words.amounts import counted
from mmcockpit.engine.clock import SessionClock, wall
from mmcockpit.engine.engine import Engine
from mmcockpit.engine.feed import LiveFeed
from mmcockpit.engine.pace import SessionPace, at_speed
from mmcockpit.journal import lock
from mmcockpit.journal.lock import Locked
from mmcockpit.journal.observers import Observers
from mmcockpit.journal.sessions import SessionError, new_session_path
from mmcockpit.journal.timeline_writer import TimelineWriter
from mmcockpit.journal.writer import Writer
from mmcockpit.sources.kubernetes.api.identity import watched, with_clusters

if TYPE_CHECKING:
    from mmcockpit.journal.verify import Checked

MOST_NAMED = 8


class Earlier(msgspec.Struct, frozen=True):
    """What happened in the first `lasts` seconds of a session, as `facts` gives it: session seconds and facts.

    The session passed to `facts` follows them.
    """

    lasts: float
    facts: Callable[[Session], Iterator[tuple[float, AnyBody]]]


def open_session(
    cockpit: Cockpit,
    texts: Mapping[str, str],
    operator: str,
    mode: SessionMode,
    path: Path | None,
    cluster: Cluster | None = None,
    clock: Clock | None = None,
    file: str = "",
    speed: float = 1.0,
    earlier: Earlier | None = None,
    headless: bool = False,
) -> tuple[Engine, Path]:
    """Start a session in a new journal; return its engine, not yet started, and the journal's path.

    `cluster` is the cluster for steps if its kubeconfig cannot be read yet, `file` the path of the cockpit file.
    `earlier` gives the facts of a demo that begins in the middle of its go-live.
    """
    spec = watched(cockpit.sources)
    known = {spec.name: cluster} if spec and cluster else {}
    cockpit = with_clusters(cockpit, {**compiled_clusters(cockpit.sources), **known})
    cockpit = at_speed(cockpit, speed)
    real = wall()
    path = path or new_session_path(cockpit.name, real)
    host = socket.gethostname()
    writer = TimelineWriter.create(path, operator)
    opened = Opened(
        *(path.parent.name, __version__, operator, host, mode, cockpit, SCHEMA, dict(texts), file),
        minor=MINOR,
        speed=speed,
        headless=headless,
    )
    session = Session()
    writer.follow(session)
    if earlier is not None:
        _write_earlier(session, writer, opened, earlier, real)
        clock = clock or SessionClock(earlier.lasts, SessionPace(speed, real, real))
        return _engine(session, writer, clock, operator, path), path
    clock = clock or SessionClock(0.0, SessionPace(speed, real, real))
    return _engine(session, writer, clock, operator, path, opened), path


def _write_earlier(session: Session, writer: Writer, opened: Opened, earlier: Earlier, real: float) -> None:
    """Write the opening fact and the facts that follow it, at the times that they give, up to now."""
    began = real - earlier.lasts
    _write(session, writer, Stamp(0.0, round(began, 3)), opened)
    for at, body in earlier.facts(session):
        _write(session, writer, Stamp(round(at, 3), round(began + at, 3)), body)


class Permit(msgspec.Struct, frozen=True):
    """What an operator allows when resuming: the reasons to reopen a closed session and to accept a damaged journal.

    `today` returns the sources, commands and permissions to use from now on; None if they equal those in the journal.
    It may raise an error to refuse. `first` returns facts that come before all others, such as those of a takeover.
    `headless` is set for a driver without a screen.
    """

    reopen: str = ""
    accept_damage: str = ""
    today: Callable[[Session], Reconfigured | None] = lambda session: None
    headless: bool = False
    first: Callable[[Session], Sequence[AnyBody]] = lambda session: ()


def resume_session(path: Path, operator: str, permit: Permit | None = None) -> Engine:
    """Continue a session at the end of its journal; every signal is unknown until it is polled again.

    Raises SessionError if the journal cannot be continued or `permit` lacks a reason; what was accepted becomes a fact
    of the session.
    """
    # Imported here: a new session has nothing to fold.
    from mmcockpit.journal.verify import fold_checked

    permit = permit or Permit()
    if (holder := lock.holder(path)) is not None:
        raise Locked(path, holder)
    with progress_line("reading the session") as progress:
        checked = fold_checked(path, progress)
    session = checked.session
    facts = _accepted(path, checked, operator, permit)
    change = permit.today(session)
    writer = TimelineWriter.open(path, operator)
    writer.follow(session)
    try:
        if writer.head != checked.report.head:
            raise SessionError(f"{path}: changed while it was read; try again")
        assert session.last is not None, "fold_checked returns opened sessions only"
        blind_s = max(round(wall() - session.last.wall, 3), 0.0)
        real = wall()
        # The wall clock of a fast demo is ahead of the real one, and never goes back.
        clock = SessionClock(session.last.at + blind_s, SessionPace(session.speed, max(real, session.last.wall), real))
        resumed = Resumed(operator, socket.gethostname(), blind_s, SCHEMA, MINOR, permit.headless)
        facts = [*permit.first(session), *facts, resumed, *([change] if change else [])]
        engine = _engine(session, writer, clock, operator, path, *facts)
    except BaseException:
        with suppress(OSError):
            writer.close()
        raise
    if writer.repaired:
        engine.publish(Trouble("journal", writer.repaired))
    return engine


def _accepted(path: Path, checked: "Checked", operator: str, permit: Permit) -> list[AnyBody]:
    """Return the facts for what an operator accepts; SessionError if something that must be accepted is not."""
    report, closed, name = checked.report, checked.session.closed, path.parent.name
    if report.note:
        raise SessionError(
            f"{path}: cannot be resumed, because this version would lose what it does not know: {report.note}; "
            f"`mmcockpit replay {name}` shows what is readable"
        )
    accepted: list[AnyBody] = []
    if checked.unaccepted:
        first, count = checked.unaccepted[0], len(checked.unaccepted)
        if not permit.accept_damage:
            raise SessionError(
                f"{path}:{first.line}: {first.what} ({counted(count, 'problem')}; "
                f"`mmcockpit verify {name}` lists them); "
                "to resume anyway: --accept-damage REASON"
            )
        lines = tuple(f"line {one.line}: {one.what}" for one in checked.unaccepted[:MOST_NAMED])
        accepted.append(DamageAccepted(operator, permit.accept_damage, count, lines))
    if closed is not None:
        if not permit.reopen:
            raise SessionError(
                f"{path}: this session ended: {plain(closed.outcome, 200)}; `mmcockpit replay {name}` shows it, "
                f"`mmcockpit resume {name} --reopen REASON` continues it"
            )
        accepted.append(Reopened(operator, permit.reopen, closed.outcome))
    return accepted


def _engine(session: Session, writer: Writer, clock: Clock, operator: str, path: Path, *first: AnyBody) -> Engine:
    for body in first:
        _write(session, writer, clock.now(), body)
    engine = Engine(session, writer, clock, operator, path.parent.absolute())
    engine.look = Observers(path, lambda: engine.record.path).look
    # Published, not only written, so that the screen shows them.
    for unknown in unknown_deliveries(session):
        engine.publish(unknown)
    engine.messenger.announce()
    return engine


def _write(session: Session, writer: Writer, stamp: Stamp, body: AnyBody) -> None:
    event = Event(session.seq + 1, stamp, body, epoch=_epoch(session, body))
    try:
        writer.append(event)
    except BaseException:
        # If not even the first fact can be written, no session was started.
        if not writer.size:
            writer.discard()
        raise
    evolve(session, event)


def _epoch(session: Session, body: AnyBody) -> int:
    """Return the driver's term of a fact that is written before the engine starts."""
    match body:
        case DriverChanged(epoch=epoch):
            return epoch
        case Opened(cockpit=cockpit):
            return 1 if cockpit.share is not None and cockpit.share.postgres else 0
    return session.epoch


def show(engine: Engine, path: Path, appearance: Appearance, mouse: bool, notice: str = "") -> int:
    """Show the screen of a session until the operator leaves, with a first message; return the exit code."""
    prepare_process()
    from mmcockpit.ui.app import CockpitApp as Screen

    cockpit = engine.session.cockpit
    copies = path.parent / "copied.txt"
    not_shared = share(engine, path)
    screen = Screen(
        LiveFeed(engine),
        cockpit.layout,
        appearance.themes,
        keymap=appearance.keymap,
        mouse=mouse,
        copy_file=copies,
        layouts=other_layouts(cockpit),
        attention=appearance.attention,
    )
    if warnings := tuple(filter(None, (not_shared, *appearance.problems))):
        screen.say("; ".join(warnings), "warn")
    elif notice:
        screen.say(notice)
    with Leaving(screen, engine, waiting):
        engine.start()
        screen.run()
    handed_over()
    if engine.driver.fenced:
        # Imported here: only then.
        from mmcockpit.cli.sharing.fenced import view_instead

        return view_instead(engine, engine.record.path, mouse)
    recorded = report_end(engine)
    return tell(screen.bug, engine.record.path) if screen.bug is not None else OK if recorded else FAILED


def report_end(engine: Engine) -> bool:
    """Report how the session was left; return whether all of it is recorded."""
    session, path = engine.session, engine.record.path
    if session.closed is not None:
        print(f"session {path.parent.name} ended: {session.closed.outcome}\njournal {path}")
        put_away_journals(path)
    else:
        mode = session.opened.mode if session.opened is not None else SessionMode.LIVE
        kept = not ends_with_store(session.cockpit, mode)
        print(f"polling stopped{f': mmcockpit resume {resumed_by(engine)}' if kept else ''}\njournal {path}")
    sharing = engine.driver.sharing
    if sharing is not None and sharing.behind:
        again = " --reopen REASON" if session.closed is not None else ""
        what = f"{counted(sharing.behind, 'fact')} not in the shared store yet"
        print(f"{what}: `mmcockpit resume {path.parent.name}{again}` sends them", file=sys.stderr)
    return report_unrecorded(engine)

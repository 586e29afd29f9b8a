"""A live session: its journal, its engine and its screen, wired together."""

import socket
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from mmcockpit import __version__
from mmcockpit.cli import OK
from mmcockpit.cli.leaving import Leaving
from mmcockpit.cli.progress import told
from mmcockpit.cli.screen import prepare_process, tell
from mmcockpit.cli.splash import handed_over
from mmcockpit.cli.wall import FAILED
from mmcockpit.core.clock import Clock
from mmcockpit.core.cockpit import Cockpit
from mmcockpit.core.describe import describe
from mmcockpit.core.event import SCHEMA, AnyBody, Event, Opened, Resumed, SessionMode, Trouble
from mmcockpit.core.evolve import evolve
from mmcockpit.core.layout import Theme
from mmcockpit.core.procedure import Cluster
from mmcockpit.core.session import Session
from mmcockpit.core.text import plain
from mmcockpit.engine.clock import SessionClock, wall
from mmcockpit.engine.engine import STEP_S, Engine
from mmcockpit.engine.feed import LiveFeed
from mmcockpit.journal.observers import Observers
from mmcockpit.journal.reader import Problem
from mmcockpit.journal.sessions import SessionError, ended_plain, new_session_path
from mmcockpit.journal.writer import Writer
from mmcockpit.sources.kubernetes_identity import identity, watched

TOLD_EVERY_S = 2.0


def open_session(
    cockpit: Cockpit,
    texts: Mapping[str, str],
    operator: str,
    mode: SessionMode,
    path: Path | None,
    cluster: Cluster | None = None,
    clock: Clock | None = None,
) -> tuple[Engine, Path]:
    """Begin a session in a journal of its own; return its engine, not yet started, and the journal's path.

    `cluster` is what steps speak to where its kubeconfig cannot be read yet.
    """
    clock = clock or SessionClock()
    spec = watched(cockpit.sources)
    if spec is not None:
        cockpit = msgspec.structs.replace(cockpit, cluster=cluster or identity(spec))
    path = path or new_session_path(cockpit.name, wall())
    host = socket.gethostname()
    writer = Writer.create(path, operator)
    opened = Opened(path.parent.name, __version__, operator, host, mode, cockpit, SCHEMA, dict(texts))
    return _engine(Session(), writer, clock, operator, path, opened), path


def resume_session(path: Path, operator: str) -> Engine:
    """Go on with a session where its journal ends; every signal is unknown until it is asked again.

    Raises SessionError where the journal cannot be gone on with; what could not be read becomes a fact of the session.
    """
    # Imported here: a new session has nothing to be folded.
    from mmcockpit.journal.replay import fold_journal

    writer = Writer.open(path, operator)
    problems: list[Problem] = []
    with told("reading the session") as progress:
        session = fold_journal(path, report=problems.append, progress=progress)
    assert session.last is not None, "fold_journal returns opened sessions only"
    blind_s = max(round(wall() - session.last.wall, 3), 0.0)
    clock = SessionClock(session.last.at + blind_s)
    resumed = Resumed(operator, socket.gethostname(), blind_s)
    engine = _engine(session, writer, clock, operator, path, resumed)
    if writer.repaired:
        engine.publish(Trouble("journal", writer.repaired))
    for problem in problems:
        engine.publish(Trouble(f"journal line {problem.line}", problem.what))
    return engine


def _engine(session: Session, writer: Writer, clock: Clock, operator: str, path: Path, first: AnyBody) -> Engine:
    event = Event(session.seq + 1, clock.now(), first)
    try:
        writer.append(event)
    except BaseException:
        # Where not even the first fact can be written, no session began.
        if not writer.size:
            writer.discard()
        raise
    evolve(session, event)
    engine = Engine(session, writer, clock, operator, path.parent.absolute())
    engine.look = Observers(path, lambda: engine.record.path).look
    return engine


def show(engine: Engine, path: Path, themes: Sequence[Theme], keymap: Mapping[str, str], mouse: bool) -> int:
    """Run the screen on a session until the operator leaves; return the exit code."""
    prepare_process()
    from mmcockpit.ui.app import Cockpit as Screen

    cockpit = engine.session.cockpit
    copies = path.parent / "copied.txt"
    screen = Screen(LiveFeed(engine), cockpit.layout, themes, keymap=keymap, mouse=mouse, copy_file=copies)
    with Leaving(screen, engine, _waiting):
        engine.start()
        screen.run()
    handed_over()
    session, path = engine.session, engine.record.path
    if session.closed is not None:
        print(f"session {path.parent.name} ended: {session.closed.outcome}\njournal {path}")
        _put_away(path)
    else:
        print(f"nothing is watched now: mmcockpit resume {path.parent.name}\njournal {path}")
    recorded = _recorded(engine)
    if screen.bug is not None:
        return tell(screen.bug, path)
    return OK if recorded else FAILED


def _waiting(seconds: float) -> None:
    if seconds % TOLD_EVERY_S < STEP_S:
        print(f"the disk is slow: still writing the last facts ({seconds:.0f} s); please wait", file=sys.stderr)


def _recorded(engine: Engine) -> bool:
    """Say what the journal does not hold at the end; return whether it holds everything."""
    record = engine.record
    if record.closed and record.complete:
        return True
    print(f"NOT RECORDED: the journal could not be written to the end: {plain(record.failing)}", file=sys.stderr)
    if record.rescued is not None:
        print(f"saved in {record.rescued}: mmcockpit resume {record.rescued}", file=sys.stderr)
    for event in record.unsaved:
        print(f"not saved anywhere: {' '.join(describe(event.body))}", file=sys.stderr)
    return False


def _put_away(path: Path) -> None:
    """Compress the journal of a session that ended, and those beside it that a crash left."""
    # Imported here: only an end needs it.
    from mmcockpit.journal.archive import put_away

    for journal in dict.fromkeys((path, *ended_plain(path.parent.parent))):
        try:
            put_away(journal)
        except (OSError, SessionError) as error:
            print(f"not compressed, which changes nothing else: {plain(str(error), 200)}", file=sys.stderr)

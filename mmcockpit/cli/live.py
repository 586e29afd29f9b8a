"""A live session: its journal, its engine and its screen, wired together."""

import ctypes
import getpass
import logging
import os
import socket
import sys
import traceback
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path

from mmcockpit import __version__
from mmcockpit.cli.splash import handed_over
from mmcockpit.cli.wall import FAILED, CommandError
from mmcockpit.core.cockpit import Cockpit
from mmcockpit.core.event import SCHEMA, AnyBody, Event, Opened, Resumed, SessionMode, Trouble
from mmcockpit.core.evolve import evolve
from mmcockpit.core.layout import Theme
from mmcockpit.core.session import Session
from mmcockpit.core.text import clean, plain
from mmcockpit.engine.clock import SessionClock, wall
from mmcockpit.engine.engine import Engine
from mmcockpit.engine.feed import LiveFeed
from mmcockpit.journal.reader import Problem
from mmcockpit.journal.replay import fold_journal
from mmcockpit.journal.sessions import new_session_path
from mmcockpit.journal.writer import Writer

# Short turns of the interpreter keep keys quick while the engine imports clients and decodes answers.
SWITCH_INTERVAL_S = 0.0005
M_ARENA_MAX = -8


def operator_name(given: str | None) -> str:
    """Return the operator's name: as given, else the user's."""
    return plain(given or os.environ.get("MMCOCKPIT_OPERATOR") or getpass.getuser(), 40)


def need_terminal() -> None:
    """Refuse to begin a session that nobody could see: keys come from standard input, the screen is standard error."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        without = "log, verify, sessions, doctor and check work without one"
        raise CommandError(f"the screen needs a terminal, and this is none: do not redirect it; {without}")


def open_session(
    cockpit: Cockpit, texts: Mapping[str, str], operator: str, mode: SessionMode, path: Path | None
) -> tuple[Engine, Path]:
    """Begin a session in a journal of its own; return its engine, not yet started, and the journal's path."""
    clock = SessionClock()
    path = path or new_session_path(cockpit.name, wall())
    host = socket.gethostname()
    writer = Writer.create(path, operator)
    opened = Opened(path.parent.name, __version__, operator, host, mode, cockpit, SCHEMA, dict(texts))
    return _engine(Session(), writer, clock, operator, opened), path


def resume_session(path: Path, operator: str) -> Engine:
    """Go on with a session where its journal ends; every signal is unknown until it is asked again.

    Raises SessionError where the journal cannot be gone on with; what could not be read becomes a fact of the session.
    """
    writer = Writer.open(path, operator)
    problems: list[Problem] = []
    session = fold_journal(path, report=problems.append)
    assert session.last is not None, "fold_journal returns opened sessions only"
    blind_s = max(round(wall() - session.last.wall, 3), 0.0)
    clock = SessionClock(session.last.at + blind_s)
    engine = _engine(session, writer, clock, operator, Resumed(operator, socket.gethostname(), blind_s))
    if writer.repaired:
        engine.publish(Trouble("journal", writer.repaired))
    for problem in problems:
        engine.publish(Trouble(f"journal line {problem.line}", problem.what))
    return engine


def _engine(session: Session, writer: Writer, clock: SessionClock, operator: str, first: AnyBody) -> Engine:
    event = Event(session.seq + 1, clock.now(), first)
    writer.append(event)
    evolve(session, event)
    return Engine(session, writer, clock, operator)


def _prepare_process() -> None:
    """Make the process fit for a screen: quick turns, one heap, and nothing that prints over the screen."""
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    logging.getLogger().addHandler(logging.NullHandler())
    warnings.simplefilter("ignore")
    libc = ctypes.CDLL(None)
    if hasattr(libc, "mallopt"):
        # glibc gives every thread a heap of its own and keeps it: 20 MB with all clients.
        libc.mallopt(M_ARENA_MAX, 1)


def show(engine: Engine, path: Path, themes: Sequence[Theme], keymap: Mapping[str, str], mouse: bool) -> int:
    """Run the screen on a session until the operator leaves; return the exit code."""
    _prepare_process()
    from mmcockpit.ui.app import Cockpit as Screen

    cockpit = engine.session.cockpit
    copies = path.parent / "copied.txt"
    screen = Screen(LiveFeed(engine), cockpit.layout, themes, keymap=keymap, mouse=mouse, copy_file=copies)
    engine.start()
    try:
        screen.run()
    finally:
        engine.stop()
    handed_over()
    session = engine.session
    if session.closed is not None:
        print(f"session {path.parent.name} ended: {session.closed.outcome}\njournal {path}")
    else:
        print(f"nothing is watched now: mmcockpit resume {path.parent.name}\njournal {path}")
    return 0 if screen.bug is None else _tell(screen.bug, path)


def _tell(bug: Exception, path: Path) -> int:
    """Leave a bug's trace beside the journal, and say so in one line."""
    crash = path.parent / "crash.txt"
    crash.touch(mode=0o600)
    with crash.open("a", encoding="utf-8") as file:
        file.writelines(clean(line) for line in traceback.format_exception(bug))
    what = plain(f"{type(bug).__name__}: {bug}", 200)
    print(f"the screen broke: {what}; a bug in mmcockpit, told in {crash}; the journal is intact", file=sys.stderr)
    return FAILED

"""A live session: its journal, its engine and its screen, wired together."""

import getpass
import os
import socket
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from mmcockpit import __version__
from mmcockpit.cli.wall import CommandError
from mmcockpit.core.cockpit import Cockpit
from mmcockpit.core.event import AnyBody, Event, Opened, Resumed, SessionMode
from mmcockpit.core.layout import Theme
from mmcockpit.core.session import Session, evolve
from mmcockpit.core.text import plain
from mmcockpit.engine.clock import SessionClock, wall
from mmcockpit.engine.engine import Engine
from mmcockpit.engine.feed import LiveFeed
from mmcockpit.journal.reader import Problem
from mmcockpit.journal.replay import fold_journal
from mmcockpit.journal.sessions import new_session_path
from mmcockpit.journal.writer import Writer

# Short turns of the interpreter keep keys quick while the engine imports clients and decodes answers.
SWITCH_INTERVAL_S = 0.0005


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
    opened = Opened(path.parent.name, __version__, operator, host, mode, cockpit, texts=dict(texts))
    return _engine(Session(), writer, clock, operator, opened), path


def resume_session(path: Path, operator: str) -> Engine:
    """Go on with a session where its journal ends; every signal is unknown until it is asked again.

    Raises SessionError where the journal cannot be gone on with; what it cannot read is said on stderr.
    """
    writer = Writer.open(path, operator)
    if writer.repaired:
        print(f"{path}: {writer.repaired}", file=sys.stderr)
    session = fold_journal(path, report=lambda problem: _report(path, problem))
    assert session.last is not None, "fold_journal returns opened sessions only"
    blind_s = max(round(wall() - session.last.wall, 3), 0.0)
    clock = SessionClock(session.last.at + blind_s)
    return _engine(session, writer, clock, operator, Resumed(operator, socket.gethostname(), blind_s))


def _report(path: Path, problem: Problem) -> None:
    print(f"{path}:{problem.line}: {problem.what}", file=sys.stderr)


def _engine(session: Session, writer: Writer, clock: SessionClock, operator: str, first: AnyBody) -> Engine:
    event = Event(session.seq + 1, clock.now(), first)
    writer.append(event)
    evolve(session, event)
    return Engine(session, writer, clock, operator)


def show(engine: Engine, path: Path, themes: Sequence[Theme], keymap: Mapping[str, str], mouse: bool) -> int:
    """Run the screen on a session until the operator leaves; return the exit code."""
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    from mmcockpit.ui.app import Cockpit as Screen

    cockpit = engine.session.cockpit
    copies = path.parent / "copied.txt"
    screen = Screen(LiveFeed(engine), cockpit.layout, themes, keymap=keymap, mouse=mouse, copy_file=copies)
    engine.start()
    try:
        screen.run()
    finally:
        engine.stop()
    session = engine.session
    if session.closed is not None:
        print(f"session {path.parent.name} ended: {session.closed.outcome}\njournal {path}")
    else:
        print(f"nothing is watched now: mmcockpit resume {path.parent.name}\njournal {path}")
    return screen.return_code or 0

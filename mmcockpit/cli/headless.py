"""A driver without a screen: polls, records, and prints what changes, one line each, until the end or a signal."""

import argparse
import os
import signal
import threading
from pathlib import Path

from mmcockpit.cli import FAILED, OK
from mmcockpit.cli.fact_lines import fact_line, utc_text
from mmcockpit.cli.leaving import Leaving
from mmcockpit.cli.session_end import put_away_journals, report_unrecorded, resumed_by, waiting
from mmcockpit.cli.sharing.driver import share
from mmcockpit.core.facts.event import Advised
from mmcockpit.core.feed import Batch
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.seat import Sharing
from mmcockpit.core.state.names import SessionNames
from mmcockpit.core.state.session import Session
from mmcockpit.core.text import plain
from mmcockpit.core.words.changes import ChangeLines, change_text
from mmcockpit.core.words.describe import describe_event
from mmcockpit.core.words.naming import Wording
from mmcockpit.core.words.verdicts import advice_word
from mmcockpit.engine.engine import Engine
from mmcockpit.engine.feed import LiveFeed

LOOK_S = 0.2
"""Seconds between two looks at the session: how late a line may be."""

STALLED_LOOKS = 150
"""Looks without a heartbeat of the engine after which the process ends, so that its supervisor starts it again.

Counted, not timed: a suspended machine does not look.
"""

LONGEST = 1000
"""Most characters of one line's text."""


def headless_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of a driver without a screen."""
    headless = "drive the session without a screen: print what changes, one line each; `mmcockpit join` acts in it"
    parser.add_argument("--headless", action="store_true", help=headless)
    code = "exit code of --headless after SIGTERM or SIGINT; default: 0. Set it where 0 means that all work is done"
    parser.add_argument("--signal-exit", metavar="CODE", type=_exit_code, default=0, help=code)


def _exit_code(text: str) -> int:
    if not (text.isdecimal() and int(text) < 256):
        raise argparse.ArgumentTypeError(f"{text!r}: must be a number from 0 to 255")
    return int(text)


class HeadlessScreen:
    """Prints the facts of a session that a person has to notice, and what is wrong with its journal and its engine.

    Lines that standard output does not take are dropped: a full disk or a closed pipe never ends a session.
    """

    return_value = None
    titled = False

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._feed = LiveFeed(engine)
        self._changes = ChangeLines(first_hold=True)
        self._wording = Wording(SessionNames(engine.session), full=False)
        self._not_recording = ""
        self._away = ""
        self._fenced = ""
        self._pulse: Stamp | None = None
        self._silent = 0
        self._leaving = False
        self._pause = threading.Event()

    @property
    def over(self) -> bool:
        """Whether there is nothing left to drive: the session ended, or another driver took it over."""
        return self._engine.session.closed is not None or bool(self._fenced)

    @property
    def stalled(self) -> bool:
        """Whether the engine stopped by a bug."""
        return self._silent >= STALLED_LOOKS

    def leave_soon(self) -> None:
        """End `run`; safe in a signal handler."""
        self._leaving = True

    def run(self) -> None:
        """Print until the session is over, the engine stalls, or `leave_soon`."""
        while not (self._leaving or self.stalled or self.over):
            self.show()
            self._pause.wait(LOOK_S)

    def show(self) -> None:
        """Print what happened since the last call."""
        batch = self._feed.drain()
        self._print_facts(batch)
        if batch.not_recording != self._not_recording:
            self._not_recording = batch.not_recording
            self.report("journal", _recording(batch.not_recording))
        if batch.sharing is not None:
            self._show_sharing(batch.sharing)
        self._silent = self._silent + 1 if batch.pulse == self._pulse else 0
        self._pulse = batch.pulse
        if self.stalled:
            self.report("trouble", "the engine stopped; ending, so that the session can be resumed")

    def _print_facts(self, batch: Batch) -> None:
        for change in self._changes.take_steps_apart(batch.events):
            word, says = change_text(change, self._wording)
            if isinstance(change.first.body, Advised):
                # The panel What changed has room for one reason only.
                says = describe_event(change.first, self._wording)[1]
            unrecorded = "" if change.recorded else "NOT RECORDED: "
            write_line(fact_line(change.first, word, plain(f"{unrecorded}{says}", LONGEST)))

    def _show_sharing(self, sharing: Sharing) -> None:
        if sharing.away != self._away:
            self._away = sharing.away
            behind = (
                f"; SHARED BEHIND {sharing.behind}: other machines do not see these facts" if sharing.behind else ""
            )
            self.report("sharing", f"{sharing.away}{behind}" if sharing.away else "the shared store is reached again")
        if sharing.fenced and not self._fenced:
            self._fenced = sharing.fenced
            self.report("sharing", f"{sharing.fenced} drives this session now; this driver ends")

    def report(self, word: str, says: str) -> None:
        """Print a line about something that is not a fact."""
        write_line(f"{utc_text(self._engine.clock.now().wall)} {word:9} {plain(says, LONGEST)}")


def _recording(failing: str) -> str:
    return f"cannot be written: {failing}; marks are refused, gates stay closed" if failing else "is written again"


def status_text(session: Session) -> str:
    """Return phase, advice and hold in one line: a log that begins with a restart has no earlier lines about them."""
    phases = session.cockpit.checklist.phases
    parts = [f"phase {session.phase + 1} of {len(phases)}: {phases[session.phase].title}"] if phases else []
    parts.append(f"advice {advice_word(session.advised.advice)}" if session.advised else "no advice yet")
    if session.held is not None:
        parts.append(f"on hold by {session.held.by}: {session.held.reason}")
    return "; ".join(parts)


def write_line(text: str) -> None:
    """Write one line to standard output at once; if it cannot be written, drop it."""
    rest = f"{text}\n".encode()
    try:
        while rest:
            rest = rest[os.write(1, rest) :]
    except OSError:
        return


def drive(engine: Engine, path: Path, signal_exit: int) -> int:
    """Run a session without a screen until it ends or a signal ends it; return the exit code.

    SIGTERM and SIGINT leave a session that can be resumed, and return `signal_exit`; SIGHUP is ignored.
    """
    not_shared = share(engine, path, attended=False)
    screen = HeadlessScreen(engine)
    with Leaving(screen, engine, waiting, terminal=False) as leaving:
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
            # Not SIG_IGN, which the commands of steps would inherit.
            signal.signal(signal.SIGHUP, lambda number, frame: None)
        # Only now: who reads that it drives may end it by a signal.
        screen.report("driving", f"{path.parent.name} as {engine.operator}, process {os.getpid()}; journal {path}")
        screen.report("status", status_text(engine.session))
        screen.report("sharing", not_shared or f"`mmcockpit join {path.parent.name}` joins, `mmcockpit act` acts once")
        engine.start()
        screen.run()
    screen.show()
    session, path = engine.session, engine.record.path
    if engine.driver.fenced:
        # Imported here: only then.
        from mmcockpit.cli.sharing.fenced import set_tail_apart

        screen.report("stopped", f"`mmcockpit join --shared {path.parent.name}` joins the session at its new driver")
        # Nothing is left to do: a service manager must not start this driver again.
        return OK if set_tail_apart(engine, path) else FAILED
    if session.closed is not None:
        screen.report("ended", f"session {path.parent.name}: {session.closed.outcome}; journal {path}")
        put_away_journals(path)
    else:
        by = f"by {leaving.signal}; " if leaving.signal else ""
        screen.report("stopped", f"{by}`mmcockpit resume {resumed_by(engine)}` continues; journal {path}")
    if not report_unrecorded(engine) or screen.stalled:
        return FAILED
    return OK if session.closed is not None else signal_exit

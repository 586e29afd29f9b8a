"""Ends a screen on a signal, a closed terminal or an end of input, and always restores the terminal."""

import contextlib
import errno
import os
import signal
import sys
import termios
import threading
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import TYPE_CHECKING, Any, Protocol

from mmcockpit.cli import FAILED, OK
from mmcockpit.core.decide import command as commands

if TYPE_CHECKING:
    from mmcockpit.engine.engine import Engine

STUCK_S = 3.0
"""How long the screen may take to end after a signal; a terminal that accepts no output would block it forever."""

TERMINATED_S = 10.0
"""How long a step may take to end after SIGTERM."""

LOOK_S = 0.2
RESTORE = b"\x1b[?2004l\x1b[?7h\x1b[?1000l\x1b[?1003l\x1b[?1015l\x1b[?1006l\x1b[?1004l\x1b[<u\x1b[?1049l\x1b[?25h"
"""Undoes the terminal modes that Textual sets."""

RESTORE_TITLE = b"\x1b[23;0t"
"""Restores the title that the window had before the screen."""


class Screen(Protocol):
    """The screen to end."""

    @property
    def return_value(self) -> Any:
        """How it ended: `gone` if its terminal was closed."""
        ...

    @property
    def titled(self) -> bool:
        """Whether it has set the title of the window."""
        ...

    def leave_soon(self) -> None:
        """Leave the screen; safe in a signal handler."""
        ...


class Leaving:
    """Ends a screen, and the session `engine` behind it, on SIGTERM, SIGINT, SIGHUP and an end of input.

    SIGHUP and an end of input start no further step, but let a running one finish: a lost connection must not interrupt
    a rollback. SIGTERM and SIGINT end it. A context manager: calls `finish` after the screen has ended.
    """

    def __init__(
        self,
        screen: Screen,
        engine: "Engine | None" = None,
        waiting: Callable[[float], None] = lambda seconds: None,
        terminal: bool = True,
    ) -> None:
        """`waiting` is called with the number of seconds for which the journal is still being written.

        Without a `terminal` a signal is the normal end, and no trouble to record.
        """
        self._screen = screen
        self._engine = engine
        self._waiting = waiting
        self._terminal = terminal
        self.signal = ""
        """The signal that ends the process, such as SIGTERM; empty before."""
        self._terminated = threading.Event()
        self._hung_up = False
        self._finished = threading.Event()
        self._once = threading.Lock()
        self._before: dict[signal.Signals, Any] = {}
        self._attributes: list[Any] | None = None

    def __enter__(self) -> "Leaving":
        with contextlib.suppress(termios.error):
            self._attributes = termios.tcgetattr(0)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            # Under nohup SIGHUP is ignored, and must stay ignored.
            if signal.getsignal(number) is not signal.SIG_IGN:
                self._before[number] = signal.signal(number, self._received)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.finish()
        for number, before in self._before.items():
            signal.signal(number, before)

    def finish(self) -> None:
        """End the session if necessary; output to a closed terminal is dropped."""
        with self._once:
            if not self._finished.is_set():
                _forget_lost_terminals()
                if self._engine is not None:
                    self._end(self._engine)
                self._finished.set()

    def _end(self, engine: "Engine") -> None:
        why = self._because()
        if why:
            engine.step_control.hang_up(why if self._terminal else "")
            if engine.driver.fenced and not engine.step_control.wait(0):
                print(f"{why}; waiting for the end of the step that runs here", file=sys.stderr)
            left_s = TERMINATED_S
            while left_s > 0 and not engine.step_control.wait(LOOK_S):
                if self._terminated.is_set():
                    left_s -= LOOK_S
                    engine.step_control.interrupt("the cockpit was ended by a signal while it ran: verify what it did")
            if engine.session.closed is None:
                engine.submit(commands.LeaveSession(engine.operator))
        engine.stop(self._waiting)

    def _because(self) -> str:
        """Return why the session was left without its operator; empty if it was not."""
        if self._terminated.is_set():
            return "the cockpit was ended by a signal"
        if self._hung_up or self._screen.return_value == "gone":
            return "the terminal was closed"
        if self._engine is not None and self._engine.driver.fenced:
            return "another driver has the session"
        return ""

    def _received(self, number: int, frame: FrameType | None) -> None:
        if number == signal.SIGHUP:
            self._hung_up = True
        else:
            self._terminated.set()
            self.signal = signal.Signals(number).name
        self._screen.leave_soon()
        threading.Thread(target=self._unless_stuck, name="leaving", daemon=True).start()

    def _unless_stuck(self) -> None:
        """Exit the process if the screen does not end: it may be blocked by a terminal that accepts no output."""
        if self._finished.wait(STUCK_S) or self._once.locked():
            return
        self.finish()
        restore(self._attributes, self._screen.titled)
        os._exit(OK if self._engine is None or self._engine.record.complete else FAILED)


def restore(attributes: list[Any] | None, titled: bool) -> None:
    """Restore the terminal to these attributes and to the modes of a shell, and its title if it was `titled`."""
    if attributes is None:
        return
    with contextlib.suppress(OSError, termios.error):
        # Drop output that is waiting for the terminal, else there is no room for this.
        termios.tcflush(2, termios.TCOFLUSH)
        termios.tcsetattr(0, termios.TCSANOW, attributes)
        os.set_blocking(2, False)
        os.write(2, RESTORE + (RESTORE_TITLE if titled else b""))
        os.set_blocking(2, True)


def _forget_lost_terminals() -> None:
    """Redirect output to a closed terminal to /dev/null, where it raises no error."""
    for number in (0, 1, 2):
        try:
            termios.tcgetattr(number)
        except termios.error as error:
            if error.args[0] == errno.EIO:
                null = os.open(os.devnull, os.O_RDWR)
                os.dup2(null, number)
                os.close(null)

"""A program on a pseudo-terminal, seen and driven from the outside."""

import contextlib
import fcntl
import os
import re
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Self

import pyte
from wcwidth import wcwidth

from tests.programs.terminals import own_terminal
from tests.servers.wait import PATIENCE_S


class Terminal:
    """Starts a program on a pty of `columns` by `rows` and keeps the screen it draws.

    `start` is what starts it: `Program` saves the time of its imports.

    Times are seconds of the monotonic clock, taken right after a read and before anything is drawn, so that drawing
    does not count. `started` is the moment before exec, `first_byte` the first output, `output` every byte of it.
    """

    def __init__(
        self,
        argv: Sequence[str],
        columns: int = 80,
        rows: int = 24,
        env: Mapping[str, str] | None = None,
        cwd: str | None = None,
        start: type[subprocess.Popen[bytes]] = subprocess.Popen,
    ) -> None:
        self.screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self.screen)
        self._pending: list[bytes] = []
        self._drawn: list[str] = []
        self.bytes = 0
        self.output = bytearray()
        self.first_byte: float | None = None
        self.fd, child = os.openpty()
        self._set_size(columns, rows)
        fcntl.ioctl(child, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        inherited = {name: value for name, value in os.environ.items() if name not in _OURS}
        merged = {**inherited, "TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8", **(env or {})}
        self.started = time.monotonic()
        self.process = start(
            list(argv),
            stdin=child,
            stdout=child,
            stderr=child,
            env=merged,
            cwd=cwd,
            start_new_session=True,
            preexec_fn=own_terminal,
        )
        os.close(child)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def read(self, timeout: float) -> float | None:
        """Read what is there within `timeout` and return when it came; None if nothing did or the program ended."""
        ready, _, _ = select.select([self.fd], [], [], max(timeout, 0))
        if not ready:
            return None
        try:
            data = os.read(self.fd, 1 << 16)
        except OSError:
            return None
        stamp = time.monotonic()
        if not data:
            return None
        self.first_byte = self.first_byte or stamp
        self.bytes += len(data)
        self.output += data
        self._pending.append(data)
        return stamp

    def quiet(self, silence: float, limit: float) -> None:
        """Read until nothing came for `silence` seconds, `limit` seconds at the most."""
        end = time.monotonic() + limit
        while time.monotonic() < end and self.read(silence) is not None:
            pass

    def lines(self) -> list[str]:
        """Return the screen as lines."""
        for data in self._pending:
            self._stream.feed(_PRIVATE.sub(b"", data))
        self._pending.clear()
        # The screen's own `display` draws every line each time, which takes longer than to read them.
        self._drawn = self._drawn[: self.screen.lines] + [""] * (self.screen.lines - len(self._drawn))
        for number in self.screen.dirty:
            if number < self.screen.lines:
                self._drawn[number] = self._row(number)
        self.screen.dirty.clear()
        return list(self._drawn)

    def _row(self, number: int) -> str:
        cells, row, wide = self.screen.buffer[number], [], False
        for column in range(self.screen.columns):
            # The second cell of a wide character holds nothing.
            text = "" if wide else cells[column].data
            wide = not text.isascii() and wcwidth(text[0]) == 2
            row.append(text)
        return "".join(row)

    def text(self) -> str:
        """Return the screen as one text."""
        return "\n".join(self.lines())

    def wait_for(self, pattern: str, timeout: float = PATIENCE_S) -> float:
        """Return when the screen first matched; TimeoutError shows the screen that never did."""
        end = time.monotonic() + timeout
        stamp = time.monotonic()
        while True:
            if re.search(pattern, self.text()):
                return stamp
            if time.monotonic() > end or (self.process.poll() is not None and self.read(0) is None):
                raise TimeoutError(f"the screen never showed {pattern!r}:\n{self.text()}")
            stamp = self.read(0.05) or stamp

    def press(self, keys: str) -> float:
        """Type these characters and return when."""
        stamp = time.monotonic()
        os.write(self.fd, keys.encode())
        return stamp

    def resize(self, columns: int, rows: int) -> None:
        """Change the size as a terminal does, with SIGWINCH."""
        self.lines()
        self.screen.resize(rows, columns)
        self._set_size(columns, rows)
        self.process.send_signal(signal.SIGWINCH)

    def _set_size(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def kill(self) -> None:
        """End the program with SIGKILL, at once."""
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()
        self.process.wait(PATIENCE_S)

    def close(self) -> None:
        """Hang up, as a closed terminal does, and wait for the program to end."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGHUP)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.kill()
        with contextlib.suppress(OSError):
            os.close(self.fd)


_OURS = ("COLUMNS", "LINES", "NO_COLOR", "TMUX", "TMUX_PANE")
"""What the terminal of the tests reports about itself; programs would trust it."""

_PRIVATE = re.compile(
    rb"\x1b\[[<=>?][0-9;:]*[ -/]*[a-gi-z]|\x1b\[>[0-9;]*[ -/]*[@-~]|\x1b\[[0-9;]*\$[a-z]|\x1bP[^\x1b]*\x1b\\"
)
"""What pyte would draw as text: private queries and modes other than h and l."""

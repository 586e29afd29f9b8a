"""A driver without a screen, as a service manager runs it: no terminal, lines on a pipe, ended by a signal."""

import os
import re
import select
import subprocess
import threading
from collections.abc import Mapping
from types import TracebackType
from typing import IO

from tests.e2e.pty_session import MMCOCKPIT, Place
from tests.programs.forked import Program
from tests.servers.wait import PATIENCE_S, wait_until


class HeadlessDriver:
    """A running `mmcockpit run --headless` or `resume --headless`; a context manager that kills what still runs."""

    def __init__(self, place: Place, *words: str, env: Mapping[str, str] | None = None) -> None:
        self.process = Program(
            [*MMCOCKPIT, *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, **place.env, **(env or {})},
            cwd=place.folder,
            start_new_session=True,
        )
        self._out = bytearray()
        self._error = bytearray()
        self._closed = threading.Event()
        self._readers = [
            threading.Thread(target=self._read, args=(fd, into), daemon=True)
            for fd, into in ((self.process.stdout, self._out), (self.process.stderr, self._error))
        ]
        for reader in self._readers:
            reader.start()

    def __enter__(self) -> "HeadlessDriver":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self._joined()

    @property
    def lines(self) -> list[str]:
        """The lines on standard output so far."""
        return self._out.decode().splitlines()

    @property
    def errors(self) -> str:
        """The text on standard error so far."""
        return self._error.decode()

    def says(self, pattern: str, within_s: float = PATIENCE_S) -> str:
        """Wait for a line that matches; return it."""
        seen = re.compile(pattern)

        def found() -> str:
            return next((line for line in self.lines if seen.search(line)), "")

        wait_until(lambda: bool(found()) or self.process.poll() is not None, f"a line with {pattern!r}", within_s)
        if self.process.poll() is not None:
            self._joined()
        assert found(), f"{pattern!r} is missing:\n{self._out.decode()}{self.errors}"
        return found()

    def ends(self, number: int | None = None, within_s: float = PATIENCE_S) -> int:
        """Send a signal, wait for the end and read the rest; return the exit code."""
        if number is not None:
            self.process.send_signal(number)
        code = self.process.wait(within_s)
        self._joined()
        return code

    def close_output(self) -> None:
        """Close the reading end of its standard output, as a log collector does that dies."""
        self._closed.set()
        self._readers[0].join(PATIENCE_S)

    def _joined(self) -> None:
        self.process.wait(PATIENCE_S)
        for reader in self._readers:
            reader.join(PATIENCE_S)

    def _read(self, pipe: IO[bytes] | None, into: bytearray) -> None:
        assert pipe is not None
        closes = pipe is self.process.stdout
        with pipe:
            while not (closes and self._closed.is_set()):
                if select.select([pipe], [], [], 0.05)[0]:
                    block = os.read(pipe.fileno(), 65536)
                    if not block:
                        return
                    into += block

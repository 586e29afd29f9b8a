"""A session in plain text behind a pipe: each line is typed once the one before has had its effect."""

import os
import queue
import re
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from tests.e2e.pty_session import MMCOCKPIT, Place

SLOW_S = 120.0
"""How long a line is waited for on a busy machine."""


class Piped:
    """A running command; `said` are the lines so far."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process
        self.said: list[str] = []
        self._at = 0
        self._lines: queue.Queue[str | None] = queue.Queue()
        assert process.stdout is not None
        self._reader = threading.Thread(target=self._read, args=(process.stdout,), daemon=True)
        self._reader.start()

    def _read(self, output: IO[str]) -> None:
        for line in output:
            self._lines.put(line.rstrip("\n"))
        self._lines.put(None)

    def see(self, pattern: str) -> str:
        """Return the next line that matches; each line counts once."""
        end = time.monotonic() + SLOW_S
        while True:
            for line in self.said[self._at :]:
                self._at += 1
                if re.search(pattern, line):
                    return line
            said = self._next(end)
            assert said is not None, f"no line {pattern!r}:\n" + "\n".join(self.said[-60:])
            self.said.append(said)

    def _next(self, end: float) -> str | None:
        try:
            return self._lines.get(timeout=max(0.0, end - time.monotonic()))
        except queue.Empty:
            return None

    def type(self, *lines: str) -> None:
        """Type lines."""
        assert self.process.stdin is not None
        self.process.stdin.write("".join(f"{line}\n" for line in lines))
        self.process.stdin.flush()

    def ask(self, line: str, pattern: str) -> str:
        """Type a line and return the line that it leads to."""
        self.type(line)
        return self.see(pattern)

    def hang_up(self) -> None:
        """End the input."""
        assert self.process.stdin is not None
        self.process.stdin.close()

    def ended(self) -> int:
        """Return the exit code, once all output was read."""
        self._reader.join(SLOW_S)
        while not self._lines.empty():
            if (line := self._lines.get()) is not None:
                self.said.append(line)
        return self.process.wait(SLOW_S)


@contextmanager
def piped(place: Place, *words: str) -> Iterator[Piped]:
    """Run a command of mmcockpit with pipes instead of a terminal."""
    env = {**os.environ, **place.env, "TERM": "dumb"}
    streams = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    process = subprocess.Popen([*MMCOCKPIT, *words], text=True, env=env, cwd=place.folder, **streams)  # type: ignore[call-overload]
    try:
        yield Piped(process)
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout):
            stream.close()

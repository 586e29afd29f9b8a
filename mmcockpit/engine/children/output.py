"""Output of a step: sent to the screen, the journal and a file beside it; values are captured from it."""

import asyncio
from collections import deque
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from time import thread_time

from mmcockpit.core.decide.procedures import detailed_values, picked
from mmcockpit.core.model.procedure import Capture
from mmcockpit.core.patterns import TooSlow, prepare
from mmcockpit.core.text import clean, plain
from mmcockpit.engine.children.output_file import OutputFile
from mmcockpit.engine.stream import Stream
from mmcockpit.sources.common.secrets import Secrets

LONGEST_LINE = 1_000
"""Characters of a line that go into the journal; the file has the whole line."""

LINES_A_SECOND = 500
CHARACTERS_A_SECOND = 64 * 1024
CHARACTERS = 256 * 1024
"""Limits of one step's output in the journal: lines and characters a second, and characters in all."""

TAIL = 20
"""The last lines always go into the journal: they show how the command ended."""

SCANNED = 1024 * 1024
"""Characters of stdout that are searched for values."""

MOST_FOUND = 200
AT_ONCE = 4
SLOW_S = 0.25
"""Values kept per capture, lines searched between two checks of the clock, CPU seconds a search may take per piece."""

LARGE = 16 * 1024
SOON_S = 0.1
"""Lines that arrive within this time are one fact, up to LARGE characters."""

WITHHELD = "output not shown, it may contain an unknown secret"

Say = Callable[[str, bool, int], None]
"""Receives lines, whether they are from stderr, and how many lines were left out since the last call."""


class OutputBuffer:
    """The output of one step while it runs."""

    def __init__(self, secrets: Secrets, captures: tuple[Capture, ...], path: Path, say: Say) -> None:
        self._streams = {False: Stream(secrets), True: Stream(secrets)}
        self._captures = captures
        self._found: dict[str, dict[str, dict[str, str]]] = {capture.name: {} for capture in captures}
        self._slow: set[str] = set()
        """Captures whose pattern took too long; they have no value."""
        self._scanned = 0
        self._file = OutputFile(path)
        self._say = say
        self.withheld = ""
        """Why no line may be shown or stored; empty if all may. Values are captured all the same."""
        self._pending: list[str] = []
        self._size, self._error = 0, False
        self._timer: asyncio.TimerHandle | None = None
        self._second, self._lines, self._characters, self._left = 0, LINES_A_SECOND, CHARACTERS_A_SECOND, CHARACTERS
        self._dropped, self._overflown = 0, False
        self._tail: deque[tuple[bool, str]] = deque(maxlen=TAIL)
        self._last = {False: "", True: ""}

    @property
    def last_line(self) -> str:
        """The last non-empty line: of stderr if there is one, else of stdout."""
        return self._last[True] or self._last[False]

    @property
    def last_result(self) -> str:
        """The last non-empty line of stdout, else of stderr."""
        return self._last[False] or self._last[True]

    def wrote(self, data: bytes, error: bool) -> None:
        """Take a piece of output."""
        self._take(self._streams[error].lines(data), error)

    def end(self) -> str:
        """Take what was held back, send the rest, and return the file's name if the file is kept."""
        for error, stream in self._streams.items():
            self._take(stream.lines(b"", last=True), error)
        tail = tuple(self._tail)
        self._dropped -= len(tail)
        for error, line in tail:
            self._push(line, error)
        self._flush()
        return self._file.close(keep=self._overflown)

    @property
    def details(self) -> dict[str, tuple[dict[str, str], ...]]:
        """Named groups captured beside the values, by capture, in their order; only where there are any."""
        return {name: tuple(details.values()) for name, details in self._found.items() if any(details.values())}

    def captured(self) -> tuple[dict[str, tuple[str, ...]], dict[str, str]]:
        """Return all values found by name, and those that are picked without an operator's choice."""
        matches = {name: tuple(values) for name, values in self._found.items() if values}
        values = {
            capture.name: picked(capture.pick, matches.get(capture.name, ()))
            for capture in self._captures
            # The last value of a part of the output may not be the last of the whole.
            if self._scanned <= SCANNED or capture.pick == "first"
        }
        return matches, {name: value for name, value in values.items() if value}

    def _take(self, text: str, error: bool) -> None:
        if not text:
            return
        if not error:
            self._capture(text)
        if self.withheld:
            if not self.last_line:
                self._push(f"{WITHHELD}: {self.withheld}", True)
            self._last[error] = WITHHELD
            return
        self._file.write(text)
        self._renew()
        start = 0
        while start < len(text) and min(self._lines, self._characters, self._left) > 0:
            end = text.index("\n", start)
            self._tail.clear()
            self._push(text[start:end], error)
            start = end + 1
        if start < len(text):
            self._drop(text, start, error)
        ending = (plain(line, 200) for line in reversed(text[-2 * LONGEST_LINE :].splitlines()))
        self._last[error] = next(filter(None, ending), self._last[error])

    def _push(self, line: str, error: bool) -> None:
        """Add one line to the next fact."""
        if error is not self._error or self._size >= LARGE:
            self._flush()
        line, self._error = clean(line, LONGEST_LINE), error
        self._pending.append(line)
        self._size += len(line) + 1
        self._lines -= 1
        self._characters -= len(line) + 1
        self._left -= len(line) + 1
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(SOON_S, self._flush)

    def _drop(self, text: str, start: int, error: bool) -> None:
        self._overflown = True
        self._dropped += text.count("\n", start)
        last = text[max(start, len(text) - TAIL * LONGEST_LINE) :].splitlines()[-TAIL:]
        self._tail.extend((error, line) for line in last)

    def _renew(self) -> None:
        second = int(asyncio.get_running_loop().time())
        if second != self._second:
            self._second, self._lines, self._characters = second, LINES_A_SECOND, CHARACTERS_A_SECOND

    def _flush(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._pending:
            self._say("\n".join(self._pending), self._error, self._dropped)
            self._pending, self._size, self._dropped = [], 0, 0

    def _capture(self, text: str) -> None:
        room = SCANNED - self._scanned
        self._scanned += len(text)
        if room <= 0 or not self._captures:
            return
        lines = [line[:LONGEST_LINE] for line in text[:room].splitlines()]
        for capture in self._captures:
            if capture.name not in self._slow:
                self._look_for(capture, lines)

    def _look_for(self, capture: Capture, lines: list[str]) -> None:
        prepare()
        matches, began = dict(self._found[capture.name]), thread_time()
        try:
            for first in range(0, len(lines), AT_ONCE):
                matches = matches | {
                    value: details
                    for value, details in detailed_values(capture.pattern, lines[first : first + AT_ONCE]).items()
                    if value not in matches
                }
                if thread_time() - began > SLOW_S:
                    raise TooSlow(capture.pattern)
        except TooSlow:
            # A partial result would be wrong: another value would be the first or the last.
            self._slow.add(capture.name)
            matches = {}
        self._found[capture.name] = dict(islice(matches.items(), MOST_FOUND))

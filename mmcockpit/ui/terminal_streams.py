"""What the terminal's driver writes to, and waits for."""

import threading
from collections.abc import Callable
from socket import socketpair
from typing import IO

from rich.cells import cell_len

_ASCII = str.maketrans("━─│┃▾▸▼▲…▓░█·→←↑↓×╲╱", "=-||-+v^~#.#.><^vx\\/")
"""Characters that most places of the screen have, and what looks like them."""

_BOX, _DOTS = range(0x2500, 0x2580), range(0x2800, 0x2900)


def in_ascii(error: UnicodeError) -> tuple[str, int]:
    """Draw characters that an encoding does not have in as many cells, so that no cell moves: a handler of codecs."""
    assert isinstance(error, UnicodeEncodeError)
    return "".join(map(_drawn, error.object[error.start : error.end])), error.end


def _drawn(character: str) -> str:
    known = character.translate(_ASCII)
    if known.isascii():
        return known
    if ord(character) in _DOTS:
        return "*" if ord(character) > _DOTS.start else " "
    return "+" if ord(character) in _BOX else "?" * cell_len(character)


class TerminalOutput:
    """A file that drops writes once its reader is gone: a write that raises would block the screen for good."""

    def __init__(self, file: IO[str], gone: Callable[[], None]) -> None:
        self._file = file
        self._gone = gone
        self._dead = False

    def write(self, text: str) -> int:
        """Write text, or drop it."""
        self._guarded(lambda: self._file.write(text))
        return len(text)

    def flush(self) -> None:
        """Flush the buffer, or drop it."""
        self._guarded(self._file.flush)

    def fileno(self) -> int:
        """Return the file descriptor."""
        return self._file.fileno()

    def isatty(self) -> bool:
        """Return whether the file is a terminal."""
        return self._file.isatty()

    def _guarded(self, step: Callable[[], object]) -> None:
        if self._dead:
            return
        try:
            step()
        except OSError:
            self._dead = True
            self._gone()


class Exit(threading.Event):
    """An event that also ends a `select`: its file descriptor is readable while it is set."""

    def __init__(self) -> None:
        super().__init__()
        self._reader, self._writer = socketpair()

    def fileno(self) -> int:
        """Return the file descriptor."""
        return self._reader.fileno()

    def set(self) -> None:
        """Set the event."""
        if not self.is_set():
            super().set()
            self._writer.send(b"x")

    def clear(self) -> None:
        """Reset the event."""
        if self.is_set():
            super().clear()
            self._reader.recv(1)

    @property
    def closed(self) -> bool:
        """Whether its file descriptors are closed."""
        return self._reader.fileno() < 0

    def close(self) -> None:
        """Close the file descriptors."""
        self._reader.close()
        self._writer.close()

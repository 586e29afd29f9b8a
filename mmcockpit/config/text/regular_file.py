"""Reads files that people name, and never blocks."""

import errno
import os
import stat
from pathlib import Path


def read_bytes(path: Path, most: int) -> bytes | None:
    """Return the first bytes of a file; None for a pipe, a device or a socket, which could block a reader forever."""
    # Without O_NONBLOCK, opening a pipe blocks until another process opens it for writing.
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as stream:
        mode = os.fstat(descriptor).st_mode
        if stat.S_ISDIR(mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
        return stream.read(most) if stat.S_ISREG(mode) else None

"""Reads files of the user: whole, small, and never a pipe or a device, which could block."""

import errno
import os
import stat
from pathlib import Path

MAX_BYTES = 1024 * 1024


def require_file(path: Path | str) -> None:
    """Raise OSError with its reason if a path exists and is not a regular file, or is larger than MAX_BYTES."""
    try:
        status = os.stat(path)
    except FileNotFoundError:
        return
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, "not a regular file", str(path))
    if status.st_size > MAX_BYTES:
        raise OSError(errno.EFBIG, f"larger than {MAX_BYTES // 1024} KiB", str(path))


def read_own(path: Path) -> bytes:
    """Return the content of a file; OSError as for `require_file`."""
    require_file(path)
    # The path may have been replaced meanwhile: opening must not block.
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        return file.read(MAX_BYTES)

"""Copies text to the terminal's clipboard, and to a file for terminals that ignore that."""

import errno
import os
import stat
from pathlib import Path

from mmcockpit.ui.desk import Desk


def copy_text(desk: Desk, text: str) -> str:
    """Copy a text and return the message about where it went."""
    desk.copy(text)
    if desk.copy_file is None:
        return "copied"
    try:
        _write(desk.copy_file, text + "\n")
    except OSError as error:
        return f"copied to the terminal only; {desk.copy_file}: {error.strerror}"
    return f"copied, also to {desk.copy_file}"


def _write(path: Path, text: str) -> None:
    """Write a file only its owner may read, whatever the umask; raises OSError for a link or another user's file."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    with os.fdopen(os.open(path, flags, 0o600), "w", encoding="utf-8") as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode) or status.st_uid != os.geteuid():
            raise PermissionError(errno.EPERM, "not an ordinary file of yours", str(path))
        os.fchmod(file.fileno(), 0o600)
        file.truncate(0)
        file.write(text)

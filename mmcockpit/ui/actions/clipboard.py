"""Copies text to the terminal's clipboard, and to a file for terminals that ignore that."""

import errno
import os
import stat
from pathlib import Path

from mmcockpit.ui.desk import Desk
from mmcockpit.ui.questions import WIDTH, Way
from mmcockpit.ui.render.text import plain


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


def copy_row(desk: Desk) -> None:
    """Copy the row under the cursor; of an item with commands its command, of several the chosen one."""
    subject = desk.pane.subject(desk.pane.chosen)
    state = desk.session.items.get(subject.name) if subject is not None and subject.kind == "item" else None
    written = [one.command for one in state.item.steps if one.command] if state is not None else []
    if len(written) < 2 or state is None:
        desk.say(copy_text(desk, written[0] if written else desk.pane.copied))
        return
    by_key = dict(zip("123456789", written, strict=False))
    ways = [Way("b", "back", "nothing is copied"), *(Way(key, key, plain(text, WIDTH)) for key, text in by_key.items())]

    def chosen(word: str | None) -> None:
        if word in by_key:
            desk.say(copy_text(desk, by_key[word]))

    desk.choose(f"{state.item.number} {plain(state.item.title, 50)}: which command to copy?", ways, chosen)

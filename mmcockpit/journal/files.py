"""Opens the files of a journal safely: only ordinary files of this user; anything else is refused with the reason."""

import os
import re
import stat
from pathlib import Path

_PART = re.compile(r"(.+?)\.([2-9]|[1-9]\d{1,3})(\.jsonl)?")

_FLAGS = os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
"""O_NONBLOCK, so that a named pipe is refused instead of blocking; it has no effect on ordinary files."""


class SessionError(Exception):
    """A session that cannot be found, opened or read; the message is what, where, and what to do, in one line."""


def sidecar(journal: Path, kind: str) -> Path:
    """Return the file of this kind (`index`, `lock`, `torn`) beside a journal."""
    return journal.with_name(f"{journal.name}.{kind}")


def compressed(journal: Path) -> Path:
    """Return the path of a journal once it is compressed."""
    return Path(f"{journal}.zst")


def stored(journal: Path) -> Path:
    """Return the file that holds a journal: the compressed one only if there is no plain one."""
    return compressed(journal) if not journal.exists() and compressed(journal).exists() else journal


def part(journal: Path, number: int) -> Path:
    """Return the journal that continues a session as its part `number`: `journal.2.jsonl` beside `journal.jsonl`."""
    first = first_part(journal)
    return first if number == 1 else first.with_name(f"{first.stem}.{number}{first.suffix}")


def first_part(journal: Path) -> Path:
    """Return the first journal of a session, given any of its parts."""
    match = _PART.fullmatch(journal.name)
    return journal.with_name(match[1] + (match[3] or "")) if match else journal


def parts(journal: Path) -> list[Path]:
    """Return the journals of a session in order; the first one is included even if it is missing."""
    first = first_part(journal)
    try:
        names = {name.removesuffix(".zst") for name in os.listdir(first.parent)}
    except (OSError, ValueError):
        names = set()
    later = [first.with_name(name) for name in names if _PART.fullmatch(name)]
    return [first, *sorted((path for path in later if first_part(path) == first), key=_number)]


def next_part(journal: Path) -> Path:
    """Return the path for the journal that continues this one: a name that no part of its session has or had."""
    return part(journal, max(map(_number, (journal, *parts(journal)))) + 1)


def _number(journal: Path) -> int:
    match = _PART.fullmatch(journal.name)
    return int(match[2]) if match else 1


def private_folder(folder: Path) -> None:
    """Make the folder and its parents with mode 0700 where they are missing; refuse one that every user may change.

    Raises SessionError for a folder that every user may write to (unless it is sticky, like /tmp), OSError otherwise.
    """
    for missing in [path for path in (*reversed(folder.parents), folder) if not path.exists()]:
        missing.mkdir(mode=0o700, exist_ok=True)
        missing.chmod(0o700)
    safe_folder(folder)


def safe_folder(folder: Path) -> None:
    """Refuse a folder that other users may change.

    Raises SessionError for one that every user may write to or that another user owns (unless it is sticky, like /tmp),
    OSError otherwise.
    """
    status = folder.stat()
    if status.st_mode & stat.S_ISVTX:
        return
    if status.st_mode & stat.S_IWOTH:
        raise SessionError(f"{folder}: every user may write to this folder; run `chmod o-w` or choose another one")
    if status.st_uid not in (os.geteuid(), 0):
        raise SessionError(f"{folder}: belongs to user {status.st_uid}; copy the session to a folder of your own")


def open_new(path: Path) -> int:
    """Return a descriptor that appends to a new file with mode 0600.

    Raises SessionError if the file exists, OSError otherwise.
    """
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_APPEND | _FLAGS, 0o600)
    except FileExistsError:
        raise SessionError(f"{path}: the file exists already; `mmcockpit resume {path}` continues it") from None
    os.fchmod(descriptor, 0o600)
    return descriptor


def open_ours(path: Path, *, create: bool = False, append: bool = True) -> int:
    """Return a descriptor that reads and writes an ordinary file of this user, after resetting its mode to 0600.

    Raises SessionError for a symbolic link, another user's file or one that is not ordinary, OSError otherwise.
    """
    flags = os.O_RDWR | _FLAGS | (os.O_CREAT if create else 0) | (os.O_APPEND if append else 0)
    try:
        if path.is_symlink():
            raise SessionError(f"{path}: is a symbolic link; give the path of the file itself")
        descriptor = os.open(path, flags, 0o600)
    except FileNotFoundError:
        raise SessionError(f"{path}: no such file; `mmcockpit sessions` lists the saved sessions") from None
    try:
        _refuse_foreign(path, os.fstat(descriptor))
        os.fchmod(descriptor, 0o600)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def open_to_read(path: Path) -> int:
    """Return a descriptor that reads an ordinary file of any owner; raises SessionError with what to do."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except FileNotFoundError:
        raise SessionError(f"{path}: no such file; `mmcockpit sessions` lists the saved sessions") from None
    except OSError as error:
        raise SessionError(f"{path}: cannot be read: {error.strerror}") from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise SessionError(f"{path}: is not a regular file; give the path of a session's journal.jsonl")
    return descriptor


def sync_folder(folder: Path) -> None:
    """Sync the folder's directory entries to the disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _refuse_foreign(path: Path, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise SessionError(f"{path}: is not a regular file; give the path of a session's journal.jsonl")
    if status.st_uid != os.geteuid():
        raise SessionError(f"{path}: belongs to user {status.st_uid}; copy it to resume it, or replay it")

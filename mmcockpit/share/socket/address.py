"""Where a driver listens: a socket beside its journal for its own user, and one in `share.socket_dir` for a group.

A socket is bound under another name and renamed once its mode and its group are right, so that it is never open to more
users than intended and replaces what a killed driver left. Folders are opened once and used by their descriptor: what
was checked is what is used, and a path may be longer than the 107 bytes that a socket's address has.
"""

import errno
import grp
import os
import socket
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from mmcockpit.core.text import plain
from mmcockpit.journal.files import SessionError, first_part, sidecar

BACKLOG = 64
"""Connections that wait to be accepted."""

SOCKET_FOLDER = "/run/mmcockpit"
"""The folder of the sockets of sessions with a `share.group` that do not name another."""

_DESCRIPTORS = Path("/proc/self/fd")
_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class ListenError(SessionError):
    """Why a driver cannot listen: what, where, and what to do, in one line."""


def beside(journal: Path) -> Path:
    """Return the socket beside a session's journal, for the driver's own user."""
    return sidecar(first_part(journal), "sock")


def in_folder(folder: Path, session: str) -> Path:
    """Return the socket of a session in a folder that a group shares."""
    return folder / f"{plain(session, 80).replace('/', '-')}.sock"


def group_id(name: str) -> int:
    """Return the number of a group; raises ListenError for an unknown one."""
    try:
        return grp.getgrnam(name).gr_gid
    except KeyError:
        raise ListenError(f"share.group: unknown group {name!r} on this machine; `getent group` lists them") from None


def shared_folder(folder: Path, group: str) -> None:
    """Make the folder of `share.socket_dir` where it is missing, with mode 0770 and the group; check an existing one.

    Without a group the folder is for this user alone. Raises ListenError for a folder that other users may enter or
    that another user owns.
    """
    number = group_id(group) if group else -1
    mode = 0o770 if group else 0o700
    install = f"install -d -m {mode:04o}{f' -g {group}' if group else ''} {folder}"
    try:
        with suppress(FileExistsError):
            folder.mkdir(mode=0o700)
            os.chown(folder, -1, number)
            folder.chmod(mode)
        status = folder.lstat()
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise ListenError(f"share.socket_dir: {folder}: {why}; create it once: `{install}`") from error
    if not stat.S_ISDIR(status.st_mode):
        raise ListenError(f"share.socket_dir: {folder}: is not a folder (nor may it be a symbolic link)")
    if status.st_uid not in (os.geteuid(), 0):
        raise ListenError(f"share.socket_dir: {folder}: belongs to user {status.st_uid}; it must be yours or root's")
    if status.st_mode & stat.S_IRWXO:
        why = "every user may write to it" if status.st_mode & stat.S_IWOTH else "every user may enter it"
        raise ListenError(f"share.socket_dir: {folder}: {why}; run `chmod {mode:04o} {folder}`")
    if group and (status.st_gid != number or status.st_mode & stat.S_IRWXG != stat.S_IRWXG):
        raise ListenError(f"share.socket_dir: {folder}: is not shared with group {group}; run `{install}`")


class Listening:
    """A socket on which a driver listens: `accepting` is the listening socket; `close` removes it."""

    def __init__(self, address: Path, group: str = "") -> None:
        """Listen at `address`, for this user or for a group; raises ListenError where another driver listens."""
        self.address = address
        self._number: tuple[int, int] | None = None
        number = group_id(group) if group else -1
        self.accepting = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            with _opened(address.parent) as (descriptor, folder):
                self._listen(descriptor, folder, 0o660 if group else 0o600, number)
        except OSError as error:
            self.accepting.close()
            raise ListenError(f"{address}: cannot listen: {(error.strerror or str(error)).lower()}") from error
        except ListenError:
            self.accepting.close()
            raise

    def close(self) -> None:
        """Stop listening, and remove the socket unless another driver has replaced it."""
        self.accepting.close()
        with suppress(OSError):
            status = self.address.lstat()
            if self._number == (status.st_dev, status.st_ino):
                self.address.unlink()

    def _listen(self, descriptor: int, folder: Path, mode: int, group: int) -> None:
        name, new = self.address.name, f".{self.address.name}.{os.getpid()}"
        _refuse_another(folder / name)
        with suppress(FileNotFoundError):
            os.unlink(new, dir_fd=descriptor)
        self.accepting.setblocking(False)
        self.accepting.bind(os.fspath(folder / new))
        try:
            os.chown(new, -1, group, dir_fd=descriptor, follow_symlinks=False)
            os.chmod(folder / new, mode)
            self.accepting.listen(BACKLOG)
            status = os.stat(new, dir_fd=descriptor, follow_symlinks=False)
            os.rename(new, name, src_dir_fd=descriptor, dst_dir_fd=descriptor)
        except OSError:
            with suppress(OSError):
                os.unlink(new, dir_fd=descriptor)
            raise
        self._number = status.st_dev, status.st_ino


def connected(address: Path) -> socket.socket:
    """Return a connection to a driver's socket; raises OSError if there is none or it refuses this user."""
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.setblocking(False)
        with _opened(address.parent) as (_, folder):
            connection.connect(os.fspath(folder / address.name))
    except BaseException:
        connection.close()
        raise
    return connection


def listens(address: Path) -> bool:
    """Return whether a driver listens at this address, for this user or for others."""
    try:
        connected(address).close()
    except PermissionError:
        return address.is_socket()
    except BlockingIOError:
        # Its queue of connections is full: it is busy, not gone.
        return True
    except OSError:
        return False
    return True


def _refuse_another(path: Path) -> None:
    """Raise ListenError where another driver listens, or where something else than a socket is; a stale one is fine."""
    try:
        status = path.lstat()
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(status.st_mode):
        raise ListenError(f"{path.name}: is not a socket; remove it, or set another share.socket_dir")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as trial:
        trial.setblocking(False)
        try:
            trial.connect(os.fspath(path))
        except OSError as error:
            if error.errno in (errno.ECONNREFUSED, errno.ENOENT):
                return
            if error.errno not in (errno.EAGAIN, errno.EINPROGRESS):
                raise
    raise ListenError(f"{path.name}: another driver listens there; `mmcockpit join` attaches to its session")


@contextmanager
def _opened(folder: Path) -> Iterator[tuple[int, Path]]:
    """Open a folder; yield its descriptor, and a short path that leads to it by this descriptor."""
    descriptor = os.open(folder, _FLAGS)
    try:
        yield descriptor, _DESCRIPTORS / str(descriptor) if _DESCRIPTORS.is_dir() else folder
    finally:
        os.close(descriptor)

"""Finds the driver that a seat joins."""

import os
from pathlib import Path

from mmcockpit.core.text import plain
from mmcockpit.journal.files import SessionError
from mmcockpit.journal.session_ids import session_hint
from mmcockpit.journal.sessions import JOURNAL, find, sessions_root
from mmcockpit.share.socket.address import SOCKET_FOLDER, beside, listens
from mmcockpit.share.socket.link import JoinError
from mmcockpit.share.socket.peer import login_of


def seat_address(session: str, folder: Path | None = None) -> Path:
    """Return the socket of a running session: one of this user's, or one that its driver shares in a folder.

    `session` is `latest`, an id or its beginning, a journal, or a socket. Raises JoinError.
    """
    given = Path(session)
    if session not in ("", "latest") and given.is_socket():
        return given
    folder = folder or Path(os.environ.get("MMCOCKPIT_SOCKET_DIR") or SOCKET_FOLDER)
    if (address := _own(session)) is not None:
        return address
    shared = _shared(session, folder)
    if len(shared) == 1 or (shared and session == "latest"):
        return shared[0]
    if shared:
        names = ", ".join(each.stem for each in shared[:4])
        raise JoinError(f"{plain(session, 80)}: {len(shared)} sessions match ({names}); write a longer part of the id")
    where = f"none of yours, and none in {folder} (`--socket-dir`, the driver's `share.socket_dir`)"
    what = "no session runs here" if session == "latest" else f"{plain(session, 80)}: no driver runs this session"
    raise JoinError(f"{what}: {where}{_hint(session, folder)}", no_driver=True)


def _hint(session: str, folder: Path) -> str:
    """Return the running session that was meant, or how to continue a saved one that no driver runs."""
    if session in ("", "latest"):
        return ""
    running = [path.parent.name for path in _own_sockets() if listens(path)]
    running += [path.stem for path in _shared("latest", folder)]
    if hint := session_hint(session, running, ("latest",) if running else ()):
        return hint
    try:
        saved = find(session)
    except (SessionError, OSError):
        return f"; running: {', '.join(running[:4])}" if running else ""
    return f"; it is saved: `mmcockpit resume {saved.parent.name}` continues it"


def _own_sockets() -> list[Path]:
    return sorted(sessions_root().glob(f"*/{beside(Path(JOURNAL)).name}"), reverse=True)


def _own(session: str) -> Path | None:
    """Return the socket of one of this user's own running sessions."""
    try:
        if session == "latest":
            return next(filter(listens, _own_sockets()), None)
        address = beside(find(session))
    except (SessionError, OSError):
        return None
    return address if listens(address) else None


def _shared(session: str, folder: Path) -> list[Path]:
    """Return the sockets of running sessions in a folder, the latest first: an id begins with its time. JoinError."""
    try:
        found = sorted((each for each in folder.iterdir() if each.suffix == ".sock"), reverse=True)
    except PermissionError:
        login = login_of(os.geteuid())
        raise JoinError(f"{folder}: {login} may not enter; it must be in the session's `share.group`") from None
    except OSError:
        return []
    return [each for each in found if (session == "latest" or each.stem.startswith(session)) and listens(each)]

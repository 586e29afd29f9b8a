"""Saves facts that could not be written to the journal in another place, and moves them back later."""

import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from glob import escape
from pathlib import Path

from mmcockpit.core.facts.event import Event, Opened
from mmcockpit.journal.atomic import replacing
from mmcockpit.journal.codec import UnreadableLine, decode
from mmcockpit.journal.files import SessionError, next_part, open_new, parts, private_folder, sync_folder
from mmcockpit.journal.reader import begun_parts, open_journal, opening
from mmcockpit.journal.verify import verify
from mmcockpit.journal.versions import minor_of
from mmcockpit.journal.writer import Writer


def save(journal: Path, events: Sequence[Event]) -> Path | None:
    """Write these facts, the first of which contains the session, to a new journal; None if no place is writable.

    Beside the journal if there is space, else in a private folder in the machine's temporary folder.
    """
    for path in _places(journal):
        try:
            writer = Writer.create(path)
        except (OSError, SessionError):
            continue
        try:
            for event in events:
                writer.append(event)
            writer.close()
            sync_folder(path.parent)
        except OSError:
            writer.discard()
            continue
        return path
    return None


def origin(path: Path) -> Path | None:
    """Return the journal that a rescue file continues, if that is in another folder; None for other journals.

    Raises LaterVersion.
    """
    try:
        with open_journal(path) as file:
            body = decode(opening(file)).body
    except (OSError, SessionError, UnreadableLine):
        return None
    minor_of(body, path)
    if not isinstance(body, Opened) or body.continues is None:
        return None
    before = Path(body.continues.file)
    return before if before.is_absolute() and before.parent != path.absolute().parent else None


def bring_back(path: Path, before: Path) -> Path:
    """Move a rescue file to its session, as the journal that continues it; SessionError, or OSError."""
    later = begun_parts(before)[-1]
    if later != before and before in parts(before):
        raise SessionError(
            f"{path}: {later} already continues this session; `mmcockpit log {path}` shows the rescue file"
        )
    if not _belongs(path, before):
        raise SessionError(f"{path}: does not continue {before}, which is complete and has another head")
    private_folder(before.parent)
    target = next_part(before)
    os.close(open_new(target))
    try:
        with replacing(target) as copy, path.open("rb") as source:
            shutil.copyfileobj(source, copy)
            copy.flush()
            os.fsync(copy.fileno())
    except OSError:
        # On a full disk: what stays would look like a session that continued.
        target.unlink(missing_ok=True)
        raise
    sync_folder(target.parent)
    path.unlink()
    return target


def _belongs(path: Path, before: Path) -> bool:
    """Return whether a rescue file continues a journal: its head is the recorded one, or it is damaged or missing."""
    with open_journal(path) as file:
        body = decode(opening(file)).body
    continues = body.continues if isinstance(body, Opened) else None
    try:
        report = verify(before)
    except (OSError, SessionError):
        return True
    return continues is not None and (not report.ok or report.head == continues.head)


def rescued(journal: Path) -> list[Path]:
    """Return the rescue files that continue a journal, the latest first; only files of this user count."""
    folders = (each for folder in _folders() for each in Path(folder).glob(f"{escape(_prefix(journal))}*"))
    files = (each / "journal.jsonl" for each in folders if _is_own(each))
    found = [file for file in files if _is_own(file) and origin(file) == journal.absolute()]
    return sorted(found, key=lambda file: file.stat().st_mtime, reverse=True)


def _is_own(path: Path) -> bool:
    """Return whether a path is no link and belongs to this user: others can write to a temporary folder."""
    try:
        status = path.lstat()
    except OSError:
        return False
    return status.st_uid == os.geteuid() and not path.is_symlink()


def _folders() -> tuple[str, ...]:
    folders = (os.environ.get("XDG_RUNTIME_DIR"), tempfile.gettempdir(), "/dev/shm", str(Path.home()))
    return tuple(dict.fromkeys(filter(None, folders)))


def _prefix(journal: Path) -> str:
    return f"mmcockpit-rescue-{journal.parent.name}-"


def _places(journal: Path) -> Iterator[Path]:
    yield next_part(journal)
    for folder in _folders():
        try:
            own = tempfile.mkdtemp(prefix=_prefix(journal), dir=folder)
        except OSError:
            continue
        yield Path(own) / "journal.jsonl"

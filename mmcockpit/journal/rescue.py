"""Saves facts that could not be written to the journal in another place, and moves them back later."""

import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
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


def _places(journal: Path) -> Iterator[Path]:
    yield next_part(journal)
    folders = (os.environ.get("XDG_RUNTIME_DIR"), tempfile.gettempdir(), "/dev/shm", str(Path.home()))
    for folder in dict.fromkeys(filter(None, folders)):
        try:
            own = tempfile.mkdtemp(prefix=f"mmcockpit-rescue-{journal.parent.name}-", dir=folder)
        except OSError:
            continue
        yield Path(own) / "journal.jsonl"

"""The folder of sessions: names, lists and finds them."""

import os
import re
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from mmcockpit.core.facts.event import Closed, Event, Opened, Resumed
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.cockpit import Cockpit
from mmcockpit.core.text import plain
from mmcockpit.journal import lock
from mmcockpit.journal.codec import UnreadableLine, base_of, decode, schema_of
from mmcockpit.journal.files import SessionError, parts, stored
from mmcockpit.journal.lines import whole_lines
from mmcockpit.journal.lock import Holder
from mmcockpit.journal.reader import begun_parts, is_empty, open_journal, opening
from mmcockpit.journal.sample import unpacked
from mmcockpit.journal.session_ids import JOURNAL, is_journal, session_hint, session_ids, sessions_root
from mmcockpit.journal.versions import minor_of

__all__ = [
    "JOURNAL",
    "WORTH",
    "SessionError",
    "SessionRow",
    "ended_plain",
    "find",
    "list_sessions",
    "new_session_path",
    "sessions_root",
]

SAMPLE = "sample"
"""The name of the session that ships with the package; write `./sample` for a file of this name."""

WORTH = 256 * 1024
"""Minimum size of a journal that is worth compressing, in bytes."""

_TIME = "%Y%m%dT%H%M%SZ"
_TAIL = 256 * 1024
_ENDINGS = (b'"Closed"', b'"Resumed"')
"""What the lines contain that close or resume a session: their tags."""


class SessionRow(msgspec.Struct, frozen=True):
    """A saved session: when it started (Unix seconds), and a summary of its journal.

    `outcome` is empty while it is open; `damage` is the reason why it cannot be read. `cockpit` is the file that it was
    started with.
    """

    id: str
    path: Path
    size: int
    when: float
    environment: str = ""
    name: str = ""
    mode: str = ""
    last: Stamp | None = None
    outcome: str = ""
    locked_by: Holder | None = None
    damage: str = ""
    cockpit: Cockpit | None = None

    @property
    def shared(self) -> bool:
        """Whether it is recorded in a shared store, too."""
        share = self.cockpit.share if self.cockpit is not None else None
        return share is not None and bool(share.postgres)


def new_session_path(name: str, wall: float, root: Path | None = None) -> Path:
    """Return the journal path for a session that starts at `wall` (Unix seconds), in a new folder."""
    root = root or sessions_root()
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:48].strip("-") or "session"
    moment = datetime.fromtimestamp(wall, UTC).strftime(_TIME)
    while (folder := root / f"{moment}-{slug}-{os.urandom(2).hex()}").exists():
        pass
    return folder / JOURNAL


def find(text: str = "latest", root: Path | None = None) -> Path:
    """Return the journal for a path, an id, the unique beginning of an id, `latest` or `sample`.

    Raises SessionError, or OSError if the sample cannot be unpacked.
    """
    root = root or sessions_root()
    if text == SAMPLE:
        return unpacked(root.parent / SAMPLE / JOURNAL)
    if (given := _given(text)) is not None:
        return given
    ids = session_ids(root)
    if text == "latest":
        # Skip empty journals: a failed start must not hide the session before it.
        begun = (path for path in (_last_part(root / name / JOURNAL) for name in reversed(ids)) if not is_empty(path))
        latest = next(begun, None)
        if latest is None:
            raise SessionError(f"{root}: no sessions yet; `mmcockpit run` starts one")
        return latest
    matches = [name for name in ids if name.startswith(text)] if text else []
    match matches:
        case [only]:
            return _last_part(root / only / JOURNAL)
        case []:
            shown = plain(text, 80)
            hint = session_hint(text, ids) or "; `mmcockpit sessions` lists them"
            raise SessionError(f"{shown}: not a journal, and not a session in {root}{hint}")
    some = ", ".join(matches[:4]) + (" …" if len(matches) > 4 else "")
    raise SessionError(f"{plain(text, 80)}: {len(matches)} sessions match ({some}); write a longer part of the id")


def list_sessions(root: Path | None = None) -> list[SessionRow]:
    """Return all saved sessions, the latest first; reads only the beginning and the end of each journal."""
    root = root or sessions_root()
    return [session_row(_last_part(root / name / JOURNAL)) for name in reversed(session_ids(root))]


def ended_plain(root: Path) -> list[Path]:
    """Return the large journals of closed sessions that were not compressed."""
    try:
        plain_ones = [path for name in session_ids(root) for path in parts(root / name / JOURNAL)]
        large = [path for path in plain_ones if path.exists() and path.stat().st_size >= WORTH]
    except (OSError, SessionError):
        return []
    return [row.path for row in map(session_row, large) if row.outcome and row.locked_by is None]


def _given(text: str) -> Path | None:
    """Return the journal at a path, or in the folder at a path."""
    try:
        here = [path for path in (Path(text), Path(text) / JOURNAL) if is_journal(path)]
    except OSError as error:
        raise SessionError(f"{plain(text, 80)}: cannot be opened: {error.strerror}") from error
    if not here or text in ("", "latest"):
        return None
    # A journal is referred to by its plain name, even if it is compressed.
    journal = here[0].with_suffix("") if here[0].suffix == ".zst" else here[0]
    journal = journal if stored(journal) == here[0] else here[0]
    return _last_part(journal) if journal.suffix != ".zst" else journal


def _last_part(path: Path) -> Path:
    """Return the journal in which a session continues; a path other than its first journal is returned unchanged."""
    journals = begun_parts(path)
    return journals[-1] if path == journals[0] else path


def session_row(path: Path) -> SessionRow:
    """Return the summary of a journal; reads only its beginning and its end."""
    name, size = path.parent.name, 0
    when = _when(name)
    try:
        size = stored(path).stat().st_size
        first, last, ending = _ends(path)
        minor_of(first.body, path)
    except (OSError, SessionError, UnreadableLine) as error:
        return SessionRow(name, path, size, when, damage=plain(str(error), 200))
    opened = first.body
    if not isinstance(opened, Opened):
        return SessionRow(name, path, size, when, damage="the opening fact cannot be read")
    return SessionRow(
        id=name,
        path=path,
        size=size,
        when=when,
        environment=opened.cockpit.environment,
        name=opened.cockpit.name,
        mode=opened.mode,
        last=(last or first).stamp,
        outcome=ending.outcome or "closed" if isinstance(ending, Closed) else "",
        locked_by=lock.holder(path),
        cockpit=opened.cockpit,
    )


def _when(name: str) -> float:
    """Return the start time in an id, as Unix seconds; 0 if it is not a time."""
    try:
        return datetime.strptime(name[:16], _TIME).replace(tzinfo=UTC).timestamp()
    except ValueError:
        return 0.0


def _ends(path: Path) -> tuple[Event, Event | None, Closed | Resumed | None]:
    """Return the first fact, the last one if there are others, and the latest one that closes or resumes the session.

    The fact that closes a session is in the last part of its journal.
    """
    with open_journal(path) as file:
        line = opening(file)
        if not line:
            raise SessionError("the journal is empty: the session did not start")
        first = decode(line)
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - _TAIL))
        if size > _TAIL:
            file.readline(_TAIL)
        tail = [line for line in whole_lines(file) if line is not None]
    base, schema = base_of(first.stamp), schema_of(first)
    later = (event for line in reversed(tail) if (event := _decoded(line, base, schema)) and event.seq > first.seq)
    # Thousands of readings are not decoded for the few facts that close or resume.
    marked = (line for line in reversed(tail) if any(tag in line for tag in _ENDINGS))
    bodies = (event.body for line in marked if (event := _decoded(line, base, schema)) and event.seq > first.seq)
    return first, next(later, None), next((one for one in bodies if isinstance(one, Closed | Resumed)), None)


def _decoded(line: bytes, base: int, schema: int) -> Event | None:
    try:
        return decode(line, base, schema)
    except UnreadableLine:
        return None

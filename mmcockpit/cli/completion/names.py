"""Names that a shell completes: sessions, phases, items and roles, one a line, each with a tab and its title.

The scripts call `mmcockpit completion --names KIND -- WORDS`, with the words before the cursor. This takes at most
0.1 s, so that nothing is imported that the names do not need; a changed cockpit file is loaded once.
"""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from mmcockpit.journal.files import SessionError, parts
from mmcockpit.journal.session_ids import JOURNAL, session_ids, sessions_root

MOST_BYTES = 8 * 1024 * 1024
"""The most bytes of the opening fact that are read."""

READ_SAMPLE = frozenset({"handover", "log", "replay", "report", "status", "verify"})
"""Commands that only read a journal, so that their session may be the shipped sample."""

Names = Iterable[tuple[str, str]]


def print_names(words: list[str]) -> int:
    """Print the names of the kind `words[0]` that fit the typed words after `--`; nothing if they cannot be found."""
    kind, typed = words[0] if words else "", [word for word in words[1:] if word != "--"]
    for name, title in _names(kind, typed):
        print(f"{name}\t{' '.join(title.split())}")
    return 0


def _names(kind: str, typed: list[str]) -> Names:
    match kind:
        case "sessions":
            return _sessions(bool(READ_SAMPLE & set(typed[:1])))
        case "phases":
            return _phases(typed)
        case "items" | "roles":
            return _of_session(kind, typed)
    return ()


def _sessions(sample: bool) -> Iterator[tuple[str, str]]:
    yield "latest", "the newest session"
    if sample:
        yield "sample", "the go-live that ships with the package"
    for name in reversed(_ids()):
        yield name, f"{name[:4]}-{name[4:6]}-{name[6:8]} {name[9:11]}:{name[11:13]} UTC"


def _ids() -> list[str]:
    try:
        return session_ids(sessions_root())
    except SessionError:
        return []


def _phases(typed: list[str]) -> Names:
    """Return the phases of the cockpit file that was typed: the first word that is a file."""
    file = next((Path(word) for word in typed if Path(word).is_file()), None)
    if file is None:
        return ()
    # Imported here: only phases need a cockpit file.
    from mmcockpit.cli.compiled import compiled_cockpit
    from mmcockpit.config.text.error import FileError

    try:
        return [(phase.id, phase.title) for phase in compiled_cockpit(file).cockpit.checklist.phases]
    except (FileError, OSError):
        return ()


def _of_session(kind: str, typed: list[str]) -> Names:
    """Return the items or the roles of the session that was typed after `act`."""
    # Imported here: a list of sessions needs no decoder.
    import msgspec

    from mmcockpit.cli.completion.opened import opened_names

    journal = _journal(typed[1] if len(typed) > 1 else "latest")
    if journal is None:
        return ()
    try:
        with journal.open("rb") as file:
            names = opened_names(file.readline(MOST_BYTES))
    except (OSError, msgspec.MsgspecError):
        return ()
    return names.items() if kind == "items" else names.roles()


def _journal(session: str) -> Path | None:
    """Return the journal of a path, of an id or its beginning, or of the newest session."""
    given = [path for path in (Path(session), Path(session) / JOURNAL) if path.is_file()]
    if given:
        return given[0]
    found = [name for name in _ids() if session == "latest" or name.startswith(session)]
    if not found or (session != "latest" and len(found) > 1):
        return None
    journals = [path for path in parts(sessions_root() / found[-1] / JOURNAL) if os.path.isfile(path)]
    return journals[-1] if journals else None

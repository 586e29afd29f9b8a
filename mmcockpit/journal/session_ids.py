"""The ids of sessions and the folder that holds them; light to import, because every Tab in a shell needs it."""

import os
import re
from collections.abc import Sequence
from pathlib import Path

from mmcockpit.journal.files import SessionError, compressed, parts

JOURNAL = "journal.jsonl"
"""The name of the journal in its session's folder."""

LONGEST_TEXT = 80
"""Characters of a name above which no similar session is looked for."""

_ID = re.compile(r"\d{8}T\d{6}Z-[a-z0-9-]{1,48}-[0-9a-f]{4}")


def sessions_root() -> Path:
    """Return the folder of all sessions under the user's state directory."""
    # Imported here: a session whose path is given does not need it.
    from platformdirs import user_state_path

    return user_state_path("mmcockpit") / "sessions"


def session_ids(root: Path) -> list[str]:
    """Return the ids under the root, sorted by time: an id begins with its time."""
    try:
        return sorted(name for name in os.listdir(root) if _ID.fullmatch(name) and is_journal(root / name / JOURNAL))
    except FileNotFoundError:
        return []
    except OSError as error:
        raise SessionError(f"{root}: cannot be listed: {error.strerror}") from error


def is_journal(path: Path) -> bool:
    """Return whether a part of this journal exists, plain or compressed."""
    return bool(path.name) and any(part.is_file() or compressed(part).is_file() for part in parts(path))


def session_hint(text: str, ids: Sequence[str], words: Sequence[str] = ("latest", "sample")) -> str:
    """Return the end of a message about an unknown session: the latest id that contains the text, else a similar one.

    Empty if no id or word is similar.
    """
    # Imported here: only a wrong name needs it.
    from difflib import get_close_matches

    wanted = text.casefold()
    if not 0 < len(wanted) <= LONGEST_TEXT:
        return ""
    containing = [name for name in sorted(ids, reverse=True) if wanted in name]
    near = containing or get_close_matches(wanted, [*words, *ids], 1)
    return f"; did you mean {near[0]}?" if near else ""

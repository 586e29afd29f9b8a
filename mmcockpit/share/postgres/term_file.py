"""The file beside a journal with the driver's term, so that a resumed driver continues in it."""

from pathlib import Path

import msgspec

from mmcockpit.journal.atomic import replacing
from mmcockpit.journal.files import SessionError, first_part, open_ours, sidecar
from mmcockpit.share.postgres.records import Term


class _Written(msgspec.Struct, frozen=True):
    epoch: int
    token: str


def load_term(journal: Path) -> Term | None:
    """Return the term of the process that wrote the journal last; None without a readable file."""
    path = _path(journal)
    if not path.exists():
        return None
    try:
        with open(open_ours(path), "rb") as file:
            written = msgspec.json.decode(file.read(4096), type=_Written)
    except (OSError, SessionError, ValueError):
        return None
    return Term(written.epoch, written.token)


def save_term(journal: Path, term: Term) -> None:
    """Write the term; the token in it is a secret, so only this user can read the file. Raises OSError."""
    with replacing(_path(journal)) as file:
        file.write(msgspec.json.encode(_Written(term.epoch, term.token)))


def remove_term(journal: Path) -> None:
    """Forget the term: another driver has the session."""
    _path(journal).unlink(missing_ok=True)


def _path(journal: Path) -> Path:
    return sidecar(first_part(journal), "term")

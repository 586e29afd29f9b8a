"""The file beside the journal for output that is too long for the journal."""

import os
from pathlib import Path

from mmcockpit.journal.files import SessionError, open_new

MOST_BYTES = 64 * 1024 * 1024


class OutputFile:
    """The whole output of one step, mode 0600, up to MOST_BYTES; a full disk loses only this file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._room = MOST_BYTES
        self._file: int | None = None
        try:
            self._file = open_new(path)
        except (OSError, SessionError):
            self._room = 0

    def write(self, text: str) -> None:
        """Append text while there is room."""
        if self._file is None or self._room <= 0:
            return
        data = text.encode(errors="replace")[: self._room]
        try:
            self._room -= os.write(self._file, data)
        except OSError:
            self._room = 0

    def close(self, keep: bool) -> str:
        """Close it; return its name, or an empty text if there is no file or it is not kept."""
        if self._file is None:
            return ""
        os.close(self._file)
        self._file = None
        if not keep:
            self._path.unlink(missing_ok=True)
        return self._path.name if keep else ""

"""Writes a text file whole, or not at all."""

import os
from pathlib import Path


def write_text(path: Path, text: str) -> None:
    """Write a text file; on a full disk none is left, because a part of it, or an older one, looks like the result.

    Raises OSError with the name of the file.
    """
    opened = False
    try:
        with path.open("w", encoding="utf-8") as file:
            opened = True
            file.write(text)
    except OSError as error:
        if opened and path.is_file():
            path.unlink(missing_ok=True)
        error.filename = error.filename or os.fspath(path)
        raise

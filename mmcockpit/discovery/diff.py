"""What a new discovery would change in files that exist."""

import difflib
from collections.abc import Mapping
from pathlib import Path


def changes(folder: Path, files: Mapping[str, str]) -> str:
    """Return a unified diff from the files of a folder to these texts; empty if nothing would change."""
    return "".join(_diff(folder / name, text) for name, text in files.items())


def _diff(path: Path, text: str) -> str:
    try:
        old = path.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        old = ""
    lines = difflib.unified_diff(
        old.splitlines(keepends=True), text.splitlines(keepends=True), str(path), f"{path} (discovered now)"
    )
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)

"""Finds files: by path, then in the user's own folder, then among the shipped ones."""

import os
from itertools import islice
from pathlib import Path
from typing import Literal

from mmcockpit.config.text.dependencies import depends_on
from mmcockpit.config.text.error import did_you_mean

FileKind = Literal["checklist", "layout", "theme", "keymap", "attention", "cockpit", "pack"]
PACKAGE = Path(__file__).resolve().parent.parent
MOST_ENTRIES = 5_000
"""Maximum number of files in a folder that is listed."""

_SUFFIXES = (".yaml", ".yml", ".md")
_SHIPPED: dict[FileKind, tuple[tuple[Path, str], ...]] = {
    "checklist": ((PACKAGE / "checklists", "*/"),),
    "cockpit": ((PACKAGE / "checklists", "*.yaml"),),
    "layout": ((PACKAGE / "layouts", "*.yaml"), (PACKAGE.parent / "layouts", "*.yaml")),
    "theme": ((PACKAGE / "themes", "*.yaml"), (PACKAGE.parent / "themes", "*.yaml")),
    "keymap": (),
    "attention": (),
    "pack": ((PACKAGE / "packs", "*.yaml"),),
}
"""Kind of file to the folders and patterns of the shipped ones: in a wheel, then in a checkout."""


class UnknownFile(LookupError):
    """No file with this name or path; the message ends with what to do."""


def shipped(kind: FileKind) -> list[Path]:
    """Return the shipped files of a kind, sorted by name; a checklist is a folder."""
    for folder, pattern in _SHIPPED[kind]:
        paths = sorted(path for path in folder.glob(pattern) if not path.name.startswith((".", "_")))
        if paths:
            return paths
    return []


def user_folder() -> Path:
    """Return the folder of the user's own files: checklists, packs, layouts, themes, keymap.yaml, attention.yaml."""
    # Imported here: a session that names its files by path does not need it.
    from platformdirs import user_config_path

    return user_config_path("mmcockpit")


def entries(folder: Path, *suffixes: str) -> list[Path]:
    """Return the files and folders in a folder, sorted by name; with suffixes, only those that end with one.

    Empty for a folder that is missing or cannot be read; UnknownFile for one with more than MOST_ENTRIES.
    """
    try:
        with os.scandir(folder) as files:
            names = [file.name for file in islice(files, MOST_ENTRIES + 1)]
    except OSError:
        return []
    if len(names) > MOST_ENTRIES:
        raise UnknownFile(f"more than {MOST_ENTRIES} files in {folder}; check the path")
    return sorted(folder / name for name in names if not suffixes or name.endswith(suffixes))


def is_path(name: str) -> bool:
    """Return whether a name in a file is a path rather than the name of a shipped file."""
    return "/" in name or "\\" in name or name.endswith(_SUFFIXES)


def find(kind: FileKind, name: str, beside: Path | None = None) -> Path:
    """Return the file or folder for a name or path; relative paths start from the folder `beside`."""
    if is_path(name) or name in (".", ".."):
        path = Path(name).expanduser()
        path = path if path.is_absolute() or beside is None else beside / path
        if not path.exists():
            fix = "write / for \\; " if "\\" in name and os.sep == "/" else ""
            folder = (beside or Path()).resolve()
            raise UnknownFile(f"{kind} '{name}' not found; {fix}the path is relative to {folder}")
        return path
    own = user_folder() / f"{kind}s"
    depends_on(own)
    for candidate in (own / f"{name}.yaml", own / name):
        if candidate.exists():
            return candidate
    known = {path.stem: path for path in [*entries(own), *shipped(kind)]}
    if name not in known:
        raise UnknownFile(
            f"unknown {kind} '{name}'{did_you_mean(name, known)}; a path ends in .yaml or .md, or contains /"
        )
    return known[name]

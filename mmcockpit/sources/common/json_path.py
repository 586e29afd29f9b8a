"""Paths into JSON documents, such as `data.items[0].name`."""

import re
from collections.abc import Mapping
from typing import Any

_PART = re.compile(r"[^.\[\]]+|\[\d+\]")
_PATH = re.compile(r"(?:[^.\[\]]+|\[\d+\])(?:\.[^.\[\]]+|\[\d+\])*")


def check_paths(paths: Mapping[str, str]) -> None:
    """Raise ValueError if one of the paths is invalid."""
    for path in paths.values():
        if not _PATH.fullmatch(path):
            raise ValueError(f"invalid path {path!r}; write it like data.items[0].name")


def value_at(document: Any, path: str) -> Any:
    """Return the value at a path, None if the path does not exist."""
    for part in _PART.findall(path):
        if part.startswith("["):
            index = int(part[1:-1])
            if not isinstance(document, list) or index >= len(document):
                return None
            document = document[index]
        elif isinstance(document, dict):
            document = document.get(part)
        else:
            return None
    return document

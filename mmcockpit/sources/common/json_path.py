"""JSON documents, and paths into them, such as `data.items[0].name`."""

import re
from collections.abc import Mapping
from typing import Any

import msgspec

_MARK = b"\xef\xbb\xbf"
"""A byte order mark, which writers on Windows and .NET put in front; RFC 8259 lets readers ignore it."""
_PART = re.compile(r"[^.\[\]]+|\[\d+\]")
_PATH = re.compile(r"(?:[^.\[\]]+|\[\d+\])(?:\.[^.\[\]]+|\[\d+\])*")


def check_paths(paths: Mapping[str, str]) -> None:
    """Raise ValueError if one of the paths is invalid."""
    for path in paths.values():
        if not _PATH.fullmatch(path):
            raise ValueError(f"invalid path {path!r}; write it like data.items[0].name")


def json_value(text: bytes) -> Any:
    """Return the value of a JSON text; msgspec's DecodeError, UnicodeDecodeError or RecursionError if it has none."""
    return msgspec.json.decode(text.removeprefix(_MARK))


def value_at(document: Any, path: str) -> Any:
    """Return the value at a path, None if the path does not exist; a name may itself contain dots.

    A leading `$` is the document, as in JSONPath, unless it is the name of a field.
    """
    parts = _PART.findall(path)
    if parts[:1] == ["$"] and not (isinstance(document, dict) and "$" in document):
        del parts[0]
    return _value(document, parts)


def _value(document: Any, parts: list[str]) -> Any:
    if not parts:
        return document
    if parts[0].startswith("["):
        index = int(parts[0][1:-1])
        return _value(document[index], parts[1:]) if isinstance(document, list) and index < len(document) else None
    if not isinstance(document, dict):
        return None
    name = ""
    for length, part in enumerate(parts, 1):
        if part.startswith("["):
            break
        name = f"{name}.{part}" if name else part
        if name in document and (found := _value(document[name], parts[length:])) is not None:
            return found
    return None

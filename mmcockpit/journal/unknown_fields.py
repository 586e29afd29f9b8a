"""Finds the fields of a decoded fact that this version does not know, at any depth."""

from collections.abc import Iterator
from typing import Any

import msgspec


def unknown_fields(written: Any, decoded: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the path and the value of each field in `written` that `decoded`, which was made from it, does not have."""
    if isinstance(decoded, msgspec.Struct):
        yield from _of_struct(written, decoded, path)
    elif isinstance(decoded, dict) and isinstance(written, dict) and decoded is not written:
        for name, part in decoded.items():
            yield from unknown_fields(written.get(name), part, f"{path}{name}.")
    elif isinstance(decoded, tuple | list) and isinstance(written, tuple | list) and decoded is not written:
        for number, (before, part) in enumerate(zip(written, decoded, strict=False)):
            yield from unknown_fields(before, part, f"{path}{number}.")


def _of_struct(written: Any, decoded: msgspec.Struct, path: str) -> Iterator[tuple[str, Any]]:
    names = dict(zip(decoded.__struct_encode_fields__, decoded.__struct_fields__, strict=True))
    if isinstance(written, tuple | list):
        # By position: the name of a field after the last known one is its number.
        written = {**dict(zip(names, written, strict=False)), **dict(enumerate(written[len(names) :], len(names)))}
    if not isinstance(written, dict):
        return
    for name, part in written.items():
        if name in names:
            yield from unknown_fields(part, getattr(decoded, names[name]), f"{path}{name}.")
        elif name != decoded.__struct_config__.tag_field:
            yield f"{path}{name}", part

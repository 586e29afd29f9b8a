"""Free text of facts and commands: what a person typed, from which secrets are struck out."""

from collections.abc import Callable
from typing import TypeVar

import msgspec

_FREE_TEXT = frozenset({"reason", "because", "text", "outcome", "failed", "note", "value"})
"""Fields that hold free text."""

_Written = TypeVar("_Written", bound=msgspec.Struct)


def without_secrets(written: _Written, redact: Callable[[str], str]) -> _Written:
    """Return a fact or a command with secrets struck out of its free text."""
    changes = {}
    # The name of a witness is typed at the terminal of another person.
    fields = _FREE_TEXT | {"by"} if getattr(written, "witnessed", False) else _FREE_TEXT
    for name in fields.intersection(written.__struct_fields__):
        text = getattr(written, name)
        if isinstance(text, str) and (struck := redact(text)) != text:
            changes[name] = struck
    return msgspec.structs.replace(written, **changes) if changes else written

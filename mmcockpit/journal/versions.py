"""The version of a journal's facts, and what a later version may have written that this one does not know."""

from collections import Counter
from pathlib import Path

import msgspec

from mmcockpit.core.facts.event import MINOR, SCHEMA, Event, Opened, Resumed, Unread
from mmcockpit.core.text import plain
from mmcockpit.core.words.amounts import counted
from mmcockpit.journal.codec import knows
from mmcockpit.journal.files import SessionError

MOST_NAMED = 4


class LaterVersion(SessionError):
    """Raised for a journal of a later major version, which no reader of this version can read."""


class _Version(msgspec.Struct):
    schema: int = 1
    minor: int = 0


class Versions:
    """The latest version that wrote a journal, and the number of unknown facts and fields, by name."""

    def __init__(self) -> None:
        self.minor = 0
        self.facts: Counter[str] = Counter()
        self.fields: Counter[str] = Counter()

    @property
    def later(self) -> bool:
        """Whether a later minor version wrote some facts."""
        return self.minor > MINOR

    @property
    def count(self) -> int:
        """The number of unknown facts and fields."""
        return self.facts.total() + self.fields.total()

    @property
    def note(self) -> str:
        """The unknown facts and fields as text; empty if there are none."""
        if not self.count:
            return ""
        parts = [_named(names, noun) for names, noun in ((self.facts, "fact"), (self.fields, "field")) if names]
        versions = f" (schema {SCHEMA}.{self.minor}; this one reads up to {SCHEMA}.{MINOR})" if self.later else ""
        return f"{', '.join(parts)}, written by a later mmcockpit{versions}: upgrade to read everything"

    def take(self, event: Event, path: Path) -> None:
        """Take the version that a fact records, and count what is unknown; LaterVersion for a later major version."""
        body = event.body
        if isinstance(body, Opened | Resumed | Unread):
            self.minor = max(self.minor, minor_of(body, path))
        if isinstance(body, Unread) and (self.later or not knows(body.kind)):
            self.facts[plain(body.kind, 40)] += 1
        for name in event.unknown or ():
            self.fields[plain(f"{type(body).__name__}.{name}", 80)] += 1


def minor_of(body: object, path: Path) -> int:
    """Return the minor version that an opening or resuming fact records; LaterVersion for a later major version."""
    match body:
        case Opened(schema=schema, minor=minor) | Resumed(schema=schema, minor=minor):
            version = _Version(schema, minor)
        case Unread(kind="Opened" | "Resumed", text=text):
            version = _version(text)
        case _:
            return 0
    if version.schema > SCHEMA:
        raise LaterVersion(
            f"{path}: written by a later mmcockpit (schema {version.schema}.{version.minor}; "
            f"this one reads up to {SCHEMA}.{MINOR}): upgrade mmcockpit to read it"
        )
    return version.minor if version.schema == SCHEMA else 0


def _version(text: str) -> _Version:
    try:
        return msgspec.json.decode(text, type=_Version)
    except (ValueError, RecursionError):
        return _Version()


def _named(names: "Counter[str]", noun: str) -> str:
    shown = ", ".join(sorted(names)[:MOST_NAMED])
    return f"{counted(names.total(), f'unknown {noun}')} ({plain(shown, 200)})"

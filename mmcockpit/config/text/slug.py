"""Ids derived from titles."""

import re
import unicodedata
from collections.abc import Container

_BETWEEN = re.compile(r"[^a-z0-9]+")
_BETWEEN_WORDS = re.compile(r"[\W_]+")


LONGEST_ID = 64
_ID = re.compile(rf"[A-Za-z][A-Za-z0-9_-]{{0,{LONGEST_ID - 1}}}")


def is_id(name: str) -> bool:
    """Return whether a name can be written in a file: letters, digits, - and _, beginning with a letter."""
    return _ID.fullmatch(name) is not None


def slug(title: str) -> str:
    """Return a title as lower-case words joined by hyphens: `SSL/TLS Certificates` is `ssl-tls-certificates`."""
    folded = unicodedata.normalize("NFKD", title).casefold()
    bare = "".join(char for char in folded if not unicodedata.combining(char))
    return _BETWEEN.sub("-", bare).strip("-") or _BETWEEN_WORDS.sub("-", folded).strip("-") or "untitled"


class UniqueNames:
    """Gives out each name of one scope once: the second of a name gets a number, such as `_2`."""

    def __init__(self, separator: str) -> None:
        self._separator = separator
        self._taken: set[str] = set()
        self._latest: dict[str, int] = {}
        """Name to its highest number so far, so that a thousand equal names need no search each."""

    def take(self, name: str, also: Container[str] = ()) -> str:
        """Return the name, with the next number where it is taken; those in `also` are taken, too."""
        n = self._latest.get(name, 0) + 1
        unique = name if n == 1 else f"{name}{self._separator}{n}"
        while unique in self._taken or unique in also:
            n += 1
            unique = f"{name}{self._separator}{n}"
        self._latest[name] = n
        self._taken.add(unique)
        return unique


class Slugs:
    """Makes ids that are unique in one scope: the second of a name gets `-2`."""

    def __init__(self) -> None:
        self._names = UniqueNames("-")

    def take(self, title: str) -> str:
        """Return the id for a title."""
        return self._names.take(slug(title))

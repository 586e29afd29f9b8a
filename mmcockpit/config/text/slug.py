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


class Slugs:
    """Makes ids that are unique in one scope: the second of a name gets `-2`."""

    def __init__(self) -> None:
        self._taken: set[str] = set()
        self._latest: dict[str, int] = {}
        """Name to its highest number so far, so that a thousand equal titles need no search each."""

    def take(self, title: str) -> str:
        """Return the id for a title."""
        unique = numbered(slug(title), "-", self._latest, self._taken)
        self._taken.add(unique)
        return unique


def numbered(base: str, separator: str, latest: dict[str, int], taken: Container[str]) -> str:
    """Return the base, with the next number where it is taken; `latest` maps each base to its highest number so far."""
    n = latest.get(base, 0) + 1
    unique = base if n == 1 else f"{base}{separator}{n}"
    while unique in taken:
        n += 1
        unique = f"{base}{separator}{n}"
    latest[base] = n
    return unique

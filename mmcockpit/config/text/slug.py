"""Ids derived from titles."""

import re
import unicodedata

_BETWEEN = re.compile(r"[^a-z0-9]+")
_BETWEEN_WORDS = re.compile(r"[\W_]+")


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
        base = slug(title)
        n = self._latest.get(base, 0) + 1
        unique = base if n == 1 else f"{base}-{n}"
        while unique in self._taken:
            n += 1
            unique = f"{base}-{n}"
        self._latest[base] = n
        self._taken.add(unique)
        return unique

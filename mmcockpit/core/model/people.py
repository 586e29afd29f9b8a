"""Who is who: names are the same person's whatever their capitals and blanks."""

import unicodedata
from collections.abc import Iterable

from mmcockpit.core.model.cockpit import Person
from mmcockpit.core.text import plain

CONDUCTOR = "conductor"
"""The role that decides the poll, where somebody has it."""


def same(one: str, other: str) -> bool:
    """Return whether two names are one person's."""
    return folded(one) == folded(other)


def folded(name: str) -> str:
    """Return a name without what does not tell people apart."""
    seen = "".join(char for char in unicodedata.normalize("NFKC", name) if char.isprintable() or char.isspace())
    return " ".join(seen.casefold().split())


def known_as(name: str, people: Iterable[Person]) -> str:
    """Return a name as the cockpit file writes it; empty where it names people and nobody is called so."""
    known = {folded(one.name): one.name for one in people}
    return known.get(folded(name), "") if known else " ".join(plain(name).split())


def conductors(people: Iterable[Person]) -> list[str]:
    """Return the names of those who conduct the night."""
    return [one.name for one in people if folded(one.role) == CONDUCTOR]

"""Comparison of people's names: capitals and white space do not matter."""

import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from mmcockpit.core.model.cockpit import Person
from mmcockpit.core.text import plain

CONDUCTOR = "conductor"
"""The role that decides the poll, where a person has it."""


VIEWER = "\0"
"""In place of an operator, for whom texts are made: a person who cannot act, so every tick is of another person."""


def same(one: str, other: str) -> bool:
    """Return whether two names belong to the same person."""
    return folded(one) == folded(other)


@lru_cache(maxsize=1024)
def folded(name: str) -> str:
    """Return a name in the form used for comparison: NFKC, case-folded, single spaces, printable characters only."""
    seen = "".join(char for char in unicodedata.normalize("NFKC", name) if char.isprintable() or char.isspace())
    return " ".join(seen.casefold().split())


def known_as(name: str, people: Iterable[Person]) -> str:
    """Return a name as the cockpit file spells it; empty if the file lists people and does not list this one."""
    known = {folded(one.name): one.name for one in people}
    return known.get(folded(name), "") if known else " ".join(plain(name).split())


def conductors(people: Iterable[Person]) -> list[str]:
    """Return the names of the people with the role of conductor."""
    return [one.name for one in people if folded(one.role) == CONDUCTOR]

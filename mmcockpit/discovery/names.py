"""Names of signals and sources in written files: letters, digits and underscores, each used once."""

import re

from mmcockpit.core.text import plain

LONGEST_NAME = 64
_OTHER = re.compile(r"[^a-z0-9]+")


def slug(text: str, longest: int = 40) -> str:
    """Return a text as a name: lower case, with underscores; `x` before a digit, `unnamed` for nothing."""
    name = _OTHER.sub("_", plain(text, 200).lower()).strip("_")[:longest].rstrip("_")
    return (name if name[:1].isalpha() else f"x{name}") if name else "unnamed"


class UniqueNames:
    """Gives each name once; a name that is taken gets a number."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def unused(self, wanted: str) -> str:
        """Return the name, or with the first free number from 2 on."""
        name, number = wanted[:LONGEST_NAME], 2
        while name in self._taken:
            name = f"{wanted[: LONGEST_NAME - 4]}_{number}"
            number += 1
        self._taken.add(name)
        return name

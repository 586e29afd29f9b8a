"""Names of signals in written files."""

import re

from mmcockpit.core.text import plain

_OTHER = re.compile(r"[^a-z0-9]+")


def slug(text: str, longest: int = 40) -> str:
    """Return a text as a name: lower case, with underscores; `x` before a digit, `unnamed` for nothing."""
    name = _OTHER.sub("_", plain(text, 200).lower()).strip("_")[:longest].rstrip("_")
    return (name if name[:1].isalpha() else f"x{name}") if name else "unnamed"

"""Regular expressions from files, matched against foreign text with a time limit, since some backtrack without end."""

from typing import Any

WITHIN_S = 0.05
"""CPU seconds of this process that a search may take; a busy machine does not use them up."""


class TooSlow(Exception):
    """A pattern did not finish within WITHIN_S."""


def prepare() -> None:
    """Import the library, so that the first search with a limit of its own does not include the import."""
    import regex  # type: ignore[import-untyped,unused-ignore] # noqa: F401


def search(pattern: str, text: str) -> Any:
    """Return the first match of a pattern, or None; raises TooSlow after WITHIN_S."""
    # Imported here: few sessions need it. A search of the standard library's `re` cannot be interrupted.
    import regex  # type: ignore[import-untyped,unused-ignore]

    try:
        return regex.search(pattern, text, timeout=WITHIN_S)
    except TimeoutError as error:
        raise TooSlow(f"the pattern {pattern} takes too long on what was printed") from error


def matches(pattern: str, text: str) -> bool:
    """Return whether a pattern matches the whole text; False if the search takes too long."""
    try:
        return search(f"^(?:{pattern})\\Z", text) is not None
    except TooSlow:
        return False

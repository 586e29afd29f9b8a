"""Regular expressions of files on foreign text: bounded in time, because some take for ever on the wrong text."""

from typing import Any

WITHIN_S = 0.05


class TooSlow(Exception):
    """A pattern that found neither a match nor its absence in time."""


def search(pattern: str, text: str) -> Any:
    """Return the first match of a pattern, or None; TooSlow where it takes longer than WITHIN_S."""
    # Imported here: few sessions need it. The standard library's engine cannot be stopped.
    import regex  # type: ignore[import-untyped,unused-ignore]

    try:
        return regex.search(pattern, text, timeout=WITHIN_S)
    except TimeoutError as error:
        raise TooSlow(f"the pattern {pattern} takes too long on what was printed") from error


def matches(pattern: str, text: str) -> bool:
    """Return whether a pattern matches all of a text; false where that cannot be said in time."""
    try:
        return search(f"^(?:{pattern})\\Z", text) is not None
    except TooSlow:
        return False

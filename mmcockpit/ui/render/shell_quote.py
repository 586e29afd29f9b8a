"""Quotes commands for a shell, so that nothing in them is hidden or looks like something else."""

import shlex
from collections.abc import Sequence


def exact(word: str) -> str:
    """Return a word of a command, quoted for a shell; characters that are not printable ASCII as code points."""
    if word.isascii() and word.isprintable():
        return shlex.quote(word)
    return "$'" + "".join(map(_spelled, word)) + "'"


def command_line(argv: Sequence[str]) -> str:
    """Return a command as one line for a shell."""
    return " ".join(map(exact, argv))


def command_lines(argv: Sequence[str], width: int) -> list[str]:
    """Return a command in lines of at most `width` cells; a line that ends inside a word ends in a backslash."""
    lines: list[str] = []
    current = ""
    for word in map(exact, argv):
        if current and len(current) + 1 + len(word) <= width:
            current = f"{current} {word}"
            continue
        lines += [current] if current else []
        rest = word
        while len(rest) > width > 1:
            lines.append(rest[: width - 1] + "\\")
            rest = rest[width - 1 :]
        current = rest
    return [*lines, current] if current else lines


def _spelled(character: str) -> str:
    if character in "\\'":
        return "\\" + character
    if character.isascii() and character.isprintable():
        return character
    return f"\\U{ord(character):08x}" if ord(character) > 0xFFFF else f"\\u{ord(character):04x}"

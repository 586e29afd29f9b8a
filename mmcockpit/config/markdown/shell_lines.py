"""The lines of a block of commands: joined where they continue, with what a command reads or printed."""

import re
from collections.abc import Iterator
from typing import NamedTuple

_PROMPT = re.compile(r"^\s*(?:\$|%|❯|>|[\w.-]+@[\w.-]+(?::[^\s$#]*)?\s?[$#%])\s+(?=\S)")
_STRICT_PROMPT = re.compile(r"^\s*(?:\$|❯|[\w.-]+@[\w.-]+(?::[^\s$#]*)?\s?[$#%])\s+(?=\S)")
"""A prompt that begins no line of a command or of its output."""
_HERE = re.compile(r"<<-?\s*([\"']?)([A-Za-z_]\w*)\1")
_OPERATORS = ("|", "&&")
"""The ends of a line that continues in the next one."""
_STATE = frozenset(
    {
        *("cd", "pushd", "popd", "export", "source", ".", "alias", "eval", "exec"),
        *("if", "for", "while", "until", "case", "function"),
    }
)
"""What changes the shell in which the lines after it run."""
_ENDS = frozenset({"fi", "done", "esac"})


class ShellLine(NamedTuple):
    """A line of a block: a command, a comment, or what belongs to the command before it."""

    text: str
    comment: bool = False
    label: str = ""
    """`Output` for what a command printed, `Input` for what it reads; empty for a command."""
    after: str = ""
    """The first word of an earlier line on which a command depends, such as `cd`."""


def is_prompted(text: str) -> bool:
    """Return whether a text begins with the prompt of a shell: `$ `, `ana@db-1:~$ `."""
    return _STRICT_PROMPT.match(text) is not None


def shell_lines(text: str) -> Iterator[ShellLine]:
    """Yield the lines of a block of commands; those without a prompt are output if any line has one."""
    lines = re.sub(r"\\\r?\n\s*", " ", text).split("\n")
    prompted = any(map(_STRICT_PROMPT.match, lines))
    after, at, quotes = "", 0, True
    while at < len(lines):
        line, at = lines[at], at + 1
        written = _PROMPT.sub("", line).strip()
        if not written:
            continue
        if written.startswith("#"):
            yield ShellLine(written.lstrip("# "), comment=True)
            continue
        if prompted and not _PROMPT.match(line):
            yield ShellLine(written, label="Output")
            continue
        parts = [written]
        while at < len(lines) and parts[-1].endswith(_OPERATORS) and lines[at].strip():
            parts.append(lines[at].strip())
            at += 1
        written = " ".join(parts)
        end = _quoted_until(written, lines, at) if quotes else at
        quotes = quotes and end >= at
        if end > at:
            written, at = "\n".join([written, *lines[at:end]]), end
        yield ShellLine(written, after=after)
        end = _input_until(written, lines, at)
        for read in filter(str.strip, lines[at:end]):
            yield ShellLine(read.strip(), label="Input")
        at, after = max(at, end), _depends(written, after)


def _depends(written: str, after: str) -> str:
    """Return the word on which the lines after a command depend."""
    first = written.split()[0]
    if first in _ENDS:
        return ""
    return after or (first if first in _STATE else "")


def _quoted_until(written: str, lines: list[str], at: int) -> int:
    """Return the index after the line that closes the quote of a command; `at` without one, -1 if none closes it."""
    quote = _open_quote(written, "")
    while quote and at < len(lines):
        quote, at = _open_quote(lines[at], quote), at + 1
    return -1 if quote else at


def _open_quote(text: str, quote: str) -> str:
    """Return the quote that is open after a text, given the one that was open before it."""
    last = quote
    for _, last in unescaped(text, quote):  # noqa: B007
        pass
    return last


def unescaped(text: str, quote: str = "") -> Iterator[tuple[str, str]]:
    """Yield each character before a comment that is not escaped, with the quote that is open after it."""
    escaped = False
    for n, char in enumerate(text):
        if escaped:
            escaped = False
        elif char == "\\" and quote != "'":
            escaped = True
        elif char == "#" and not quote and text[n - 1 : n].isspace():
            return
        else:
            if char in "'\"" and quote in ("", char):
                quote = "" if quote else char
            yield char, quote


def _input_until(written: str, lines: list[str], at: int) -> int:
    """Return the index after the last line that a command reads as its input (`<<EOF`), all without an end of it."""
    here = _HERE.search(written)
    if here is None:
        return at
    return next((n + 1 for n in range(at, len(lines)) if lines[n].strip() == here[2]), len(lines))

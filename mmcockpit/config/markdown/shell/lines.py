"""The lines of a block of commands: joined where they continue, with what a command reads or printed."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from mmcockpit.config.markdown.shell.cases import case_of
from mmcockpit.config.markdown.shell.state import ShellState

_HOST = r"[\w.-]+@[\w.-]+(?::[^\s$#]*)?\s?[$#%]|\[[\w.-]+@[\w.-]+ [^\[\]]*\][$#%]"
_HOST_PROMPT = re.compile(rf"^\s*(?=(?:{_HOST})\s+\S)\[?([\w.-]+@[\w.-]+)")
_STRICT_PROMPT = re.compile(rf"^\s*(?:\$|❯|{_HOST})\s+(?=\S)")
"""A prompt that begins no line of a command or of its output."""
_PROMPT = re.compile(rf"^\s*(?:\$|%|❯|>|{_HOST})\s+(?=\S)")
_HERE = re.compile(r"<<-?\s*([\"']?)([A-Za-z_]\w*)\1")
_OPERATORS = ("|", "&&")
"""The ends of a line that continues in the next one."""
_COLUMNS = re.compile(r"^[A-Z][A-Z0-9_()%/-]*(?: ?[A-Z0-9_()%/-]+)*(?: {2,}[A-Z][A-Z0-9_()%/ -]*)+$")
"""The names of columns in an output: `NAME   READY   AGE`."""
_REPORTED = re.compile(
    r"^(?:[a-z]+(?:\.[a-z0-9.-]+)?/[\w.-]+|[a-z]+ \"[^\"]+\")(?: [\w.-]+)?"
    r" (?:annotated|condition met|configured|cordoned|created|deleted|drained|evicted|exposed|(?:image |env )?updated"
    r"|labeled|patched|replaced|restarted|rolled back|scaled|successfully rolled out|unchanged|uncordoned)\b"
)
"""What kubectl prints about an object: `deployment.apps/web scaled`."""


class ShellLine(NamedTuple):
    """A line of a block: a command, a comment, or what belongs to the command before it."""

    text: str
    comment: bool = False
    label: str = ""
    """`Output` for what a command printed, `Input` for what it reads; empty for a command."""
    after: str = ""
    """The first word of an earlier line on which a command depends, such as `cd`."""
    case: str = ""
    """Why a command does not just run, by the comment before it."""
    host: str = ""
    """The user and host of the prompt before a command."""


def is_prompted(text: str) -> bool:
    """Return whether a text begins with the prompt of a shell: `$ `, `ana@db-1:~$ `."""
    return _STRICT_PROMPT.match(text) is not None


def shell_lines(text: str) -> Iterator[ShellLine]:
    """Yield the lines of a block of commands; those without a prompt are output if any line has one."""
    lines = re.sub(r"\\\r?\n\s*", " ", text).split("\n")
    prompted = any(map(_STRICT_PROMPT.match, lines))
    around, case, commented, printed, at, quotes = ShellState(), "", False, False, 0, True
    while at < len(lines):
        line, at = lines[at], at + 1
        written = _PROMPT.sub("", line).strip()
        if not written:
            case, printed = "", False
            continue
        if written.startswith("#"):
            found = case_of(written.lstrip("# "))
            case, commented, printed = found or (case if commented else ""), True, False
            yield ShellLine(written.lstrip("# "), comment=True)
            continue
        printed = printed or _COLUMNS.match(written) is not None
        if (prompted and not _PROMPT.match(line)) or (not prompted and (printed or _REPORTED.match(written))):
            yield ShellLine(written, label="Output")
            continue
        commented, host = False, _HOST_PROMPT.match(line)
        written, at, quotes = _whole(written, lines, at, quotes)
        yield ShellLine(written, after=around.needed_by(written), case=case, host=host[1] if host else "")
        around.run(written)
        end = _input_until(written, lines, at)
        for read in filter(str.strip, lines[at:end]):
            yield ShellLine(read.strip(), label="Input")
        at = max(at, end)


def _whole(written: str, lines: list[str], at: int, quotes: bool) -> tuple[str, int, bool]:
    """Return a command with the lines in which it continues, the index after those, and whether quotes are closed."""
    parts = [written]
    while at < len(lines) and parts[-1].endswith(_OPERATORS) and lines[at].strip():
        parts.append(lines[at].strip())
        at += 1
    written = " ".join(parts)
    end = _quoted_until(written, lines, at) if quotes else at
    if end > at:
        return "\n".join([written, *lines[at:end]]), end, quotes
    return written, at, quotes and end >= at


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


def remark_of(written: str) -> str:
    """Return the comment after a command: `kubectl get pods  # all of them`; empty without one."""
    for mark in re.finditer(r"\s#", written):
        if not _open_quote(written[: mark.start()], ""):
            return written[mark.end() :].strip("# ")
    return ""


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

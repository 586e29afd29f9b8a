"""Lines of the screen as data: spans of plain text with a role each, cut and padded in terminal cells."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Literal

from rich.cells import cell_len, set_cell_size

from mmcockpit.core import text
from mmcockpit.core.model.states import STATE_WORD as STATE_WORD
from mmcockpit.core.model.states import State
from mmcockpit.core.model.verdict import Level
from mmcockpit.core.words.durations import age as age
from mmcockpit.core.words.durations import rough_age as rough_age
from mmcockpit.core.words.numbers import digits as digits
from mmcockpit.core.words.numbers import number as number

Role = str
"""The meaning of a span: `text`, `muted`, `strong`, `title`, `accent`, `border`, `focus`, `live` or a Level's value."""

Span = tuple[str, Role]
Line = tuple[Span, ...]

_WIDTHLESS = dict.fromkeys([0x00AD, 0x034F, *range(0x200B, 0x2010), *range(0x2060, 0x2065), *range(0xFE00, 0xFE10)])

LETTER = {Level.PASS: "+", Level.WARN: "~", Level.FAIL: "!", Level.UNKNOWN: "?"}
WORD = {Level.PASS: "ok", Level.WARN: "warn", Level.FAIL: "FAIL", Level.UNKNOWN: "unknown"}

STATE_ROLE: dict[State, Role] = {
    State.OPEN: "text",
    State.DONE: "pass",
    State.GOOD: "pass",
    State.BAD: "fail",
    State.UNKNOWN: "unknown",
    State.REGRESSED: "fail",
    State.HOLDING: "accent",
    State.OVERRIDDEN: "warn",
    State.NOT_APPLICABLE: "muted",
    State.DEFERRED: "warn",
    State.BLOCKED: "fail",
    State.WAITING: "accent",
}


_SHARE = 2 / 3
"""How much of the cells the name of a target may take."""
_LEAST_NAME = 5
"""Cells below which the name of a target is not cut in its middle."""


@lru_cache(maxsize=4096)
def plain(foreign: str, limit: int = 1024) -> str:
    """Return foreign text as one line without control or invisible characters; all terminals count its width alike."""
    return " ".join(text.plain(foreign, limit).translate(_WIDTHLESS).split())


def typed_text(typed: str) -> str:
    """Return typed or pasted text as one line without control or invisible characters; its blanks are kept."""
    return text.clean(typed, 4 * len(typed)).translate(_WIDTHLESS).replace("\n", " ")


def paragraphs(foreign: str, limit: int = 4096) -> list[str]:
    """Return foreign text as lines without control or invisible characters; its line feeds are kept."""
    return [" ".join(part.split()) for part in text.clean(foreign, limit).translate(_WIDTHLESS).split("\n")]


def pad(value: str, width: int, align: Literal["left", "right"] = "left") -> str:
    """Return a text of exactly `width` cells; a longer one ends in an ellipsis."""
    if width <= 0:
        return ""
    length = len(value) if value.isascii() else cell_len(value)
    if length == width:
        return value
    if length > width:
        cut = set_cell_size(value[: width * 2], width - 1).rstrip() + "…"
        return cut if cell_len(cut) == width else set_cell_size(cut, width)
    blank = " " * (width - length)
    return blank + value if align == "right" else value + blank


def middle_cut(value: str, width: int) -> str:
    """Return a text in at most `width` cells; a longer one is cut in its middle, because names often begin alike."""
    if cell_len(value) <= width:
        return value
    tail = max(0, width - 1) // 2
    return f"{set_cell_size(value, max(0, width - 1) - tail)}…{set_cell_size(value[::-1], tail)[::-1]}"


def short_title(title: str, target: str, width: int) -> str:
    """Return a title for `width` cells; the name of its target is cut in its middle where it takes too many of them."""
    title = plain(title, 120)
    at = title.find(target) if target else -1
    rest = title[at + len(target) :]
    # What follows the name keeps a third of the cells, or is as short as it is.
    room = max(int((width - at) * _SHARE), width - at - cell_len(rest))
    if at < 0 or cell_len(title) <= width or room < _LEAST_NAME:
        return title
    return f"{title[:at]}{middle_cut(target, room)}{rest}"


def width_of(line: Iterable[Span]) -> int:
    """Return the width of a line in cells."""
    return sum(len(part) if part.isascii() else cell_len(part) for part, _ in line)


def fit(line: Line, width: int) -> Line:
    """Return the line in exactly `width` cells: padded with blanks, or cut with an ellipsis."""
    spans: list[Span] = []
    room = width
    for part, role in line:
        if room <= 0 or not part:
            continue
        length = len(part) if part.isascii() else cell_len(part)
        if length > room:
            spans.append((pad(part, room), role))
            room = 0
        else:
            spans.append((part, role))
            room -= length
    if room > 0:
        spans.append((" " * room, "text"))
    return tuple(spans)


def spread(left: Line, right: Line, width: int) -> Line:
    """Return `left` aligned left and `right` aligned right in `width` cells; the left one is cut."""
    taken = width_of(right)
    if taken >= width:
        return fit(right, width)
    return (*fit(left, width - taken), *right)


def text_of(line: Iterable[Span]) -> str:
    """Return the text of a line, without roles."""
    return "".join(part for part, _ in line).strip()


def wrap(foreign: str, width: int) -> list[str]:
    """Return foreign text as lines of at most `width` cells, broken at blanks if possible."""
    return list(_wrapped(foreign, width))


@lru_cache(maxsize=1024)
def _wrapped(foreign: str, width: int) -> tuple[str, ...]:
    lines: list[str] = []
    for paragraph in paragraphs(foreign):
        current = ""
        for word in paragraph.split(" "):
            while cell_len(word) > width > 0:
                head = set_cell_size(word, width).rstrip()
                lines += [current, head] if current else [head]
                current, word = "", word[len(head) or 1 :]
            if current and cell_len(current) + 1 + cell_len(word) > width:
                lines.append(current)
                current = word
            else:
                current = f"{current} {word}" if current else word
        lines.append(current)
    return tuple(lines)

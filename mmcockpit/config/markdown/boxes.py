"""The boxes that people put before an item, and what each means."""

import html
import re
from enum import StrEnum
from typing import NamedTuple


class BoxMark(StrEnum):
    """What a box means; every item is imported open, because a tick from an earlier go-live proves nothing."""

    OPEN = "open"
    DONE = "done"
    STRUCK = "struck"
    OTHER = "neither open nor done"


class Boxed(NamedTuple):
    """A box, and the text after it."""

    box: BoxMark
    rest: str


_MARKS = {
    BoxMark.OPEN: "☐ ⬜ 🔲 🔳 ◻ ◽ □ ▢ ▫ ⬛ ⭕",
    BoxMark.DONE: "☑ ✅ ✔ ✓ 🗹 🗸",
    BoxMark.OTHER: "☒ ❌ ❎ ✗ ✘ ✖ ⏳ 🚧",
}
_STATES = {**dict.fromkeys("🟩🟢", BoxMark.DONE), **dict.fromkeys("🟥🟨🟧🟦🔴🟡🟠🔵⚪", BoxMark.OTHER)}
"""Colours that are states in a list of boxes, and may be an explanation of colours in any other list."""
_NO = frozenset(["", "no", "n", "n/a", "na", "none", "-", "\u2013", "\u2014", "❌", "✗", "✘", "✖", "○"])
"""What people write into a cell of a table that does not apply."""
_BY_MARK = {mark: box for box, marks in _MARKS.items() for mark in marks.split()}
_BY_LETTER = {
    **dict.fromkeys(("", " ", "_"), BoxMark.OPEN),
    **dict.fromkeys("xX✓✔✅☑vV", BoxMark.DONE),
    **dict.fromkeys("-~\u2013\u2014", BoxMark.STRUCK),
}
_BY_WORD = {
    **dict.fromkeys(("todo", "to do", "open", "pending"), BoxMark.OPEN),
    **dict.fromkeys(("done", "ok", "pass", "passed", "complete", "completed"), BoxMark.DONE),
    **dict.fromkeys(("n/a", "na", "not applicable", "skip", "skipped"), BoxMark.STRUCK),
    **dict.fromkeys(("wip", "in progress", "blocked", "fail", "failed"), BoxMark.OTHER),
}
_BRACKETS = re.compile(r"^\\?\[\s{0,4}([^\[\]\\\s]?)\ufe0f?\s{0,4}\\?\](?![(\[:])\s*")
_WORD = re.compile(rf"^\\?\[\s?({'|'.join(_BY_WORD)})\s?\\?\](?![(\[:])\s*", re.IGNORECASE)
"""A state in the place of a box: `[DONE]`, `[n/a]`."""
_ROUND = re.compile(r"^\(([ xX])\)(?:\s+|$)")
_STRUCK = re.compile(r"^~~(.+)~~$", re.DOTALL)
_EVERY_MARK = "|".join(map(re.escape, sorted(_BY_MARK, key=len, reverse=True)))
_GLYPH = re.compile(f"^({_EVERY_MARK})\ufe0f?(?:\\s+|$)")
_MARK_AFTER = re.compile(rf"(?<=\S)\s+({_EVERY_MARK})\ufe0f?\s*$")
_REMARK = re.compile(r"(?<=\S)\s+\([^()]*\)\s*$")
_BULLET = re.compile(r"^[-*+]\s+(?=\\?\[|[☐☑⬜✅])")
"""A bullet before a box in a cell of a table."""
_INPUT = re.compile(r"^<input\b[^>]*\bcheckbox\b[^>]*>\s*", re.IGNORECASE)


def boxed(text: str) -> Boxed | None:
    """Return the box at the beginning of a text, and the rest; None for a text without one."""
    text = text.lstrip()
    if text[:1].isalnum():
        return None
    text = html.unescape(text).lstrip() if text.startswith("&") else text
    struck = _STRUCK.match(text.rstrip())
    inner = _unstruck(struck[1]) if struck else None
    return _unstruck(text) if inner is None else Boxed(BoxMark.STRUCK, inner.rest)


def _unstruck(text: str) -> Boxed | None:
    glyph = _GLYPH.match(text)
    if glyph:
        return Boxed(_BY_MARK[glyph[1]], text[glyph.end() :])
    brackets = _BRACKETS.match(text) or _ROUND.match(text)
    if brackets and (not brackets[1].isalnum() or brackets[1] in _BY_LETTER):
        return Boxed(_BY_LETTER.get(brackets[1], BoxMark.OTHER), text[brackets.end() :])
    word = _WORD.match(text)
    if word:
        return Boxed(_BY_WORD[word[1].casefold()], text[word.end() :])
    control = _INPUT.match(text)
    if control:
        return Boxed(
            BoxMark.DONE if re.search(r"\bchecked\b", control[0], re.IGNORECASE) else BoxMark.OPEN,
            text[control.end() :],
        )
    return None


def has_word_box(text: str) -> bool:
    """Return whether a text begins with a state such as `[WIP]`, which may precede prose, too."""
    return _WORD.match(text.lstrip()) is not None


def state_box(text: str) -> Boxed | None:
    """Return the colour at the beginning of an entry in a list of boxes as its box; None for any other text."""
    mark = _STATES.get(text.lstrip()[:1])
    return None if mark is None else Boxed(mark, text.lstrip()[1:].lstrip("\ufe0f "))


def strip_mark(title: str) -> tuple[str, BoxMark]:
    """Return a title without the mark after it, and what that means: `Database connected ✅`."""
    mark = _MARK_AFTER.search(title)
    return (title[: mark.start()], _BY_MARK[mark[1]]) if mark is not None else (title, BoxMark.OPEN)


def cell_box(cell: str) -> Boxed | None:
    """Return the box at the beginning of a cell of a table, which may have a bullet; None for a cell without one."""
    return boxed(_BULLET.sub("", cell.strip()))


def is_mark(cell: str) -> bool:
    """Return whether a cell of a table holds only a mark: a box, or an x, but no cross; a remark may follow."""
    cell = _REMARK.sub("", cell.strip())
    if is_no(cell):
        return False
    if cell.casefold() in ("x", "yes", "y", "●", "•", "+", "🟢"):
        return True
    mark = cell_box(cell)
    return mark is not None and not mark.rest


def is_open(cell: str) -> bool:
    """Return whether a cell of a table holds an open box only."""
    mark = cell_box(cell)
    return mark is not None and mark.box is BoxMark.OPEN and not mark.rest


def has_remark(cell: str) -> bool:
    """Return whether words in parentheses follow the mark of a cell: `yes (in production only)`."""
    return is_mark(cell) and _REMARK.search(cell) is not None


def is_no(cell: str) -> bool:
    """Return whether a cell of a table means that something does not hold: empty, a dash, a cross, or no."""
    return cell.strip().replace("\ufe0f", "").casefold() in _NO

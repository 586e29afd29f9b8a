"""Lines of a file as Markdown has them: spaces, bullets and symbols that other programs and people write otherwise."""

import re
from collections.abc import Iterator, Sequence

from mmcockpit.config.markdown.fields import field_kind, field_name

_SPACES = {**dict.fromkeys((0xA0, 0x2007, 0x202F, 0x3000), " "), **dict.fromkeys((0x200B, 0x2060, 0xFEFF, 0xE010))}
"""Spaces that do not break as plain ones; characters without a width as nothing."""
_FENCE = re.compile(r"^\s*(?:```|~~~)")
_BOX = r"(?:\[(?:\s?|[xX])\]\s|[☐☑⬜✅])"
_BULLET = re.compile(r"^(\s*)[•◦▪‣·∙●](?=\s)")
"""A bullet as word processors write it."""
_JOINED = re.compile(rf"^(\s*(?:[-*+]|\d{{1,9}}[.)]))(?={_BOX})")
"""A bullet without a space before its box."""
_DASH = re.compile(rf"^(\s*)[\u2013\u2014]\s*(?={_BOX})")
_LETTER = (
    r"^(\s*)((?:[A-Za-z]|\d{1,2}[a-z]|[ivxIVX]{2,4})[.)]|\d{1,2}(?:\.\d{1,2}){1,3}[.)]?"
    r"|\((?:\d{1,2}|[A-WYZa-wyz])\))(?=\s+"
)
_LETTERED = re.compile(rf"{_LETTER}{_BOX})")
_PARENT = re.compile(rf"{_LETTER}\S)")
"""An entry of a list with letters, or with numbers such as 1.2 and (1): with a box, or above entries with boxes."""
_BOXED = re.compile(rf"^(\s+)(?:\S{{1,8}}\s+)?{_BOX}")
_ENTRY = re.compile(r"^\s*(?:[-*+]|\d{1,9}[.)])\s+\S")
_LABEL = re.compile(r"^(?:(\*{2,3}|__)[^*_\n]{1,80}\1:?|([*_])[^*_\n]{1,80}:\2|[A-Z][^\n:`]{1,59}:)\s*$")
"""A line in bold, or with a colon at its end, as labels are."""
LABEL = "<?label "
"""The beginning of a line that is a label; Markdown reads it as a block of its own."""
_CODE_NAMES = {
    "☐": "ballot_box",
    "⬜": "white_large_square",
    "◻": "white_medium_square",
    "🔲": "black_square_button",
    "🔳": "white_square_button",
    "⬛": "black_large_square",
    "✅": "white_check_mark",
    "✔": "heavy_check_mark check check_mark",
    "☑": "ballot_box_with_check",
    "❌": "x",
    "❎": "negative_squared_cross_mark",
    "✖": "heavy_multiplication_x",
    "⏳": "hourglass hourglass_flowing_sand",
    "🚧": "construction",
    "⚠": "warning",
    "⛔": "no_entry",
    "🔴": "red_circle",
    "🟠": "orange_circle large_orange_circle",
    "🟡": "yellow_circle large_yellow_circle",
    "🟢": "green_circle large_green_circle",
    "⚪": "white_circle",
}
_BY_CODE = {name: symbol for symbol, names in _CODE_NAMES.items() for name in names.split()}
_SHORT_CODE = re.compile(r"(?<![\w:]):([a-z_]{1,30}):(?![\w:])")
"""A box or a state by name: `:white_check_mark:`; other names of emoji are ornaments."""


def plain_spaces(text: str) -> str:
    """Return a text with plain spaces, without characters that have no width."""
    return text.translate(_SPACES)


def outside_fences(lines: Sequence[str]) -> Iterator[int]:
    """Yield the index of each line that is not inside a block of code, while lines may be replaced."""
    inside = False
    for n, line in enumerate(lines):
        inside = inside is not (_FENCE.match(line) is not None)
        if not inside:
            yield n


def _labels(lines: list[str]) -> None:
    """Mark each label directly after an entry of a list, which Markdown would read as a part of that entry."""
    inside = False
    for n in outside_fences(lines):
        line = lines[n]
        if not line.strip() or line.startswith("#"):
            inside = False
        elif _ENTRY.match(line):
            inside = True
        elif (
            inside and _LABEL.match(line) and "?>" not in line and not field_kind(field_name(line.strip("*_: ") + ":"))
        ):
            after = next((later for later in lines[n + 1 : n + 3] if later.strip()), "")
            if _ENTRY.match(after) and not after[:1].isspace():
                lines[n] = f"{LABEL}{line}?>"


def _is_field(line: str) -> bool:
    return field_kind(field_name(f"{line.strip('*_: ')}:")) != ""


def normal_lines(lines: list[str]) -> None:
    """Replace lines by those with the bullets and symbols of Markdown, in the same columns where possible."""
    for n in outside_fences(lines):
        lines[n] = _SHORT_CODE.sub(lambda code: _BY_CODE.get(code[1], code[0]), lines[n])
    for n in outside_fences(lines):
        line = _JOINED.sub(r"\1 ", _DASH.sub(r"\1- ", _BULLET.sub(r"\1-", lines[n])))
        lettered = _LETTERED.match(line) or (_PARENT.match(line) if _has_boxes(lines, n) else None)
        if lettered:
            line = f"{lettered[1]}{_number(lettered[2])}{line[lettered.end() :]}"
        lines[n] = line
    _labels(lines)


def _number(marker: str) -> str:
    """Return a marker such as `a)`, `ii.` or `1.2` as the number 1 in the same width; Markdown counts on by itself."""
    return "1".zfill(len(marker) - 1) + (marker[-1] if marker[-1] in ".)" else ".")


def _has_boxes(lines: Sequence[str], n: int) -> bool:
    """Return whether the next line with a text is further to the right, and has a box."""
    after = next((line for line in lines[n + 1 : n + 3] if line.strip()), "")
    boxed = _BOXED.match(after)
    return boxed is not None and len(boxed[1]) > len(lines[n]) - len(lines[n].lstrip())

"""What is around the text of a Markdown file: its front matter, footnotes and addresses of links."""

import re
from dataclasses import dataclass

from mmcockpit.config.markdown.inline import bare
from mmcockpit.config.markdown.result import Ledger

_FENCE = re.compile(r"^\s*(?:```|~~~)")
_FOOTNOTE = re.compile(r"^\s{0,3}\[\^([^\]\s]+)\]:\s*(.*)$")
_REFERENCE = re.compile(r"^\s{0,3}\[([^\]^]+)\]:\s*<?(\S+?)>?(?:\s+[\"'(].*)?\s*$")
_PAIR = re.compile(r"^([A-Za-z][\w-]*):\s*(.*?)\s*$")
MOST_FRONT = 200


@dataclass(frozen=True, slots=True)
class Frame:
    """A text, and what is around it."""

    text: str
    body: str
    """The text without what is around it; every line keeps its number."""
    title: str
    footnotes: dict[str, tuple[int, str]]
    """Name of a footnote to its line and text."""
    references: dict[str, tuple[int, str]]
    """Name of an address in lower case to its line and the address."""
    ledger: Ledger


def frame(text: str) -> Frame:
    """Separate front matter, footnotes and addresses of links from a text."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").removeprefix("\ufeff").split("\n")
    ledger = Ledger()
    whole = "\n".join(lines)
    title = _front(lines, ledger)
    footnotes: dict[str, tuple[int, str]] = {}
    references: dict[str, tuple[int, str]] = {}
    inside = False
    for n, line in enumerate(lines):
        inside = inside is not (_FENCE.match(line) is not None)
        footnote, reference = _FOOTNOTE.match(line), _REFERENCE.match(line)
        if inside:
            continue
        if footnote:
            footnotes[footnote[1]] = (n + 1, footnote[2])
        elif reference and reference[1].strip().casefold() not in ("", "x"):
            references[reference[1].casefold()] = (n + 1, reference[2])
        else:
            continue
        lines[n] = ""
    return Frame(whole, "\n".join(lines), title, footnotes, references, ledger)


def _front(lines: list[str], ledger: Ledger) -> str:
    """Blank the front matter; return its name or title. Its other lines are noted as not taken."""
    end = next((n for n, line in enumerate(lines[1:MOST_FRONT], start=1) if line.strip() in ("---", "...")), 0)
    if lines[0].strip() != "---" or not end:
        return ""
    title = ""
    for n in range(1, end):
        pair = _PAIR.match(lines[n])
        if pair and pair[1].casefold() in ("name", "title") and not title:
            title = bare(pair[2].strip("\"'"), 200)
            ledger.take((n + 1,))
        elif lines[n].strip():
            ledger.lose(range(n + 1, n + 2), f"front matter is not taken: {lines[n].strip()[:80]}")
    lines[: end + 1] = [""] * (end + 1)
    return title

"""What is around the text of a Markdown file: its front matter, footnotes and addresses of links."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import NamedTuple

from mmcockpit.config.markdown.blocks import TableBlock
from mmcockpit.config.markdown.forms.foreign_tables import foreign_tables
from mmcockpit.config.markdown.forms.html_lines import html_lines
from mmcockpit.config.markdown.inline import bare
from mmcockpit.config.markdown.line_forms import normal_lines, outside_fences, plain_spaces
from mmcockpit.config.markdown.result import Ledger
from mmcockpit.config.text.password import password_in_url

_FOOTNOTE = re.compile(r"^\s{0,3}\[\^([^\]\s]+)\]:\s*(.*)$")
_REFERENCE = re.compile(r"^\s{0,3}\[([^\]^]+)\]:\s*<?(\S+?)>?(?:\s+[\"'(].*)?\s*$")
_HIDDEN = re.compile(
    r"^\s{0,3}(?:\[(?://|comment|#|_)[^\]]{0,40}\]:\s*(?:#|<>)\s*[\"'(](.*)[\"')]|%%(.+)%%)\s*$", re.IGNORECASE
)
"""A comment as an address of a link that is never used, and one of Obsidian: `[//]: # (text)`, `%% text %%`."""
_CONTENTS = re.compile(r"^\s{0,3}(?:\[\[_?TOC_?\]\]|@?\[TOC\]|\{:toc[^{}]*\}|\$\{toc\})\s*$", re.IGNORECASE)
"""Where a program inserts the list of contents."""
_CONTINUED = re.compile(r"^(?: {2,}|\t)\s*(\S.*)$")
_NEXT_PART = re.compile(r"^(?: {4}|\t)\s*\S")
"""A line of a footnote after an empty one."""
_FENCES = {"---": ("---", "..."), "+++": ("+++",)}
"""The lines around front matter in YAML and TOML."""
_CREDENTIALS = re.compile(r"://[^\s/@]*:[^\s@]*@")
_PAIR = re.compile(r"^([A-Za-z][\w-]*)\s*[:=]\s*(.*?)\s*$")
_FOLDED = re.compile(r"[>|][+-]?\d?\s*(?:#.*)?")
"""The beginning of a text of several lines in YAML."""
_QUOTED = re.compile(r"([\"'])(.*?)\1\s*(?:#.*)?$")
MOST_FRONT = 200


class Footnote(NamedTuple):
    """The text of a footnote, and its lines."""

    lines: range
    text: str


@dataclass(frozen=True, slots=True)
class Frame:
    """A text, and what is around it."""

    text: str
    body: str
    """The text without what is around it, its bullets as Markdown has them; every line keeps its number."""
    title: str
    footnotes: dict[str, Footnote]
    """Name of a footnote to it."""
    tables: list[TableBlock]
    """The tables that are not in the form of Markdown."""
    references: dict[str, tuple[int, str]]
    """Name of an address in lower case to its line and the address."""
    ledger: Ledger


def frame(text: str) -> Frame:
    """Separate front matter, footnotes and addresses of links from a text."""
    lines = plain_spaces(text.replace("\r\n", "\n").replace("\r", "\n")).split("\n")
    ledger = Ledger()
    for n, line in enumerate(lines):
        if "@" in line and password_in_url(line):
            lines[n] = _without_credentials(line)
            ledger.note(n + 1, "the user and password in a URL are left out: <credentials>")
    whole = "\n".join(lines)
    title = _front(lines, ledger)
    footnotes: dict[str, Footnote] = {}
    references: dict[str, tuple[int, str]] = {}
    tables = foreign_tables(lines)
    html_lines(lines)
    normal_lines(lines)
    for n in outside_fences(lines):
        if _marginal(lines, n, ledger):
            continue
        footnote, reference = _FOOTNOTE.match(lines[n]), _REFERENCE.match(lines[n])
        if footnote:
            footnotes[footnote[1]] = _footnote(footnote[2], lines, n)
            lines[n : footnotes[footnote[1]].lines[-1]] = [""] * len(footnotes[footnote[1]].lines)
        elif reference and reference[1].strip().casefold() not in ("", "x"):
            references[reference[1].casefold()] = (n + 1, reference[2])
            lines[n] = ""
    return Frame(whole, "\n".join(lines), title, footnotes, tables, references, ledger)


def _marginal(lines: list[str], n: int, ledger: Ledger) -> bool:
    """Blank and note a line that is a comment, or in place of the list of contents; False for any other line."""
    hidden = _HIDDEN.match(lines[n])
    if hidden:
        ledger.lose(range(n + 1, n + 2), f"comment left out: {(hidden[1] or hidden[2]).strip()[:200]}")
    elif _CONTENTS.match(lines[n]):
        ledger.note(n + 1, "the place of a list of contents, which is no part of the checklist")
        ledger.take((n + 1,))
    else:
        return False
    lines[n] = ""
    return True


def _without_credentials(line: str) -> str:
    """Return a line with `<credentials>` in each URL instead of a user with a password."""
    line = _CREDENTIALS.sub("://<credentials>@", line)
    return " ".join("<credentials>" if password_in_url(word) else word for word in line.split(" "))


def _footnote(first: str, lines: Sequence[str], n: int) -> Footnote:
    """Return the footnote that begins in a line (from 0): the indented lines after it belong to it."""
    texts = [first]
    while n + len(texts) < len(lines):
        at = n + len(texts)
        more = _CONTINUED.match(lines[at])
        if more:
            texts.append(more[1])
        elif not lines[at].strip() and at + 1 < len(lines) and _NEXT_PART.match(lines[at + 1]):
            texts.append("")
        else:
            break
    return Footnote(range(n + 1, n + 1 + len(texts)), " ".join(filter(None, texts)))


def _front(lines: list[str], ledger: Ledger) -> str:
    """Blank the front matter; return its name or title. Its other lines are noted as not taken."""
    opening = lines[0].strip()
    end = next(
        (n for n, line in enumerate(lines[1:MOST_FRONT], start=1) if line.strip() in _FENCES.get(opening, ())), 0
    )
    if not end:
        return ""
    title = ""
    tables = next((n for n in range(1, end) if opening == "+++" and lines[n].startswith("[")), end)
    for n in range(1, end):
        pair = _PAIR.match(lines[n])
        written = _front_text(pair[2], lines[n + 1 : end]) if pair and n < tables else ("", 0)
        if pair and pair[1].casefold() in ("name", "title") and written[0] and not title:
            title = bare(written[0], 200)
            ledger.take(range(n + 1, n + 2 + written[1]))
        elif lines[n].strip():
            ledger.lose(range(n + 1, n + 2), f"front matter is not taken: {lines[n].strip()[:80]}")
    lines[: end + 1] = [""] * (end + 1)
    return title


def _front_text(written: str, after: Sequence[str]) -> tuple[str, int]:
    """Return the text of a value and how many of the lines after it belong to it; empty for a list or an object."""
    if _FOLDED.fullmatch(written):
        more = list(takewhile(lambda line: not line.strip() or line[:1].isspace(), after))
        return " ".join(filter(None, map(str.strip, more))), len(more)
    quoted = _QUOTED.match(written)
    if quoted:
        return quoted[2], 0
    text = re.sub(r"\s+#.*$", "", written)
    return "" if text[:1] in ("[", "{", "&", "*", "!") or text.casefold() in ("null", "~") else text.strip("\"'"), 0

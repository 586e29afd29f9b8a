"""A Markdown text as headings with the blocks below them, each with its lines."""

import re
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

from mmcockpit.config.markdown.blocks import Block, Fence, Heading, Lines, ListEntry, Listing, Paragraph, TableBlock
from mmcockpit.config.markdown.boxes import boxed
from mmcockpit.config.markdown.line_forms import LABEL

MOST_CELLS = 10_000
"""Maximum number of cells in a line of a table: parsing more takes seconds."""

_BREAK = re.compile(r"([-*_])[ \t]*+(?:\1[ \t]*+){2,}+")
_LISTED = re.compile(r"^\s*(?:[-*+]|\d{1,9}[.)])\s+(.*)$")
_BOXED = re.compile(r"\[[ xX]?\]\s|☐|⬜")
"""The beginning of a heading that is an item; a tick before a heading is an ornament."""
_INDENTED = re.compile(r"(?:!!!|\?\?\?\+?|===[+!]?)[ \t]+\S[^\n]*\n(?: {4}|\t)[ \t]*(?:[-*+]|\d{1,9}[.)])[ \t]")
"""A block of MkDocs with a list directly after its title: `!!! note "Title"`."""
_CLOSED = re.compile(r"\s*<(?:pre|script|style|textarea|[!?])", re.IGNORECASE)
"""The beginning of HTML that is no text."""
_ATTRIBUTES = re.compile(r"\s*\{[#.:][^{}]*\}\s*$")
"""Attributes of a heading, as office programs and pandoc write them: `{#before .unnumbered}`."""
BOLD_LINE = re.compile(r"^(\*\*|__)([^*_\n]+)\1:?$")
_ESCAPED_NUMBER = re.compile(r"^(\d+)\\(?=[.)])")
TABLE = "\ue010"
"""The beginning of a line in place of a table that is given to `outline`; its index follows."""


def outline(text: str, tables: Sequence[TableBlock] = ()) -> Heading:
    """Return a text as one heading of level 0; `tables` are those of other forms, which have a mark in the text."""
    root = Heading(0, "", 1)
    above = [root]
    tokens = _tokens(text, tables)
    while not tokens.ended:
        if tokens.now.type != "heading_open":
            above[-1].blocks += tokens.blocks()
            continue
        level, lines = int(tokens.now.tag[1]), tokens.lines(tokens.now)
        heading = Heading(level, heading_title(tokens.inside().content), lines[0])
        while above[-1].level >= level:
            above.pop()
        if _BOXED.match(heading.title):
            entry = ListEntry(heading.title, lines, False, _details(tokens))
            above[-1].blocks.append(Listing([entry], False))
            continue
        above[-1].below.append(heading)
        above.append(heading)
    for heading in root.walk():
        heading.blocks = _joined(heading.blocks)
    return root


def heading_title(written: str) -> str:
    """Return the title of a heading without attributes, and without emphasis around all of it."""
    title = _ATTRIBUTES.sub("", written)
    bold = BOLD_LINE.match(title)
    return _ESCAPED_NUMBER.sub(r"\1", bold[2] if bold else title)


def _tokens(text: str, tables: Sequence[TableBlock], *, before: int = 0, nested: bool = False) -> "_Tokens":
    """Return the tokens of a text; `before` is the number of lines of the file before it."""
    narrow = max(line.count("|") for line in text.split("\n")) <= MOST_CELLS
    return _Tokens(_parser(narrow).parse(text), tables, before, nested)


@cache
def _parser(tables: bool) -> Any:
    # Imported here: only Markdown needs it, and importing it takes longer than loading YAML.
    from markdown_it import MarkdownIt

    # Inline marks are not needed, and parsing them takes extremely long for some lines.
    parser = MarkdownIt("commonmark").disable(["inline", "text_join"])
    if tables:
        parser.enable("table")
    parser.block.ruler.at("hr", _rule, {"alt": ["paragraph", "reference", "blockquote", "list"]})
    return parser


def _rule(state: Any, line: int, end: int, silent: bool) -> bool:
    """Parse a thematic break; quickly reject a long line of list marks, which the parser would rescan for each mark."""
    from markdown_it.rules_block.hr import hr

    text = state.src[state.bMarks[line] + state.tShift[line] : state.eMarks[line]]
    return _BREAK.fullmatch(text) is not None and hr(state, line, end, silent)


def _details(tokens: "_Tokens") -> list[Block]:
    """Return the text after a heading with a box, up to the next heading, list or table."""
    blocks: list[Block] = []
    while not tokens.ended and tokens.now.type in ("paragraph_open", "fence", "code_block"):
        blocks += tokens.blocks()
    return blocks


class _Tokens:
    """The tokens of a text, read from the first to the last."""

    def __init__(self, tokens: list[Any], tables: Sequence[TableBlock], before: int, nested: bool) -> None:
        self._tokens = tokens
        self._tables = tables
        self._before = before
        self._nested = nested
        self._at = 0

    @property
    def ended(self) -> bool:
        return self._at >= len(self._tokens)

    @property
    def now(self) -> Any:
        return self._tokens[self._at]

    def lines(self, token: Any) -> Lines:
        """Return the lines of a token in the file."""
        first, after = token.map or (0, 0)
        return range(self._before + first + 1, self._before + after + 1)

    def inside(self) -> Any:
        """Return the token inside a paragraph or a heading, and continue after that."""
        self._at += 3
        return self._tokens[self._at - 2]

    def blocks(self) -> list[Block]:
        """Return the next block, several for a quotation, none for a rule."""
        token = self.now
        match token.type:
            case "paragraph_open" | "heading_open":
                inner = self.inside()
                return list(self._admonition(Paragraph(inner.content, self.lines(inner))))
            case "bullet_list_open" | "ordered_list_open":
                return [self._listing(token.type == "ordered_list_open", int(token.attrGet("start") or 1))]
            case "table_open":
                return [self._table()]
            case "blockquote_open":
                self._at += 1
                return self._until("blockquote_close")
        self._at += 1
        if token.type == "code_block" and not self._nested and _is_list(token.content):
            # A list that is indented as a whole.
            return list(_inner(_tokens(token.content, self._tables, before=self.lines(token)[0] - 1, nested=True)))
        if token.type in ("fence", "code_block"):
            return [Fence(token.content, self.lines(token), token.info.strip().split(" ")[0].lower())]
        if token.type == "html_block" and token.content.startswith(LABEL):
            return [Paragraph(token.content.removeprefix(LABEL).rstrip().removesuffix("?>"), self.lines(token)[:1])]
        raw = Paragraph(token.content, self.lines(token), raw=True)
        return list(self._html(raw)) if token.type == "html_block" else []

    def _html(self, block: Paragraph) -> Iterator[Block]:
        """Yield a block of HTML, and the list with boxes that begins in a line of it: `<summary>…</summary>`."""
        lines = block.text.split("\n")
        start = _list_start(lines)
        if not start:
            yield from self._with_tables(block)
            return
        yield from self._with_tables(replace(block, text="\n".join(lines[:start]), lines=block.lines[:start]))
        indent = len(lines[start]) - len(lines[start].lstrip())
        rest = "\n".join(line[min(indent, len(line) - len(line.lstrip())) :] for line in lines[start:])
        inner = _tokens(rest, self._tables, before=block.lines[start] - 1, nested=self._nested)
        yield from _inner(inner)

    def _admonition(self, block: Paragraph) -> Iterator[Block]:
        """Yield a paragraph; of a block of MkDocs that begins directly after its title, the title and the blocks."""
        first, _, rest = block.text.partition("\n")
        if self._nested or not _INDENTED.match(block.text):
            yield from self._with_tables(block)
            return
        yield Paragraph(first, block.lines[:1])
        inner = _tokens(textwrap.dedent(rest), self._tables, before=block.lines[0], nested=True)
        yield from _inner(inner)

    def _with_tables(self, block: Paragraph) -> Iterator[Block]:
        """Yield a paragraph, and the tables in whose place it has a mark."""
        lines = block.text.split("\n")
        text = "\n".join(line for line in lines if TABLE not in line)
        if text.strip():
            yield replace(block, text=text)
        for line in lines:
            if TABLE in line:
                yield self._tables[int(line.strip().removeprefix(TABLE))]

    def _until(self, end: str) -> list[Block]:
        blocks: list[Block] = []
        while self.now.type != end:
            blocks += self.blocks()
        self._at += 1
        return blocks

    def _listing(self, numbered: bool, start: int) -> Listing:
        entries: list[ListEntry] = []
        self._at += 1
        while self.now.type == "list_item_open":
            lines = self.lines(self.now)
            self._at += 1
            blocks = self._until("list_item_close")
            first = blocks[0] if blocks and isinstance(blocks[0], Paragraph) and not blocks[0].raw else None
            if first is None:
                entries.append(ListEntry("", lines[:1], numbered, blocks))
            else:
                entries += _split(ListEntry(first.text, first.lines, numbered, blocks[1:]))
        self._at += 1
        return Listing(entries, numbered, start)

    def _table(self) -> TableBlock:
        lines, rows = self.lines(self.now), list[tuple[int, list[str]]]()
        while self.now.type != "table_close":
            if self.now.type == "tr_open":
                rows.append((self.lines(self.now)[0], []))
            elif self.now.type == "inline":
                rows[-1][1].append(self.now.content)
            self._at += 1
        self._at += 1
        return TableBlock(rows[0][1], lines, rows[1:])


def _is_list(code: str) -> bool:
    """Return whether indented text, which Markdown reads as code, is a list with boxes."""
    first = _LISTED.match(code.lstrip("\n").split("\n", 1)[0])
    return first is not None and any(
        (entry := _LISTED.match(line)) and boxed(entry[1]) is not None for line in code.split("\n")
    )


def _list_start(html: Sequence[str]) -> int:
    """Return the line (from 0) of a block of HTML in which a list with boxes begins; 0 without one."""
    if _CLOSED.match(html[0]):
        return 0
    for n, line in enumerate(html):
        entry = _LISTED.match(line)
        if entry and boxed(entry[1]) is not None:
            return n
        if line.count("<!--") > line.count("-->"):
            return 0
    return 0


def _inner(tokens: _Tokens) -> Iterator[Block]:
    while not tokens.ended:
        yield from tokens.blocks()


def _split(entry: ListEntry) -> Iterator[ListEntry]:
    """Yield an entry, and one for each of its further lines that begins with a box."""
    texts = entry.text.split("\n")
    starts = [n for n, text in enumerate(texts) if n == 0 or boxed(text) is not None]
    for n, after in zip(starts, [*starts[1:], len(texts)], strict=True):
        last = after == len(texts)
        text = "\n".join(texts[n:after])
        yield replace(entry, text=text, lines=entry.lines[n:after], blocks=entry.blocks if last else [])


def _joined(blocks: list[Block]) -> list[Block]:
    """Return blocks in which a list is one that is interrupted by code, which belongs to the entry before it."""
    joined: list[Block] = []
    for block in blocks:
        before = len(joined) - 1
        while isinstance(block, Listing) and before >= 0 and isinstance(joined[before], Fence):
            before -= 1
        first = joined[before] if before >= 0 else None
        if isinstance(block, Listing) and isinstance(first, Listing) and _continues(first, block):
            last = first.entries[-1]
            entries = [*first.entries[:-1], replace(last, blocks=[*last.blocks, *joined[before + 1 :]]), *block.entries]
            joined[before:] = [replace(first, entries=entries)]
        else:
            joined.append(block)
    return joined


def _continues(first: Listing, second: Listing) -> bool:
    """Return whether a list continues another one: with the next number, or with boxes like it."""
    if first.numbered or second.numbered:
        return first.numbered and second.numbered and second.start == first.start + len(first.entries) > 1
    return all(boxed(listing.entries[-1].text) is not None for listing in (first, second))

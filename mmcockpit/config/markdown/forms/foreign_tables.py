"""Tables in other forms than that of Markdown: of HTML, with borders (`+---+`), and with columns under dashes."""

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from html.parser import HTMLParser
from typing import NamedTuple

from mmcockpit.config.markdown.blocks import TableBlock
from mmcockpit.config.markdown.line_forms import outside_fences
from mmcockpit.config.markdown.outline import TABLE

_HTML = re.compile(r"^\s*<table\b", re.IGNORECASE)
_HTML_END = re.compile(r"</table>\s*$", re.IGNORECASE)
_BORDER = re.compile(r"^\s*\+(?:[-=:]{2,}\+){1,100}\s*$")
_DASHES = re.compile(r"^\s*-{3,}(?:\s+-{3,}){1,100}\s*$")
_LISTED = re.compile(r"^(?:[-*+]\s|\[[ xX]?\]\s|[☐☑⬜✅])")
"""A line of a cell that does not continue the line before it."""
_MOST_SPAN = 1_000
"""Maximum number of rows in which a merged cell is repeated."""
_MOST_WIDTH = 100
"""Maximum number of columns in which a merged cell is repeated."""


class _Span(NamedTuple):
    """A cell of HTML, which may be merged with those below and beside it."""

    rows: int
    columns: int
    text: str


def foreign_tables(lines: list[str]) -> list[TableBlock]:
    """Return the tables of other forms; in the lines, a mark with the index of each one is in its place."""
    tables: list[TableBlock] = []
    ends = [n for n, line in enumerate(lines) if _HTML_END.search(line)]
    after = 0
    for n in outside_fences(tuple(lines)):
        apart = n >= after and not (n and lines[n - 1].lstrip().startswith("|"))
        found = _table(lines, n, ends) if apart else None
        if found is None:
            continue
        after = found.lines.stop - 1
        if len(found.header) > 1 and found.rows:
            found.header += [""] * (max(len(row) for _, row in found.rows) - len(found.header))
            indent = lines[n][: len(lines[n]) - len(lines[n].lstrip())]
            lines[n:after] = [f"{indent}{TABLE}{len(tables)}", *[""] * (after - n - 1)]
            tables.append(found)
    return tables


def _table(lines: Sequence[str], n: int, ends: Sequence[int]) -> TableBlock | None:
    """Return the table that begins in a line (from 0); None without one. `ends` are the lines with ends in HTML."""
    if _HTML.match(lines[n]):
        place = bisect_right(ends, n)
        return _html_table(lines, range(n, ends[place] + 1)) if place < len(ends) else None
    if _BORDER.match(lines[n]):
        end = next((m for m in range(n, len(lines)) if lines[m].strip()[:1] not in ("+", "|")), len(lines))
        return _bordered_table(lines, range(n, end))
    if n + 1 < len(lines) and _DASHES.match(lines[n + 1]) and lines[n].strip():
        end = next((m for m in range(n + 2, len(lines)) if not lines[m].strip()), len(lines))
        return _dashed_table(lines, range(n, end))
    return None


def _bordered_table(lines: Sequence[str], places: range) -> TableBlock:
    rows: list[tuple[int, list[list[str]]]] = []
    begins = True
    for n in places:
        line = lines[n].strip()
        if line.startswith("+"):
            begins = True
            continue
        if begins:
            rows.append((n + 1, []))
        rows[-1][1].append([cell.strip() for cell in line.strip("|").split("|")])
        begins = False
    merged = [(line, _merged(cells)) for line, cells in rows]
    return TableBlock(merged[0][1] if merged else [], _numbers(places), merged[1:])


def _merged(lines: Sequence[Sequence[str]]) -> list[str]:
    """Return the cells of a row of several lines."""
    cells = [""] * max(map(len, lines))
    for line in lines:
        for n, part in enumerate(line):
            apart = "<br>" if _LISTED.match(part) else " "
            cells[n] = f"{cells[n]}{apart}{part}" if cells[n] and part else cells[n] or part
            cells[n] = cells[n].removesuffix("\\").rstrip()
    return cells


def _dashed_table(lines: Sequence[str], places: range) -> TableBlock:
    starts = [match.start() for match in re.finditer(r"-+", lines[places[1]])]
    ends = [*starts[1:], max(len(lines[n]) for n in places)]
    cells = [[lines[n][start:end].strip() for start, end in zip(starts, ends, strict=True)] for n in places]
    rows = [
        (n + 1, row) for n, row in zip(places[2:], cells[2:], strict=True) if not set(lines[n].strip()) <= {"-", " "}
    ]
    named = sum(map(bool, cells[0])) > 1
    return TableBlock(cells[0] if named else [], _numbers(places), rows)


def _html_table(lines: Sequence[str], places: range) -> TableBlock:
    reader = _HtmlTable(places[0] + 1)
    reader.feed("\n".join(lines[n] for n in places))
    reader.close()
    titles = next((n for n, (_, spans) in enumerate(reader.rows) if not _is_title(spans)), 0)
    rows = list(
        _unmerged(reader.rows, sum(span.columns for _, spans in reader.rows[titles : titles + 1] for span in spans))
    )
    header = min(titles + _header_rows(reader.rows[titles:]), len(rows)) - 1
    found = rows[header][1] if rows else []
    return TableBlock(found, _numbers(places), rows[:titles] + rows[header + 1 :])


def _is_title(spans: Sequence[_Span]) -> bool:
    """Return whether a row has nothing but a cell over several columns: a title of the rows after it."""
    return len(spans) == 1 and spans[0].columns > 1


def _header_rows(rows: Sequence[tuple[int, Sequence[_Span]]]) -> int:
    """Return how many rows the header has: several below cells over several columns, beside merged ones."""
    first = rows[0][1] if rows else ()
    return max(span.rows for span in first) if any(span.columns > 1 for span in first) else 1


def _unmerged(rows: Sequence[tuple[int, Sequence[_Span]]], width: int) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows with the cells that are merged with those above and beside them, to the width of the header."""
    above: dict[int, _Span] = {}
    for line, spans in rows:
        if _is_title(spans):
            text = spans[0].text.replace("*", "").replace("_", " ").strip()
            yield line, [f"**{text}**" if text else "", *[""] * (min(spans[0].columns, width) - 1)]
            continue
        waiting, cells = list(spans), list[str]()
        while waiting or len(cells) in above:
            span = above.pop(len(cells), None) or waiting.pop(0)
            if span.columns > 1:
                waiting[:0] = [span._replace(columns=1)] * max(1, min(span.columns, width - len(cells)))
                continue
            if span.rows > 1:
                above[len(cells)] = span._replace(rows=span.rows - 1)
            cells.append(span.text)
        yield line, cells


def _numbers(places: range) -> range:
    return range(places.start + 1, places.stop + 1)


class _HtmlTable(HTMLParser):
    """Reads the rows of a table with their lines; boxes, breaks and links in cells become those of Markdown."""

    def __init__(self, line: int) -> None:
        super().__init__(convert_charrefs=True)
        self.rows: list[tuple[int, list[_Span]]] = []
        self._first = line
        self._text: list[str] | None = None
        self._merged = _Span(1, 1, "")
        self._links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag in ("tr", "td", "th"):
            self._end_cell()
        if tag == "tr":
            self.rows.append((self._first + self.getpos()[0] - 1, []))
        elif tag in ("td", "th"):
            self._text = []
            self._merged = _Span(_number(values, "rowspan", _MOST_SPAN), _number(values, "colspan", _MOST_WIDTH), "")
        elif tag == "input" and values.get("type", "").casefold() == "checkbox":
            self._add("[x] " if "checked" in values else "[ ] ")
        elif tag in ("br", "li", "p", "div"):
            self._add("<br>")
        elif tag in ("b", "strong"):
            self._add("**")
        elif tag == "a":
            self._links.append(values.get("href", ""))
            self._add("[")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th", "tr", "table"):
            self._end_cell()
        elif tag in ("b", "strong"):
            self._add("**")
        elif tag == "a" and self._links:
            self._add(f"]({self._links.pop()})")

    def handle_data(self, data: str) -> None:
        self._add(data)

    def _add(self, text: str) -> None:
        if self._text is not None:
            self._text.append(text)

    def _end_cell(self) -> None:
        if self._text is not None and self.rows:
            text = " ".join("".join(self._text).split())
            text = re.sub(r"(?:\s*<br>\s*)+", "<br>", text).removeprefix("<br>").removesuffix("<br>")
            self.rows[-1][1].append(self._merged._replace(text=text))
        self._text = None


def _number(values: Mapping[str, str], name: str, most: int) -> int:
    """Return a number of merged cells, at least 1."""
    value = values.get(name, "")
    return max(1, min(int(value), most)) if value.isdigit() and value.isascii() else 1

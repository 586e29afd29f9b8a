"""What the columns of a table mean, by their headers and cells."""

import re
from dataclasses import dataclass

from mmcockpit.config.markdown.blocks import TableBlock
from mmcockpit.config.markdown.boxes import is_mark, is_open
from mmcockpit.config.markdown.fields import field_kind
from mmcockpit.config.markdown.headings import are_steps, is_rollback
from mmcockpit.config.markdown.inline import bare
from mmcockpit.config.markdown.tables.cells import NUMBERS, cell_at, header_name, is_number, only
from mmcockpit.config.markdown.tables.states import is_state
from mmcockpit.config.markdown.tables.titles import TableHead, title_column

_IDENTIFIER = re.compile(r"(?:[A-Za-z]{0,10}[-_. ]?\d{1,6}(?:[.-]\d{1,4})*[.)]?|#\d{1,6})")
"""A cell that numbers a row: `3`, `1.2`, `REL-101`, `R1`."""
_BOXES = frozenset(["", "check", "checked", "ok", "x", "✓", "✔", "☑", "✅", "box", "tick"])
_RESULTS = frozenset(
    [
        *("result", "results", "outcome", "pass/fail", "verdict", "complete", "completed", "progress", "met", "passed"),
        *("approved", "confirmed", "ready", "tested", "validated", "verified"),
    ]
)
"""Columns of a status if they have nothing but states."""
_CHOICE = re.compile(r"\??\s*\([^()]*\)$")
"""What to write into a column: `Met? (yes/no)`."""
_MARKABLE = frozenset({"link", "note", "expected", "command"})
"""Kinds of columns that may hold only marks: `Runbook`, `Rollback`."""
_MUST = frozenset(["must", "required", "mandatory", "m"])
MAY = frozenset(["should", "could", "may", "recommended", "optional", "nice to have", "s", "c", "o"])
"""Words that say how much a level requires a row."""


@dataclass(slots=True)
class TableColumns:
    """The columns of a table by meaning, as indexes."""

    title: int | None
    levels: list[int]
    """Columns that hold only marks, or words such as MUST."""
    states: list[int]
    """The levels if any has open boxes, as of several environments: each cell is a state of its own."""
    grade: int | None
    """The column of words such as MUST, if there is only one."""
    command: int | None
    status: int | None
    numbers: list[int]
    """The columns that number its rows."""
    back: bool
    """Whether the header of its titles is that of a rollback."""

    @property
    def steps(self) -> bool:
        """Whether its rows are steps: it has commands, and no status."""
        return self.command is not None and self.status is None

    def are_steps(self, table: TableBlock) -> bool:
        """Return whether the rows below a rollback are its steps; those with a state may check it instead."""
        titles = [bare(cell_at(cells, self.title)) for _, cells in table.rows]
        return self.title is not None and (self.status is None or are_steps(titles))

    @classmethod
    def of(cls, table: TableBlock) -> "TableColumns":
        """Find the columns of a table; none in a table of the properties of the document."""
        headers = [header_name(cell) for cell in table.header]
        kinds = [field_kind(cell) for cell in table.header]
        every = range(len(headers))
        marks = [n for n in every if only(is_mark, table, n)]
        numbers = [n for n in every if headers[n] in NUMBERS or _only_identifiers(table, n)]
        command = next((n for n in every if kinds[n] == "command"), None)
        opened = [n for n in marks if _has_open_box(table, n)]
        status = next((n for n in every if kinds[n] == "status"), None)
        if status is None:
            boxes = [n for n in marks if headers[n] in _BOXES] or (opened if len(opened) == 1 else [])
            results = [n for n in every if _CHOICE.sub("", headers[n]) in _RESULTS and only(is_state, table, n)]
            status = next(iter([*boxes, *results]), None)
        words = [n for n in every if only(applies, table, n) and n not in marks]
        marks += words if len(words) > 1 else []
        taken = {status, *numbers}
        levels = [n for n in marks if n not in taken and (not kinds[n] or kinds[n] in _MARKABLE)]
        if any(headers[n] in MAY for n in levels):
            levels = sorted({*levels, *(n for n in marks if kinds[n] == "required")})
        title = title_column(table, TableHead(headers, kinds, levels, status, numbers, bool(opened)))
        states = levels if any(n in opened for n in levels) else []
        back = title is not None and is_rollback(headers[title])
        grade = words[0] if len(words) == 1 and words[0] not in (title, status) else None
        return cls(title, levels, states, grade, command, status, [n for n in numbers if n != title], back)


def applies(cell: str) -> bool:
    """Return whether a row applies at a level."""
    return is_mark(cell) or bare(cell).casefold() in _MUST | MAY


def _only_identifiers(table: TableBlock, column: int) -> bool:
    """Return whether a column only numbers the rows: the first one, one without a header, or one such as `Step`."""
    if column and not is_number(header_name(table.header[column])):
        return False
    cells = [bare(cell_at(cells, column)) for _, cells in table.rows]
    return any(cells) and all(not cell or _IDENTIFIER.fullmatch(cell) for cell in cells)


def _has_open_box(table: TableBlock, column: int) -> bool:
    return any(is_open(cell_at(cells, column)) for _, cells in table.rows)

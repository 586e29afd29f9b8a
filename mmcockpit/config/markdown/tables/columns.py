"""What the columns of a table mean, by their headers and cells."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from mmcockpit.config.markdown.blocks import TableBlock
from mmcockpit.config.markdown.boxes import is_mark, is_no, is_open
from mmcockpit.config.markdown.fields import field_kind
from mmcockpit.config.markdown.inline import bare

_TITLES = frozenset(
    {
        *("item", "items", "check", "checks", "task", "tasks", "what", "action", "actions", "activity", "activities"),
        *("todo", "to-do", "criterion", "criteria", "requirement", "requirements", "title", "subject", "step", "steps"),
        *("deliverable", "question", "control", "practice"),
    }
)
GROUPS = frozenset(
    ["area", "topic", "category", "group", "section", "component", "domain", "phase", "stage", "team", "system"]
)
"""Columns of what several rows belong to; a cell that is empty continues the one above it."""
_DESCRIPTIONS = frozenset(["description", "details", "name", "summary"])
"""Columns of titles in a table that has no other one."""
_NUMBERS = frozenset(["#", "no", "no.", "nr", "nr.", "id", "number", "ref", "n°", "key", "issue key", "seq", "order"])
_IDENTIFIER = re.compile(r"(?:[A-Za-z]{0,10}[-_. ]?\d{1,6}(?:[.-]\d{1,4})*[.)]?|#\d{1,6})")
"""A cell that numbers a row: `3`, `1.2`, `REL-101`, `R1`."""
_BOXES = frozenset(["", "check", "checked", "ok", "x", "✓", "✔", "☑", "✅", "box", "tick"])
_MARKABLE = frozenset({"link", "note", "expected", "command"})
"""Kinds of columns that may hold only marks: `Runbook`, `Rollback`."""
_SIGNERS = frozenset(["role", "roles", "approver", "approvers", "signatory", "sign-off", "signed by"])
"""Columns of who signs, which are the titles of a table with a box for each of them."""
_MUST = frozenset(["must", "required", "mandatory", "m"])
MAY = frozenset(["should", "could", "may", "recommended", "optional", "nice to have", "s", "c", "o"])
"""Words that say how much a level requires a row."""


@dataclass(slots=True)
class TableColumns:
    """The columns of a table by meaning, as indexes."""

    title: int | None
    levels: list[int]
    """Columns that hold only marks, or words such as MUST."""
    command: int | None
    status: int | None
    numbers: list[int]
    """The columns that number its rows."""

    @property
    def steps(self) -> bool:
        """Whether its rows are steps: it has commands, and no status."""
        return self.command is not None and self.status is None

    @classmethod
    def of(cls, table: TableBlock) -> "TableColumns":
        """Find the columns of a table; none in a table of the properties of the document."""
        headers = [header_name(cell) for cell in table.header]
        kinds = [field_kind(cell) for cell in table.header]
        every = range(len(headers))
        marks = [n for n in every if _only(is_mark, table, n)]
        numbers = [n for n in every if headers[n] in _NUMBERS or _only_identifiers(table, n)]
        command = next((n for n in every if kinds[n] == "command"), None)
        status = next((n for n in every if kinds[n] == "status"), None)
        if status is None:
            status = next((n for n in marks if headers[n] in _BOXES or _has_open_box(table, n)), None)
        words = [n for n in every if _only(applies, table, n) and n not in marks]
        marks += words if len(words) > 1 else []
        taken = {status, *numbers}
        levels = [n for n in marks if n not in taken and (not kinds[n] or kinds[n] in _MARKABLE)]
        free = [n for n in every if n not in {*taken, *levels} and not kinds[n]]
        named = [n for n in every if headers[n] in _TITLES and n not in levels and n != status]
        titled = [n for n in named if not _only(_is_amount, table, n)]
        title = next((n for n in titled if n in free), None)
        if title is None and (named or levels or status is not None) and not _is_properties(table):
            inner = [n for n in free if headers[n] not in GROUPS and _tells_rows_apart(table, n)]
            inner = inner or ([] if named else free)
            described = [n for n in every if headers[n] in _DESCRIPTIONS and n not in {*taken, *levels}]
            signed = [n for n in every if headers[n] in _SIGNERS] if status is not None else []
            found = [*described, *inner] if named else [*inner, *described]
            title = next(iter([*signed, *found, *titled]), None)
        return cls(title, levels, command, status, [n for n in numbers if n != title])


def header_name(cell: str) -> str:
    """Return the header of a column as the rules compare it: in small letters, without marks."""
    return bare(cell).casefold().strip(" :*?")


def cell_at(cells: Sequence[str], column: int | None) -> str:
    """Return the cell of a row in this column; empty where the row or the table has none."""
    return cells[column] if column is not None and column < len(cells) else ""


def applies(cell: str) -> bool:
    """Return whether a row applies at a level."""
    return is_mark(cell) or bare(cell).casefold() in _MUST | MAY


def _only(holds: Callable[[str], bool], table: TableBlock, column: int) -> bool:
    """Return whether a cell of a column is one, and every other one is a no."""
    cells = [cell_at(cells, column) for _, cells in table.rows]
    return any(map(holds, cells)) and all(is_no(cell) or holds(cell) for cell in cells)


def _only_identifiers(table: TableBlock, column: int) -> bool:
    """Return whether a column only numbers the rows: the first one, one without a header, or one such as `Step`."""
    if column and not is_number(header_name(table.header[column])):
        return False
    cells = [bare(cell_at(cells, column)) for _, cells in table.rows]
    return any(cells) and all(not cell or _IDENTIFIER.fullmatch(cell) for cell in cells)


def _tells_rows_apart(table: TableBlock, column: int) -> bool:
    """Return whether the cells of a column differ and have words: ratings such as `Low` and amounts are no titles."""
    cells = [bare(cell_at(cells, column)).casefold() for _, cells in table.rows]
    return not all(map(_is_amount, cells)) and (len(cells) < 3 or 3 * len(set(cells)) > 2 * len(cells))


def _is_amount(cell: str) -> bool:
    """Return whether a cell has no word: a number, a percentage, a dash, or a line to write on."""
    return not any(char.isalpha() for char in bare(cell))


def is_number(header: str) -> bool:
    """Return whether a column of plain numbers with this header has nothing but the numbers of its rows."""
    return not header or header in _TITLES | _NUMBERS


def _has_open_box(table: TableBlock, column: int) -> bool:
    return any(is_open(cell_at(cells, column)) for _, cells in table.rows)


def _is_properties(table: TableBlock) -> bool:
    """Return whether a table has the properties of the document: two columns, the first one with names of fields."""
    if len(table.header) != 2 or header_name(table.header[0]) in _TITLES:
        return False
    names = [table.header[0], *(cell_at(cells, 0) for _, cells in table.rows)]
    return 2 * sum(bool(field_kind(name)) for name in names) >= len(names)

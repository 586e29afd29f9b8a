"""What the columns of a table mean, by their headers and cells."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from mmcockpit.config.markdown.blocks import TableBlock
from mmcockpit.config.markdown.boxes import is_mark, is_no, is_open
from mmcockpit.config.markdown.fields import field_kind
from mmcockpit.config.markdown.headings import is_rollback
from mmcockpit.config.markdown.inline import bare
from mmcockpit.config.markdown.tables.states import is_state

_TITLES = frozenset(
    {
        *("item", "items", "check", "checks", "task", "tasks", "what", "action", "actions", "activity", "activities"),
        *("todo", "to-do", "criterion", "criteria", "requirement", "requirements", "title", "subject", "step", "steps"),
        *("deliverable", "question", "control", "practice"),
    }
)
_TITLE_WORDS = frozenset(
    ["item", "items", "check", "checks", "task", "tasks", "action", "activity", "requirement", "step", "deliverable"]
)
"""Words of headers such as `Pre-flight check` and `Task name`."""
_TITLE_PARTS = frozenset(["name", "description", "title", "item", "text", "summary", "required", "details"])
_LATER = frozenset(["next", "corrective", "recommended", "recovery", "mitigation", "follow-up", "preventive"])
"""Words before `action` in a header that is not what to do in the go-live."""
_CASES = frozenset(
    [
        *("alert", "cause", "condition", "error", "failure", "if", "issue", "problem", "risk", "scenario", "symptom"),
        *("trigger", "when", "event", "threat"),
    ]
)
"""The first words of headers in tables of what to do in several cases."""
GROUPS = frozenset(
    ["area", "topic", "category", "group", "section", "component", "domain", "phase", "stage", "team", "system"]
)
"""Columns of what several rows belong to; a cell that is empty continues the one above it."""
_DESCRIPTIONS = frozenset(["description", "details", "name", "summary"])
"""Columns of titles in a table that has no other one."""
_RATINGS = frozenset(["priority", "severity", "level", "effort", "version", "environment", "env", "rag", "date"])
"""Columns of what a row is like, which are no titles."""
_NUMBERS = frozenset(["#", "no", "no.", "nr", "nr.", "id", "number", "ref", "n°", "key", "issue key", "seq", "order"])
_IDENTIFIER = re.compile(r"(?:[A-Za-z]{0,10}[-_. ]?\d{1,6}(?:[.-]\d{1,4})*[.)]?|#\d{1,6})")
"""A cell that numbers a row: `3`, `1.2`, `REL-101`, `R1`."""
_BOXES = frozenset(["", "check", "checked", "ok", "x", "✓", "✔", "☑", "✅", "box", "tick"])
_RESULTS = frozenset(["result", "results", "outcome", "pass/fail", "verdict", "complete", "completed", "progress"])
"""Columns of a status if they have nothing but states."""
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

    @classmethod
    def of(cls, table: TableBlock) -> "TableColumns":
        """Find the columns of a table; none in a table of the properties of the document."""
        headers = [header_name(cell) for cell in table.header]
        kinds = [field_kind(cell) for cell in table.header]
        every = range(len(headers))
        marks = [n for n in every if _only(is_mark, table, n)]
        numbers = [n for n in every if headers[n] in _NUMBERS or _only_identifiers(table, n)]
        command = next((n for n in every if kinds[n] == "command"), None)
        opened = [n for n in marks if _has_open_box(table, n)]
        status = next((n for n in every if kinds[n] == "status"), None)
        if status is None:
            boxes = [n for n in marks if headers[n] in _BOXES] or (opened if len(opened) == 1 else [])
            results = [n for n in every if headers[n] in _RESULTS and _only(is_state, table, n)]
            status = next(iter([*boxes, *results]), None)
        words = [n for n in every if _only(applies, table, n) and n not in marks]
        marks += words if len(words) > 1 else []
        taken = {status, *numbers}
        levels = [n for n in marks if n not in taken and (not kinds[n] or kinds[n] in _MARKABLE)]
        if any(headers[n] in MAY for n in levels):
            levels = sorted({*levels, *(n for n in marks if kinds[n] == "required")})
        free = [n for n in every if n not in {*taken, *levels} and not kinds[n]]
        named = [n for n in every if headers[n] in _TITLES and n not in levels and n != status]
        named = named or [n for n in free if _is_title(headers, n)]
        titled = [n for n in named if not _only(is_amount, table, n)]
        title = next((n for n in titled if n in free), None)
        if title is None and (named or levels or status is not None) and not _is_properties(table):
            inner = [n for n in free if headers[n] not in GROUPS | _RATINGS and _tells_rows_apart(table, n)]
            described = [n for n in every if headers[n] in _DESCRIPTIONS and n not in {*taken, *levels}]
            signed = [n for n in every if headers[n] in _SIGNERS and _has_words(table, n)]
            signed = signed if status is not None or opened else []
            found = [*described, *inner] if named else [*inner, *described, *free]
            title = next(iter([*signed, *found, *titled]), None)
        states = levels if any(n in opened for n in levels) else []
        back = title is not None and is_rollback(headers[title])
        grade = words[0] if len(words) == 1 and words[0] not in (title, status) else None
        return cls(title, levels, states, grade, command, status, [n for n in numbers if n != title], back)


def header_name(cell: str) -> str:
    """Return the header of a column as the rules compare it: in small letters, without marks."""
    return bare(cell).casefold().strip(" :*?")


def cell_at(cells: Sequence[str], column: int | None) -> str:
    """Return the cell of a row in this column; empty where the row or the table has none."""
    return cells[column] if column is not None and column < len(cells) else ""


def _is_title(headers: Sequence[str], column: int) -> bool:
    """Return whether a header names what to do: `Pre-flight check`, `Task name`; not in a table of cases."""
    words = re.split(r"[\s/]+", headers[column])
    if not 1 < len(words) <= 4 or words[0] in _LATER or any(name.partition(" ")[0] in _CASES for name in headers):
        return False
    return words[-1] in _TITLE_WORDS or (words[0] in _TITLE_WORDS and words[1] in _TITLE_PARTS)


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
    return not all(map(is_amount, cells)) and (len(cells) < 3 or 3 * len(set(cells)) > 2 * len(cells))


def is_amount(cell: str) -> bool:
    """Return whether a cell has no word: a number, a percentage, a dash, or a line to write on."""
    return not any(char.isalpha() for char in bare(cell))


def is_number(header: str) -> bool:
    """Return whether a column of plain numbers with this header has nothing but the numbers of its rows."""
    return not header or header in _TITLES | _NUMBERS


def _has_words(table: TableBlock, column: int) -> bool:
    return not all(is_amount(cell_at(cells, column)) for _, cells in table.rows)


def _has_open_box(table: TableBlock, column: int) -> bool:
    return any(is_open(cell_at(cells, column)) for _, cells in table.rows)


def _is_properties(table: TableBlock) -> bool:
    """Return whether a table has the properties of the document: two columns, the first one with names of fields."""
    if len(table.header) != 2 or header_name(table.header[0]) in _TITLES:
        return False
    names = [table.header[0], *(cell_at(cells, 0) for _, cells in table.rows)]
    return 2 * sum(bool(field_kind(name)) for name in names) >= len(names)

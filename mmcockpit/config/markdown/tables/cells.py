"""Headers and cells of a table, and what many columns have in common."""

from collections.abc import Callable, Sequence

from mmcockpit.config.markdown.blocks import TableBlock
from mmcockpit.config.markdown.boxes import is_no
from mmcockpit.config.markdown.inline import bare

TITLES = frozenset(
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
NUMBERS = frozenset(["#", "no", "no.", "nr", "nr.", "id", "number", "ref", "n°", "key", "issue key", "seq", "order"])


def header_name(cell: str) -> str:
    """Return the header of a column as the rules compare it: in small letters, without marks."""
    return bare(cell).casefold().strip(" :*?")


def cell_at(cells: Sequence[str], column: int | None) -> str:
    """Return the cell of a row in this column; empty where the row or the table has none."""
    return cells[column] if column is not None and column < len(cells) else ""


def only(holds: Callable[[str], bool], table: TableBlock, column: int) -> bool:
    """Return whether a cell of a column is one, and every other one is a no."""
    cells = [cell_at(cells, column) for _, cells in table.rows]
    return any(map(holds, cells)) and all(is_no(cell) or holds(cell) for cell in cells)


def is_amount(cell: str) -> bool:
    """Return whether a cell has no word: a number, a percentage, a dash, or a line to write on."""
    return not any(char.isalpha() for char in bare(cell))


def is_number(header: str) -> bool:
    """Return whether a column of plain numbers with this header has nothing but the numbers of its rows."""
    return not header or header in TITLES | NUMBERS

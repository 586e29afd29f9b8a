"""Tables: columns as wide as their contents; if they do not fit, the least important columns are left out."""

from collections.abc import Hashable, Sequence
from typing import NamedTuple

from rich.cells import cell_len

from mmcockpit.core.model.shape import ValueColumn
from mmcockpit.ui.render.text import Line, Role, pad, plain

WIDEST = 48


class TableRow(NamedTuple):
    """A row: its key, the text of every column, and its role."""

    key: Hashable
    cells: Sequence[str]
    role: Role = "text"


def table(columns: Sequence[ValueColumn], rows: Sequence[TableRow], width: int) -> list[tuple[Hashable, Line]]:
    """Return the heading and the rows, in `width` cells; the first column is shrunk to fit."""
    titles = TableRow("titles", [plain(column.label, WIDEST) for column in columns], "muted")
    widths = [min(WIDEST, max(cell_len(row.cells[n]) for row in (titles, *rows))) + 2 for n, _ in enumerate(columns)]
    shown = list(range(len(columns)))
    least_first = 26
    while len(shown) > 1 and min(least_first, widths[0]) + sum(widths[n] for n in shown[1:]) > width - 1:
        shown.remove(max(shown[1:], key=lambda n: (columns[n].rank, n)))
    widths[0] = max(1, min(widths[0], width - 1 - sum(widths[n] for n in shown[1:])))
    return [(row.key, ((" ", "text"), (_cells(columns, row, shown, widths), row.role))) for row in (titles, *rows)]


def _cells(columns: Sequence[ValueColumn], row: TableRow, shown: list[int], widths: list[int]) -> str:
    return "".join(pad(_cell(columns[n], row.cells[n], max(1, widths[n] - 2)), widths[n]) for n in shown)


def _cell(column: ValueColumn, text: str, width: int) -> str:
    if column.keep == "tail" and cell_len(text) > width:
        text = "…" + text[len(text) - width + 1 :] if width > 1 else "…"
    return pad(text, width, column.align)

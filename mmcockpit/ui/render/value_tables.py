"""The fields of a value as lines and its lists as tables, drawn from the shape that its probe declares."""

from collections.abc import Hashable, Iterator
from typing import Any

from mmcockpit.core.model.shape import Shape, ValueColumn
from mmcockpit.core.words.values import field_text, fields, is_failing
from mmcockpit.ui.render.table import TableRow, table
from mmcockpit.ui.render.text import Line, Role, plain

Key = tuple[str, *tuple[Hashable, ...]]
"""`titles` or `row`, then the field of the list and, of a row, its place."""
MOST_ROWS = 200


def field_lines(value: Any, shape: Shape, width: int) -> list[str]:
    """Return the plain fields of a value with labels and units, as many on each line as fit."""
    lines: list[str] = []
    for label, text in fields(value, shape) if isinstance(value, dict) else ():
        field = plain(f"{label} {text}", 260)
        if lines and len(lines[-1]) + 3 + len(field) <= width:
            lines[-1] += f" · {field}"
        else:
            lines.append(field)
    return lines


def value_tables(value: Any, shape: Shape, width: int, dim: bool) -> Iterator[tuple[Key, Line]]:
    """Yield the heading and the rows of a list, or of each list in a value; failing rows come first."""
    if isinstance(value, list):
        yield from _table("", value, shape, width, dim)
    elif isinstance(value, dict):
        for column in shape.columns:
            rows = value.get(column.key)
            if column.rows is not None and isinstance(rows, list):
                yield from _table(column.key, rows, column.rows, width, dim)


def _table(key: str, rows: list[Any], shape: Shape, width: int, dim: bool) -> Iterator[tuple[Key, Line]]:
    known = sorted((row for row in rows if isinstance(row, dict)), key=lambda row: not is_failing(row, shape))
    columns = _columns(known, shape)
    if not known or not columns:
        return
    drawn = [_row(columns, row, n, shape, dim) for n, row in enumerate(known[:MOST_ROWS])]
    for n, (_, line) in enumerate(table(columns, drawn, width)):
        yield ("titles" if n == 0 else "row", key, n), line


def _columns(rows: list[dict[str, Any]], shape: Shape) -> list[ValueColumn]:
    """Return the declared columns that some row has; of undeclared rows, a column for every field."""
    if shape.columns:
        return [one for one in shape.columns if one.shown and any(one.key in row for row in rows)]
    keys = dict.fromkeys(str(key) for row in rows for key in row)
    return [ValueColumn(key, align="right" if _numeric(rows, key) else "left") for key in keys]


def _numeric(rows: list[dict[str, Any]], key: str) -> bool:
    return all(isinstance(row[key], int | float) and not isinstance(row[key], bool) for row in rows if key in row)


def _row(columns: list[ValueColumn], row: dict[str, Any], n: int, shape: Shape, dim: bool) -> TableRow:
    cells = [plain(field_text(row[column.key], column), 200) if column.key in row else "-" for column in columns]
    role: Role = "muted" if dim else "fail" if is_failing(row, shape) else "text"
    return TableRow(n, cells, role)

"""The fields of a value as lines and its lists as tables, drawn from the shape that its probe declares."""

from collections.abc import Hashable, Iterator
from datetime import datetime
from typing import Any

from mmcockpit.core.model.shape import Shape, ValueColumn, at
from mmcockpit.core.words.durations import short_age
from mmcockpit.core.words.values import field_text, fields, folded, is_failing
from mmcockpit.ui.render.table import TableRow, table
from mmcockpit.ui.render.text import Line, Role, plain

Key = tuple[str, *tuple[Hashable, ...]]
"""`titles` or `row`, then the field of the list and, of a row, its place, or its name if it has a log."""
MOST_ROWS = 200
MOST_FOLDED = 150
"""Maximum number of lines of a value that is not described as a whole."""


def field_lines(value: Any, shape: Shape, width: int, wall: float = 0.0) -> list[str]:
    """Return the plain fields of a value with labels and units, as many on each line as fit.

    Of a value that is not described as a whole, only the columns of its table; ages are up to `wall`, in Unix seconds.
    """
    lines: list[str] = []
    if isinstance(value, dict) and any(at(value, one.key) is not None for one in shape.table):
        known = [(one.label, _text(at(value, one.key), one, wall)) for one in shape.table if at(value, one.key)]
    else:
        known = fields(value, shape) if isinstance(value, dict) else []
    for label, text in known:
        field = plain(f"{label} {text}", 260)
        if lines and len(lines[-1]) + 3 + len(field) <= width:
            lines[-1] += f" · {field}"
        else:
            lines.append(field)
    return lines


def folded_lines(value: Any, shape: Shape) -> list[str]:
    """Return every field of a value that is not described as a whole, as `spec.replicas 3`; at most MOST_FOLDED."""
    if not shape.table or not isinstance(value, dict):
        return []
    lines = [plain(f"{path} {text}", 400) for path, text in folded(value, MOST_FOLDED + 1)]
    return lines if len(lines) <= MOST_FOLDED else [*lines[:MOST_FOLDED], "…"]


def value_tables(value: Any, shape: Shape, width: int, dim: bool, wall: float = 0.0) -> Iterator[tuple[Key, Line]]:
    """Yield the heading and the rows of a list, or of each list in a value; failing rows come first.

    Ages are up to `wall`, in Unix seconds.
    """
    if isinstance(value, list):
        yield from _table("", value, shape, width, dim, wall)
    elif isinstance(value, dict):
        for column in shape.columns:
            rows = value.get(column.key)
            if column.rows is not None and isinstance(rows, list):
                yield from _table(column.key, rows, column.rows, width, dim)


def _table(
    key: str, rows: list[Any], shape: Shape, width: int, dim: bool, wall: float = 0.0
) -> Iterator[tuple[Key, Line]]:
    known = sorted((row for row in rows if isinstance(row, dict)), key=lambda row: _severity(row, shape))
    columns = _columns(known, shape)
    if not known or not columns:
        return
    drawn = [_row(columns, row, n, shape, dim, wall) for n, row in enumerate(known[:MOST_ROWS])]
    names = [str(row.get(shape.logged, "")) for row in known[:MOST_ROWS]] if shape.logged else []
    for n, (_, line) in enumerate(table(columns, drawn, width)):
        yield ("titles" if n == 0 else "row", key, names[n - 1] if names and n else n), line


def _columns(rows: list[dict[str, Any]], shape: Shape) -> list[ValueColumn]:
    """Return the declared columns that some row has; of undeclared rows, a column for every field."""
    if shape.columns:
        return [one for one in shape.columns if one.shown and any(one.key in row for row in rows)]
    if shape.table and any(at(row, one.key) is not None for row in rows for one in shape.table if one.levels):
        return [one for one in shape.table if any(at(row, one.key) is not None for row in rows)]
    keys = dict.fromkeys(str(key) for row in rows for key in row)
    return [ValueColumn(key, align="right" if _numeric(rows, key) else "left") for key in keys]


def _numeric(rows: list[dict[str, Any]], key: str) -> bool:
    return all(isinstance(row[key], int | float) and not isinstance(row[key], bool) for row in rows if key in row)


def _row(columns: list[ValueColumn], row: dict[str, Any], n: int, shape: Shape, dim: bool, wall: float) -> TableRow:
    cells = [_text(row.get(one.key, at(row, one.key)), one, wall) for one in columns]
    return TableRow(n, cells, "muted" if dim else _LEVELS.get(_severity(row, shape), "text"))


def _text(part: Any, column: ValueColumn, wall: float) -> str:
    """Return a field as text; `-` for one that is missing, and a time as its age."""
    if part is None:
        return "-"
    if column.unit == "since" and wall:
        try:
            return short_age(wall - datetime.fromisoformat(str(part)).timestamp())
        except ValueError:
            return plain(str(part), 40)
    return plain(field_text(part, column), 200)


_LEVELS: dict[int, Role] = {0: "fail", 1: "warn", 2: "unknown"}


def _severity(row: dict[str, Any], shape: Shape) -> int:
    """Return how severe a row is: 0 for a failing one, 1 with a warning, 2 if its state is unknown, 3 otherwise."""
    states = [(one, at(row, one.key)) for one in shape.table if one.levels]
    levels = [one.levels.get(str(state), "") if state is not None else "unknown" for one, state in states]
    if is_failing(row, shape) or "fail" in levels:
        return 0
    return 1 if "warn" in levels else 2 if "unknown" in levels else 3

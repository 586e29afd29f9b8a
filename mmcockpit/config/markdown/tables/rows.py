"""The rows of a table as tasks."""

import re
from collections.abc import Iterator, Sequence
from operator import and_

from mmcockpit.config.checklist.title_emoji import without_emoji
from mmcockpit.config.markdown.blocks import TableBlock
from mmcockpit.config.markdown.boxes import BoxMark, cell_box, has_remark, is_mark, is_no
from mmcockpit.config.markdown.fields import field_kind
from mmcockpit.config.markdown.inline import bare
from mmcockpit.config.markdown.outline import BOLD_LINE
from mmcockpit.config.markdown.tables.cells import GROUPS, TITLES, cell_at, header_name, is_amount, is_number
from mmcockpit.config.markdown.tables.columns import MAY, TableColumns, applies
from mmcockpit.config.markdown.tables.states import cell_state, state_words
from mmcockpit.config.markdown.tasks import Task, TaskReader

_NAMED = re.compile(r"[A-Za-z]")
"""What makes a number of a row a name that people know: `REL-101`."""
_RACI = {"r": "Responsible", "a": "Accountable", "c": "Consulted", "i": "Informed"}
_SUMS = frozenset(["total", "totals", "sum", "subtotal", "grand total", "overall"])
"""Titles of rows that add up the others."""
_BREAKS = re.compile(r"<br\s*/?>", re.IGNORECASE)


def table_tasks(table: TableBlock, columns: TableColumns, reader: TaskReader, level: str) -> Iterator[Task]:
    """Yield the tasks of each row; with `level`, only of rows with a mark in that column."""
    rows = {line for line, _ in table.rows}
    reader.ledger.take(line for line in table.lines if line not in rows)
    headers = _headers(table)
    chosen = next((n for n in columns.levels if headers[n].casefold() == level.casefold()), None) if level else None
    if columns.levels and chosen is None:
        names = ", ".join(headers[n] for n in columns.levels)
        reader.ledger.note(
            table.lines[0], f"columns {names} are levels: --column NAME takes only rows with a mark there"
        )
    status = chosen if chosen in columns.states else columns.status
    section, sections = "", _sections(table, columns)
    for line, cells in _filled(table, columns):
        if line in sections:
            section = sections[line] or section
        if line in sections or not any(map(str.strip, cells)):
            reader.ledger.take((line,))
            continue
        if chosen is not None and not applies(cell_at(cells, chosen)):
            reader.ledger.note(line, f"left out: no mark in column {headers[chosen]}")
            reader.ledger.take((line,))
            continue
        for written, box in _titles(cells, columns, headers, status):
            task = reader.task(written, box, line)
            if task is not None:
                reader.ledger.take((line,))
                task.section = section
                task.number = next((bare(cell_at(cells, n)) for n in columns.numbers), "")
                _add_cells(task, headers, cells, columns)
                graded = chosen if chosen is not None else columns.grade
                if graded is not None and bare(cell_at(cells, graded)).casefold() in MAY:
                    task.fields.put("required", headers[graded], "no")
                yield task
        if not reader.ledger.taken(line):
            reader.ledger.lose(range(line, line + 1), "not taken: a row without a title")


def _titles(
    cells: Sequence[str], columns: TableColumns, headers: Sequence[str], status: int | None
) -> Iterator[tuple[str, BoxMark]]:
    """Yield the title of a row with its box; of a cell with several boxes each, after the group of the row."""
    written = cell_at(cells, columns.title)
    parts = list(filter(str.strip, _BREAKS.split(written)))
    boxes = [box for part in parts if (box := cell_box(part)) is not None and box.rest.strip()] if parts[1:] else []
    if 1 < len(boxes) == len(parts):
        group = next((bare(cell_at(cells, n)) for n, name in enumerate(headers) if name.casefold() in GROUPS), "")
        for box in boxes:
            yield f"{group}: {box.rest}" if group else box.rest, box.box
        return
    mark = cell_box(written)
    title = mark.rest if mark is not None else written
    if title.strip() and (mark is not None or not (is_amount(title) or bare(title).casefold() in _SUMS)):
        yield title, mark.box if mark is not None else cell_state(cell_at(cells, status))


def _add_cells(task: Task, headers: Sequence[str], cells: Sequence[str], columns: TableColumns) -> None:
    marked = [headers[n] for n in columns.levels if n not in columns.states and is_mark(cell_at(cells, n))]
    for n, (header, cell) in enumerate(zip(headers, cells, strict=False)):
        only_number = n in columns.numbers and is_number(header_name(header)) and not _NAMED.search(cell)
        if n in (columns.title, columns.status) or only_number or _is_blank(cell):
            continue
        if n in columns.levels and n not in columns.states:
            if has_remark(cell) or not (is_mark(cell) or is_no(cell)):
                task.fields.put("note", header, cell)
        elif not (header.casefold() in GROUPS and task.title.startswith(f"{bare(cell)}: ")):
            task.fields.put(field_kind(header) or "note", header or "Note", cell)
    if columns.status is not None:
        status = state_words(cell_at(cells, columns.status))
        if status:
            task.fields.put("note", headers[columns.status] or "Status", status)
    if marked:
        task.fields.texts.append(f"Levels: {', '.join(marked)}")


def _headers(table: TableBlock) -> list[str]:
    """Return the headers as people read them; letters of a RACI matrix as their words."""
    headers = [bare(cell) for cell in table.header]
    raci = {"r", "a"} <= set(map(str.casefold, headers))
    return [_RACI.get(name.casefold(), name) for name in headers] if raci else headers


def _filled(table: TableBlock, columns: TableColumns) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows with their lines; an empty cell of a group has the text of the one above it in a row with text."""
    groups = _groups(table, columns)
    above: dict[int, str] = {}
    for line, cells in table.rows:
        filled = list(cells)
        for n in groups:
            if n < len(filled) and any(map(str.strip, cells)):
                filled[n] = above[n] = filled[n].strip() or above.get(n, "")
        yield line, filled


def _groups(table: TableBlock, columns: TableColumns) -> list[int]:
    return [n for n, cell in enumerate(table.header) if _is_group(header_name(cell), n, columns.title)]


def _is_group(header: str, column: int, title: int | None) -> bool:
    """Return whether an empty cell of a column continues the one above it: `Area`, and the task before its parts."""
    return column != title and (header in GROUPS or (header in TITLES and title is not None and column < title))


def _sections(table: TableBlock, columns: TableColumns) -> dict[int, str]:
    """Return the lines of rows that are the titles of those after them: only a group, or only a cell in bold.

    The title is empty for a group, which the rows after it continue. Titles in bold are items if any other row has
    nothing but a title, if one of them has more, or if no row is between them.
    """
    groups = set(_groups(table, columns))
    grouped: dict[int, str] = {}
    titled: dict[int, str] = {}
    alone: list[tuple[bool, bool]] = []
    for line, cells in table.rows:
        filled = {n for n, cell in enumerate(cells) if cell.strip()}
        title = cell_at(cells, columns.title).strip()
        alone.append((_bold(title) != "", filled == {columns.title}))
        if filled and filled <= groups:
            grouped[line] = ""
        elif len(filled) == 1 and not title and (alone_title := _bold(cells[min(filled)])):
            grouped[line] = alone_title
        elif alone[-1] == (True, True):
            titled[line] = _bold(title)
    bold = [each for each, _ in alone]
    apart = all(one is other for one, other in alone) and not any(map(and_, bold, [*bold[1:], True]))
    return grouped | titled if apart else grouped


def _is_blank(cell: str) -> bool:
    """Return whether nothing is written in a cell: it is empty, a dash, dots, or a line to write on."""
    return not bare(cell).strip(" -\u2013\u2014_.\u2026")


def _bold(cell: str) -> str:
    """Return the title that a cell is if all of it is in bold."""
    cell = cell.strip()
    whole = BOLD_LINE.match(cell) or BOLD_LINE.match(without_emoji(cell))
    return bare(without_emoji(whole[2])).rstrip(":") if whole else ""

"""Tables as tasks, steps or contacts, by the headers of their columns."""

from collections.abc import Iterator
from dataclasses import dataclass

from mmcockpit.config.markdown.boxes import BoxMark, boxed, is_mark, is_no
from mmcockpit.config.markdown.fields import field_kind
from mmcockpit.config.markdown.inline import bare
from mmcockpit.config.markdown.outline import TableBlock
from mmcockpit.config.markdown.tasks import Task, TaskReader
from mmcockpit.core.model.checklist import Contact

_TITLES = frozenset(
    {
        *(
            "item",
            "items",
            "check",
            "checks",
            "task",
            "tasks",
            "what",
            "action",
            "actions",
            "activity",
            "todo",
            "to-do",
        ),
        *("criterion", "criteria", "requirement", "title", "subject", "step", "steps", "deliverable", "question"),
        *("control", "practice", "area", "topic"),
    }
)
_NUMBERS = frozenset(["", "#", "no", "no.", "nr", "nr.", "id", "number", "ref", "n°"])
_BOXES = frozenset(["", "check", "checked", "ok", "x", "✓", "✔", "☑", "✅", "box", "tick"])
_MARKABLE = frozenset({"link", "note", "expected", "command"})
"""Kinds of columns that may hold only marks: `Runbook`, `Rollback`."""
_DESCRIPTIONS = frozenset(["description", "details", "name", "summary"])
"""Columns of titles in a table that has no other one."""
_NAMES = frozenset(["name", "names", "contact", "contacts", "phone", "email", "e-mail", "slack", "pager", "channel"])
_DONE = frozenset(["done", "complete", "completed", "yes", "ok", "finished", "passed", "closed", "x"])
_OPEN = frozenset(["", "open", "todo", "to do", "pending", "no", "not started", "tbd", "-"])
_STRUCK = frozenset(["n/a", "na", "not applicable", "skipped", "cancelled", "canceled"])


@dataclass(slots=True)
class TableColumns:
    """The columns of a table by meaning, as indexes."""

    title: int | None
    levels: list[int]
    """TableColumns that hold only marks."""
    command: int | None
    status: int | None
    number: int | None
    """The column of the numbers of its rows."""

    @classmethod
    def of(cls, table: TableBlock) -> "TableColumns":
        """Find the columns of a table."""
        headers = [bare(cell).casefold().strip(" :*?") for cell in table.header]
        kinds = [field_kind(cell) for cell in table.header]
        marks = [n for n in range(len(headers)) if _only_marks(table, n)]
        title = next((n for n, name in enumerate(headers) if name in _TITLES and n not in marks), None)
        status = next((n for n, kind in enumerate(kinds) if kind == "status"), None)
        if status is None:
            status = next((n for n in marks if headers[n] in _BOXES), None)
        command = next((n for n, kind in enumerate(kinds) if kind == "command"), None)
        free = [
            n for n, name in enumerate(headers) if n not in (title, status) and not kinds[n] and name not in _NUMBERS
        ]
        levels = [n for n in marks if n in free or (kinds[n] in _MARKABLE and n not in (title, status))]
        if title is None and (levels or status is not None):
            title = next((n for n in free if n not in levels), None)
            title = (
                next((n for n, name in enumerate(headers) if name in _DESCRIPTIONS), title) if title is None else title
            )
        number = next((n for n, name in enumerate(headers) if name in _NUMBERS and n not in (title, status)), None)
        return cls(title, levels, command, status, number)


def table_tasks(table: TableBlock, columns: TableColumns, reader: TaskReader, level: str) -> Iterator[Task]:
    """Yield a task for each row; with `level`, only for rows with a mark in that column."""
    assert columns.title is not None
    rows = {line for line, _ in table.rows}
    reader.ledger.take(line for line in table.lines if line not in rows)
    headers = [bare(cell) for cell in table.header]
    chosen = next((n for n in columns.levels if headers[n].casefold() == level.casefold()), None) if level else None
    if columns.levels and chosen is None:
        names = ", ".join(headers[n] for n in columns.levels)
        reader.ledger.note(
            table.lines[0], f"columns {names} are levels: --column NAME takes only rows with a mark there"
        )
    for line, cells in table.rows:
        if chosen is not None and not (chosen < len(cells) and is_mark(cells[chosen])):
            reader.ledger.note(line, f"left out: no mark in column {headers[chosen]}")
            reader.ledger.take((line,))
            continue
        written = cells[columns.title] if columns.title < len(cells) else ""
        mark = boxed(written)
        box = mark.box if mark is not None else _status(cells, columns.status)
        if not (mark.rest if mark is not None else written).strip():
            reader.ledger.lose(range(line, line + 1), "not taken: a row without a title")
            continue
        task = reader.task(mark.rest if mark is not None else written, box, line)
        if task is not None:
            reader.ledger.take((line,))
            if columns.number is not None and columns.number < len(cells):
                task.number = bare(cells[columns.number])
            _add_cells(task, headers, cells, columns)
            yield task


def _add_cells(task: Task, headers: list[str], cells: list[str], columns: TableColumns) -> None:
    marked = [headers[n] for n in columns.levels if n < len(cells) and is_mark(cells[n])]
    for n, (header, cell) in enumerate(zip(headers, cells, strict=False)):
        numbers = header.casefold().strip() in _NUMBERS
        if n in (columns.title, columns.status) or n in columns.levels or numbers or not cell.strip():
            continue
        task.fields.put(field_kind(header) or "note", header, cell)
    if columns.status is not None and columns.status < len(cells):
        mark = boxed(cells[columns.status])
        status = bare(cells[columns.status] if mark is None else mark.rest)
        if status and status.casefold() not in _DONE | _OPEN | _STRUCK:
            task.fields.put("note", headers[columns.status], status)
    if marked:
        task.fields.texts.append(f"Levels: {', '.join(marked)}")


def table_contacts(table: TableBlock) -> list[Contact]:
    """Return the contacts of a table with a column of roles and one of names; empty for any other table."""
    headers = [bare(cell).casefold() for cell in table.header]
    role = next((n for n, name in enumerate(headers) if field_kind(name) == "role" and name not in _NAMES), None)
    names = [n for n, name in enumerate(headers) if name in _NAMES and n != role]
    if role is None or not names:
        return []
    contacts = []
    for _, cells in table.rows:
        name = ", ".join(text for n in names if n < len(cells) and (text := bare(cells[n])))
        if role < len(cells) and bare(cells[role]) and name:
            contacts.append(Contact(bare(cells[role]), name))
    return contacts


def _status(cells: list[str], column: int | None) -> BoxMark:
    cell = cells[column].strip() if column is not None and column < len(cells) else ""
    mark = boxed(cell)
    if mark is not None:
        return mark.box
    word = bare(cell).casefold()
    return BoxMark.DONE if word in _DONE else BoxMark.STRUCK if word in _STRUCK else BoxMark.OPEN


def _only_marks(table: TableBlock, column: int) -> bool:
    cells = [cells[column].strip() if column < len(cells) else "" for _, cells in table.rows]
    return any(map(is_mark, cells)) and all(is_no(cell) or is_mark(cell) for cell in cells)

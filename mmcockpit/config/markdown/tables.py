"""Tables as tasks, steps or contacts, by the headers and cells of their columns."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from operator import and_

from mmcockpit.config.checklist.title_emoji import without_emoji
from mmcockpit.config.markdown.blocks import TableBlock
from mmcockpit.config.markdown.boxes import Boxed, BoxMark, cell_box, has_remark, is_mark, is_no, is_open
from mmcockpit.config.markdown.fields import field_kind
from mmcockpit.config.markdown.inline import bare
from mmcockpit.config.markdown.outline import BOLD_LINE
from mmcockpit.config.markdown.tasks import Task, TaskReader

_TITLES = frozenset(
    {
        *("item", "items", "check", "checks", "task", "tasks", "what", "action", "actions", "activity", "activities"),
        *("todo", "to-do", "criterion", "criteria", "requirement", "requirements", "title", "subject", "step", "steps"),
        *("deliverable", "question", "control", "practice"),
    }
)
_GROUPS = frozenset(
    ["area", "topic", "category", "group", "section", "component", "domain", "phase", "stage", "team", "system"]
)
"""Columns of what several rows belong to; a cell that is empty continues the one above it."""
_DESCRIPTIONS = frozenset(["description", "details", "name", "summary"])
"""Columns of titles in a table that has no other one."""
_NUMBERS = frozenset(["#", "no", "no.", "nr", "nr.", "id", "number", "ref", "n°", "key", "issue key", "seq", "order"])
_IDENTIFIER = re.compile(r"(?:[A-Za-z]{0,10}[-_. ]?\d{1,6}(?:[.-]\d{1,4})*[.)]?|#\d{1,6})")
"""A cell that numbers a row: `3`, `1.2`, `REL-101`, `R1`."""
_NAMED = re.compile(r"[A-Za-z]")
"""What makes a number of a row a name that people know: `REL-101`."""
_BOXES = frozenset(["", "check", "checked", "ok", "x", "✓", "✔", "☑", "✅", "box", "tick"])
_MARKABLE = frozenset({"link", "note", "expected", "command"})
"""Kinds of columns that may hold only marks: `Runbook`, `Rollback`."""
_SIGNERS = frozenset(["role", "roles", "approver", "approvers", "signatory", "sign-off", "signed by"])
"""Columns of who signs, which are the titles of a table with a box for each of them."""
_RACI = {"r": "Responsible", "a": "Accountable", "c": "Consulted", "i": "Informed"}
_DONE = frozenset(["done", "complete", "completed", "yes", "ok", "finished", "passed", "closed", "x", "resolved"])
_OPEN = frozenset(["", "open", "todo", "to do", "pending", "no", "not started", "tbd", "-"])
_STRUCK = frozenset(["n/a", "na", "not applicable", "skipped", "cancelled", "canceled", "won't do", "will not do"])
_FINISHED = re.compile(r"(?:done|completed?|finished|passed|closed)\b(?! (?:by|when|if|after)\b)")
_MUST = frozenset(["must", "required", "mandatory", "m"])
_MAY = frozenset(["should", "could", "may", "recommended", "optional", "nice to have", "s", "c", "o"])
"""Words that say how much a level requires a row."""
_BREAKS = re.compile(r"<br\s*/?>", re.IGNORECASE)


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
        words = [n for n in every if _only(_applies, table, n) and n not in marks]
        marks += words if len(words) > 1 else []
        taken = {status, *numbers}
        levels = [n for n in marks if n not in taken and (not kinds[n] or kinds[n] in _MARKABLE)]
        free = [n for n in every if n not in {*taken, *levels} and not kinds[n]]
        named = [n for n in every if headers[n] in _TITLES and n not in levels and n != status]
        titled = [n for n in named if not _only(_is_amount, table, n)]
        title = next((n for n in titled if n in free), None)
        if title is None and (named or levels or status is not None) and not _is_properties(table):
            inner = [n for n in free if headers[n] not in _GROUPS and _tells_rows_apart(table, n)]
            inner = inner or ([] if named else free)
            described = [n for n in every if headers[n] in _DESCRIPTIONS and n not in {*taken, *levels}]
            signed = [n for n in every if headers[n] in _SIGNERS] if status is not None else []
            found = [*described, *inner] if named else [*inner, *described]
            title = next(iter([*signed, *found, *titled]), None)
        return cls(title, levels, command, status, [n for n in numbers if n != title])


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
    section, sections = "", _sections(table, columns)
    for line, cells in _filled(table, columns):
        if line in sections:
            section = sections[line] or section
            reader.ledger.take((line,))
            continue
        if chosen is not None and not _applies(cell_at(cells, chosen)):
            reader.ledger.note(line, f"left out: no mark in column {headers[chosen]}")
            reader.ledger.take((line,))
            continue
        for written, box in _titles(cells, columns, headers):
            task = reader.task(written, box, line)
            if task is not None:
                reader.ledger.take((line,))
                task.section = section
                task.number = next((bare(cell_at(cells, n)) for n in columns.numbers), "")
                _add_cells(task, headers, cells, columns)
                if chosen is not None and bare(cell_at(cells, chosen)).casefold() in _MAY:
                    task.fields.put("required", headers[chosen], "no")
                yield task
        if not reader.ledger.taken(line):
            reader.ledger.lose(range(line, line + 1), "not taken: a row without a title")


def _titles(cells: Sequence[str], columns: TableColumns, headers: Sequence[str]) -> Iterator[tuple[str, BoxMark]]:
    """Yield the title of a row with its box; of a cell with several boxes each, after the group of the row."""
    written = cell_at(cells, columns.title)
    parts = list(filter(str.strip, _BREAKS.split(written)))
    boxes = [box for part in parts if (box := cell_box(part)) is not None and box.rest.strip()] if parts[1:] else []
    if 1 < len(boxes) == len(parts):
        group = next((bare(cell_at(cells, n)) for n, name in enumerate(headers) if name.casefold() in _GROUPS), "")
        for box in boxes:
            yield f"{group}: {box.rest}" if group else box.rest, box.box
        return
    mark = cell_box(written)
    title = mark.rest if mark is not None else written
    if title.strip():
        yield title, mark.box if mark is not None else _status(cell_at(cells, columns.status))


def _add_cells(task: Task, headers: Sequence[str], cells: Sequence[str], columns: TableColumns) -> None:
    marked = [headers[n] for n in columns.levels if is_mark(cell_at(cells, n))]
    for n, (header, cell) in enumerate(zip(headers, cells, strict=False)):
        only_number = n in columns.numbers and _is_number(header_name(header)) and not _NAMED.search(cell)
        if n in (columns.title, columns.status) or only_number or _is_blank(cell):
            continue
        if n in columns.levels:
            if has_remark(cell) or not (is_mark(cell) or is_no(cell)):
                task.fields.put("note", header, cell)
        elif not (header.casefold() in _GROUPS and task.title.startswith(f"{bare(cell)}: ")):
            task.fields.put(field_kind(header) or "note", header or "Note", cell)
    if columns.status is not None:
        cell = cell_at(cells, columns.status)
        mark = _mark(cell)
        status = bare(cell if mark is None else mark.rest)
        if status and without_emoji(status).casefold() not in _DONE | _OPEN | _STRUCK:
            task.fields.put("note", headers[columns.status] or "Status", status)
    if marked:
        task.fields.texts.append(f"Levels: {', '.join(marked)}")


def header_name(cell: str) -> str:
    """Return the header of a column as the rules compare it: in small letters, without marks."""
    return bare(cell).casefold().strip(" :*?")


def _headers(table: TableBlock) -> list[str]:
    """Return the headers as people read them; letters of a RACI matrix as their words."""
    headers = [bare(cell) for cell in table.header]
    raci = {"r", "a"} <= set(map(str.casefold, headers))
    return [_RACI.get(name.casefold(), name) for name in headers] if raci else headers


def cell_at(cells: Sequence[str], column: int | None) -> str:
    """Return the cell of a row in this column; empty where the row or the table has none."""
    return cells[column] if column is not None and column < len(cells) else ""


def _filled(table: TableBlock, columns: TableColumns) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows with their lines; an empty cell of a group has the text of the one above it."""
    groups = _groups(table, columns)
    above: dict[int, str] = {}
    for line, cells in table.rows:
        filled = list(cells)
        for n in groups:
            if n < len(filled):
                filled[n] = above[n] = filled[n].strip() or above.get(n, "")
        yield line, filled


def _groups(table: TableBlock, columns: TableColumns) -> list[int]:
    return [n for n, cell in enumerate(table.header) if header_name(cell) in _GROUPS and n != columns.title]


def _sections(table: TableBlock, columns: TableColumns) -> dict[int, str]:
    """Return the lines of rows that are the titles of those after them: only a group, or only a title in bold.

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
        alone.append((BOLD_LINE.match(title) is not None, filled == {columns.title}))
        if filled and filled <= groups:
            grouped[line] = ""
        elif alone[-1] == (True, True):
            titled[line] = bare(without_emoji(title)).rstrip(":")
    bold = [each for each, _ in alone]
    apart = all(one is other for one, other in alone) and not any(map(and_, bold, [*bold[1:], True]))
    return grouped | titled if apart else grouped


def _mark(cell: str) -> Boxed | None:
    """Return the box of a cell of a status; None if it has none, or several to choose from."""
    mark = cell_box(cell)
    return None if mark is not None and "[" in mark.rest else mark


def _status(cell: str) -> BoxMark:
    mark = _mark(cell.strip())
    if mark is not None:
        return mark.box
    word = without_emoji(bare(cell)).casefold()
    done = word in _DONE or _FINISHED.match(word) or cell.strip().rstrip("\ufe0f") in ("🟢", "(/)")
    return BoxMark.DONE if done else BoxMark.STRUCK if word in _STRUCK else BoxMark.OPEN


def _applies(cell: str) -> bool:
    """Return whether a row applies at a level."""
    return is_mark(cell) or bare(cell).casefold() in _MUST | _MAY


def _only(applies: Callable[[str], bool], table: TableBlock, column: int) -> bool:
    """Return whether a cell of a column applies, and every other one is a no."""
    cells = [cell_at(cells, column) for _, cells in table.rows]
    return any(map(applies, cells)) and all(is_no(cell) or applies(cell) for cell in cells)


def _only_identifiers(table: TableBlock, column: int) -> bool:
    """Return whether a column only numbers the rows: the first one, one without a header, or one such as `Step`."""
    if column and not _is_number(header_name(table.header[column])):
        return False
    cells = [bare(cell_at(cells, column)) for _, cells in table.rows]
    return any(cells) and all(not cell or _IDENTIFIER.fullmatch(cell) for cell in cells)


def _tells_rows_apart(table: TableBlock, column: int) -> bool:
    """Return whether the cells of a column differ and have words: ratings such as `Low` and amounts are no titles."""
    cells = [bare(cell_at(cells, column)).casefold() for _, cells in table.rows]
    return not all(map(_is_amount, cells)) and (len(cells) < 3 or 3 * len(set(cells)) > 2 * len(cells))


def _is_blank(cell: str) -> bool:
    """Return whether nothing is written in a cell: it is empty, a dash, dots, or a line to write on."""
    return not bare(cell).strip(" -\u2013\u2014_.\u2026")


def _is_amount(cell: str) -> bool:
    """Return whether a cell has no word: a number, a percentage, a dash, or a line to write on."""
    return not any(char.isalpha() for char in bare(cell))


def _is_number(header: str) -> bool:
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

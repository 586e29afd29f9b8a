"""The column of a table that has the titles of its items."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from mmcockpit.config.markdown.blocks import TableBlock
from mmcockpit.config.markdown.fields import field_kind
from mmcockpit.config.markdown.inline import bare
from mmcockpit.config.markdown.tables.cells import GROUPS, NUMBERS, TITLES, cell_at, header_name, is_amount, only

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
_DESCRIPTIONS = frozenset(["description", "details", "name", "summary"])
"""Columns of titles in a table that has no other one."""
_RATINGS = frozenset(["priority", "severity", "level", "effort", "version", "environment", "env", "rag", "date"])
"""Columns of what a row is like, which are no titles."""
_SIGNERS = frozenset(["role", "roles", "approver", "approvers", "signatory", "sign-off", "signed by"])
"""Columns of who signs, which are the titles of a table with a box for each of them."""


class TableHead(NamedTuple):
    """The headers of a table in small letters with their kinds of fields, and what is known of its columns."""

    headers: Sequence[str]
    kinds: Sequence[str]
    levels: Sequence[int]
    status: int | None
    numbers: Sequence[int]
    boxed: bool
    """Whether any column has open boxes."""


def title_column(table: TableBlock, head: TableHead) -> int | None:
    """Return the column of the titles: by its header, else by its cells; None in a table that has no items."""
    headers, every = head.headers, range(len(head.headers))
    stateless = head.status is None and not head.levels
    if stateless and _is_of_cases(head):
        return None
    free = [n for n in every if n not in {head.status, *head.numbers, *head.levels} and not head.kinds[n]]
    named = [n for n in every if headers[n] in TITLES and n not in head.levels and n != head.status]
    named = named or [n for n in free if _is_title(headers, n)]
    titled = [n for n in named if not only(is_amount, table, n)]
    apart = [n for n in free if _tells_rows_apart(table, n)]
    title = next((n for n in titled if n in free), None)
    parts = [n for n in free if title is not None and n > title and _is_part(headers[n])]
    if parts and any(not cell_at(cells, title).strip() and cell_at(cells, parts[0]).strip() for _, cells in table.rows):
        return parts[0]
    if title is not None:
        return title if title in apart or len(table.rows) < 3 else next(iter(apart), title)
    listed = "level" in headers and any(headers[n] in NUMBERS for n in head.numbers)
    if not (named or listed or not stateless) or _is_properties(table):
        return None
    inner = [n for n in apart if headers[n] not in GROUPS | _RATINGS]
    described = [
        n for n in every if headers[n] in _DESCRIPTIONS and n not in {head.status, *head.numbers, *head.levels}
    ]
    signed = [n for n in every if headers[n] in _SIGNERS and _has_words(table, n)]
    signed = signed if head.status is not None or head.boxed else []
    found = [*described, *inner] if named else [*inner, *described, *free]
    return next(iter([*signed, *found, *titled]), None)


def _is_part(header: str) -> bool:
    """Return whether a header is that of the parts of tasks, which are the items if the tasks are merged cells."""
    return header in TITLES or re.fullmatch(r"sub-? ?(?:task|step|item|activity)s?", header) is not None


def _is_of_cases(head: TableHead) -> bool:
    """Return whether a table has what to do in several cases: `Symptom | Action`, with neither people nor times."""
    case = head.headers[0].partition(" ")[0] in _CASES
    return case and not {"role", "assignee", "time"} & set(head.kinds)


def _is_title(headers: Sequence[str], column: int) -> bool:
    """Return whether a header names what to do: `Pre-flight check`, `Task name`; not in a table of cases."""
    words = re.split(r"[\s/]+", headers[column])
    if not 1 < len(words) <= 4 or words[0] in _LATER or any(name.partition(" ")[0] in _CASES for name in headers):
        return False
    return words[-1] in _TITLE_WORDS or (words[0] in _TITLE_WORDS and words[1] in _TITLE_PARTS)


def _tells_rows_apart(table: TableBlock, column: int) -> bool:
    """Return whether the cells of a column differ and have words: ratings such as `Low` and amounts are no titles."""
    cells = [bare(cell_at(cells, column)).casefold() for _, cells in table.rows]
    return not all(map(is_amount, cells)) and (len(cells) < 3 or 3 * len(set(cells)) > 2 * len(cells))


def _has_words(table: TableBlock, column: int) -> bool:
    return not all(is_amount(cell_at(cells, column)) for _, cells in table.rows)


def _is_properties(table: TableBlock) -> bool:
    """Return whether a table has the properties of the document: two columns, the first one with names of fields."""
    if len(table.header) != 2 or header_name(table.header[0]) in TITLES:
        return False
    names = [table.header[0], *(cell_at(cells, 0) for _, cells in table.rows)]
    return 2 * sum(bool(field_kind(name)) for name in names) >= len(names)

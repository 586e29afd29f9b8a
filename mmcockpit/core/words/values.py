"""Values of probes as text, by the shapes that the probes declare: in one cell, in a line, as fields, as names."""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import islice
from typing import Any

from mmcockpit.core.model.shape import ENTRY, UNDECLARED, Shape, ValueColumn, at
from mmcockpit.core.model.signal import Signal
from mmcockpit.core.text import plain
from mmcockpit.core.words.amounts import counted, scalar
from mmcockpit.core.words.numbers import number, singular

NAMES = 3
"""Maximum names of a list that are shown."""
FIELDS = 4
PER_FIELD = 30
"""Maximum fields of a value and names of a list in one line, and maximum characters of each field."""
LONGEST_LINE = 120
LONGEST_CELL = 200

_PLACE = re.compile(r"\{([^{}:]+)(?::(count|first))?\}")
_COUNTED = re.compile(r"\{[^{}]+\}( [a-z]+)?")
"""A place, and the word after it."""


def amount(value: Any, unit: str = "", shape: Shape = UNDECLARED) -> str:
    """Return a value as short text: `yes`, `5.6%`, a list as its size and first names."""
    if isinstance(value, list | dict):
        names = first_names(value, shape)
        return f"{len(value)} ({names})" if names else entries(value, shape)
    return scalar(value, unit)


def entries(value: Sequence[Any] | Mapping[str, Any], shape: Shape = UNDECLARED) -> str:
    """Return the number of the entries of a value: `0 alerts`, `1 entry`."""
    return counted(len(value), *(shape.noun if shape.listed and isinstance(value, list) else ENTRY))


def entry_name(part: Any, shape: Shape = UNDECLARED) -> str:
    """Return the name of a list entry: a plain value itself, a row by the names of its shape; empty if it has none."""
    if isinstance(part, str | int | float):
        return scalar(part)
    return next((name for text in shape.entry_names() if (name := filled(text, part, shape))), "")


def first_names(parts: Sequence[Any] | Mapping[str, Any], shape: Shape = UNDECLARED) -> str:
    """Return the first names of a list, or of the keys of a mapping: `a, b, c and 4 more`."""
    return joined_names([entry_name(part, shape) for part in list(parts)[:NAMES]], len(parts))


def joined_names(names: Sequence[str], total: int) -> str:
    """Return names with how many more there are of a total; empty if one has no name."""
    if not names or not all(names):
        return ""
    more = f" and {total - len(names)} more" if total > len(names) else ""
    return f"{', '.join(names)}{more}"


def is_failing(value: Any, shape: Shape) -> bool:
    """Return whether a row is failing: its field `good` is no, or it has a cause."""
    return (bool(shape.good) and at(value, shape.good) is False) or bool(cause_of(value, shape))


def cause_of(value: Any, shape: Shape) -> str:
    """Return the explanation that a value itself contains in one of its causes; empty if it has none."""
    return next(iter(causes(value, shape)), "")


def first_cause(value: Any, shape: Shape) -> tuple[str, str]:
    """Return the field of the explanation that a value itself contains, and its text; both empty if it has none."""
    return next(_causes(value, shape), ("", ""))


def causes(value: Any, shape: Shape) -> list[str]:
    """Return every explanation that a value itself contains."""
    return [text for _, text in _causes(value, shape)]


def value_cell(value: Any, signal: Signal) -> str:
    """Return a value in one cell: a number with its unit, a mapping by the first fitting cell of its shape."""
    shape = signal.shape
    match value:
        case bool() | None | str():
            return scalar(value, at_most=LONGEST_CELL)
        case int() | float():
            return number(value, signal.unit, signal.saturates_at)
        case list():
            return _rows_cell(value, signal)
        case dict():
            summary = _summary(value, shape)
            listed = ", ".join(f"{label} {text}" for label, text in fields(value, shape, FIELDS))
            return summary or listed or entries(value)
    return scalar(value, at_most=LONGEST_CELL)


def value_line(value: Any, signal: Signal | None = None, at_most: int = FIELDS) -> str:
    """Return a value in one line: its causes, then its plain fields with labels and units; a list as its names."""
    shape = signal.shape if signal else UNDECLARED
    match value:
        case bool():
            return scalar(value)
        case int() | float():
            unit = signal.unit if signal else ""
            return number(value, unit, signal.saturates_at) if signal and unit else f"{value:.4g}"
        case dict():
            reasons = [(shape.column(key).label, text) for key, text in _causes(value, shape)]
            rest = fields({key: part for key, part in value.items() if key not in shape.causes}, shape)
            parts = ", ".join(f"{label} {text}" for label, text in (*reasons, *rest)[:at_most])
            return plain(parts or _summary(value, shape), at_most * PER_FIELD)
        case list():
            names = [_entry_line(part, shape, signal.unit if signal else "") for part in value]
            if not names or not all(names):
                return entries(value, shape)
            return plain(joined_names(names[:FIELDS], len(names)), LONGEST_LINE)
    return scalar(value, at_most=LONGEST_LINE)


def fields(value: Mapping[str, Any], shape: Shape, at_most: int = 40) -> list[tuple[str, str]]:
    """Return the plain fields of a value as (label, amount): `max_lag_s: 0.2` is `max lag`, `0.2 s`."""
    columns = ((shape.column(str(key)), part) for key, part in value.items())
    plain_fields = [(column, part) for column, part in columns if _listed(column, part)]
    return [(plain(column.label, 60), field_text(part, column)) for column, part in plain_fields[:at_most]]


def field_text(part: Any, column: ValueColumn) -> str:
    """Return the value of one field with its unit."""
    return amount(part, column.measured_in) if isinstance(part, list | dict) else scalar(part, column.measured_in, 200)


def folded(value: Any, at_most: int) -> list[tuple[str, str]]:
    """Return the first fields at any depth by their paths: (`spec.containers[0].image`, `app:1`)."""
    return list(islice(_leaves(value, ""), at_most))


def _leaves(value: Any, path: str) -> Iterator[tuple[str, str]]:
    rows = isinstance(value, list) and any(isinstance(part, list | dict) for part in value)
    if isinstance(value, dict) and value:
        for name, part in value.items():
            yield from _leaves(part, f"{path}.{name}" if path else str(name))
    elif isinstance(value, list) and rows:
        for n, part in enumerate(value):
            yield from _leaves(part, f"{path}[{n}]")
    elif isinstance(value, list) and value:
        yield path, ", ".join(scalar(part) for part in value[:NAMES]) + (", …" if len(value) > NAMES else "")
    else:
        yield path, scalar(value, at_most=LONGEST_CELL) if not isinstance(value, list | dict) else "empty"


@lru_cache(maxsize=1024)
def _places(text: str) -> tuple[tuple[str, str], ...]:
    """Return the places of a text: the paths and the format of each."""
    return tuple((match[1], match[2] or "") for match in _PLACE.finditer(text))


def filled(text: str, value: Any, shape: Shape) -> str:
    """Return a text with the fields of a value in its places; empty if one of them has no value.

    A plural after the number 1 becomes a singular: `{days_left} days left` is `1 day left`.
    """
    parts = [_place(value, paths, form, shape) for paths, form in _places(text)]
    if not all(parts):
        return ""
    filling = iter(parts)
    return _COUNTED.sub(lambda place: _with_noun(next(filling), place[1] or ""), text)


def _with_noun(text: str, noun: str) -> str:
    return f"{text}{singular(noun) if text == '1' else noun}"


def _place(value: Any, paths: str, form: str, shape: Shape) -> str:
    parts = [at(value, path) for path in paths.split("+")]
    if form == "count":
        return str(sum(len(part) for part in parts if isinstance(part, list | dict)))
    part = parts[0]
    if isinstance(part, dict) and form == "first":
        return first_names(part, shape)
    if isinstance(part, list) and form == "first":
        more = f" and {len(part) - 1} more" if len(part) > 1 else ""
        return f"{_inner(part[0])}{more}" if part else ""
    if isinstance(part, list | dict):
        texts = part.values() if isinstance(part, dict) else part
        return plain(" ".join(_inner(text) for text in texts), LONGEST_LINE)
    if part is None or part == "":
        return ""
    return scalar(part, shape.column(paths.rpartition(".")[2]).measured_in, LONGEST_LINE)


def _inner(part: Any) -> str:
    """Return a part of a list or a mapping: a plain value itself, another list or mapping by its size and names."""
    return amount(part) if isinstance(part, list | dict) else scalar(part, at_most=LONGEST_LINE)


def _summary(value: Any, shape: Shape) -> str:
    fitting = (one for one in shape.cells if not one.when or at(value, one.when) is True)
    return next((text for one in fitting if (text := filled(one.text, value, shape))), "")


def _causes(value: Any, shape: Shape) -> Iterator[tuple[str, str]]:
    parts = [(key, at(value, key)) for key in shape.causes]
    if any(part in shape.column(key).normal for key, part in parts if isinstance(part, str)):
        return
    for key, part in parts:
        if part and isinstance(part, str | list):
            yield key, value_line(part)


def _rows_cell(rows: list[Any], signal: Signal) -> str:
    shape = signal.shape
    if not rows:
        return entries(rows, shape)
    numbers = [part for row in rows if isinstance(part := at(row, shape.number), int | float)] if shape.number else []
    if len(numbers) == len(rows):
        highest = number(max(numbers), signal.unit or shape.column(shape.number).measured_in, signal.saturates_at)
        return highest if len(rows) == 1 else f"{entries(rows, shape)}, up to {highest}"
    if shape.good:
        good = sum(at(row, shape.good) is True for row in rows)
        return f"{good}/{len(rows)} {shape.column(shape.good).label}"
    return entries(rows, shape)


def _entry_line(part: Any, shape: Shape, unit: str) -> str:
    name = entry_name(part, shape)
    measured = at(part, shape.number) if name and shape.number else None
    unit = unit or shape.column(shape.number).measured_in
    return f"{name} {scalar(measured, unit)}" if isinstance(measured, int | float) else name


def _listed(column: ValueColumn, part: Any) -> bool:
    return column.shown and isinstance(part, str | int | float | bool) and part != ""

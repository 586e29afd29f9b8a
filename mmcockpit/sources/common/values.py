"""Declarations of what probes return: a struct for each value, whose fields have labels, units and descriptions."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from types import UnionType
from typing import Annotated, Any, ClassVar, Literal, TypedDict, Union, Unpack, get_args, get_origin, get_type_hints

import msgspec

from mmcockpit.core.model.shape import ENTRY, UNDECLARED, Cell, Shape, ValueColumn

_ROLES = (
    *(
        "inner",
        "table",
        "cells",
        "named_by",
        "causes",
        "explains",
        "number",
        "good",
        "tracks_rows",
        "settles",
        "logged",
        "restart_count",
    ),
    *("restart_count", "restart_rows", "noun", "counted"),
)


class Value(msgspec.Struct, forbid_unknown_fields=True):
    """Base of the declarations: a value, or a row of it, has exactly these fields.

    It declares; probes return plain JSON values. Class variables say how the value is summarised, see `Shape`.
    """

    inner: ClassVar[tuple[ValueColumn, ...]] = ()
    table: ClassVar[tuple[ValueColumn, ...]] = ()
    cells: ClassVar[tuple[Cell, ...]] = ()
    named_by: ClassVar[tuple[str, ...]] = ("{name}",)
    causes: ClassVar[tuple[str, ...]] = ()
    explains: ClassVar[str] = ""
    noun: ClassVar[tuple[str, str]] = ENTRY
    counted: ClassVar[str] = ""
    number: ClassVar[str] = ""
    good: ClassVar[str] = ""
    tracks_rows: ClassVar[bool] = False
    settles: ClassVar[tuple[str, ...]] = ()
    logged: ClassVar[str] = ""
    restart_count: ClassVar[str] = ""
    restart_rows: ClassVar[str] = ""


class Drawn(TypedDict, total=False):
    """How a field is drawn, as in `ValueColumn`."""

    title: str
    unit: str
    align: Literal["left", "right"]
    rank: int
    keep: Literal["head", "tail"]
    shown: bool
    of: str
    tracked: Literal["", "changed", "increased"]
    normal: tuple[str, ...]
    levels: dict[str, str]
    alarm: bool
    alarm_text: str
    alone: bool
    role: Literal["", "image", "revision", "labels", "why", "progress"]
    generic: bool


@dataclass(frozen=True, slots=True)
class ByArguments:
    """The declaration of a probe whose value depends on its arguments: every kind of value, and which one it is."""

    values: tuple[Any, ...]
    choose: Callable[[Any], Any]


def field(about: str = "", **drawn: Unpack[Drawn]) -> msgspec.Meta:
    """Return the annotation of a field: what it means, its title and unit, and how it is drawn (see `ValueColumn`).

    Numbers are aligned to the right by default.
    """
    return msgspec.Meta(description=about or None, extra={"column": drawn})


@cache
def shape_of(declared: Any) -> Shape:
    """Return the shape of a declaration: of a Value, or of a list of them; undeclared for any other type."""
    if get_origin(declared) is list:
        inside = get_args(declared)[0]
        # Rows without a declaration are those of a table of SQL.
        rows = Shape(noun=("row", "rows")) if get_origin(inside) is dict else shape_of(inside)
        return msgspec.structs.replace(rows, listed=True)
    if not (isinstance(declared, type) and issubclass(declared, Value)):
        return UNDECLARED
    roles = {name: getattr(declared, name) for name in _ROLES}
    return Shape(columns=tuple(_columns(declared).values()), **roles)


def closed_fields(declared: Any) -> frozenset[str]:
    """Return the names of all fields that a value has at most; empty if it is no single Value, or may have others."""
    if not (isinstance(declared, type) and issubclass(declared, Value)):
        return frozenset()
    if not declared.__struct_config__.forbid_unknown_fields:
        return frozenset()
    return frozenset(field.encode_name for field in msgspec.structs.fields(declared))


def _columns(declared: type[Value]) -> dict[str, ValueColumn]:
    hints = get_type_hints(declared, include_extras=True)
    return {
        field.encode_name: _column(field.encode_name, hints[field.name]) for field in msgspec.structs.fields(declared)
    }


def _column(key: str, hint: Any) -> ValueColumn:
    kinds, drawn = unwrapped(hint)
    inside = next((get_args(kind)[-1] for kind in kinds if get_origin(kind) in (list, dict)), None)
    rows = shape_of(inside) if inside is not None else UNDECLARED
    numeric = any(kind in (int, float) for kind in kinds)
    align = drawn.get("align") or ("right" if numeric else "left")
    return ValueColumn(key, **{**drawn, "align": align}, rows=None if rows is UNDECLARED else rows)


def unwrapped(hint: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Return the types that a field may have, without UnsetType, and how it is drawn."""
    drawn: dict[str, Any] = {}
    if get_origin(hint) is Annotated:
        hint, *notes = get_args(hint)
        drawn = next((note.extra["column"] for note in notes if isinstance(note, msgspec.Meta) and note.extra), {})
    kinds = get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)
    return tuple(kind for kind in kinds if kind is not msgspec.UnsetType), drawn

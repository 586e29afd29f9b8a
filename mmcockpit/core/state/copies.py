"""A copy of a session for another thread: what can change is copied, what is immutable is shared."""

from collections import deque
from collections.abc import Callable
from copy import copy, deepcopy
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any

import msgspec

from mmcockpit.core.state.points import Points
from mmcockpit.core.state.session import Session

Known = dict[int, Any]
"""The copies by the id of their original, so that what is in two places of a session is in both of its copy."""
Copier = Callable[[Any, Known], Any]


_known_copiers: dict[type, Copier | None] = {}
"""What copies values of a type, for the types so far."""


def copied(session: Session) -> Session:
    """Return a copy of a session; it takes a tenth of the time of `deepcopy`, which copies facts and values as well."""
    copy_: Session = _copied(session, {})
    return copy_


def _copied(value: Any, known: Known) -> Any:
    kind = type(value)
    copier = _known_copiers[kind] if kind in _known_copiers else _known_copiers.setdefault(kind, _copier(kind))
    if copier is None:
        return value
    before = known.get(id(value))
    return copier(value, known) if before is None else before


def _copier(kind: type) -> Copier | None:
    """Return what copies values of a type; None for immutable ones, with everything in them."""
    if kind in _COPIERS:
        return _COPIERS[kind]
    if is_dataclass(kind):
        return _of_dataclass(kind)
    frozen = issubclass(kind, msgspec.Struct) and kind.__struct_config__.frozen
    if frozen or issubclass(kind, str | int | float | bytes | Enum | tuple | frozenset | type(None)):
        return None
    return lambda value, known: deepcopy(value, known)


def _of_dataclass(kind: type) -> Copier:
    names = [field.name for field in fields(kind)]

    def copier(value: Any, known: Known) -> Any:
        new: Any = object.__new__(kind)
        known[id(value)] = new
        for name in names:
            setattr(new, name, _copied(getattr(value, name), known))
        return new

    return copier


def _of_list(value: list[Any], known: Known) -> list[Any]:
    new = known[id(value)] = [_copied(one, known) for one in value]
    return new


def _of_dict(value: dict[Any, Any], known: Known) -> dict[Any, Any]:
    new = known[id(value)] = {key: _copied(one, known) for key, one in value.items()}
    return new


def _of_deque(value: deque[Any], known: Known) -> deque[Any]:
    new = known[id(value)] = deque((_copied(one, known) for one in value), value.maxlen)
    return new


def _of_set(value: set[Any], known: Known) -> set[Any]:
    new = known[id(value)] = copy(value)
    return new


_COPIERS: dict[type, Copier] = {
    list: _of_list,
    dict: _of_dict,
    deque: _of_deque,
    set: _of_set,
    Points: lambda value, known: value.copy(),
}

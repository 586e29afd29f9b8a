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


_known_copiers: dict[type, Copier] = {}
"""What copies values of a type, for the types so far."""

_immutable: set[type] = {str, int, float, bool, type(None)}
"""The types so far whose values are shared, with everything in them."""


def copied(session: Session) -> Session:
    """Return a copy of a session; it takes a tenth of the time of `deepcopy`, which copies facts and values as well."""
    copy_: Session = _copied(session, {})
    return copy_


def _copied(value: Any, known: Known) -> Any:
    """Return a copy of a value of a type that is not known to be immutable."""
    before = known.get(id(value))
    if before is not None:
        return before
    kind = type(value)
    copier = _known_copiers.get(kind) or _copier(kind)
    if copier is None:
        _immutable.add(kind)
        return value
    _known_copiers[kind] = copier
    return copier(value, known)


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
            part = getattr(value, name)
            setattr(new, name, part if type(part) in _immutable else _copied(part, known))
        return new

    return copier


def _of_list(value: list[Any], known: Known) -> list[Any]:
    new = known[id(value)] = [one if type(one) in _immutable else _copied(one, known) for one in value]
    return new


def _of_dict(value: dict[Any, Any], known: Known) -> dict[Any, Any]:
    new = known[id(value)] = {
        key: one if type(one) in _immutable else _copied(one, known) for key, one in value.items()
    }
    return new


def _of_deque(value: deque[Any], known: Known) -> deque[Any]:
    parts = (one if type(one) in _immutable else _copied(one, known) for one in value)
    new = known[id(value)] = deque(parts, value.maxlen)
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

"""Values of the parts of a rule for an explanation, with a limit on evaluations and on data."""

import ast
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from mmcockpit.core.rules.cel.evaluation import Undecided, evaluate_part
from mmcockpit.core.rules.cel.syntax import Node

MOST_EVALUATIONS = 300
MOST_NODES = 120_000
"""Maximum evaluations of one explanation, and maximum parts of values passed to them (about 50 ms)."""

PIECE = 250
"""Entries of a list that are filtered in one evaluation."""
_PIECE = "__entries"

Scope = Mapping[str, Any]


class Missing(Exception):
    """A path of a rule has no value: `field` is its first missing field."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


class OutOfBudget(Exception):
    """The rule or its value is too large for further explanation."""


class Evaluator:
    """Evaluates parts of one rule until its budget is spent."""

    def __init__(self) -> None:
        self.evaluations = 0
        self.nodes = 0
        self._sizes: dict[int, int] = {}
        # Keeps the values alive, because an id is unique only as long as its object exists.
        self._seen: list[Any] = []

    def value(self, node: Node, scope: Scope) -> Any:
        """Return the value of a part, or Undecided."""
        try:
            return read(node, scope)
        except Missing as missing:
            return Undecided(f"{missing.field} is missing")
        except LookupError:
            pass
        if node.kind in ("call", "method") and node.name == "size" and node.parts:
            counted = self.value(node.parts[0], scope)
            if isinstance(counted, list | dict):
                return len(counted)
        return self._evaluated(node.text, scope)

    def truth(self, node: Node, scope: Scope) -> bool | Undecided:
        """Return whether a part holds, or Undecided."""
        result = self.value(node, scope)
        return result if isinstance(result, bool | Undecided) else Undecided("not true or false")

    def chosen(self, loop: Node, holds: bool, entries: list[Any], scope: Scope) -> list[Any] | None:
        """Return the entries for which a loop's body is true (or false); None if one of them is undecided."""
        _, variable, body = loop.parts
        test = body.text if holds else f"!({body.text})"
        chosen_entries: list[Any] = []
        # The library copies the resulting list of a filter at each entry; short pieces keep that cheap.
        for start in range(0, len(entries), PIECE):
            part = {**scope, _PIECE: entries[start : start + PIECE]}
            some = self._evaluated(f"{_PIECE}.filter({variable.text}, {test})", part)
            if not isinstance(some, list):
                return None
            chosen_entries += some
        return chosen_entries

    def _evaluated(self, text: str, scope: Scope) -> Any:
        used = {name: part for name, part in scope.items() if name in text}
        self.evaluations += 1
        self.nodes += sum(map(self._size, used.values()))
        if self.evaluations > MOST_EVALUATIONS or self.nodes > MOST_NODES:
            raise OutOfBudget
        return evaluate_part(text, used)

    def _size(self, value: Any) -> int:
        size = self._sizes.get(id(value))
        if size is None:
            size = self._sizes[id(value)] = sum(1 for _ in _parts(value))
            self._seen.append(value)
        return size


def read(node: Node, scope: Scope) -> Any:
    """Return the value of a literal, or of a path of names, fields and indices; LookupError for any other part.

    Raises Missing with the first field of a path that does not exist.
    """
    match node.kind:
        case "literal":
            return _literal(node.text)
        case "list":
            return [read(part, scope) for part in node.parts]
        case "name":
            if node.text not in scope:
                raise Missing("the baseline" if node.text == "baseline" else node.text)
            return scope[node.text]
        case "field":
            return _part_of(read(node.parts[0], scope), node.name)
        case "index":
            return _part_of(read(node.parts[0], scope), read(node.parts[1], scope))
    raise LookupError(node.kind)


def missing_field(node: Node, scope: Scope) -> str:
    """Return the first missing field that a part reads; empty if all exist."""
    try:
        read(node, scope)
    except Missing as missing:
        return missing.field
    except LookupError:
        parts = node.parts[:1] if node.kind == "loop" else node.parts
        return next(filter(None, (missing_field(part, scope) for part in parts)), "")
    return ""


@lru_cache(1024)
def _literal(text: str) -> Any:
    if text in ("true", "false", "null"):
        return {"true": True, "false": False, "null": None}[text]
    try:
        return ast.literal_eval(text.rstrip("uU") if text[:1].isdigit() else text)
    except (ValueError, SyntaxError) as error:
        raise LookupError(text) from error


def _part_of(value: Any, key: Any) -> Any:
    if isinstance(value, dict) and isinstance(key, str):
        if key not in value:
            raise Missing(key)
        return value[key]
    if isinstance(value, list) and isinstance(key, int) and not isinstance(key, bool):
        if not 0 <= key < len(value):
            raise Missing(f"entry {key + 1}")
        return value[key]
    raise LookupError(str(key))


def _parts(value: Any) -> Iterator[Any]:
    waiting = [value]
    while waiting:
        part = waiting.pop()
        yield part
        if isinstance(part, dict | list):
            waiting.extend(part.values() if isinstance(part, dict) else part)

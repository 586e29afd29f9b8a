"""Comparisons for equality of a text with a number: CEL has false for them, which no author of a rule means.

`value.restarts != 5` would pass for the text 5. A rule is compiled so that such a comparison fails instead. That holds
for texts, numbers, and true or false; a rule that compares one field with several of these keeps CEL's result, as for a
port that is a number or a name.
"""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any, NamedTuple

from mmcockpit.core.rules.cel.syntax import Node, parse

_FAST = {
    "text": "type(dyn({0})) == string",
    "number": "type(dyn({0})) == int || type(dyn({0})) == double",
    "yes or no": "type(dyn({0})) == bool",
}
"""The kind of a literal, to a test in CEL of whether a field has the same kind, which is fast and true as a rule."""


class _Equality(NamedTuple):
    """A comparison for equality: the field, and the literal or the other field that it is compared with."""

    node: Node
    field: Node
    other: Node
    kinds: frozenset[str]
    """The kinds of the literals that the field is compared with here; empty where the other is a field."""


def with_checked_kinds(text: str) -> str:
    """Return a rule whose comparisons for equality fail for values of different kinds; the same rule without any."""
    tree = parse(text)
    if tree is None:
        return text
    equalities = list(_equalities(tree))
    kinds: dict[str, set[str]] = defaultdict(set)
    for one in equalities:
        kinds[one.field.text] |= one.kinds
    tested = {part.parts[0].text for part in tree.walk() if part.kind == "call" and part.name == "type" and part.parts}
    for one in sorted(equalities, key=lambda each: -each.node.at):
        if len(kinds[one.field.text]) < 2 and one.field.text not in tested:
            start = one.node.at
            text = f"{text[:start]}{_checked(one)}{text[start + len(one.node.text) :]}"
    return text


def of_one_kind() -> Any:
    """Return the declaration of the test whether two values can be equal: it fails where their kinds differ."""
    from cel_expr_python import cel

    types = cel.Type
    overload = cel.Overload(
        id="of_one_kind", return_type=types.BOOL, parameters=[types.DYN, types.DYN], is_member=False, impl=_same_kind
    )
    return cel.FunctionDecl("of_one_kind", [overload])


def _same_kind(a: object, b: object) -> bool:
    kinds = {_kind(a), _kind(b)} - {""}
    if len(kinds) > 1:
        raise ValueError("values of different kinds are compared")
    return True


def _kind(value: object) -> str:
    match value:
        case bool():
            return "yes or no"
        case int() | float():
            return "number"
        case str():
            return "text"
    return ""


def _checked(one: _Equality) -> str:
    """Return a comparison that fails for values of different kinds.

    What is equal needs no check, and only where the types differ the function runs.
    """
    field, other = one.field.text, one.other.text
    same = f"type(dyn({field})) == type(dyn({other}))"
    fast = _FAST[next(iter(one.kinds))].format(field) if one.kinds else same
    check = f"({fast} || of_one_kind(dyn({field}), dyn({other})))"
    return f"({one.node.text} && {check})" if one.node.name == "!=" else f"({one.node.text} || !{check})"


def _equalities(tree: Node) -> Iterator[_Equality]:
    for node in tree.walk():
        if node.kind == "compare" and node.name in ("==", "!="):
            a, b = node.parts
            field, other = (a, b) if _is_field(a) else (b, a)
            kind = _literal_kind(other)
            if _is_field(field) and (kind or _is_field(other)):
                yield _Equality(node, field, other, frozenset({kind} if kind else ()))
        elif node.kind == "in" and _is_field(node.parts[0]) and node.parts[1].kind == "list" and node.parts[1].parts:
            listed = node.parts[1].parts
            kinds = frozenset(map(_literal_kind, listed))
            if "" not in kinds:
                yield _Equality(node, node.parts[0], listed[0], kinds)


def _is_field(node: Node) -> bool:
    """Return whether a part only reads a value: `x`, `value.a.b`, `value["a"]`, `value.list[0]`."""
    match node.kind:
        case "name":
            return True
        case "field":
            return _is_field(node.parts[0])
        case "index":
            return _is_field(node.parts[0]) and (node.parts[1].kind == "literal" or _is_field(node.parts[1]))
    return False


def _literal_kind(node: Node) -> str:
    """Return the kind of a literal; empty for null, bytes and what is no literal."""
    if node.kind != "literal" or node.text == "null":
        return ""
    if node.text in ("true", "false"):
        return "yes or no"
    prefix, quote, _ = node.text.partition("'" if "'" in node.text.partition('"')[0] else '"')
    if quote:
        return "" if "b" in prefix.lower() else "text"
    return "number"

"""Conditions of Argo Rollouts (expr-lang) as CEL rules.

`result` of a Prometheus query is a list of numbers, or one number if the query is a scalar. Where a condition reads
only `result[0]`, the signal reads one number (`value`); otherwise it reads the list of series.
"""

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from mmcockpit.imports.expressions import Expression, UnknownExpression

_FUNCTIONS = {"max": "max", "min": "min", "sum": "sum", "mean": "avg"}
"""Function over all numbers of a result to the aggregation of PromQL."""
_TESTS = {"all": "all", "any": "exists", "one": "exists_one", "none": "exists"}
_NEGATED = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!=", "!=": "=="}
_NUMBERS = frozenset({"int", "double"})
_WEAKEST = 0
_STRENGTH = {
    "||": 1,
    "&&": 2,
    "==": 3,
    "!=": 3,
    "<": 3,
    "<=": 3,
    ">": 3,
    ">=": 3,
    "+": 4,
    "-": 4,
    "*": 5,
    "/": 5,
    "%": 5,
}
_STRONGEST = 9


class Cel(NamedTuple):
    """A CEL expression: its text, its type (int, double, bool, string, list) and how strongly its operator binds.

    `opposite` is the text of the opposite comparison, empty for everything else.
    """

    text: str
    kind: str
    strength: int = _STRONGEST
    opposite: str = ""

    def within(self, strength: int) -> str:
        """Return its text, in brackets if its operator binds more weakly."""
        return self.text if self.strength >= strength else f"({self.text})"


TRUE, FALSE = Cel("true", "bool"), Cel("false", "bool")


class ResultUse(NamedTuple):
    """How conditions read the result: as a list, or as one number that PromQL aggregates; what else they test."""

    as_list: bool
    aggregation: str
    tests_length: bool
    not_a_number: bool


def reads_of(conditions: list[Expression], scalar: bool) -> ResultUse:
    """Return how conditions read the result of a query."""
    nodes = [node for condition in conditions for node in _walk(condition)]
    calls = [node for node in nodes if node.kind == "call"]
    aggregates = {node.name for node in calls if node.name in _FUNCTIONS and node.parts[0].is_result}
    bare = sum(node.is_result for node in nodes)
    firsts = sum(node.kind == "index" and node.parts[0].is_result and node.parts[1].name == "0" for node in nodes)
    aggregated = sum(node.name in _FUNCTIONS and node.parts[0].is_result for node in calls)
    lengths = any(node.name == "len" for node in calls)
    special = any(node.name in ("isNaN", "isInf") for node in calls)
    if len(aggregates) == 1 and aggregated == bare:
        return ResultUse(False, _FUNCTIONS[aggregates.pop()], False, special)
    return ResultUse(not scalar and bare != firsts, "", lengths, special)


def cel_of(condition: Expression, reads: ResultUse, scalar: bool, arguments: Mapping[str, tuple[str, str]]) -> Cel:
    """Return a condition in CEL; UnknownExpression if it cannot be expressed, or if Argo cannot evaluate it.

    `arguments` maps the template's arguments to their variable and their value.
    """
    rule = _Translation(reads, scalar, arguments).cel(condition)
    if rule.kind != "bool":
        raise UnknownExpression("it is neither true nor false")
    return rule


def negated(rule: Cel) -> Cel:
    """Return the opposite of a rule."""
    if rule in (TRUE, FALSE):
        return FALSE if rule == TRUE else TRUE
    if rule.opposite:
        return Cel(rule.opposite, "bool", rule.strength, rule.text)
    return Cel(f"!{rule.within(_STRONGEST)}", "bool", _STRONGEST, rule.text)


def both(left: Cel, right: Cel) -> Cel:
    """Return a rule that holds if both do."""
    return _logical("&&", left, right)


def _walk(node: Expression) -> Iterator[Expression]:
    yield node
    for part in node.parts:
        yield from _walk(part)


def _logical(sign: str, left: Cel, right: Cel) -> Cel:
    neutral, decisive = (TRUE, FALSE) if sign == "&&" else (FALSE, TRUE)
    if decisive in (left, right):
        return decisive
    if neutral in (left, right):
        return right if left == neutral else left
    strength = _STRENGTH[sign]
    return Cel(f"{left.within(strength)} {sign} {right.within(strength)}", "bool", strength)


class _Translation:
    """Translates the expressions of one metric; `#` is the number of a series while a list is tested."""

    def __init__(self, reads: ResultUse, scalar: bool, arguments: Mapping[str, tuple[str, str]]) -> None:
        self._reads = reads
        self._scalar = scalar
        self._arguments = arguments
        self._depth = 0

    def cel(self, node: Expression) -> Cel:
        match node.kind:
            case "number":
                real = re.search(r"[.eE]", node.name) is not None
                return Cel(f"0{node.name}" if node.name[0] == "." else node.name, "double" if real else "int")
            case "string":
                return Cel(node.name, "string")
            case "text_argument":
                raise UnknownExpression(f"args.{node.name} is compared as a text; a result is a number")
            case "argument":
                return self._argument(node.name)
            case "unary":
                return self._unary(node)
            case "binary":
                return self._binary(node)
            case "choice":
                return self._choice(node)
            case "index":
                return self._index(node)
            case "call":
                return self._call(node)
        return self._name(node)

    def _name(self, node: Expression) -> Cel:
        if node.name in ("true", "false"):
            return TRUE if node.name == "true" else FALSE
        if node.name == "#" and self._depth:
            return Cel(f"s{self._depth}.value" if self._depth > 1 else "s.value", "double")
        if not node.is_result:
            raise UnknownExpression(f"unknown name {node.name}")
        if self._scalar:
            return Cel("value", "double")
        return Cel("value", "list")

    def _argument(self, name: str) -> Cel:
        variable, value = self._arguments.get(name, ("", ""))
        if not value:
            raise UnknownExpression(f"args.{name} has no value: give it one, then import again")
        if not re.fullmatch(r"-?\d+(\.\d+)?", value):
            raise UnknownExpression(f"args.{name} is not a number: {value}")
        return Cel(f"${{{variable}}}", "double" if "." in value else "int")

    def _unary(self, node: Expression) -> Cel:
        inner = self.cel(node.parts[0])
        if node.name == "-":
            _require(inner, _NUMBERS, "-")
            return Cel(f"-{inner.within(_STRONGEST)}", inner.kind, _STRENGTH["*"])
        _require(inner, {"bool"}, "!")
        return negated(inner)

    def _binary(self, node: Expression) -> Cel:
        left, right = (self.cel(part) for part in node.parts)
        sign, strength = node.name, _STRENGTH[node.name]
        if sign in ("&&", "||"):
            _require(left, {"bool"}, sign)
            _require(right, {"bool"}, sign)
            return _logical(sign, left, right)
        same = left.kind == right.kind and left.kind in ("string", "bool") and sign in ("==", "!=")
        if not same:
            _require(left, _NUMBERS, sign)
            _require(right, _NUMBERS, sign)
        if strength == _STRENGTH["=="]:
            sides = left.within(strength + 1), right.within(strength + 1)
            opposite = f"{sides[0]} {_NEGATED[sign]} {sides[1]}"
            return Cel(f"{sides[0]} {sign} {sides[1]}", "bool", strength, opposite)
        if sign == "/":
            left, right = _real(left), _real(right)
        kind = "double" if "double" in (left.kind, right.kind) else "int"
        return Cel(f"{left.within(strength)} {sign} {right.within(strength + 1)}", kind, strength)

    def _choice(self, node: Expression) -> Cel:
        test, yes, no = (self.cel(part) for part in node.parts)
        _require(test, {"bool"}, "?")
        if yes.kind != no.kind:
            raise UnknownExpression("both sides of ? : have to be of the same type")
        return Cel(f"{test.within(1)} ? {yes.within(1)} : {no.within(1)}", yes.kind, _WEAKEST)

    def _index(self, node: Expression) -> Cel:
        if self._scalar:
            raise UnknownExpression("the query is a scalar, and result is a number: write result instead of result[0]")
        if node.parts[0].is_result and not self._reads.as_list:
            return Cel("value", "double")
        values, place = self.cel(node.parts[0]), self.cel(node.parts[1])
        _require(values, {"list"}, "[]")
        _require(place, {"int"}, "[]")
        from_the_end = re.fullmatch(r"-(\d+)", place.text)
        index = f"{values.text}.size() - {from_the_end[1]}" if from_the_end else place.text
        return Cel(f"{values.text}[{index}].value", "double")

    def _call(self, node: Expression) -> Cel:
        name, parts = node.name, node.parts
        if name in ("isNaN", "isInf", "isNil"):
            # A result that is not a number is no data, before any rule is evaluated.
            if name != "isNil":
                _require(self.cel(parts[0]), _NUMBERS, name)
            return FALSE
        if name == "default":
            # Argo returns the result of the query here, whatever its first argument is: it is never nil.
            return self._name(Expression("name", "result"))
        if name in ("asFloat", "asInt", "float", "int"):
            inner = self.cel(parts[0]._replace(kind="argument") if parts[0].kind == "text_argument" else parts[0])
            _require(inner, _NUMBERS, name)
            return Cel(f"int({inner.text})", "int") if name in ("asInt", "int") else _real(inner)
        if name == "len":
            values = self.cel(parts[0])
            _require(values, {"list"}, "len")
            return Cel(f"{values.text}.size()", "int")
        if name in _FUNCTIONS and parts[0].is_result and self._reads.aggregation:
            return Cel("value", "double")
        if name in (*_TESTS, "filter", "count") and len(parts) == 2:
            return self._test(name, parts[0], parts[1])
        raise UnknownExpression(f"{name}() has no equivalent")

    def _test(self, name: str, list_: Expression, test: Expression) -> Cel:
        values = self.cel(list_)
        _require(values, {"list"}, name)
        self._depth += 1
        variable = f"s{self._depth}" if self._depth > 1 else "s"
        rule = self.cel(test)
        self._depth -= 1
        _require(rule, {"bool"}, name)
        if name == "filter":
            return Cel(f"{values.text}.filter({variable}, {rule.text})", "list")
        if name == "count":
            return Cel(f"{values.text}.filter({variable}, {rule.text}).size()", "int")
        tested = f"{values.text}.{_TESTS[name]}({variable}, {rule.text})"
        return Cel(f"!{tested}", "bool", _STRONGEST, tested) if name == "none" else Cel(tested, "bool")


def _real(value: Cel) -> Cel:
    if value.kind == "double":
        return value
    return Cel(f"{value.text}.0", "double") if value.text.isdigit() else Cel(f"double({value.text})", "double")


def _require(value: Cel, kinds: "frozenset[str] | set[str]", sign: str) -> None:
    if value.kind == "list" and value.kind not in kinds:
        raise UnknownExpression("result is a list; Argo reports an error for it: write result[0]")
    if value.kind not in kinds:
        raise UnknownExpression(f"Argo cannot evaluate it: {sign} of a {value.kind}")

"""CEL operators for mixed ints, uints and doubles, which its standard library declares for equal types only.

Operands of equal types keep the library's result: `7 / 2` is 3. With a double the result is a double. Only a division
of two doubles by zero differs: with the library's NaN or Inf a rule would pass or fail without data.
"""

import math
import operator
import re
from collections.abc import Callable
from typing import Any

from mmcockpit.core.rules.cel.syntax import Node, parse
from mmcockpit.core.rules.cel.tokens import tokens_of

Pair = tuple[str, str]
WITH_DOUBLE: tuple[Pair, ...] = (("int", "double"), ("double", "int"), ("uint", "double"), ("double", "uint"))
WHOLE: tuple[Pair, ...] = (("int", "uint"), ("uint", "int"))
DOUBLES: Pair = ("double", "double")

_CALL, _OWN_CALL, _EXACT_CALL = b"\x12\x03_/_", b"\x12\x03div", b"\x12\x03exa"
"""The function of a call, its field 2, in a checked rule as it is serialised: the library's division, and ours."""
_DOUBLE, _OWN_DOUBLE = b"\x12\x06double", b"\x12\x06finite"
_DECIMAL = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)


def mixed_arithmetic() -> list[Any]:
    """Return the declarations of arithmetic over two numbers of different types, and of `%` over doubles."""
    from cel_expr_python import cel

    declared = []
    for sign, of_doubles, of_whole in _ARITHMETIC:
        overloads = [_overload(sign, pair, "double", _as_doubles(of_doubles)) for pair in WITH_DOUBLE]
        overloads += [_overload(sign, pair, "int", of_whole) for pair in WHOLE]
        if sign == "%":
            overloads.append(_overload(sign, DOUBLES, "double", math.fmod))
        declared.append(cel.FunctionDecl(f"_{sign}_", overloads))
    return declared


def with_own_division(rule: bytes, exact: bool) -> bytes:
    """Return a checked and serialised rule that divides by `own_division`; the library's own has no other way out.

    It converts to numbers by `own_double`. An `exact` division of whole numbers fails if it drops the rest.
    """
    return rule.replace(_CALL, _EXACT_CALL if exact else _OWN_CALL).replace(_DOUBLE, _OWN_DOUBLE)


def own_double() -> Any:
    """Return the declaration of `double(x)` that fails for texts such as NaN and inf, which are no numbers."""
    from cel_expr_python import cel

    kinds = ("string", "int", "uint", "double")
    overloads = [
        cel.Overload(
            id=f"finite_{kind}",
            return_type=_type("double"),
            parameters=[_type(kind)],
            is_member=False,
            impl=_finite if kind == "string" else float,
        )
        for kind in kinds
    ]
    return cel.FunctionDecl("finite", overloads)


def _finite(text: str) -> float:
    number = float(text) if _DECIMAL.fullmatch(text.strip()) else math.nan
    if not math.isfinite(number):
        raise ValueError("cannot convert string to double")
    return number


def own_division() -> list[Any]:
    """Return the declarations of a division that fails for a divisor of zero, for numbers of all types."""
    from cel_expr_python import cel

    declared = []
    for name, of_whole in (("div", _quotient), ("exa", _exact_quotient)):
        overloads = [_overload(name, pair, "double", _as_doubles(operator.truediv)) for pair in (*WITH_DOUBLE, DOUBLES)]
        overloads += [_overload(name, pair, "int", of_whole) for pair in (*WHOLE, ("int", "int"))]
        declared.append(cel.FunctionDecl(name, [*overloads, _overload(name, ("uint", "uint"), "uint", of_whole)]))
    return declared


def compares_fraction(text: str) -> bool:
    """Return whether a rule compares a division with a fraction: `value.errors / value.requests < 0.01`."""
    divides = fraction = compares = False
    for token in tokens_of(text):
        if token.text in ("&&", "||", "?", ":"):
            divides = fraction = compares = False
        divides = divides or (token.kind == "sign" and token.text == "/")
        compares = compares or token.text in ("<", "<=", ">", ">=", "==", "!=")
        fraction = fraction or (token.kind == "number" and not float(_decimal(token.text)).is_integer())
        if divides and compares and fraction:
            return True
    return False


def limits_quotient(text: str) -> bool:
    """Return whether a rule has a limit for a division that a dropped rest would pass: `value.used * 100 / value.size
    <= 80` for 80.9.

    For `<` and `>=` and a whole limit the rest makes no difference, nor where the limit is the division, as of a
    quorum.
    """
    tree = parse(text)
    for node in tree.walk() if tree is not None else ():
        if node.kind == "compare" and node.name in ("<=", ">", ">=", "<"):
            measured, limit = node.parts if node.name in ("<=", ">") else reversed(node.parts)
            if limit.kind == "literal" and _divides(measured):
                return True
    return False


def _divides(node: Node) -> bool:
    return node.kind == "sum" and (node.name == "/" or any(map(_divides, node.parts)))


def _decimal(number: str) -> str:
    return "0" if number[:2] in ("0x", "0X") else number.rstrip("uU")


def mixed_comparison() -> list[Any]:
    """Return declarations for type-checking comparisons of mixed numbers, alone, in lists and maps, and in `a ? b : c`.

    They have no implementation of their own: the library compares numbers of all types at run time.
    """
    from cel_expr_python import cel

    types, pairs = cel.Type, (*WITH_DOUBLE, *WHOLE)
    declared = []
    for sign in ("<", "<=", ">", ">=", "==", "!="):
        shapes: list[Callable[[Any], Any]] = [lambda one: one]
        if sign in ("==", "!="):
            shapes += [types.List, lambda one: types.Map(types.STRING, one)]
        overloads = [
            _shaped(f"mixed_{sign}_{number}_{a}_{b}", [shape(_type(a)), shape(_type(b))])
            for number, shape in enumerate(shapes)
            for a, b in pairs
        ]
        declared.append(cel.FunctionDecl(f"_{sign}_", overloads))
    inside = [_shaped(f"mixed_in_list_{a}_{b}", [_type(a), types.List(_type(b))]) for a, b in pairs]
    keys = [(a, b) for a, b in pairs if b != "double"]
    inside += [_shaped(f"mixed_in_map_{a}_{b}", [_type(a), types.Map(_type(b), types.DYN)]) for a, b in keys]
    either = [
        cel.Overload(id=f"mixed_either_{a}_{b}", return_type=types.DYN, parameters=[types.BOOL, _type(a), _type(b)])
        for a, b in pairs
    ]
    return [*declared, cel.FunctionDecl("@in", inside), cel.FunctionDecl("_?_:_", either)]


def _type(name: str) -> Any:
    from cel_expr_python import cel

    return cel.Type(name)


def _overload(sign: str, pair: Pair, result: str, run: Callable[[Any, Any], Any]) -> Any:
    from cel_expr_python import cel

    a, b = pair
    return cel.Overload(
        id=f"mixed_{sign}_{a}_{b}",
        return_type=_type(result),
        parameters=[_type(a), _type(b)],
        is_member=False,
        impl=run,
    )


def _shaped(id_: str, parameters: list[Any]) -> Any:
    from cel_expr_python import cel

    return cel.Overload(id=id_, return_type=cel.Type.BOOL, parameters=parameters, is_member=False)


def _as_doubles(run: Callable[[float, float], float]) -> Callable[[Any, Any], float]:
    return lambda a, b: run(float(a), float(b))


def _quotient(a: int, b: int) -> int:
    """Return the integer quotient as CEL defines it, rounded towards zero."""
    whole = abs(a) // abs(b)
    return whole if (a < 0) == (b < 0) else -whole


def _exact_quotient(a: int, b: int) -> int:
    if a % b:
        raise ValueError("a division of whole numbers drops the rest")
    return _quotient(a, b)


def _remainder(a: int, b: int) -> int:
    return a - b * _quotient(a, b)


_ARITHMETIC: tuple[tuple[str, Callable[[float, float], float], Callable[[int, int], int]], ...] = (
    ("+", operator.add, operator.add),
    ("-", operator.sub, operator.sub),
    ("*", operator.mul, operator.mul),
    ("/", operator.truediv, _quotient),
    ("%", math.fmod, _remainder),
)

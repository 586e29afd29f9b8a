"""Rules in CEL, the expression language of Kubernetes validation rules: compiled, checked and evaluated."""

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import lru_cache
from typing import Any

import msgspec

from mmcockpit.core.rules.cel.errors import ErrorAbout, error_about, error_sentence, kind_words
from mmcockpit.core.rules.cel.mistakes import way_out

STEPS = 10_000
"""Maximum list entries that one evaluation visits, over all its comprehensions: a limit of the CEL library."""

MAPPED = 1_400
"""Maximum length of a list for a rule with `map`.

The library copies the resulting list at each entry, so that the time grows with the square; this many take 50 ms.
"""

_SCOPE = frozenset({"value", "baseline", "vars", "now", "started"})
_MAPS = re.compile(r"\.\s*map\s*\(")
_PLACE = re.compile(r"<input>:(\d+):(\d+): (.*)")
_FAILURES = (RuntimeError, ValueError, TypeError, ArithmeticError, LookupError, MemoryError)
"""Errors of the library when it cannot evaluate a rule or convert a value."""


class RuleError(ValueError):
    """A rule does not compile: the reason, with line and column in its text (from 1), and what to write if known."""

    def __init__(self, message: str, line: int, column: int, fix: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.fix = fix
        self.line = line
        self.column = column


class Undecided(msgspec.Struct, frozen=True):
    """The reason why an evaluation has no result; `too_long`: the value has more entries than a rule may go through."""

    reason: str
    too_long: bool = False
    about: ErrorAbout = "type"
    """Whether it is about what the rule does, about a value that cannot be read, or else about the type of a value."""
    sentence: str = ""


def compile_rule(text: str, numeric: bool) -> Any:
    """Return the compiled rule, which returns a bool; RuleError has the place and the reason if it does not compile.

    In scope: `value` and `baseline` (doubles where `numeric`), `vars` (name to string), `now`, `started` (timestamps).
    """
    return _compiled(text, numeric, "BOOL", "true or false")


def compile_duration(text: str) -> Any:
    """Return a compiled rule that returns a duration, for a settle time; RuleError as for `compile_rule`."""
    return _compiled(text, False, "DURATION", "a duration")


def is_true(text: str, numeric: bool, scope: Mapping[str, Any]) -> bool | Undecided:
    """Return whether a rule holds in a scope; Undecided if it cannot be evaluated, for whatever reason."""
    return truth(_evaluated(text, numeric, "BOOL", "true or false", scope))


def truth(result: Any) -> bool | Undecided:
    """Return the result of a rule if it is true or false, or Undecided; any other one is Undecided."""
    if isinstance(result, bool | Undecided):
        return result
    return Undecided(f"the rule returns {kind_words(result)}, not true or false")


def evaluate_duration(text: str, scope: Mapping[str, Any]) -> float | Undecided:
    """Return the result of a duration rule in seconds, never negative; Undecided as for `is_true`."""
    result = _evaluated(text, False, "DURATION", "a duration", scope)
    if isinstance(result, Undecided):
        return result
    seconds = getattr(result, "total_seconds", lambda: -1.0)()
    if seconds < 0:
        return Undecided("the rule does not return a duration of 0 s or more")
    return float(seconds)


def compile_text(text: str, numeric: bool) -> Any:
    """Return a compiled expression that returns a text, for a signal's message; RuleError as for `compile_rule`."""
    return _compiled(text, numeric, "STRING", "a text")


def evaluate_text(text: str, numeric: bool, scope: Mapping[str, Any]) -> str | Undecided:
    """Return the text that an expression evaluates to; Undecided as for `is_true`."""
    result = _evaluated(text, numeric, "STRING", "a text", scope)
    return result if isinstance(result, str | Undecided) else Undecided("the expression gives no text")


def evaluate_part(text: str, scope: Mapping[str, Any]) -> Any:
    """Return the plain value of a part of a rule, with the variables of enclosing loops in scope; or Undecided."""
    variables = tuple(sorted(scope.keys() - _SCOPE))
    try:
        result = _part(text, variables).eval(data=scope)
        value = result.plain_value()
    except _FAILURES as error:
        return _undecided(str(error))
    return _undecided(str(value)) if result.type().name() == "ERROR" else value


def _evaluated(text: str, numeric: bool, wanted: str, words: str, scope: Mapping[str, Any]) -> Any:
    if _MAPS.search(text) and _longest(scope.get("value")) > MAPPED:
        return Undecided(
            f"the rule maps a list of more than {MAPPED:,} entries; use all, exists or filter instead", True
        )
    return evaluated(lambda: _compiled(text, numeric, wanted, words), scope)


def evaluated(rule: Callable[[], Any], scope: Mapping[str, Any]) -> Any:
    """Return the value of a compiled rule in a scope; Undecided if it does not compile or cannot be evaluated."""
    try:
        result = rule().eval(data=scope)
        value = result.value()
    except _FAILURES as error:
        return _undecided(str(error))
    return _undecided(str(value)) if result.type().name() == "ERROR" else value


def _longest(value: Any) -> int:
    """Return the length of the longest list at any depth of a value."""
    match value:
        case list():
            return max(len(value), max(map(_longest, value), default=0))
        case dict():
            return max(map(_longest, value.values()), default=0)
    return 0


def _undecided(report: str) -> Undecided:
    if "Iteration budget exceeded" in report:
        too_long = f"the rule goes through more than {STEPS:,} list entries; use a shorter list or fewer nested loops"
        return Undecided(too_long, True)
    sentence = error_sentence(report)
    return Undecided(f"the rule cannot be decided: {sentence}", about=error_about(report), sentence=sentence)


@lru_cache(maxsize=1024)
def _compiled(text: str, numeric: bool, wanted: str, words: str) -> Any:
    return compiled_in(_environments(numeric), text, wanted, words)


_TYPES = {
    "INT": "a whole number",
    "UINT": "a whole number",
    "DOUBLE": "a number",
    "STRING": "a text",
    "BOOL": "true or false",
    "DURATION": "a duration",
    "TIMESTAMP": "a time",
    "LIST": "a list",
    "MAP": "a mapping",
}
"""The name of a type in CEL, to what people call it."""


def compiled_in(pair: tuple[Any, Any], text: str, wanted: str, words: str) -> Any:
    """Return a rule, checked in the first and compiled for the second environment; RuleError as for `compile_rule`."""
    try:
        rule = pair[0].compile(text)
    except RuntimeError as error:
        raise _located(str(error), text) from error
    answers = rule.return_type().name()
    if answers not in (wanted, "DYN"):
        raise RuleError(f"the rule returns {_TYPES.get(answers, answers.lower())}, not {words}", 1, 1)
    # Type-checked with operators for mixed numbers, run with the library's own comparison of them.
    return _running(rule, text, pair)


def _running(rule: Any, text: str, pair: tuple[Any, Any]) -> Any:
    """Return a rule that the first environment checked, compiled for the second, which runs it."""
    from mmcockpit.core.rules.cel.comparisons import with_checked_kinds
    from mmcockpit.core.rules.cel.numbers import compares_fraction, limits_quotient, with_own_division

    checking, running = pair
    if (checked := with_checked_kinds(text)) != text:
        # A comparison whose types are known from the rule may not compile in this form, and needs no check.
        with suppress(RuntimeError):
            rule = checking.compile(checked)
    return running.deserialize(
        with_own_division(rule.serialize(), exact=compares_fraction(text) or limits_quotient(text))
    )


@lru_cache(maxsize=2048)
def _part(text: str, variables: tuple[str, ...]) -> Any:
    pair = _environments(False, variables)
    try:
        return _running(pair[0].compile(text), text, pair)
    except RuntimeError as error:
        raise _located(str(error), text) from error


@lru_cache(maxsize=32)
def _environments(numeric: bool, variables: tuple[str, ...] = ()) -> tuple[Any, Any]:
    """Return the environments for rules over `value`, with further variables of any type."""
    value = "DOUBLE" if numeric else "DYN"
    scope = {"value": value, "baseline": value, "vars": "TEXTS", "now": "TIMESTAMP", "started": "TIMESTAMP"}
    return environments({**scope, **dict.fromkeys(variables, "DYN")})


def environments(scope: Mapping[str, str]) -> tuple[Any, Any]:
    """Return the environment that type-checks rules and the one that runs them.

    `scope` maps variables to DOUBLE, DYN, TIMESTAMP, TEXTS (a map of strings to strings) or PARTS (to any value).
    """
    # Imported here: a replay does not judge and never needs it.
    from cel_expr_python import cel

    from mmcockpit.core.rules.cel.comparisons import of_one_kind
    from mmcockpit.core.rules.cel.numbers import mixed_arithmetic, mixed_comparison, own_division, own_double
    from mmcockpit.core.rules.cel.text import split

    types = cel.Type
    maps = {"TEXTS": types.Map(types.STRING, types.STRING), "PARTS": types.Map(types.STRING, types.DYN)}
    variables = {name: maps[kind] if kind in maps else getattr(types, kind) for name, kind in scope.items()}
    arithmetic = [*mixed_arithmetic(), split(), of_one_kind()]
    checked = cel.CelExtension("numbers.checked", [*arithmetic, *mixed_comparison()])
    checking = cel.NewEnv(variables=variables, extensions=[checked])
    running = cel.NewEnv(
        variables=variables, extensions=[cel.CelExtension("numbers", [*arithmetic, *own_division(), own_double()])]
    )
    # An environment knows the types of its variables only after its first compilation.
    running.compile("true")
    return checking, running


def _located(report: str, rule: str) -> RuleError:
    place, fix = _PLACE.search(report), way_out(rule, report)
    if place is None:
        return RuleError(report.splitlines()[0], 1, 1, fix)
    # The library lists everything that could follow, and the empty name of its own scope.
    reason = place[3].partition(" expecting {")[0].removesuffix(" (in container '')")
    return RuleError(reason, int(place[1]), int(place[2]), fix)

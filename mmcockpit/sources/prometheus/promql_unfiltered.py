"""PromQL expressions without filters: empty only if the expression can never have a result."""

import re
from functools import lru_cache

from mmcockpit.sources.prometheus.promql import ABSENT, MAX_LENGTH, STRING, selectors

_TOKEN = re.compile(
    rf"""
      (?P<comment>\#[^\n]*)
    | (?P<braces>\{{(?:{STRING}|[^{{}}"'`])*+\}})
    | (?P<string>{STRING})
    | (?P<compare>(?:[=!<>]=|[<>])(?!/))
    | (?P<word>[A-Za-z_:][\w:]*)
    | (?P<rest>\s+|.)
    """,
    re.VERBOSE | re.DOTALL,
)
_SETS = frozenset({"and", "or", "unless"})


@lru_cache(maxsize=512)
def unfiltered(promql: str) -> str:
    """Return the expression with `bool` at each comparison, without the operands of `unless`, and with absent() true.

    `a / b > 0.8` becomes `a / b > bool 0.8`: empty if a or b has no series, or if their labels do not match.
    """
    return "".join(_kept([token for token in tokens(promql) if token[0] != "comment"]))


def tokens(promql: str) -> list[tuple[str, str]]:
    """Return the tokens of an expression with their kinds: comment, braces, string, compare, word or rest."""
    return [(match.lastgroup or "", match[0]) for match in _TOKEN.finditer(promql[:MAX_LENGTH])]


def _kept(parts: list[tuple[str, str]]) -> list[str]:
    kept = list[str]()
    at = 0
    while at < len(parts):
        kind, text = parts[at]
        if kind == "word" and text.lower() == "unless":
            at = _end_of_operand(parts, at + 1)
            continue
        if kind == "word" and text in ABSENT and _next(parts, at + 1)[1] == "(":
            end = _end_of_call(parts, at + 1)
            kept.append(_present("".join(part for _, part in parts[at + 1 : end])))
            at = end
            continue
        kept.append(text)
        if kind == "compare" and _next(parts, at + 1)[1].lower() != "bool":
            spaced = at + 1 < len(parts) and parts[at + 1][1].isspace()
            kept.append(" bool" if spaced else " bool ")
        at += 1
    return kept


def _next(parts: list[tuple[str, str]], at: int) -> tuple[str, str]:
    return next((token for token in parts[at:] if token[1].strip()), ("", ""))


def _end_of_operand(parts: list[tuple[str, str]], at: int) -> int:
    """Return where the right side of a set operator ends: at the next one, or at its closing bracket."""
    level = 0
    while at < len(parts):
        kind, text = parts[at]
        ends = text in (")", ",") or (kind == "word" and text.lower() in _SETS)
        if level == 0 and ends:
            return at
        level += (text == "(") - (text == ")")
        at += 1
    return at


def _end_of_call(parts: list[tuple[str, str]], at: int) -> int:
    """Return where the brackets after a function's name are closed."""
    level = 0
    while at < len(parts):
        level += (parts[at][1] == "(") - (parts[at][1] == ")")
        at += 1
        if level == 0 and parts[at - 1][1] == ")":
            break
    return at


def _present(inside: str) -> str:
    """Return the result of absent() without any series: 1 with the labels that its selector requires."""
    result, inner = "vector(1)", selectors(inside)
    if len(inner) == 1:
        for name, operator, value in inner[0].matchers:
            if operator == "=":
                result = f'label_replace({result}, "{name}", {_quoted(value)}, "", "")'
    return result


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("$", "$$")
    return f'"{escaped}"'

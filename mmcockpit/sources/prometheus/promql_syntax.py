"""The position at which a parser refuses a PromQL expression, and the reason."""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from functools import lru_cache

from mmcockpit.sources.prometheus.promql import STRING, parseable

_TOKEN = re.compile(rf"\s*(\#[^\n]*|{STRING}|[a-zA-Z_:][\w:]*|\d[\w.]*|=~|!~|!=|==|>=|<=|\S)")
_CLOSING = {"(": ")", "[": "]", "{": "}"}
_NOTHING_YET = ("invalid promql query", "no expression found", "unexpected end of input", "unclosed")
_NAMED = re.compile(r"function with name '([^']+)'|(?:call to )?function '([^']+)'")
_UNEXPECTED = re.compile(r"unexpected character[^:]*: '(.)'")


@lru_cache(maxsize=512)
def refusal(promql: str) -> tuple[int, int, str] | None:
    """Return line, column (from 1) and reason if promql-parser refuses an expression, or None.

    It knows the syntax of Prometheus 2: that of Prometheus 3 and of MetricsQL is refused here, even if servers accept
    it.
    """
    if not parseable(promql):
        return None
    why = _why(promql)
    if why is None:
        return None
    tokens = [(match.start(1), match[1]) for match in _TOKEN.finditer(promql)]
    at = _place(promql, tokens, why)
    before = promql[:at]
    return before.count("\n") + 1, at - (before.rfind("\n") + 1) + 1, why


def _why(promql: str) -> str | None:
    from promql_parser import parse

    try:
        parse(promql)
    except ValueError as error:
        return str(error)
    return None


def _place(promql: str, tokens: Sequence[tuple[int, str]], why: str) -> int:
    """Return the index in the text at which the mistake begins, 0 if it cannot be found."""
    named = _NAMED.search(why)
    if named:
        name = named[1] or named[2]
        return next((at for at, token in tokens if token == name), 0)
    level: list[int] = []
    for at, token in tokens:
        if token in _CLOSING:
            level.append(at)
        elif token in _CLOSING.values():
            if not level or _CLOSING[promql[level[-1]]] != token:
                return at
            level.pop()
    if level and "unclosed" in why:
        return level[-1]
    odd = _UNEXPECTED.search(why)
    if odd:
        return next((at for at, token in tokens if token[0] == odd[1]), 0)
    return _first_refused(promql, tokens)


def _first_refused(promql: str, tokens: Sequence[tuple[int, str]]) -> int:
    """Return the start of the first token at which the text is no longer the beginning of any expression."""
    number = bisect_left(range(len(tokens)), True, key=lambda n: not _is_beginning(promql, tokens[: n + 1]))
    return tokens[number][0] if number < len(tokens) else len(promql.rstrip())


def _is_beginning(promql: str, tokens: Sequence[tuple[int, str]]) -> bool:
    begun: list[str] = []
    for _, token in tokens:
        if token in _CLOSING:
            begun.append(_CLOSING[token])
        elif begun and token == begun[-1]:
            begun.pop()
    at, last = tokens[-1]
    text = promql[: at + len(last)]
    return any(_may_begin(text + end) for end in _ends("".join(reversed(begun))))


def _ends(closing: str) -> Iterator[str]:
    """Yield possible continuations of the beginning of an expression, shortest first."""
    for more in (
        "",
        " a",
        " (a)",
        '"a"',
        ' a="b"',
        '="b"',
        "5m",
        "(a[5m])",
        "(a) (a)",
        " 5m",
        "(1, a)",
        "(0.5, a[5m])",
    ):
        yield more + closing


def _may_begin(text: str) -> bool:
    why = _why(text)
    # A wrong type is not a syntax error: the rest of the text may correct it.
    return why is None or not why.startswith(_NOTHING_YET)

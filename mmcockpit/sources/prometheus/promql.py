"""The selectors of a PromQL expression and how far back they look, from its text alone."""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from itertools import islice
from typing import Any

from mmcockpit.core.words.durations import is_duration, seconds

MAX_DEPTH = 200
MAX_OPERATORS = 250
MAX_LENGTH = 20_000
"""Most nested brackets, operators and characters that are parsed: the parser recurses without a limit of its own."""

MOST_OPENINGS = 20
"""Most brackets of one kind that are searched if the parser does not know the syntax."""

ABSENT = frozenset({"absent", "absent_over_time"})
"""Functions that test whether series exist: what they select may be missing."""

ALWAYS_POSSIBLE = frozenset({"ALERTS", "ALERTS_FOR_STATE"})
"""Series that Prometheus itself writes, only while an alert is pending or firing."""

_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_METRIC = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
"""Names that PromQL writes without quotes."""

STRING = r"""(?:"(?:\\[\s\S]|[^"\\])*+(?:"|\\?\Z)|'(?:\\[\s\S]|[^'\\])*+(?:'|\\?\Z)|`[^`]*+(?:`|\Z))"""
"""A string; one without an end takes the rest of the text, so that none of its quotes is tried as another beginning."""

_NAMED = {"=": True, "=~": False}
_NOT_METRICS = re.compile(
    rf"""
    \#[^\n]*                                                      # a comment
    | {STRING}
    | \b(?:by|without|on|ignoring|group_left|group_right|limit)\s*\([^()]*\)  # lists of labels
    """,
    re.VERBOSE | re.IGNORECASE,
)
_BRACED = re.compile(r"\{[^{}]*\}|\[[^\[\]]*\]")
_NAME = re.compile(r"(?<![\w:.])([a-zA-Z_:][a-zA-Z0-9_:]*)(?![\w:])(?!\s*\()")
# Operators, modifiers, numbers, and the aggregations, which may come before `by`; then MetricsQL's words.
_WORDS = re.compile(
    "and|or|unless|bool|offset|by|without|on|ignoring|group_left|group_right|inf|nan|start|end|atan2|fill|fill_left|"
    "fill_right|smoothed|anchored|sum|min|max|avg|group|stddev|stdvar|count|count_values|bottomk|topk|quantile|limitk|"
    "limit_ratio|default|if|ifnot|keep_metric_names|limit|with|prefix|step",
    re.IGNORECASE,
)
_INSIDE_ABSENT = re.compile(r"\babsent(?:_over_time)?\s*\(")
_WITH = re.compile(r"\bWITH\s*\(", re.IGNORECASE)
_ALIAS = re.compile(r"([a-zA-Z_]\w*)\s*(?:\(([^()]*)\))?\s*=(?![=~])")
_RANGE = re.compile(r"\[([^\[\]:]*)(?::[^\[\]]*)?\]")
_OFFSET = re.compile(r"\boffset\s+(\w+)", re.IGNORECASE)
_OPERATOR = re.compile(r"[-+*/%^<>]|[=!]=|\b(?:and|or|unless|atan2)\b", re.IGNORECASE)
_DURATION = re.compile(r"\d[\d.]*(?:ms|[smhdwy])")


@dataclass(frozen=True, slots=True)
class Selector:
    """One selector of an expression: its metric's name, or a regular expression for it, and how far back it looks.

    `text` is the selector without range and offset, `range_s` its range plus those of the subqueries around it,
    `offset_s` how far back all of that is offset. A selector by labels alone has no name.
    """

    name: str
    exact: bool = True
    text: str = ""
    matchers: tuple[tuple[str, str, str], ...] = ()
    range_s: float = 0.0
    offset_s: float = 0.0
    in_absent: bool = False

    @property
    def written(self) -> str:
        """In PromQL: `up{job="a"}`."""
        inside = (
            f"{label_text(label)}{operator}{json.dumps(value, ensure_ascii=False)}"
            for label, operator, value in self.matchers
        )
        return selector_text(self.name, inside)


def label_text(name: str) -> str:
    """Return the name of a label as PromQL writes it: in quotes if it has UTF-8 characters, such as dots."""
    return name if _LABEL.fullmatch(name) else json.dumps(name, ensure_ascii=False)


def selector_text(metric: str, matchers: Iterable[str]) -> str:
    """Return a selector of a metric with these matchers; a UTF-8 name is written inside of the braces."""
    inside = ",".join(matchers)
    if not metric or _METRIC.fullmatch(metric):
        return f"{metric}{{{inside}}}"
    return f"{{{json.dumps(metric, ensure_ascii=False)}{',' if inside else ''}{inside}}}"


def metric_names(promql: str) -> frozenset[str]:
    """Return the names of the metrics that an expression selects; a selector by labels or a pattern has none."""
    return frozenset(selector.name for selector in selectors(promql) if selector.name and selector.exact)


@lru_cache(maxsize=512)
def selectors(promql: str) -> tuple[Selector, ...]:
    """Return the selectors of an expression; for syntax unknown to the parser, names and ranges found by patterns."""
    # Imported with the first expression: showing a session does not need it.
    from promql_parser import parse

    if parseable(promql):
        try:
            return tuple(_parsed(parse(promql), 0.0, 0.0, False))
        except ValueError:
            pass
    return tuple(_guessed(promql))


def parseable(promql: str) -> bool:
    """Return whether an expression is short and flat enough for the parser."""
    if len(promql) > MAX_LENGTH:
        return False
    text = _NOT_METRICS.sub(" ", promql)
    deepest = level = 0
    for letter in text:
        level += (letter in "([{") - (letter in ")]}")
        deepest = max(deepest, level)
    return deepest <= MAX_DEPTH and len(_OPERATOR.findall(text)) <= MAX_OPERATORS


def _parsed(node: Any, range_s: float, offset_s: float, in_absent: bool) -> Iterator[Selector]:
    kind = type(node).__name__
    if kind == "VectorSelector":
        yield _selector(node, range_s, offset_s, in_absent)
        return
    if kind == "MatrixSelector":
        yield _selector(node.vector_selector, range_s + node.range.total_seconds(), offset_s, in_absent)
        return
    if kind == "SubqueryExpr":
        range_s, offset_s = range_s + _seconds(node.range), offset_s + _seconds(node.offset)
    if kind == "Call":
        in_absent = in_absent or node.func.name in ABSENT
        parts = list(node.args)
    else:
        parts = [getattr(node, name, None) for name in ("expr", "param", "lhs", "rhs")]
    for part in parts:
        if part is not None:
            yield from _parsed(part, range_s, offset_s, in_absent)


def _selector(node: Any, range_s: float, offset_s: float, in_absent: bool) -> Selector:
    matchers = [(matcher.name, _operator(matcher), matcher.value) for matcher in node.matchers.matchers]
    name, exact = node.name or "", True
    for label, operator, value in matchers:
        if label == "__name__" and operator in _NAMED and not name:
            name, exact = value, _NAMED[operator]
    if node.name:
        matchers.insert(0, ("__name__", "=", node.name))
    inside = ",".join(
        f"{label_text(label)}{operator}{json.dumps(value, ensure_ascii=False)}" for label, operator, value in matchers
    )
    others = tuple(matcher for matcher in matchers if matcher[0] != "__name__")
    text = "" if node.matchers.or_matchers else "{" + inside + "}"
    return Selector(name, exact, text, others, range_s, offset_s + _seconds(node.offset), in_absent)


def _operator(matcher: Any) -> str:
    text = str(matcher)[len(matcher.name) :]
    return next(operator for operator in ("=~", "!~", "!=", "=") if text.startswith(operator))


def _seconds(duration: timedelta | None) -> float:
    return duration.total_seconds() if duration is not None else 0.0


def _guessed(promql: str) -> Iterator[Selector]:
    text = _NOT_METRICS.sub(" ", promql[:MAX_LENGTH])
    ranges = [_length(text_range) or _number(text_range) for text_range in _RANGE.findall(text)]
    offsets = [_length(offset) for offset in _OFFSET.findall(text)]
    # Nested ranges cannot be assigned to selectors here: the longest is used for all.
    range_s, offset_s = max(ranges, default=0.0), max(offsets, default=0.0)
    body = _BRACED.sub(" ", text)
    possible = set(_names(" ".join(_bracketed(body, _INSIDE_ABSENT))))
    aliased = [alias for part in _bracketed(_BRACED.sub(" ", text), _WITH) for alias in _ALIAS.findall(part)]
    aliases = {word for name, given in aliased for word in (name, *re.findall(r"\w+", given))}
    for name in sorted(set(_names(body)) - aliases):
        yield Selector(name, range_s=range_s, offset_s=offset_s, in_absent=name in possible)


def _length(text: str) -> float:
    """Return the sum of the durations in a text such as `1h + 5m`."""
    return sum(seconds(part) for part in _DURATION.findall(text) if is_duration(part))


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0


def _names(text: str) -> Iterator[str]:
    return (name for name in _NAME.findall(text) if not _WORDS.fullmatch(name))


def _bracketed(text: str, opening: re.Pattern[str]) -> Iterator[str]:
    """Yield the text inside the brackets that these openings begin."""
    for match in islice(opening.finditer(text), MOST_OPENINGS):
        level, end = 1, match.end()
        while level and end < len(text):
            level += (text[end] == "(") - (text[end] == ")")
            end += 1
        yield text[match.end() : end - 1]

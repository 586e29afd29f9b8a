"""What a PromQL expression asks for, read from its text alone."""

import re

_NOT_METRICS = re.compile(
    r"""
    \#[^\n]*                                                      # a comment
    | "(?:\\.|[^"\\])*" | '(?:\\.|[^'\\])*' | `[^`]*`             # a string
    | \b(?:by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)  # lists of labels
    """,
    re.VERBOSE | re.IGNORECASE,
)
_BRACED = re.compile(r"\{[^}]*\}|\[[^\]]*\]")
_NAME = re.compile(r"(?<![\w:.])([a-zA-Z_:][a-zA-Z0-9_:]*)(?![\w:])(?!\s*\()")
# Operators, modifiers, numbers, and the aggregations, which may stand before `by` instead of a bracket.
_WORDS = re.compile(
    "and|or|unless|bool|offset|by|without|on|ignoring|group_left|group_right|inf|nan|start|end|atan2|"
    "sum|min|max|avg|group|stddev|stdvar|count|count_values|bottomk|topk|quantile|limitk|limit_ratio",
    re.IGNORECASE,
)


def metric_names(promql: str) -> frozenset[str]:
    """Return the names of the metrics that an expression selects; a selector by labels alone has none."""
    text = _BRACED.sub(" ", _NOT_METRICS.sub(" ", promql))
    return frozenset(name for name in _NAME.findall(text) if not _WORDS.fullmatch(name))

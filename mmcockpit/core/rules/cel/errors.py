"""Errors of the CEL library as sentences: what is wrong with the value, never the library's own text."""

import re
from functools import cache
from typing import Literal

ErrorAbout = Literal["rule", "value", "type"]

_SENTENCES = (
    (r'no value with name "baseline"', "no baseline was recorded"),
    (r"no value with name|undeclared|unknown variable", "a name that it uses has no value"),
    (r"syntax error", "the rule is not valid"),
    (r"key not found|no_such_field|no such (?:key|field)", "an entry that it reads is missing"),
    (r"index error: index|index .*bounds", "an entry that it reads is missing"),
    (r"expected integer type", "a list is read by something other than a number"),
    (r"by zero", "it divides by zero"),
    (r"drops the rest", "it divides whole numbers, which drops the rest; write double(…) around one of them"),
    (r"different kinds are compared", "it compares values of different kinds, which are never equal"),
    (r"regular expression|regex|missing \)|unexpected \)", "its regular expression is not valid"),
    (r"too big to convert", "a number is too large"),
    (r"timestamp overflow", "a time is out of range"),
    (
        r"convert|conversion|parse|invalid (?:time|duration|timestamp)",
        "a text cannot be read as a number or a time",
    ),
    (r"overflow|out of (?:\w+ )?range", "a number is too large"),
    (r"utf-?8|encod|surrogate|basic_string", "a text contains characters that cannot be compared"),
    (r"overload|container type|type", "a part of the value has another type than it expects"),
)
"""The pattern of each kind of error, in the order in which they are tried, and its sentence."""

_OF_RULE = re.compile(r"index error: index|index .*bounds|by zero|drops the rest|regular expression|regex", re.I)
_OF_VALUE = re.compile(r"too big to convert|convert|conversion|overflow|out of (?:\w+ )?range", re.I)
"""Reports of errors that are not about a type: about what the rule does, and about a value that cannot be read."""

OTHER = "this value does not fit it"
_MISSING = r"(?i)key not found in map ?: ?[\"']?([A-Za-z_][\w.-]{0,60})[\"']?(?:\W|$)"


def error_sentence(report: str) -> str:
    """Return why a rule cannot be decided, for an error text of the CEL library."""
    missing = re.search(_MISSING, report)
    if missing is not None:
        return f"{missing[1]} is missing"
    return next((sentence for pattern, sentence in _sentences() if pattern.search(report)), OTHER)


def error_about(report: str) -> ErrorAbout:
    """Return whether an error is about what the rule does, about one value, or about the type of a value."""
    return "rule" if _OF_RULE.search(report) else "value" if _OF_VALUE.search(report) else "type"


@cache
def _sentences() -> tuple[tuple[re.Pattern[str], str], ...]:
    """Return the compiled patterns: few sessions need them."""
    return tuple((re.compile(pattern, re.I), sentence) for pattern, sentence in _SENTENCES)


def kind_words(value: object) -> str:
    """Return the kind of a value of JSON: `yes or no`, `a number`, `a list`."""
    match value:
        case None:
            return "nothing"
        case bool():
            return "yes or no"
        case int() | float():
            return "a number"
        case str():
            return "text"
        case list() | tuple():
            return "a list"
        case dict():
            return "an object"
    return "a time or a duration"


_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?")


def only_looks_equal(value: object, wanted: object) -> bool:
    """Return whether one of two values is a text that looks like the kind of the other, such as the text 5 and 5."""
    text, other = (value, wanted) if isinstance(value, str) else (wanted, value)
    if not isinstance(text, str):
        return False
    if isinstance(other, bool):
        return text.lower() in ("true", "false")
    return isinstance(other, int | float) and _NUMBER.fullmatch(text) is not None

"""Errors of the CEL library as sentences: what is wrong with the value, never the library's own text."""

import re

_SENTENCES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, re.I), sentence)
    for pattern, sentence in (
        (r'no value with name "baseline"', "no baseline was recorded"),
        (r"no value with name|undeclared|unknown variable", "a name that it uses has no value"),
        (r"syntax error", "the rule is not valid"),
        (r"key not found|no_such_field|no such (?:key|field)", "an entry that it reads is missing"),
        (r"index error: index|index .*bounds", "an entry that it reads is missing"),
        (r"expected integer type", "a list is read by something other than a number"),
        (r"(?:divide|division|modulus) by zero", "it divides by zero"),
        (
            r"convert|conversion|parse|invalid (?:time|duration|timestamp)",
            "a text cannot be read as a number or a time",
        ),
        (r"overflow|out of (?:\w+ )?range", "a number is too large"),
        (r"regular expression|regex|missing \)|unexpected \)", "its regular expression is not valid"),
        (r"utf-?8|encod|surrogate|basic_string", "a text contains characters that cannot be compared"),
        (r"overload|container type|type", "a part of the value has another type than it expects"),
    )
)
OTHER = "this value does not fit it"
_MISSING = re.compile(r"key not found in map ?: ?[\"']?([A-Za-z_][\w.-]{0,60})[\"']?(?:\W|$)", re.I)


def error_sentence(report: str) -> str:
    """Return why a rule cannot be decided, for an error text of the CEL library."""
    missing = _MISSING.search(report)
    if missing is not None:
        return f"{missing[1]} is missing"
    return next((sentence for pattern, sentence in _SENTENCES if pattern.search(report)), OTHER)


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

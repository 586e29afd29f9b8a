"""What to write instead of a usual mistake in a rule, such as words and signs of other languages."""

import re
from itertools import pairwise

from mmcockpit.core.rules.cel.tokens import RuleToken, tokens_of

_NAMES = {
    "and": "write && for `and`",
    "AND": "write && for `AND`",
    "or": "write || for `or`",
    "OR": "write || for `OR`",
    "not": "write ! for `not`",
    "NOT": "write ! for `NOT`",
    "is": "write == to compare",
    "True": "write true in lower case",
    "False": "write false in lower case",
    "None": "write null for `None`",
    "len": "write size(…) for the length",
    "between": "write two comparisons with && between them",
    "if": "write CONDITION ? RESULT : OTHER_RESULT",
}
_SIGNS = {
    "&": "write && for `and`",
    "|": "write || for `or`",
    "=": "write == to compare",
    ";": "remove the semicolon",
    "≤": "write <=",
    "≥": "write >=",
    "≠": "write !=",
    "$": "write the name without $",
    '"': "close the quote",
    "'": "close the quote",
    **dict.fromkeys("“”„‟‘’‚«»", "write straight quotes, \" or '"),
}
_PAIRS = {
    ("=", ">"): "write >=",
    ("=", "<"): "write <=",
    ("<", ">"): "write != for not equal",
    ("=", "~"): "write value.matches('PATTERN')",
}
_REPORTS = (
    (re.compile("operand of a select operation"), "this value is a number, a text or a list: it has no fields"),
    (re.compile(r"'_(?:<|>|<=|>=)_' applied to '\(bool, "), "write two comparisons with && between them"),
    (
        re.compile(
            r"'_(?:<|>|<=|>=|==|!=)_' applied to '\((?:(?:double|int|uint), string|string, (?:double|int|uint))\)"
        ),
        "a number and a text cannot be compared: remove the quotes, or convert the text with double(…)",
    ),
)
"""What the library reports of mistakes that no token shows."""


def way_out(rule: str, report: str) -> str:
    """Return what to write instead in a rule that does not compile, with the library's report; empty if not known."""
    ends = RuleToken("end", "", -1), RuleToken("end", "", len(rule) + 1)
    for before, (one, following) in pairwise(pairwise([ends[0], *tokens_of(rule), ends[1]])):
        # A field may have any name.
        if before[0].text != "." and (words := _of_token(one, following)):
            return words
    return next((words for reported, words in _REPORTS if reported.search(report)), "")


def _of_token(one: RuleToken, following: RuleToken) -> str:
    if one.kind == "name":
        return _NAMES.get(one.text, "")
    adjacent = one.at + len(one.text) == following.at
    if one.kind == "number":
        return f"write {one.text} without a unit" if adjacent and following.kind == "name" else ""
    if one.kind != "sign":
        return ""
    if one.text == "%" and following.kind not in ("name", "number"):
        return "write the number alone; a share of 1% is 0.01"
    pair = _PAIRS.get((one.text, following.text), "") if adjacent else ""
    return pair or _SIGNS.get(one.text, "")

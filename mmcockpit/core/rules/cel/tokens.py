"""The tokens of a CEL rule, and their places."""

import re
from typing import NamedTuple

_TOKEN = r"""(?xs)(?P<skip>\s+|//[^\n]*)
|(?P<text>[rRbB]{0,2}(?:\"\"\"(?:\\.|[^\\])*?\"\"\"|'''(?:\\.|[^\\])*?'''|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'))
|(?P<name>[A-Za-z_]\w*)
|(?P<number>0[xX][0-9a-fA-F]+[uU]?|\d+(?:\.\d+)?(?:[eE][+-]?\d+)?[uU]?)
|(?P<sign>&&|\|\||[<>=!]=|.)"""


class RuleToken(NamedTuple):
    """A token of a rule: the kind of text it is, and its position."""

    kind: str
    text: str
    at: int


def tokens_of(text: str) -> list[RuleToken]:
    """Return the tokens of a rule, without spaces and comments."""
    tokens = (RuleToken(str(one.lastgroup), one[0], one.start()) for one in re.finditer(_TOKEN, text))
    return [one for one in tokens if one.kind != "skip"]


def place_of(text: str, at: int) -> tuple[int, int]:
    """Return line and column (from 1) of a position."""
    before = text[:at]
    return before.count("\n") + 1, at - (before.rfind("\n") + 1) + 1

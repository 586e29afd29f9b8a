"""Detection of nested comprehensions, whose work grows with the product of two lists."""

from typing import NamedTuple

from mmcockpit.core.rules.cel.evaluation import STEPS
from mmcockpit.core.rules.cel.syntax import MACROS
from mmcockpit.core.rules.cel.tokens import RuleToken, place_of, tokens_of

LOOPS_WARNING = (
    "nested comprehension: its steps grow with the product of two lists, and above "
    f"{STEPS:,} (100 × 100 entries) the signal is unknown; match in the query, or use shorter lists"
)
_OPENS = {"(": ")", "[": "]", "{": "}"}
_CLOSES = {close: open_ for open_, close in _OPENS.items()}


class _Loop(NamedTuple):
    """A comprehension: the bracket depth of its body, its variable, and whether its list may be long."""

    depth: int
    variable: str
    long: bool


def nested_loop(text: str) -> tuple[int, int] | None:
    """Return line and column (from 1) of the first comprehension over a list inside one over another list.

    Two kinds of lists do not count: a list literal in the rule, which is short, and a list of the outer loop's entry,
    such as `pod.containers`, which makes no product.
    """
    tokens = tokens_of(text)
    loops: list[_Loop] = []
    depth = 0
    for index, token in enumerate(tokens):
        if token.text in _OPENS and token.kind == "sign":
            depth += 1
            loop = _loop(tokens, index, depth, loops)
            if loop is None:
                continue
            if loop.long and any(one.long for one in loops):
                return place_of(text, tokens[index - 1].at)
            loops.append(loop)
        elif token.text in _CLOSES and token.kind == "sign":
            depth -= 1
            loops = [one for one in loops if one.depth <= depth]
    return None


def _loop(tokens: list[RuleToken], index: int, depth: int, around: list[_Loop]) -> _Loop | None:
    """Return the comprehension whose body starts at this bracket; None for any other bracket."""
    if index < 2 or tokens[index].text != "(" or tokens[index - 1].text not in MACROS or tokens[index - 2].text != ".":
        return None
    variable = tokens[index + 1].text if index + 1 < len(tokens) else ""
    root = tokens[_root(tokens, index - 3)]
    written_out = root.text in ("[", "{")
    of_entry = root.text in {one.variable for one in around}
    return _Loop(depth, variable, not written_out and not of_entry)


def _root(tokens: list[RuleToken], index: int) -> int:
    """Return the index of the first token of a chain of names, calls and indices: `value` of `value.a[0].b`."""
    while index >= 0:
        if tokens[index].text in _CLOSES and tokens[index].kind == "sign":
            index = _opening(tokens, index)
            if index > 0 and _continues(tokens[index - 1]):
                index -= 1
                continue
        if index < 2 or tokens[index - 1].text != ".":
            return max(index, 0)
        index -= 2
    return 0


def _continues(token: RuleToken) -> bool:
    return token.text in _CLOSES or (token.kind == "name" and token.text != "in")


def _opening(tokens: list[RuleToken], index: int) -> int:
    depth = 0
    for at in range(index, -1, -1):
        if tokens[at].kind == "sign":
            depth += (tokens[at].text in _CLOSES) - (tokens[at].text in _OPENS)
        if depth == 0:
            return at
    return 0

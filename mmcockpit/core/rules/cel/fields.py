"""Which fields of `value` a rule reads."""

from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from mmcockpit.core.rules.cel.tokens import place_of, tokens_of


class ReadField(NamedTuple):
    """A field that a rule reads as `value.NAME`, with line and column (from 1)."""

    name: str
    line: int
    column: int


def fields_of_value(text: str) -> Iterator[ReadField]:
    """Yield every field that a rule reads of its value; no calls such as `value.size()`.

    Nothing if a comprehension calls its entries `value`.
    """
    tokens = tokens_of(text)
    texts = ["", *(token.text for token in tokens), ""]
    if any(texts[n : n + 3] == ["(", "value", ","] for n in range(len(texts))):
        return
    for n, (root, dot) in enumerate(pairwise(tokens)):
        before, after = texts[n], texts[n + 4 : n + 5]
        if root.text != "value" or dot.text != "." or before == "." or n + 2 >= len(tokens):
            continue
        name = tokens[n + 2]
        if name.kind == "name" and after != ["("]:
            yield ReadField(name.text, *place_of(text, name.at))

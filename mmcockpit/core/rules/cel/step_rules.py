"""Rules of steps in CEL: `when`, and what a step waits for."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from mmcockpit.core.rules.cel.evaluation import Undecided, compiled_in, environments, evaluated, truth
from mmcockpit.core.rules.cel.tokens import place_of, tokens_of

SCOPE = {"values": "TEXTS", "vars": "TEXTS", "signals": "PARTS", "steps": "PARTS"}
"""In scope: captured and entered `values`, `vars`, `signals` by name with `verdict` and `value`, `steps` by id with
`state`."""

FIELDS = {"signals": ("verdict", "value"), "steps": ("state",)}
"""The fields of an entry of `signals` and of `steps`."""


class ReadName(NamedTuple):
    """A name that a rule reads: `root.name.field` or `root["name"].field`, and the text that it is compared with.

    Line and column are from 1.
    """

    root: str
    name: str
    field: str
    compared: str
    line: int
    column: int


@lru_cache(maxsize=512)
def compile_step_rule(text: str) -> Any:
    """Return the compiled rule, which returns a bool; RuleError has the place and the reason if it does not compile."""
    return compiled_in(_scoped(), text, "BOOL", "true or false")


def is_step_rule_true(text: str, scope: Mapping[str, Any]) -> bool | Undecided:
    """Return whether a rule holds in a scope with the names of SCOPE; Undecided if it cannot be evaluated."""
    return truth(evaluated(lambda: compile_step_rule(text), scope))


def names_read(text: str) -> Iterator[ReadName]:
    """Yield every name that a rule reads below a variable of SCOPE."""
    tokens = tokens_of(text)
    texts = [token.text for token in tokens]
    for n, token in enumerate(tokens):
        if token.text not in SCOPE or (n and texts[n - 1] == "."):
            continue
        name, after = _name(texts, n + 1)
        if name:
            field = texts[after + 1] if texts[after : after + 1] == ["."] and after + 1 < len(texts) else ""
            comparison = after + 2 if field else after
            yield ReadName(token.text, name, field, _compared(texts, comparison), *place_of(text, token.at))


@lru_cache(maxsize=512)
def names_in(text: str) -> Mapping[str, frozenset[str] | None]:
    """Return the names that a rule reads below each variable of SCOPE; None for a variable that it reads as a whole."""
    tokens = [token.text for token in tokens_of(text)]
    read: dict[str, set[str]] = {}
    whole: set[str] = set()
    for n, root in enumerate(tokens):
        if root not in SCOPE or (n and tokens[n - 1] == "."):
            continue
        name, _ = _name(tokens, n + 1)
        read.setdefault(root, set()).add(name)
        # A loop or an index that is computed may read any name, and an escape is not resolved here.
        if not name or "\\" in name:
            whole.add(root)
    return {root: None if root in whole else frozenset(names) for root, names in read.items()}


def renamed_signals(text: str, rename: Callable[[str], str]) -> str:
    """Return a rule in which the names of signals are others."""
    tokens = tokens_of(text)
    texts = [token.text for token in tokens]
    for n, token in reversed(list(enumerate(tokens))):
        if token.text != "signals" or (n and texts[n - 1] == "."):
            continue
        name, after = _name(texts, n + 1)
        if name and rename(name) != name:
            end = tokens[after - 1].at + len(tokens[after - 1].text)
            text = f'{text[: token.at]}signals["{rename(name)}"]{text[end:]}'
    return text


def _name(texts: Sequence[str], n: int) -> tuple[str, int]:
    """Return the name that `.name` or `["name"]` selects, and the index behind it; an empty name for anything else."""
    match list(texts[n : n + 3]):
        case [".", name, "("] if name:
            return "", n
        case [".", name, *_]:
            return name, n + 2
        case ["[", quoted, "]"] if quoted[:1] in ("'", '"'):
            return quoted[1:-1], n + 3
    return "", n


def _compared(texts: Sequence[str], n: int) -> str:
    match list(texts[n : n + 2]):
        case ["==" | "!=", quoted] if quoted[:1] in ("'", '"'):
            return quoted[1:-1]
    return ""


@lru_cache(maxsize=1)
def _scoped() -> tuple[Any, Any]:
    return environments(SCOPE)

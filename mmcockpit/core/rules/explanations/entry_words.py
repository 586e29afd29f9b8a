"""The entries of a list in an explanation: which ones a rule is about, and which ones fail."""

from collections.abc import Sequence
from typing import Any

from mmcockpit.core.model.shape import Shape
from mmcockpit.core.rules.cel.syntax import Node
from mmcockpit.core.rules.explanations.clause_values import Scope
from mmcockpit.core.rules.explanations.clause_words import Words, amount
from mmcockpit.core.words import values
from mmcockpit.core.words.values import joined_names

LIKE = {"startsWith": "starting with", "endsWith": "ending with", "contains": "containing", "matches": "matching"}


def wanted(words: Words, parts: Sequence[Node], variable: Node, scope: Scope) -> str:
    """Return what an entry must be like: `with type Ready, name starting with pg`, `other than nodes`."""
    besides = [part for part in parts if excludes(part, variable)]
    texts = [amount(words.evaluator.value(part.parts[1], scope)) for part in besides]
    having = [text for part in parts if part not in besides and (text := _quality(words, part, scope))]
    other = f"other than {' and '.join(texts)}" if texts else ""
    return " ".join(filter(None, (other, f"with {', '.join(having)}" if having else "")))


def excludes(node: Node, variable: Node) -> bool:
    """Return whether a condition on the entries of a loop excludes the one of a name: `name != "nodes"`."""
    if node.kind != "compare" or node.name != "!=":
        return False
    entry, name = node.parts
    return entry.kind == "name" and entry.text == variable.text and name.kind == "literal"


def of_entries(names: Sequence[str], wrong: Sequence[Any], says: str, shape: Shape) -> str:
    """Return the clause for the failing entries of a list: the first names, how many more there are, and the reason."""
    named = joined_names(names, len(wrong))
    if named:
        return f"{named}: {says}"
    return says if len(wrong) == 1 else f"{says}, {values.entries(wrong, shape)}"


def _quality(words: Words, node: Node, scope: Scope) -> str:
    subject = words.subject(node, scope)
    if node.kind == "compare":
        measured, sign, limit = words.sides(node, scope)
        required = words.required(sign, limit, words.unit_of(measured, scope), scope)
        return f"{subject} {'not ' if sign == '!=' else ''}{required}".strip()
    if node.kind == "in":
        allowed = words.evaluator.value(node.parts[1], scope)
        names = [values.entry_name(one, words.shape) for one in allowed] if isinstance(allowed, list | dict) else []
        return f"{subject} {' or '.join(names)}"
    if node.kind == "method" and len(node.parts) > 1:
        value = words.evaluator.value(node.parts[1], scope)
        return f"{subject} {LIKE.get(node.name, 'like')} {amount(value)}".strip()
    return subject

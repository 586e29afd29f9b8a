"""Parts of a rule that cannot be decided, as text: what is missing, or which value they cannot use and why."""

from mmcockpit.core.rules.cel.errors import kind_words
from mmcockpit.core.rules.cel.evaluation import Undecided
from mmcockpit.core.rules.cel.syntax import Node
from mmcockpit.core.rules.explanations.clause_values import Scope, missing_field
from mmcockpit.core.rules.explanations.clause_words import Words
from mmcockpit.core.words.values import amount

_EQUALITIES = frozenset({("compare", "=="), ("compare", "!="), ("in", "in")})


def undecided(words: Words, node: Node, scope: Scope, reason: str) -> str:
    """Return the text of an undecided condition: what is missing or of the wrong type, and what it must be."""
    if other := _other_kind(words, node, scope):
        return other
    if node.kind != "compare":
        missing = missing_field(node, scope)
        return f"{words.label(missing)} is missing" if missing else _unusable(words, node, scope, reason)
    measured, sign, limit = words.sides(node, scope)
    lacking = missing_field(limit, scope)
    if lacking:
        return f"{words.label(lacking)} is missing"
    missing = missing_field(measured, scope)
    must = words.limit(sign, limit, words.unit_of(measured, scope), scope)
    if missing:
        return f"{words.label(missing)} is missing ({must})"
    value = words.evaluator.value(measured, scope)
    if isinstance(value, Undecided):
        return _unusable(words, measured, scope, reason)
    if isinstance(words.evaluator.value(limit, scope), Undecided):
        return _unusable(words, limit, scope, reason)
    whole = words.evaluator.value(node, scope)
    if isinstance(whole, Undecided) and whole.about == "rule":
        return whole.reason
    return f"{words.subject(measured, scope) or 'the value'} is {kind_words(value)}: {amount(value)} ({must})"


def _other_kind(words: Words, node: Node, scope: Scope) -> str:
    """Return that a value has another kind than what it is compared with for equality; empty where it has not."""
    if (node.kind, node.name) not in _EQUALITIES:
        return ""
    measured, sign, limit = words.sides(node, scope) if node.kind == "compare" else (node.parts[0], "in", node.parts[1])
    value, wanted = words.evaluator.value(measured, scope), words.evaluator.value(limit, scope)
    choices = wanted if sign == "in" and isinstance(wanted, list) else [wanted]
    unknown = any(isinstance(one, Undecided) for one in (value, *choices))
    if unknown or not choices or kind_words(value) == kind_words(choices[0]):
        return ""
    shown = "" if sign == "!=" else f": {' or '.join(map(amount, choices[:4]))}"
    subject = words.subject(measured, scope) or "the value"
    return f"{subject} is {kind_words(value)}: {amount(value)} (must be {kind_words(choices[0])}{shown})"


def _unusable(words: Words, node: Node, scope: Scope, reason: str) -> str:
    """Return why a part has no result: the value that it cannot use, or else what it does."""
    result = words.evaluator.value(node, scope)
    if not isinstance(result, Undecided) or result.about == "type":
        return words.mistyped(node, scope) or reason
    return result.reason if result.about == "rule" else words.mistyped(node, scope, result.sentence) or reason

"""The conditions of a rule as text: `2 of 3 available`, `free 1 (must be >= size 9)`."""

import re
from datetime import timedelta
from typing import Any, NamedTuple

from mmcockpit.core.model.shape import UNDECLARED, Shape
from mmcockpit.core.model.signal import Signal
from mmcockpit.core.rules.cel.errors import kind_words, only_looks_equal
from mmcockpit.core.rules.cel.evaluation import Undecided
from mmcockpit.core.rules.cel.syntax import Node
from mmcockpit.core.rules.explanations.clause_values import Evaluator, Scope
from mmcockpit.core.text import plain
from mmcockpit.core.words import values
from mmcockpit.core.words.amounts import LONGEST_TEXT
from mmcockpit.core.words.values import first_names

LONGEST_CLAUSE = 110

FIXED = 1
"""The largest weight (`_weight`) of a limit that no measured data is part of."""

STANDARD = frozenset({"value", "baseline", "vars", "now", "started"})
_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
_NEGATED = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!=", "!=": "=="}
TEXTS = {"contains": "contain", "startsWith": "start with", "endsWith": "end with", "matches": "match"}
_FULL_SIZE = 2
REGEX = re.compile(r"\(@\|\$\)|\\[sbB][*+]?|\\(?=\W)|^\^|\$$")
"""Parts of a regular expression without meaning for a reader: anchors, white space, escapes."""


class Clause(NamedTuple):
    """One condition that does not hold: its subject, its text with the value, and whether it is only missing.

    `limit` is set for a comparison with a fixed limit: `value < 0.05`, `value < 2.0 * baseline`. `shows` are the
    variables and the fields whose values its text contains.
    """

    subject: str
    says: str
    missing: bool = False
    limit: bool = False
    shows: frozenset[str] = frozenset()


class Words:
    """Writes single conditions of a rule as text, with their values."""

    def __init__(self, evaluator: Evaluator, signal: Signal) -> None:
        self.evaluator = evaluator
        self.unit = signal.unit
        self.shape = signal.shape

    def label(self, field: str) -> str:
        """Return the title of a field."""
        return plain(self.shape.column(field).label, LONGEST_TEXT)

    def leaf(self, node: Node, want: bool, scope: Scope) -> Clause:
        """Return the clause of a condition that does not have the required result (`want`)."""
        subject = self.subject(node, scope)
        if node.kind == "compare":
            return self._compared(node, want, scope)
        if node.kind == "in":
            return self._member(node, want, scope)
        if node.kind == "call" and node.name == "has" and node.parts:
            return Clause(subject, f"{subject} is {'missing' if want else 'present'}", missing=want)
        if node.kind == "method" and node.name in TEXTS and len(node.parts) == _FULL_SIZE:
            return self._text(node, want, scope)
        column = self.shape.column(node.name)
        if node.kind == "field" and column.alarm_text:
            return Clause(subject, column.alarm_text if column.alarm is not want else subject)
        return Clause(subject, f"{subject}: {amount(not want)}" if subject else f"{amount(not want)}")

    def subject(self, node: Node, scope: Scope) -> str:
        """Return the subject of a part: the last field's name as text; empty for the value itself."""
        match node.kind:
            case "name":
                return {"now": "now", "started": "session start", "baseline": "baseline"}.get(node.text, "")
            case "field" if self.shape.column(node.name).generic:
                return self.subject(node.parts[0], scope)
            case "field":
                return self.label(node.name)
            case "index":
                key, around = self.evaluator.value(node.parts[1], scope), self.subject(node.parts[0], scope)
                if not isinstance(key, str):
                    return around
                return f"{around} {key}".strip() if key.isdigit() else self.label(key)
            case "cond":
                return self.subject(self._branch(node, scope), scope)
            case "literal" | "list" | "map":
                return ""
            case "call" | "method" | "loop" | "not":
                return self.subject(node.parts[0], scope) if node.parts else ""
        subjects = (self.subject(part, scope) for part in node.parts)
        return next((one for one in subjects if one not in ("", "now")), "")

    def unit_of(self, node: Node, scope: Scope) -> str:
        """Return the unit of a part: its field's, or the signal's for the value itself."""
        match node.kind:
            case "name":
                return self.unit if node.text in ("value", "baseline") else ""
            case "field":
                own = self.unit if node.name == self.shape.number else ""
                return own or self.shape.column(node.name).measured_in
            case "index":
                key = self.evaluator.value(node.parts[1], scope)
                return (
                    self.shape.column(key).measured_in if isinstance(key, str) else self.unit_of(node.parts[0], scope)
                )
            case "cond":
                return self.unit_of(self._branch(node, scope), scope)
            case "call" if node.name not in ("size", "has") and node.parts:
                return self.unit_of(node.parts[0], scope)
            case "sum":
                return next(filter(None, (self.unit_of(part, scope) for part in node.parts)), "")
        return ""

    def looked_up(self, node: Node, scope: Scope) -> Clause:
        """Return the clause of a map look-up that gave no good value: `exit 3 (must be 0)`."""
        key = node.parts[1]
        keys, values = node.parts[0].parts[::2], node.parts[0].parts[1::2]
        good = [name for name, value in zip(keys, values, strict=True) if value.text != "false"]
        allowed = " or ".join(amount(self.evaluator.value(name, scope)) for name in good)
        subject, unit = self.subject(key, scope), self.unit_of(key, scope)
        if key.kind == "call" and key.name == "size":
            return self._counted(key.parts[0], "==", good[0], scope)
        return Clause(
            subject, f"{subject} {self._shown(self.evaluator.value(key, scope), unit)} (must be {allowed})".strip()
        )

    def _shown(self, value: Any, unit: str) -> str:
        return amount(value, unit, self.shape)

    def mistyped(self, node: Node, scope: Scope, why: str = "") -> str:
        """Return the first field that a part reads and cannot use, with its value and why; empty if it reads none."""
        if node.kind in ("field", "index", "name"):
            value = self.evaluator.value(node, scope)
            if isinstance(value, Undecided):
                return self.mistyped(node.parts[0], scope, why) if node.parts else ""
            if self.subject(node, scope) in ("now", "session start"):
                return ""
            what, kind = self.subject(node, scope) or "the value", kind_words(value)
            return f"{what} is {kind}: {amount(value)} ({why or 'the rule expects another type'})"
        parts = node.parts[:1] if node.kind == "loop" else node.parts
        return next(filter(None, (self.mistyped(part, scope, why) for part in parts)), "")

    def _branch(self, node: Node, scope: Scope) -> Node:
        return node.parts[2] if self.evaluator.truth(node.parts[0], scope) is False else node.parts[1]

    def sides(self, node: Node, scope: Scope) -> tuple[Node, str, Node]:
        """Return the measured side of a comparison, its operator, and the side that is the limit."""
        left, right = node.parts
        if _weight(left, scope) < _weight(right, scope):
            return right, _MIRRORED.get(node.name, node.name), left
        return left, node.name, right

    def limit(self, sign: str, limit: Node, unit: str, scope: Scope) -> str:
        """Return the requirement: `must be >= desired 3`, `must equal total 6`, `must not be empty`."""
        required = self.required(sign, limit, unit, scope)
        verb = "equal" if sign in ("==", "!=") and limit.kind in ("field", "index") else "be"
        return f"must {'not ' if sign == '!=' else ''}{verb} {required}"

    def required(self, sign: str, limit: Node, unit: str, scope: Scope) -> str:
        """Return the limit of a requirement with its comparison: `>= desired 3`, `empty`."""
        value = self.evaluator.value(limit, scope)
        name = "" if limit.kind == "name" and limit.text == "baseline" else self.subject(limit, scope)
        shown = "empty" if value == "" else amount(value, self.unit_of(limit, scope) or unit)
        if name in ("now", "session start"):
            shown = name
        elif name and limit.kind not in ("sum", "call"):
            shown = f"{name} {shown}"
        if limit.kind == "list" and isinstance(value, list):
            shown = " or ".join(map(amount, value))
        return shown if sign in ("==", "!=") else f"{sign} {shown}"

    def _compared(self, node: Node, want: bool, scope: Scope) -> Clause:
        measured, sign, limit = self.sides(node, scope)
        sign = sign if want else _NEGATED[sign]
        if measured.kind in ("call", "method") and measured.name == "size":
            return self._counted(measured.parts[0], sign, limit, scope)
        subject, unit = self.subject(measured, scope), self.unit_of(measured, scope)
        value = self.evaluator.value(measured, scope)
        shown = self._shown(value, unit)
        must = self.limit(sign, limit, unit, scope)
        if value == "":
            return Clause(subject, f"{subject and f'{subject} is '}empty{f' ({must})' if sign == '==' else ''}")
        wanted = self.evaluator.value(limit, scope)
        if sign == "==" and only_looks_equal(value, wanted):
            must = f"must be {kind_words(wanted)}: {amount(wanted)}"
            return Clause(subject, f"{subject or 'the value'} is {kind_words(value)}: {shown} ({must})")
        if isinstance(value, timedelta) and subject:
            must = f"{must} ago"
            shown = f"{shown} ago"
        if whole := self._whole(measured, sign, limit, scope):
            return Clause(subject, f"{shown} of {whole} {subject}")
        fixed = sign not in ("==", "!=") and _weight(limit, scope) <= FIXED
        return Clause(subject, f"{subject} {shown} ({must})".strip(), limit=fixed)

    def _whole(self, measured: Node, sign: str, limit: Node, scope: Scope) -> str:
        """Return the total that a field falls short of, if the probe declares the field as a part of it."""
        column = self.shape.column(measured.name)
        part, whole = self.evaluator.value(measured, scope), self.evaluator.value(limit, scope)
        declared = measured.kind == limit.kind == "field" and column.of == limit.name
        if not declared or sign not in ("==", ">=") or self.subject(measured, scope) != column.label:
            return ""
        numbers = isinstance(part, int | float) and isinstance(whole, int | float)
        return amount(whole, self.unit_of(limit, scope)) if numbers and part < whole else ""

    def _counted(self, listed: Node, sign: str, limit: Node, scope: Scope) -> Clause:
        subject = self.subject(listed, scope)
        entries = self.evaluator.value(listed, scope)
        if isinstance(entries, str):
            return Clause(subject, f"{subject} is empty" if not entries else f"{subject} {amount(entries)}")
        entries = entries if isinstance(entries, list | dict) else []
        must = self.limit(sign, limit, "", scope)
        names = first_names(entries, self.shape)
        if not entries:
            required = "" if sign in (">", "!=") else f" ({must})"
            return Clause(subject, f"{subject or self.shape.noun[1]}: 0{required}")
        if subject:
            shown = f"{subject}: {names} ({len(entries)}, {must})" if names else f"{subject} {len(entries)} ({must})"
            return Clause(subject, shown)
        return Clause("", f"{values.entries(entries, self.shape)}{f': {names}' if names else ''} ({must})")

    def _member(self, node: Node, want: bool, scope: Scope) -> Clause:
        left, right = node.parts
        must = "must be" if want else "must not be"
        if _weight(left, scope) < _weight(right, scope):
            subject, held = self.subject(right, scope), self.evaluator.value(right, scope)
            names = first_names(held, self.shape) if isinstance(held, list | dict) and held else ""
            there = f" (found {names})" if names and want else ""
            key = plain(amount(self.evaluator.value(left, scope)), LONGEST_CLAUSE)
            return Clause(subject, f"{key} is {'missing ' if want else ''}in {subject or 'the list'}{there}")
        subject, unit = self.subject(left, scope), self.unit_of(left, scope)
        allowed = self.evaluator.value(right, scope)
        choices = (
            " or ".join(amount(one, unit) for one in list(allowed)[:4]) if isinstance(allowed, list | dict) else ""
        )
        value = self.evaluator.value(left, scope)
        shown = self._shown(value, unit) or "is empty"
        if want and isinstance(allowed, list) and allowed and all(only_looks_equal(value, one) for one in allowed):
            shown = f"{'' if subject else 'the value '}is {kind_words(value)}: {shown}"
            choices = f"{kind_words(allowed[0])}: {choices}"
        return Clause(subject, f"{subject} {shown} ({must} {choices or 'listed'})".strip())

    def _text(self, node: Node, want: bool, scope: Scope) -> Clause:
        target, part = node.parts
        subject, held = self.subject(target, scope), self.evaluator.value(target, scope)
        wanted = self.evaluator.value(part, scope)
        shown = f'"{amount(held)}"' if held else "empty"
        must = f"must {'' if want else 'not '}{TEXTS[node.name]}"
        shown_part = REGEX.sub("", amount(wanted)) if node.name == "matches" else amount(wanted)
        return Clause(subject, f"{subject} {shown} ({must} {shown_part})".strip())


def amount(value: Any, unit: str = "", shape: Shape = UNDECLARED) -> str:
    """Return the value of a part of a rule as short text."""
    return "not known" if isinstance(value, Undecided) else values.amount(value, unit, shape)


def _weight(node: Node, scope: Scope) -> int:
    """Return how much of a part is measured data: the side of a comparison with less of it is the limit."""
    match node.kind:
        case "literal":
            return 0
        case "name" if node.text in ("vars", "started", "baseline"):
            return 1
        case "name" if node.text == "now":
            return 2
        case "name" if node.text not in STANDARD:
            return 3 if not isinstance(scope.get(node.text), dict | list) else 4
        case "name":
            return 5
    return max((_weight(part, scope) for part in node.parts), default=0)

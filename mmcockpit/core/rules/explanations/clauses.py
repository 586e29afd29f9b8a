"""Which clauses of a rule do not hold for a value, and why: `2 of 3 available`, `free 1 (must be >= size 9)`."""

from collections.abc import Iterable, Sequence
from typing import Any

from mmcockpit.core.model.signal import Signal
from mmcockpit.core.rules.cel.evaluation import Undecided
from mmcockpit.core.rules.cel.syntax import Node, parse
from mmcockpit.core.rules.explanations.clause_values import Evaluator, OutOfBudget, Scope
from mmcockpit.core.rules.explanations.clause_words import LONGEST_CLAUSE, Clause, Words
from mmcockpit.core.rules.explanations.entry_words import of_entries, wanted
from mmcockpit.core.rules.explanations.undecided_parts import undecided
from mmcockpit.core.text import plain
from mmcockpit.core.words import values
from mmcockpit.core.words.values import cause_of, entry_name, first_names, joined_names

SHOWN_CLAUSES = 3
ENTRIES = 3
"""Maximum clauses that are shown, and maximum entries of a list that are evaluated one by one."""
FEW_ENTRIES = 50
"""Maximum entries of a list that are tried one by one to find the one that cannot be decided."""


def broken_clauses(rules: Iterable[str], scope: Scope, signal: Signal) -> tuple[tuple[str, ...], frozenset[str]]:
    """Return the clauses of these rules that do not hold, the most important first, and the fields that they show.

    There are none if they are not known. The first rule must hold; clauses that only a later rule (for a warning)
    contains come before its clauses. Where both limit the same value, the later limit is the one that made it fail.
    """
    first, *others = [_clauses(rule, scope, signal, number > 0) for number, rule in enumerate(rules)] or [[]]
    subjects = [clause.subject for clauses in others for clause in clauses]
    limits = {clause.subject for clauses in others for clause in clauses if clause.limit}
    first = [clause for clause in first if not (clause.limit and clause.subject in limits)]
    known = {clause.subject for clause in first}
    more = [clause for clauses in others for clause in clauses if clause.subject not in known]
    ordered = [*more, *sorted(first, key=lambda clause: clause.subject not in subjects)]
    # Of two limits of one value the first is enough.
    by_subject = {clause.subject or clause.says: clause for clause in reversed(ordered)}
    broken = list(reversed(by_subject.values()))
    shows = frozenset[str]().union(*(clause.shows for clause in broken[:SHOWN_CLAUSES]))
    return tuple(plain(clause.says, LONGEST_CLAUSE) for clause in broken), shows


def joined_clauses(clauses: Sequence[str], at_most: int = SHOWN_CLAUSES) -> str:
    """Return the first clauses in one line, and how many more there are."""
    rest = len(clauses) - at_most
    return "; ".join(clauses[:at_most]) + (f"; {rest} more" if rest > 0 else "")


def undecided_clause(rule: str, scope: Scope, signal: Signal, reason: str) -> str:
    """Return which clause of a rule cannot be decided and what is missing, or else the given reason."""
    node = parse(rule)
    if node is None:
        return reason
    try:
        return plain(_Explanation(signal).open_part(node, scope, reason), 2 * LONGEST_CLAUSE)
    except OutOfBudget:
        return reason


def _clauses(rule: str, scope: Scope, signal: Signal, besides: bool) -> list[Clause]:
    node = parse(rule) if rule else None
    if node is None or (besides and node.kind in ("or", "not")):
        # A warning rule of alternatives describes another state and adds no requirement to this one.
        return []
    try:
        return _Explanation(signal).broken(node, True, scope)
    except OutOfBudget:
        return []


class _Explanation:
    def __init__(self, signal: Signal) -> None:
        self.evaluator = Evaluator()
        self.words = Words(self.evaluator, signal)
        self.shape = signal.shape

    def _name(self, entry: Any) -> str:
        return entry_name(entry, self.shape)

    def broken(self, node: Node, want: bool, scope: Scope) -> list[Clause]:
        """Return the clauses that explain why a part does not have the required result (`want`)."""
        match node.kind:
            case "not":
                return self.broken(node.parts[0], not want, scope)
            case "and" | "or":
                return self._every(node, want, scope) if (node.kind == "and") is want else self._any(node, want, scope)
            case "cond":
                truth = self.evaluator.truth(node.parts[0], scope)
                return self.broken(node.parts[2 if truth is False else 1], want, scope)
            case "index" if node.parts[0].kind == "map":
                return self._looked_up(node, want, scope)
            case "loop" if node.name in ("all", "exists"):
                return self._loop(node, want, scope)
            case "compare" if (counted := _counted_filter(node)) is not None:
                return self._filtered(node, counted, want, scope)
        return [self.words.leaf(node, want, scope)._replace(shows=_operands(node))]

    def _every(self, node: Node, want: bool, scope: Scope) -> list[Clause]:
        """Return the clauses of each part without the required result, where all parts must have it."""
        wrong = [part for part in node.parts if self.evaluator.truth(part, scope) is (not want)]
        return [clause for part in wrong for clause in self.broken(part, want, scope)]

    def _any(self, node: Node, want: bool, scope: Scope) -> list[Clause]:
        """Return the alternatives as one clause, without those that are only guards of the others."""
        telling = [part for part in node.parts if not _guards(part)] or list(node.parts)
        if want:
            telling = [part for part in telling if part.kind != "not"] or telling
        alternatives = [self.broken(part, want, scope) for part in telling]
        alternatives = [clauses for clauses in alternatives if clauses]
        # An alternative about a missing part explains less than the others.
        alternatives = [clauses for clauses in alternatives if not clauses[0].missing] or alternatives
        if len(alternatives) <= 1:
            return alternatives[0] if alternatives else []
        says = " or ".join(dict.fromkeys(" and ".join(clause.says for clause in clauses) for clauses in alternatives))
        shows = frozenset[str]().union(*(clause.shows for clauses in alternatives for clause in clauses))
        return [Clause(alternatives[0][0].subject, says, shows=shows)]

    def _looked_up(self, node: Node, want: bool, scope: Scope) -> list[Clause]:
        key = self.evaluator.value(node.parts[1], scope)
        keys, values = node.parts[0].parts[::2], node.parts[0].parts[1::2]
        for name, value in zip(keys, values, strict=True):
            if self.evaluator.value(name, scope) == key and value.kind != "literal":
                return self.broken(value, want, scope)
        return [self.words.looked_up(node, scope)]

    def _loop(self, node: Node, want: bool, scope: Scope) -> list[Clause]:
        entries = _entries(self.evaluator.value(node.parts[0], scope))
        subject = self.words.subject(node.parts[0], scope)
        if node.name == "all" and want:
            return self._entries_clause(node, self._wrong(node, False, entries, scope), scope)
        if not want:
            return [self._present(subject, self._wrong(node, True, entries, scope))]
        if not entries:
            return [Clause(subject, f"{subject or self.shape.noun[1]}: 0")]
        if node.parts[0].kind == "list":
            return self._either(node, entries, scope)
        return self._nearest(node, entries, scope)

    def _either(self, node: Node, entries: list[Any], scope: Scope) -> list[Clause]:
        """Return why none of the entries of a list literal fits."""
        body = node.parts[2]
        if body.kind == "in":
            holder = self.words.subject(body.parts[1], scope)
            return [Clause(holder, f"{' or '.join(map(self._name, entries))} is missing in {holder or 'the list'}")]
        alternatives = [self.broken(body, True, _bound(node, entry, scope)) for entry in entries[:ENTRIES]]
        says = [clause.says for clauses in alternatives for clause in clauses[:1]]
        return [Clause(alternatives[0][0].subject if alternatives[0] else "", " or ".join(dict.fromkeys(says)))]

    def _present(self, subject: str, entries: list[Any]) -> Clause:
        """Return the clause for entries that must not exist, with the explanation that the first one contains."""
        names = joined_names([self._name(entry) for entry in entries[:ENTRIES]], len(entries)) or str(len(entries))
        cause = cause_of(entries[0], self.shape) if entries else ""
        return Clause(subject, f"{subject} {names}{f': {cause}' if cause else ''} (must not be there)".strip())

    def _wrong(self, node: Node, holds: bool, entries: list[Any], scope: Scope) -> list[Any]:
        """Return the entries for which the body of a loop is true (or false)."""
        chosen = self.evaluator.chosen(node, holds, entries, scope) if len(entries) > ENTRIES else None
        if chosen is None:
            tried = entries[:FEW_ENTRIES]
            chosen = [
                entry for entry in tried if self.evaluator.truth(node.parts[2], _bound(node, entry, scope)) is holds
            ]
        return chosen

    def _entries_clause(self, node: Node, wrong: list[Any], scope: Scope) -> list[Clause]:
        """Return what is wrong with the first failing entry; entries with the same fault are listed together."""
        by_entry = [self.broken(node.parts[2], True, _bound(node, each, scope)) for each in wrong[:ENTRIES]]
        says = ["; ".join(clause.says for clause in clauses) for clauses in by_entry]
        if not says or not by_entry[0]:
            around = self.words.subject(node.parts[0], scope)
            return [Clause(around, values.entries(wrong, self.shape))] if wrong else []
        subject = by_entry[0][0].subject
        if not isinstance(wrong[0], dict | list):
            around = self.words.subject(node.parts[0], scope)
            named = any(node.parts[1].text in clause.shows for clause in by_entry[0])
            sentence = says[0] if named else f"{self._name(wrong[0])}: {says[0]}"
            more = f"; and {len(wrong) - 1} more" if len(wrong) > 1 else ""
            return [Clause(subject or around, f"{'' if subject else around} {sentence}{more}".strip())]
        if len(set(says)) == 1:
            names = [self._name(entry) for entry in wrong[:ENTRIES]]
            return [Clause(subject, of_entries(names, wrong, says[0], self.shape), by_entry[0][0].missing)]
        name, more = self._name(wrong[0]), f"; and {len(wrong) - 1} more"
        return [Clause(subject, f"{name}: {says[0]}{more}" if name else f"{says[0]}{more}")]

    def _nearest(self, node: Node, entries: list[Any], scope: Scope) -> list[Clause]:
        """Return why no entry fits where one must: what the nearest one lacks, or what was searched for."""
        body, subject = node.parts[2], self.words.subject(node.parts[0], scope)
        parts = body.parts if body.kind == "and" else (body,)
        scores = [
            sum(self.evaluator.truth(part, _bound(node, one, scope)) is True for part in parts)
            for one in entries[:FEW_ENTRIES]
        ]
        best = max(range(len(scores)), key=scores.__getitem__)
        if scores[best]:
            return self._entries_clause(node, [entries[best]], scope)
        sought = wanted(self.words, parts, node.parts[1], _bound(node, entries[0], scope))
        names = first_names(entries, self.shape)
        there = f" (found {names})" if names else ""
        return [Clause(subject, f"no {subject or self.shape.noun[0]} {sought or 'fits'}{there}")]

    def _filtered(self, node: Node, counted: Node, want: bool, scope: Scope) -> list[Clause]:
        """Return how many entries of a list match a filter, and why the first other one does not."""
        listed = _entries(self.evaluator.value(counted.parts[0], scope))
        others = self._wrong(counted, False, listed, scope)
        _, sign, limit = self.words.sides(node, scope)
        must = self.words.limit(sign, limit, "", scope) if want else "must not be so many"
        subject = self.words.subject(counted.parts[0], scope)
        head = f"{len(listed) - len(others)} of {len(listed)} {subject}".strip() + f" ({must})"
        why = self._entries_clause(counted, others, scope) if others and want else []
        return [Clause(subject, "; ".join([head, *(clause.says for clause in why)]))]

    def open_part(self, node: Node, scope: Scope, reason: str) -> str:
        """Return the part of a rule that cannot be decided, as text."""
        match node.kind:
            case "and" | "or":
                return self._first_open(((part, scope) for part in node.parts), reason)
            case "not":
                return self.open_part(node.parts[0], scope, reason)
            case "cond":
                test = self.evaluator.truth(node.parts[0], scope)
                return self.open_part(node.parts[0 if isinstance(test, Undecided) else 1 if test else 2], scope, reason)
            case "index" if node.parts[0].kind == "map":
                return self._open_look_up(node, scope, reason)
            case "loop" if node.name in ("all", "exists"):
                return self._open_loop(node, scope, reason)
            case "compare" if (counted := _counted_filter(node)) is not None:
                return self._open_loop(counted, scope, reason)
        return undecided(self.words, node, scope, reason)

    def _open_loop(self, node: Node, scope: Scope, reason: str) -> str:
        for one in _entries(self.evaluator.value(node.parts[0], scope))[:FEW_ENTRIES]:
            inner = _bound(node, one, scope)
            if isinstance(self.evaluator.truth(node.parts[2], inner), Undecided):
                name, says = self._name(one), self.open_part(node.parts[2], inner, reason)
                return f"{name}: {says}" if name and says is not reason else says
        return undecided(self.words, node, scope, reason)

    def _open_look_up(self, node: Node, scope: Scope, reason: str) -> str:
        key = self.evaluator.value(node.parts[1], scope)
        if isinstance(key, Undecided):
            return self.open_part(node.parts[1], scope, reason)
        keys, values = node.parts[0].parts[::2], node.parts[0].parts[1::2]
        for name, value in zip(keys, values, strict=True):
            if self.evaluator.value(name, scope) == key:
                return self.open_part(value, scope, reason)
        return self.words.looked_up(node, scope).says

    def _first_open(self, parts: Iterable[tuple[Node, Scope]], reason: str) -> str:
        for part, scope in parts:
            if isinstance(self.evaluator.truth(part, scope), Undecided):
                return self.open_part(part, scope, reason)
        return reason


def _operands(node: Node) -> frozenset[str]:
    """Return the variables and fields that a condition compares or tests directly: `x`, `value.error`."""
    parts = [part for part in (node, *node.parts) if part.kind in ("name", "field")]
    return frozenset(part.text if part.kind == "name" else part.name for part in parts)


def _bound(node: Node, entry: Any, scope: Scope) -> Scope:
    return {**scope, node.parts[1].text: entry}


def _entries(listed: Any) -> list[Any]:
    return list(listed) if isinstance(listed, list | dict) else []


def _counted_filter(node: Node) -> Node | None:
    """Return the filter whose entries a comparison counts; None for any other comparison."""
    for part in node.parts:
        if part.kind in ("call", "method") and part.name == "size" and part.parts:
            listed = part.parts[0]
            return listed if listed.kind == "loop" and listed.name == "filter" else None
    return None


def _guards(node: Node) -> bool:
    """Return whether an alternative is only a guard of the others: `!has(x)

    …`, `"${tag}" == ""

    …`.
    """
    if node.kind == "compare":
        return all(part.kind == "literal" for part in node.parts)
    test = node.parts[0] if node.kind == "not" else node
    return test.kind == "call" and test.name == "has"

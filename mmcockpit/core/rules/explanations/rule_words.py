"""A rule as people read it, without a value: `must be < 1%`, `complete; available must be >= desired`."""

from collections.abc import Iterator

from mmcockpit.core.model.signal import Signal
from mmcockpit.core.rules.cel.evaluation import Undecided
from mmcockpit.core.rules.cel.syntax import Node, parse
from mmcockpit.core.rules.explanations.clause_values import Evaluator
from mmcockpit.core.rules.explanations.clause_words import REGEX, TEXTS, Words, amount
from mmcockpit.core.rules.explanations.entry_words import LIKE, excludes
from mmcockpit.core.text import plain

UNREADABLE = "a rule that is too long to show here"
_OPPOSITE = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!=", "!=": "=="}
_CONVERSIONS = frozenset({"double", "int", "uint", "string", "timestamp", "duration", "dyn"})
_NAMES = {"now": "now", "started": "the session start", "baseline": "baseline", "value": "the value"}
_BINARY = 2


def rule_words(rule: str, signal: Signal) -> str:
    """Return the conditions of a rule as text, joined by semicolons; empty for an empty rule."""
    if not rule:
        return ""
    node = parse(rule)
    if node is None:
        return UNREADABLE
    return plain("; ".join(dict.fromkeys(filter(None, _Reader(signal).conditions(node, True)))), 1000)


class _Reader:
    """Words the parts of one rule; only literals have values."""

    def __init__(self, signal: Signal) -> None:
        self.words = Words(Evaluator(), signal)
        self.unit = signal.unit
        self._describes = False
        """Whether conditions describe an entry (`keys > 0`), and do not require anything of it (`keys must be > 0`)."""

    def _must(self, want: bool, verb: str = "be") -> str:
        """Return the beginning of a requirement, `must be `; of a description nothing, or `not `."""
        if self._describes:
            return "" if want else "not "
        return f"must {'' if want else 'not '}{verb} "

    def conditions(self, node: Node, want: bool) -> Iterator[str]:
        """Yield the conditions that must hold (or, without `want`, must not)."""
        if node.kind == "not":
            yield from self.conditions(node.parts[0], not want)
        elif (node.kind == "and" and want) or (node.kind == "or" and not want):
            parts = [part for part in node.parts if not _exists(part)] or node.parts
            for part in parts:
                yield from self.conditions(part, want)
        elif not self._settled(node):
            yield self.condition(node, want)

    def _settled(self, node: Node) -> bool:
        """Return whether a part needs no value: it compares replaced variables, or one alternative always holds."""
        if node.kind == "or" and any(self.words.evaluator.truth(part, {}) is True for part in node.parts):
            return True
        return _constant(node)

    def condition(self, node: Node, want: bool) -> str:
        """Return one condition as text."""
        match node.kind:
            case "not":
                return self.condition(node.parts[0], not want)
            case "and" | "or":
                return self._alternatives(node, want)
            case "cond":
                return self._branches(node, want)
            case "compare":
                return self._compared(node, want)
            case "in":
                return self._member(node, want)
            case "loop" if node.name in ("all", "exists", "exists_one"):
                return self._loop(node, want)
            case "index" if node.parts[0].kind == "map":
                return self._looked_up(node, want)
            case "call" if node.name == "has" and node.parts:
                named = self.name(node.parts[0])
                return f"has {named}" if want else f"{named} is missing"
            case "method" if node.name in TEXTS and len(node.parts) == _BINARY:
                part = self.term(node.parts[1])
                part = REGEX.sub("", part) if node.name == "matches" else part
                must = self._must(want, TEXTS[node.name])
                verb = f"{must}{LIKE[node.name]} " if self._describes else must
                return f"{self.name(node.parts[0])} {verb}{part}"
        column = self.words.shape.column(node.name)
        if node.kind == "field" and column.alarm_text and column.alarm is want:
            return column.alarm_text
        name = self.name(node)
        if name in ("it", _NAMES["value"]):
            return "yes" if want else "no"
        if node.kind == "index" and node.parts[1].kind == "literal":
            name = ": ".join(filter(None, (self.words.subject(node.parts[0], {}), name)))
        return f"{'' if want else 'not '}{name}"

    def _alternatives(self, node: Node, want: bool) -> str:
        """Return alternatives; a part that only guards the others (`!has(x) || …`) is left out."""
        joiner = " or " if (node.kind == "or") is want else " and "
        parts = [part for part in node.parts if not _constant(part)]
        if joiner == " and ":
            parts = [part for part in parts if not _exists(part)] or parts
        if joiner == " or ":
            parts = [part for part in parts if not _guards(part)] or parts[:1]
        conditions = [self.condition(part, want) for part in parts]
        return joiner.join(dict.fromkeys(filter(None, conditions)))

    def _joined(self, part: Node) -> str:
        """Return a part of a joined text: a variable as files write it; what a loop is about is left open."""
        if _is_variable(part):
            return f"${{{part.name}}}"
        term = self.term(part)
        return "…" if term == "it" else term

    def _branches(self, node: Node, want: bool) -> str:
        test = self.words.evaluator.truth(node.parts[0], {})
        if isinstance(test, bool):
            return self.condition(node.parts[1 if test else 2], want)
        if node.parts[0].kind == "call" and node.parts[0].name == "has":
            return self.condition(node.parts[1], want)
        yes, no = self.condition(node.parts[1], want), self.condition(node.parts[2], want)
        return f"{yes} if {self.condition(node.parts[0], True)}, else {no}"

    def _compared(self, node: Node, want: bool) -> str:
        measured, sign, limit = self.words.sides(node, {})
        sign = sign if want else _OPPOSITE[sign]
        counted = measured.kind in ("call", "method") and measured.name == "size" and measured.parts
        if counted:
            return self._counted(measured.parts[0], sign, limit)
        unit = self.words.unit_of(measured, {}) or (self.unit if measured.kind == "name" else "")
        subject = self.term(measured)
        if sign in ("==", "!=") and limit.kind not in ("literal", "list", "cond"):
            return self._equals(subject, sign == "==", self.term(limit, unit))
        subject = "" if subject in ("it", _NAMES["value"]) else f"{subject} "
        return f"{subject}{self._must(sign != '!=')}{self._limit(sign, limit, unit)}"

    def _equals(self, subject: str, want: bool, other: str) -> str:
        """Return that a field has the value of another one, or that of the name that a loop is about."""
        if self._describes and other == "it":
            return f"{'this' if want else 'another'} {subject}"
        subject = "" if subject in ("it", _NAMES["value"]) else f"{subject} "
        return f"{subject}{self._must(want, 'equal')}{other}"

    def _limit(self, sign: str, limit: Node, unit: str) -> str:
        text = self.term(limit, unit)
        return text if sign in ("==", "!=") else f"{sign} {text}"

    def _counted(self, listed: Node, sign: str, limit: Node) -> str:
        named = self.words.subject(listed, {}) if listed.kind != "loop" else ""
        text = self.term(limit)
        # A single word such as `missing` or `late` describes its entries and does not name them.
        counts = not named or " " in named or named.endswith("s")
        if (sign, text) in (("==", "0"), ("<=", "0"), ("<", "1")):
            return f"no {named or self.entries(listed, many=True)}" if counts else f"{named} {self._must(True)}empty"
        if (sign, text) in ((">", "0"), (">=", "1"), ("!=", "0")):
            has = f"has {named}" if counts else f"{named} {self._must(False)}empty"
            return has if named else f"at least 1 {self.entries(listed)}"
        words = {"==": "", ">=": "at least ", "<=": "at most ", ">": "more than ", "<": "fewer than ", "!=": "not "}
        return f"{words[sign]}{text} {named or self.entries(listed, many=text != '1')}"

    def _member(self, node: Node, want: bool) -> str:
        key, listed = node.parts
        if listed.kind == "list":
            allowed = " or ".join(self.term(part) for part in listed.parts)
            subject = self.name(key)
            return f"{'' if subject == 'it' else f'{subject} '}{self._must(want)}{allowed}"
        subject = self.term(key)
        return f"{'' if subject == 'it' else f'{subject} '}{'is' if want else 'is not'} in {self.name(listed)}"

    def _loop(self, node: Node, want: bool) -> str:
        listed, _, body = node.parts
        every = (node.name == "all") is want
        if listed.kind == "list":
            names = [self.term(part) for part in listed.parts]
            which = f"{'each' if every else 'one'} of " if len(names) > 1 else ""
            inner = "; ".join(self.conditions(body, want if node.name == "all" else True))
            return f"{which}{', '.join(names)}: {inner}"
        named = self.words.subject(listed, {}) if listed.kind != "loop" else ""
        if every and node.name == "all":
            inner = "; ".join(self.conditions(body, True))
            return f"all {named}: {inner}" if named else f"every {self.entries(listed)}: {inner}"
        one = "no" if every else "one of" if named else "one"
        return f"{one} {self.entries(listed)}{self._description(node)}"

    def _description(self, loop: Node) -> str:
        """Return which entries of a list a loop is about: ` other than nodes with keys > 0`."""
        _, variable, body = loop.parts
        parts = body.parts if body.kind == "and" and loop.name != "all" else (body,)
        besides = [part for part in parts if excludes(part, variable) and loop.name != "all"]
        outer, self._describes = self._describes, True
        rest = [part for part in parts if part not in besides and not _exists(part)]
        having = [text for part in rest for text in self.conditions(part, loop.name != "all")]
        self._describes = outer
        simple = all(part.kind == "compare" for part in rest)
        text = f" other than {' and '.join(self.term(part.parts[1]) for part in besides)}" if besides else ""
        return text + (f" with {(' and ' if simple else '; ').join(having)}" if having else "")

    def _looked_up(self, node: Node, want: bool) -> str:
        keys, values = node.parts[0].parts[::2], node.parts[0].parts[1::2]
        good = [key for key, value in zip(keys, values, strict=True) if value.text != "false"]
        allowed = " or ".join(self.term(key) for key in good)
        first = f"{self.term(node.parts[1])} must {'' if want else 'not '}be {allowed}"
        inner = [value for key, value in zip(keys, values, strict=True) if key in good and value.kind != "literal"]
        return "; ".join([first, *(text for part in inner for text in self.conditions(part, want))])

    def entries(self, node: Node, many: bool = False) -> str:
        """Return what an entry of a list is, or several, also of a filtered list."""
        if node.kind == "loop" and node.name == "filter":
            return f"{self.entries(node.parts[0], many)}{self._description(node)}"
        return self.words.subject(node, {}) or self.words.shape.noun[many]

    def name(self, node: Node) -> str:
        """Return the name of a field, with the key of an entry."""
        if node.kind == "index" and node.parts[1].kind == "name":
            return "it"
        if node.kind == "index" and node.parts[1].kind != "literal":
            return " of ".join(filter(None, (self.name(node.parts[1]), self.words.subject(node.parts[0], {}))))
        if node.kind == "method" and node.parts:
            return self.name(node.parts[0])
        if node.kind == "sum":
            return self.term(node)
        if _is_variable(node):
            return f"the variable {node.name}"
        return self.words.subject(node, {}) or (_NAMES.get(node.text, "it") if node.kind == "name" else "it")

    def term(self, node: Node, unit: str = "") -> str:
        """Return a part of a comparison: a literal with its unit, a field's name, a calculation."""
        match node.kind:
            case "name":
                return _NAMES.get(node.text, "it")
            case "sum" if len(node.parts) == _BINARY:
                left, right = (self._joined(part) if _is_text(node) else self.term(part) for part in node.parts)
                return f"{left}{right}" if _is_text(node) else f"{left} {node.name} {right}"
            case "call" if node.name in _CONVERSIONS and node.parts:
                return self.term(node.parts[0], unit)
            case "call" | "method" if node.name == "size" and node.parts:
                return f"number of {self.entries(node.parts[0], many=True)}"
            case "cond":
                test = self.words.evaluator.truth(node.parts[0], {})
                if isinstance(test, bool):
                    return self.term(node.parts[1 if test else 2], unit)
                if node.parts[0].kind == "call":
                    return self.term(node.parts[1], unit)
                return f"{self.term(node.parts[1], unit)} or {self.term(node.parts[2], unit)}"
        value = self.words.evaluator.value(node, {}) if node.kind in ("literal", "list") else Undecided("")
        if isinstance(value, Undecided):
            return self.name(node)
        if isinstance(value, list):
            return " or ".join(map(amount, value))
        return "empty" if value == "" else amount(value, unit)


def _constant(node: Node) -> bool:
    """Return whether a part has no field and no name in it: a comparison of two variables that were replaced."""
    if node.kind == "name":
        return False
    return node.kind == "literal" or (bool(node.parts) and all(map(_constant, node.parts)))


def _is_text(node: Node) -> bool:
    """Return whether a sum joins texts."""
    if node.kind == "sum":
        return any(map(_is_text, node.parts))
    return node.kind == "literal" and node.text[:1] in "'\""


def _exists(node: Node) -> bool:
    """Return whether a part only checks that a field exists."""
    return node.kind == "call" and node.name == "has"


def _guards(node: Node) -> bool:
    """Return whether an alternative only excludes cases in which the others do not count: `!has(x)`."""
    return _exists(node.parts[0] if node.kind == "not" else node)


def _is_variable(node: Node) -> bool:
    return node.kind == "field" and node.parts[0].kind == "name" and node.parts[0].text == "vars"

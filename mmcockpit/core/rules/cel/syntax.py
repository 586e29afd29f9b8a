"""The syntax tree of a CEL rule: its clauses, each with its own text."""

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from mmcockpit.core.rules.cel.tokens import RuleToken, tokens_of

MACROS = frozenset({"all", "exists", "exists_one", "filter", "map"})
LONGEST_RULE = 4_000
DEEPEST = 60
"""Maximum characters and nesting of a rule that is parsed into clauses; a larger rule is shown as a whole."""

_COMPARISONS = frozenset({"<", "<=", ">", ">=", "==", "!="})


class Node(NamedTuple):
    """One part of a rule.

    `kind` is and, or, not, cond, compare, in, sum, call, method, loop, field, index, name, literal, list or map; `name`
    is the operator, function, field, macro or variable; the `parts` of a loop are its list, variable and body.
    """

    kind: str
    text: str
    name: str = ""
    parts: tuple["Node", ...] = ()
    at: int = 0
    """The position of the text in the rule."""

    def walk(self) -> "Iterator[Node]":
        """Yield this part and all parts of it."""
        yield self
        for part in self.parts:
            yield from part.walk()


class _Unreadable(Exception):
    """Syntax that is not parsed: messages, optional fields, too deep or too long."""


@lru_cache(maxsize=512)
def parse(text: str) -> Node | None:
    """Return the tree of a rule that compiles; None for one that is too long, too deep or of rare syntax."""
    if len(text) > LONGEST_RULE:
        return None
    try:
        return _Parser(text).whole()
    except (_Unreadable, IndexError):
        return None


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = [*tokens_of(text), RuleToken("end", "", len(text))]
        self.next = 0
        self.depth = 0

    def whole(self) -> Node:
        node = self._either()
        if self._peek().kind != "end":
            raise _Unreadable
        return node

    def _peek(self) -> RuleToken:
        return self.tokens[self.next]

    def _take(self, *signs: str) -> str:
        """Return the text of the next token and advance where it is one of these signs; else return an empty text."""
        token = self._peek()
        if token.kind not in ("sign", "name") or token.text not in signs:
            return ""
        self.next += 1
        return token.text

    def _need(self, sign: str) -> None:
        if not self._take(sign):
            raise _Unreadable

    def _made(self, start: int, kind: str, name: str = "", parts: tuple[Node, ...] = ()) -> Node:
        last = self.tokens[self.next - 1]
        at = self.tokens[start].at
        return Node(kind, self.text[at : last.at + len(last.text)], name, parts, at)

    def _either(self) -> Node:
        self.depth += 1
        if self.depth > DEEPEST:
            raise _Unreadable
        start = self.next
        node = self._joined("or", "||")
        if self._take("?"):
            yes = self._joined("or", "||")
            self._need(":")
            no = self._either()
            node = self._made(start, "cond", "", (node, yes, no))
        self.depth -= 1
        return node

    def _joined(self, kind: str, sign: str) -> Node:
        start = self.next
        parts = [self._joined("and", "&&") if kind == "or" else self._compared()]
        while self._take(sign):
            parts.append(self._joined("and", "&&") if kind == "or" else self._compared())
        return parts[0] if len(parts) == 1 else self._made(start, kind, sign, tuple(parts))

    def _compared(self) -> Node:
        start = self.next
        node = self._sum(("+", "-"))
        while sign := self._take(*_COMPARISONS, "in"):
            right = self._sum(("+", "-"))
            node = self._made(start, "in" if sign == "in" else "compare", sign, (node, right))
        return node

    def _sum(self, signs: tuple[str, ...]) -> Node:
        start = self.next
        node = self._sum(("*", "/", "%")) if "+" in signs else self._signed()
        while sign := self._take(*signs):
            right = self._sum(("*", "/", "%")) if "+" in signs else self._signed()
            node = self._made(start, "sum", sign, (node, right))
        return node

    def _signed(self) -> Node:
        start = self.next
        sign = self._take("!", "-")
        if not sign:
            return self._member()
        self.depth += 1
        if self.depth > DEEPEST:
            raise _Unreadable
        part = self._signed()
        self.depth -= 1
        literal = sign == "-" and part.kind == "literal"
        return self._made(start, "literal" if literal else "not" if sign == "!" else "sum", sign, (part,))

    def _member(self) -> Node:
        start = self.next
        node = self._primary()
        while True:
            if self._take("."):
                name = self._peek()
                if name.kind != "name":
                    raise _Unreadable
                self.next += 1
                node = (
                    self._method(start, node, name.text)
                    if self._take("(")
                    else self._made(start, "field", name.text, (node,))
                )
            elif self._take("["):
                key = self._either()
                self._need("]")
                node = self._made(start, "index", "", (node, key))
            else:
                return node

    def _method(self, start: int, target: Node, name: str) -> Node:
        args = self._until(")")
        if name in MACROS and len(args) == 2 and args[0].kind == "name":
            return self._made(start, "loop", name, (target, *args))
        return self._made(start, "method", name, (target, *args))

    def _primary(self) -> Node:
        start, token = self.next, self._peek()
        self.next += 1
        if token.kind in ("text", "number") or token.text in ("true", "false", "null"):
            return self._made(start, "literal", token.text)
        if token.kind == "name":
            if self._take("("):
                return self._made(start, "call", token.text, self._until(")"))
            return self._made(start, "name", token.text)
        if token.text == "(":
            inner = self._either()
            self._need(")")
            return inner
        if token.text == "[":
            return self._made(start, "list", "", self._until("]"))
        if token.text == "{":
            return self._made(start, "map", "", self._until("}", ":"))
        raise _Unreadable

    def _until(self, close: str, between: str = "") -> tuple[Node, ...]:
        """Return the nodes up to the closing bracket; for a map its keys and values in turn."""
        parts: list[Node] = []
        while not self._take(close):
            parts.append(self._either())
            if between:
                self._need(between)
                parts.append(self._either())
            if not self._take(","):
                self._need(close)
                break
        return tuple(parts)

"""A parser for the part of expr-lang that conditions of Argo Rollouts use."""

import json
import re
from typing import NamedTuple

LONGEST = 2000
DEEPEST = 40
_TOKEN = re.compile(
    r"""\s*(?:
      \{\{-?\s*args\.(?P<argument>[\w.-]+?)\s*-?\}\}
    | (?P<number>(?:\d[\d_]*)?\.?\d[\d_]*(?:[eE][-+]?\d+)?)
    | (?P<string>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')
    | (?P<word>[A-Za-z_]\w*)
    | (?P<sign>\|\||&&|==|!=|<=|>=|\*\*|\?\?|\?\.|[-+*/%<>!?:()\[\]{},.\#|^])
    )""",
    re.VERBOSE,
)
_QUOTED_ARGUMENT = re.compile(r"""["']\{\{-?\s*args\.([\w.-]+?)\s*-?\}\}["']""")
_WORDS = {"and": "&&", "or": "||", "not": "!"}
_LEVELS = (("||",), ("&&",), ("==", "!=", "<", "<=", ">", ">="), ("+", "-"), ("*", "/", "%"))


class UnknownExpression(ValueError):
    """A condition has no equivalent in CEL, with the reason."""


class Expression(NamedTuple):
    """A part of a condition; `kind` is number, string, argument, name, unary, binary, choice, index or call."""

    kind: str
    name: str = ""
    parts: "tuple[Expression, ...]" = ()

    @property
    def is_result(self) -> bool:
        """Whether it is the result of the query."""
        return self.kind == "name" and self.name == "result"


def parse_expression(text: str) -> Expression:
    """Return the parsed text; UnknownExpression for syntax that is not supported."""
    if len(text) > LONGEST:
        raise UnknownExpression(f"longer than {LONGEST} characters")
    parser = _Parser(_tokens(text))
    found = parser.choice()
    if parser.next[1]:
        raise UnknownExpression(f"unexpected {parser.next[1]}")
    return found


def _tokens(text: str) -> list[tuple[str, str]]:
    found, at = list[tuple[str, str]](), 0
    stripped = text.rstrip()
    while at < len(stripped):
        match = _TOKEN.match(stripped, at)
        if match is None:
            raise UnknownExpression(f"unknown syntax: {stripped[at : at + 20].strip()}")
        kind = match.lastgroup or ""
        word = match[kind]
        found.append(("sign", _WORDS[word]) if word in _WORDS else (kind, word))
        at = match.end()
    return found


class _Parser:
    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self._tokens = tokens
        self._at = 0
        self._depth = 0

    @property
    def next(self) -> tuple[str, str]:
        return self._tokens[self._at] if self._at < len(self._tokens) else ("end", "")

    def _take(self) -> tuple[str, str]:
        token = self.next
        self._at += 1
        return token

    def _is(self, *signs: str) -> bool:
        return self.next[0] == "sign" and self.next[1] in signs

    def _expect(self, sign: str) -> None:
        if not self._is(sign):
            raise UnknownExpression(f"{sign} expected before {self.next[1] or 'the end'}")
        self._at += 1

    def choice(self) -> Expression:
        self._depth += 1
        if self._depth > DEEPEST:
            raise UnknownExpression("nested too deeply")
        test = self._binary(0)
        if self._is("?"):
            self._take()
            yes = self.choice()
            self._expect(":")
            test = Expression("choice", "?", (test, yes, self.choice()))
        self._depth -= 1
        return test

    def _binary(self, level: int) -> Expression:
        if level == len(_LEVELS):
            return self._unary()
        left = self._binary(level + 1)
        while self._is(*_LEVELS[level]):
            sign = self._take()[1]
            left = Expression("binary", sign, (left, self._binary(level + 1)))
        return left

    def _unary(self) -> Expression:
        signs = list[str]()
        while self._is("!", "-", "+"):
            signs.append(self._take()[1])
        found = self._postfix()
        for sign in reversed(signs):
            found = found if sign == "+" else Expression("unary", sign, (found,))
        return found

    def _postfix(self) -> Expression:
        found = self._primary()
        while self._is("["):
            self._take()
            found = Expression("index", "", (found, self.choice()))
            self._expect("]")
        if self._is("."):
            raise UnknownExpression("fields of a result have no equivalent: a series is a number")
        return found

    def _primary(self) -> Expression:
        kind, text = self._take()
        if kind == "number":
            return Expression("number", text.replace("_", ""))
        quoted_argument = _QUOTED_ARGUMENT.fullmatch(text) if kind == "string" else None
        if quoted_argument is not None:
            return Expression("text_argument", quoted_argument[1])
        if kind == "string":
            return Expression("string", json.dumps(text[1:-1].replace("\\'", "'").replace('\\"', '"')))
        if kind == "argument":
            return Expression("argument", text)
        if kind == "word":
            return self._called(text) if self._is("(") else Expression("name", text)
        if (kind, text) == ("sign", "("):
            inner = self.choice()
            self._expect(")")
            return inner
        if (kind, text) == ("sign", "#"):
            return Expression("name", "#")
        raise UnknownExpression(f"unexpected {text or 'end'}")

    def _called(self, name: str) -> Expression:
        self._expect("(")
        parts = list[Expression]()
        while not self._is(")"):
            closure = self._is("{")
            if closure:
                self._take()
            parts.append(self.choice())
            if closure:
                self._expect("}")
            if not self._is(")"):
                self._expect(",")
        self._expect(")")
        if not parts:
            raise UnknownExpression(f"{name}() has no equivalent")
        return Expression("call", name, tuple(parts))

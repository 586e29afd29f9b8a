"""Alertmanager matchers: their syntax, and how they match labels."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

_MATCHER = re.compile(
    r"""
    \s* (?: "(?P<quoted_name>(?:\\.|[^"\\])*)" | (?P<name>[^\s{}!=~,"'`\\]+) )
    \s* (?P<operator>=~|!~|!=|=)
    \s* (?: "(?P<quoted>(?:\\.|[^"\\])*)" | (?P<bare>[^,}]*?) )
    \s* (?:,|$)
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_ESCAPES = {"n": "\n", '"': '"', "\\": "\\"}
_GO_ONLY = re.compile(r"\[\[:|\\[pPzCQE]|\\x\{")
"""Syntax of Go's regular expressions that Python does not support."""


class UnreadableMatcher(ValueError):
    """A matcher or configuration that cannot be evaluated here, with the reason."""


@dataclass(frozen=True, slots=True)
class Matcher:
    """One condition on a label; a missing label has an empty value."""

    name: str
    operator: str
    value: str

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Return whether the labels match; a regular expression has to match the whole value."""
        value = labels.get(self.name, "")
        if "~" not in self.operator:
            return (value == self.value) is (self.operator == "=")
        if _GO_ONLY.search(self.value):
            raise UnreadableMatcher(f"cannot evaluate the regular expression {self.value!r}")
        try:
            match = re.fullmatch(self.value, value)
        except re.error as error:
            raise UnreadableMatcher(f"cannot evaluate the regular expression {self.value!r}: {error}") from error
        return (match is not None) is (self.operator == "=~")


def matchers(text: str) -> Iterator[Matcher]:
    """Yield the matchers of a text such as `severity="critical"` or `{team=~"a|b", env!=test}`."""
    inside = text.strip()
    if inside.startswith("{") and inside.endswith("}"):
        inside = inside[1:-1].strip()
    at = 0
    while at < len(inside):
        match = _MATCHER.match(inside, at)
        if match is None:
            raise UnreadableMatcher(f"cannot read the matcher {text!r}")
        at = match.end()
        quoted, bare = match["quoted"], match["bare"] or ""
        name = match["name"] if match["name"] is not None else _unescaped(match["quoted_name"])
        yield Matcher(name, match["operator"], _unescaped(bare if quoted is None else quoted))


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(lambda match: _ESCAPES.get(match[1], match[0]), text)

"""A canonical form for equivalent queries, and patterns over it. This is not a PromQL engine: see queries.py."""

import re
from collections.abc import Sequence

from mmcockpit.simulator.production import CHAT_ROUTES

_TOKEN = re.compile(
    r"""\s*("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|\$\w+|[A-Za-z_:][\w:]*|\d[\w.]*|=~|!~|!=|==|>=|<=|\S)"""
)
_COMMENT = re.compile(r"#[^\n\"']*$", re.MULTILINE)
_OURS = ("http_", "modelmuxer_", "process_")
"""Metrics that only the job modelmuxer has, so job="modelmuxer" is redundant for them."""
_JOB = 'job="modelmuxer"'
SELECTOR = r"(?:[A-Za-z_:][\w:]*(?:\{[^{}]*\})?|\{[^{}]+\})"
_PLACES = {
    "W": r"\d+[smhd]",
    "V": r"\d+[smhd]",
    "X": r"\d+[smhd]",
    "Q": r"0?\.\d+",
    "S": SELECTOR,
    "T": SELECTOR,
    "F": "sum|max|min|count|avg",
    "G": "sum|max|min|count|avg",
    "L": r"\w+(?:,\w+)*",
}
_SECONDS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def canonical(query: str) -> str:
    """Return the query without unnecessary spaces, with sorted matchers and one form of the chat routes: RT."""
    tokens = _TOKEN.findall(_COMMENT.sub("", query))
    words: list[str] = []
    place = 0
    while place < len(tokens):
        word = tokens[place]
        if word == "{" and "}" in tokens[place:]:
            end = tokens.index("}", place)
            words.append(_matchers(tokens[place + 1 : end], words[-1] if words else ""))
            place = end
        else:
            words.append(_quoted(word))
        place += 1
    text = ""
    for word in words:
        text += " " + word if word and text and _is_word(text[-1]) and _is_word(word[0]) else word
    return _unwrapped(text)


def _is_word(letter: str) -> bool:
    return letter.isalnum() or letter in "_$"


def _quoted(token: str) -> str:
    return '"' + token[1:-1] + '"' if token.startswith("'") else token


def _matchers(tokens: Sequence[str], metric: str) -> str:
    matchers = [_matcher(part) for part in "".join(map(_quoted, tokens)).split(",") if part]
    kept = sorted(part for part in matchers if not (part == _JOB and metric.startswith(_OURS)))
    return "{" + ",".join(kept) + "}" if kept else ""


def _matcher(text: str) -> str:
    routes = re.fullmatch(r'route(?:=~|=)"([^"]*)"', text)
    if routes:
        named = set(routes[1].split("|"))
        if named == set(CHAT_ROUTES) or named == {"/v1/chat/completions", "/v1/messages"}:
            return "RT"
    return text


def _unwrapped(text: str) -> str:
    """Remove parentheses around the whole text."""
    while text.startswith("(") and text.endswith(")"):
        depth = 0
        for index, letter in enumerate(text):
            depth += (letter == "(") - (letter == ")")
            if depth == 0 and index < len(text) - 1:
                return text
        text = text[1:-1]
    return text


def pattern(template: str) -> re.Pattern[str]:
    """Return the pattern of a template; a placeholder that is used twice matches the same text twice.

    Placeholders: $W $V $X (durations), $Q (quantile), $S $T (selectors), $F $G (aggregations), $L (labels).
    """
    parts = re.split(r"\$([A-Z])", canonical(template))
    seen: set[str] = set()
    text = re.escape(parts[0])
    for name, rest in zip(parts[1::2], parts[2::2], strict=True):
        text += f"(?P={name})" if name in seen else f"(?P<{name}>{_PLACES[name]})"
        seen.add(name)
        text += re.escape(rest)
    return re.compile(text)


def seconds(duration: str) -> float:
    """Return a duration such as 5m in seconds."""
    return float(duration[:-1]) * _SECONDS[duration[-1]]

"""Constants in a rule that compile, but with which it has no result, or a misleading one."""

import re

from mmcockpit.core.rules.cel.evaluation import RuleError, Undecided, evaluate_part
from mmcockpit.core.rules.cel.syntax import Node, parse
from mmcockpit.core.rules.cel.tokens import place_of

_DAYS = re.compile(r"""["'](\d{1,5})\s*([dw])["']""")
_HOURS = {"d": 24, "w": 168}
_NUMBERS = re.compile(r"""["']v?\d+(?:\.\d+){0,3}["']""", re.IGNORECASE)
"""A text that is a number or a version."""


def check_constants(text: str) -> None:
    """Raise RuleError for a constant with which a rule that compiles never has a result, or a wrong one."""
    if (node := parse(text)) is None:
        return
    for part in node.walk():
        if test := _constant_test(part):
            result = evaluate_part(test, {})
            why, fix = (result.sentence, _constant_fix(part)) if isinstance(result, Undecided) else ("", "")
        else:
            why, fix = _text_order(part)
        if why:
            raise RuleError(why, *place_of(text, part.at), fix)


def _constant_test(part: Node) -> str:
    """Return a part with a constant that can be evaluated alone: `duration('1d')`, a pattern; empty for any other."""
    if part.kind == "call" and part.name in ("duration", "timestamp") and _is_text(part.parts):
        return part.text
    if part.kind == "method" and part.name == "matches" and _is_text(part.parts[1:]):
        return f"''.matches({part.parts[1].text})"
    return ""


def _constant_fix(part: Node) -> str:
    """Return what to write instead of such a part."""
    if part.name == "duration":
        days = _DAYS.fullmatch(part.parts[0].text)
        return f"write duration('{int(days[1]) * _HOURS[days[2]]}h')" if days else "write it like duration('1h30m')"
    return "write it like timestamp('2026-12-06T02:00:00Z')" if part.name == "timestamp" else "correct the pattern"


def _text_order(part: Node) -> tuple[str, str]:
    """Return why two texts must not be ordered, such as versions, and what to write instead; empty where they may."""
    if part.kind != "compare" or part.name not in ("<", "<=", ">", ">="):
        return "", ""
    left, right = part.parts
    text, other = (left, right) if left.kind == "literal" else (right, left)
    if not _NUMBERS.fullmatch(text.text) or other.kind == "literal":
        return "", ""
    part_of = ".split('.')[0]" if "." in text.text else ""
    fix = f"compare numbers, e.g. int({other.text}{part_of})"
    return "texts are ordered letter by letter: '2.9' is after '2.10'", fix


def _is_text(parts: tuple[Node, ...]) -> bool:
    return len(parts) == 1 and parts[0].kind == "literal" and parts[0].text[:1] in ("'", '"')

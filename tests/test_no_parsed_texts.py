"""No code parses a text that the cockpit itself wrote: what it has to know is a value."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1] / "mmcockpit"
FOLDERS = ("core", "report", "ui", "cli", "engine")

JOINED = ROOT / "core" / "words" / "joined.py"
"""Joins sentences without repetition; decides nothing but their wording."""

TEXTS = {"because", "says", "said", "reason", "summary", "outcome", "describe", "reason_text"}
"""Attributes, and functions, whose value is a sentence of the cockpit or of an operator."""

SPLITS = {"split", "rsplit", "partition", "rpartition", "startswith", "endswith", "removeprefix", "removesuffix"}
"""Methods of a text that look for something inside it."""


def is_sentence(node: ast.expr) -> bool:
    """Return whether an expression is a sentence: `reason.says`, `reason_text(reason)`."""
    match node:
        case ast.Attribute(attr=name):
            return name in TEXTS
        case ast.Call(func=ast.Name(id=name)):
            return name in TEXTS
        case ast.Name(id=name):
            return name in TEXTS - {"reason"}
        case ast.Subscript(value=value):
            return is_sentence(value)
    return False


def parsed(source: str) -> Iterator[int]:
    """Yield the lines that search, split or compare a sentence; comparing with an empty text is allowed."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Call(func=ast.Attribute(value=value, attr=method)) if method in SPLITS and is_sentence(value):
                yield node.lineno
            case ast.Compare(left=left, ops=[ast.In() | ast.NotIn()], comparators=[right]):
                if is_sentence(right) or (is_sentence(left) and not isinstance(right, ast.Name)):
                    yield node.lineno
            case ast.Compare(left=left, ops=[ast.Eq() | ast.NotEq()], comparators=[right]):
                if is_sentence(left) and not (isinstance(right, ast.Constant) and right.value == ""):
                    yield node.lineno
            case ast.Match(subject=subject) if is_sentence(subject):
                yield node.lineno


@pytest.mark.parametrize("folder", FOLDERS)
def test_no_code_parses_a_sentence(folder: str) -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in sorted((ROOT / folder).rglob("*.py"))
        if path != JOINED
        for line in parsed(path.read_text(encoding="utf-8"))
    ]
    assert found == []


@pytest.mark.parametrize(
    "code",
    [
        "state.verdict.because.startswith('not ')",
        "'fires' in reason.says",
        "reason_text(reason).partition(': ')",
        "verdict.because == NOT_APPLICABLE",
        "lines[0].because[:3] == '[!]'",
        "match body.because:\n    case 'x': pass",
    ],
)
def test_the_check_finds_code_that_parses_a_sentence(code: str) -> None:
    assert list(parsed(code)) == [1]


@pytest.mark.parametrize("code", ["if verdict.because: pass", "verdict.because == ''", "f'{reason.says}'"])
def test_showing_a_sentence_is_no_parsing(code: str) -> None:
    assert list(parsed(code)) == []

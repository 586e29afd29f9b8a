"""Docstrings and documents are in plain English: no phrase that readers have to translate."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
AVOIDED = re.compile(
    r"\b(nobody|somebody|anybody|goes on|(?<!` )is called|stands|looked at|the night|the way back|by hand|aloud)\b",
    re.IGNORECASE,
)
ALLOWED = (
    "`nobody`",  # the user of the system
    "user nobody",
)
"""Where an avoided word is the right one."""


def test_docstrings_are_in_plain_english() -> None:
    assert [found for path in sorted((ROOT / "mmcockpit").rglob("*.py")) for found in _in_docstrings(path)] == []


def test_documents_are_in_plain_english() -> None:
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *(ROOT / "examples").rglob("*.md")]
    assert [found for path in sorted(pages) for found in _avoided(path, path.read_text(encoding="utf-8"))] == []


def _in_docstrings(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            yield from _avoided(path, node.value.value)


def _avoided(path: Path, text: str) -> Iterator[str]:
    for allowed in ALLOWED:
        text = text.replace(allowed, "")
    for found in AVOIDED.finditer(text):
        around = " ".join(text[max(0, found.start() - 40) : found.end() + 40].split())
        yield f"{path.relative_to(ROOT)}: {around}"

"""Counts the words that readers have to translate: `python -m tests.wording [FOLDER]` prints every use and a table.

FOLDER is a checkout of this project, today's by default; for an old commit: `git worktree add /tmp/old COMMIT`.
"""

import ast
import io
import re
import sys
import tokenize
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
AVOIDED = (
    # As the subject of a state: name the role or the object.
    "nobody|somebody|anybody",
    # "is", "exists", "is in"; "unknown X 'y'", "X must be", "requires".
    "stands|lies|is to be had|(?<!` )is called(?! for)|no [a-z]+ is named|is named as|wants|demands",
    # "reports", "shows", "connects"; "is trusted", "is not verified".
    "told|said|says|speaks|is not believed|is believed|was believed|trusts nobody",
    # "continues", "resume"; "viewed", "read-only"; "rollback"; "the go-live", "the session".
    "go on(?!-)|goes on|going on|went on|looked at|looking on|looks on|way back|the night|recorded night",
    # "no data"; "manual"; "not a", "missing", "not found"; "text", "notification".
    "blind|by hand|(?-i:(?<!there )is none)|no such thing|there is no such|in words|aloud|heard|hears",
    # "open" or "failing" or a count; "failing", "invalid"; "sorted by severity".
    "unmet|bad|worst first",
    # Whole phrases of former screens.
    "the rule answers|partial answer|whole answer|the answer has more",
    "facts wait|none was ever read|too fast to have been read|makes noise|in its place by now|ask it once",
)
"""Words and phrases, regular expressions, with what to write instead."""
ALLOWED = (
    "bad matcher format",  # Alertmanager's own message, which the simulated one repeats
    "colour-blind",  # people who see colours differently
    "connection is bad",  # libpq's own words
    "(?P<bad>",  # a named group of a capture: output with a text in it is offered last
    "blind     Prometheus is unavailable",  # name of a scenario of the demo
)
"""Where an avoided word is the right one: at most 20, each with its reason."""
KINDS = ("texts", "files", "docs", "docstrings", "comments", "tests")
_AVOIDED = re.compile(rf"\b(?:{'|'.join(AVOIDED)})\b", re.IGNORECASE)
_CODE_WORD = re.compile(r"`[\w.:/-]+`")
_TEMPLATE_CODE = re.compile(r"\{[{%].*?[%}]\}", re.DOTALL)
_QUOTED = re.compile(r'"[^"]*"')
_YAML_KEY = re.compile(r"(?m)^(?: *- )? *[\w.-]+:")


@dataclass(frozen=True, slots=True)
class Text:
    """A text that people read: a string literal of the program, a file that ships with it, a page, a docstring, a
    comment, or the name or a docstring of a test."""

    kind: str
    path: Path
    line: int
    text: str


@dataclass(frozen=True, slots=True)
class Hit:
    """One use of an avoided word; `path` is relative to the checkout."""

    kind: str
    path: str
    line: int
    word: str
    around: str


@cache
def hits(root: Path = ROOT) -> tuple[Hit, ...]:
    """Return every use of an avoided word in a checkout, except those of ALLOWED."""
    return tuple(_hits(root))


def _hits(root: Path) -> Iterator[Hit]:
    for text in texts(root):
        plain = _CODE_WORD.sub("``", text.text)
        for allowed in ALLOWED:
            plain = plain.replace(allowed, "")
        for match in _AVOIDED.finditer(plain):
            around = " ".join(plain[max(0, match.start() - 40) : match.end() + 40].split())
            line = text.line + plain.count("\n", 0, match.start())
            yield Hit(text.kind, str(text.path.relative_to(root)), line, match.group().lower(), around)


def allowed_uses(root: Path = ROOT) -> Counter[str]:
    """Count the uses of each entry of ALLOWED."""
    return Counter(allowed for text in texts(root) for allowed in ALLOWED for _ in range(text.text.count(allowed)))


@cache
def texts(root: Path) -> tuple[Text, ...]:
    """Return every text that people read."""
    return tuple(_texts(root))


def _texts(root: Path) -> Iterator[Text]:
    for path in sorted((root / "mmcockpit").rglob("*.py")):
        yield from _of_module(path)
    for path in sorted((root / "tests").rglob("*.py")):
        if path.name not in ("wording.py", "test_wording.py"):
            yield from _of_test(path)
    for path in sorted([*root.glob("*.md"), *(root / "examples").rglob("*.md"), *(root / "docs").rglob("*.md")]):
        if "_build" not in path.parts:
            yield Text("docs", path, 1, path.read_text(encoding="utf-8"))
    for folder in ("mmcockpit", "layouts", "themes", "examples"):
        for path in sorted((root / folder).rglob("*")):
            if path.suffix == ".yaml":
                yield Text("files", path, 1, _YAML_KEY.sub("", path.read_text(encoding="utf-8")))
            elif path.suffix == ".j2":
                yield Text("files", path, 1, _TEMPLATE_CODE.sub(_quoted, path.read_text(encoding="utf-8")))


def _quoted(code: re.Match[str]) -> str:
    """Return the texts in a template's code; names of variables are not texts."""
    return " ".join(_QUOTED.findall(code[0]))


def _of_module(path: Path) -> Iterator[Text]:
    source = path.read_text(encoding="utf-8")
    nodes = list(ast.walk(ast.parse(source)))
    docstrings = _docstrings(nodes)
    parts: set[ast.AST] = set()
    for node in nodes:
        if isinstance(node, ast.JoinedStr):
            parts.update(node.values)
            words = "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
            if " " in words:
                yield Text("texts", path, node.lineno, words)
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in parts:
            if node in docstrings:
                yield Text("docstrings", path, node.lineno, node.value)
            # A single lower-case word is a key or an identifier.
            elif " " in node.value or node.value[:1].isupper():
                yield Text("texts", path, node.lineno, node.value)
    yield from _comments(path, source, "comments")


def _of_test(path: Path) -> Iterator[Text]:
    source = path.read_text(encoding="utf-8")
    nodes = list(ast.walk(ast.parse(source)))
    for docstring in _docstrings(nodes):
        yield Text("tests", path, docstring.lineno, str(docstring.value))
    for node in nodes:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test"):
            yield Text("tests", path, node.lineno, node.name.replace("_", " "))
    yield from _comments(path, source, "tests")


def _docstrings(nodes: list[ast.AST]) -> set[ast.Constant]:
    """Also texts below fields and constants."""
    values = [node.value for node in nodes if isinstance(node, ast.Expr)]
    return {value for value in values if isinstance(value, ast.Constant) and isinstance(value.value, str)}


def _comments(path: Path, source: str, kind: str) -> Iterator[Text]:
    if "# " not in source:
        return
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield Text(kind, path, token.start[0], token.string)


def main() -> None:
    """Print every use of an avoided word, and how many there are of each kind of text."""
    root = Path(sys.argv[1] if len(sys.argv) > 1 else ROOT).resolve()
    counts: Counter[str] = Counter()
    for hit in hits(root):
        counts[hit.kind] += 1
        print(f"{hit.path}:{hit.line}: {hit.word}: {hit.around}")
    print("", *(f"{kind:12}{counts[kind]:5}" for kind in KINDS), sep="\n")
    allowed = allowed_uses(root)
    print(f"{'in all':12}{counts.total():5}", f"{'allowed':12}{allowed.total():5}", sep="\n")


if __name__ == "__main__":
    main()

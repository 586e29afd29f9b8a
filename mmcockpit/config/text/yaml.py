"""YAML 1.2 (core schema) with the position of every value; size limits protect against exhausting memory or CPU.

`no`, `on` and `yes` are text, `12:30` is text, `0o17` is 15, and nothing becomes a date. Duplicate keys, tags, merge
keys, several documents, deep nesting and exploding aliases are errors; `parse_all` reads merge keys and documents.
"""

import re
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from mmcockpit.config.text.dependencies import depends_on
from mmcockpit.config.text.document import Document, Place, Position
from mmcockpit.config.text.error import FileError, quoted
from mmcockpit.config.text.regular_file import read_bytes

MAX_BYTES = 4 * 1024 * 1024
MAX_DEPTH = 40
MAX_NODES = 50_000
"""Maximum number of values of one file, including those that aliases repeat."""
TOO_MANY = f"more than {MAX_NODES} values, counting aliases; shorten or split the file"

_PLAIN: tuple[tuple[re.Pattern[str], Any], ...] = (
    (re.compile(r"~|null|Null|NULL|"), lambda text: None),
    (re.compile(r"true|True|TRUE|false|False|FALSE"), lambda text: text[0] in "tT"),
    (re.compile(r"[-+]?[0-9]{1,300}"), int),
    (re.compile(r"0o[0-7]{1,300}"), lambda text: int(text[2:], 8)),
    (re.compile(r"0x[0-9a-fA-F]{1,300}"), lambda text: int(text[2:], 16)),
    (re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?"), float),
    (re.compile(r"[-+]?\.(inf|Inf|INF)"), lambda text: float(text.replace(".", ""))),
    (re.compile(r"\.(nan|NaN|NAN)"), lambda text: float("nan")),
)
_TOP = re.compile(r"^([A-Za-z]\w*)[ \t]*:(?:[ \t]|$)", re.MULTILINE)
_FIRST = frozenset("~nNtTfF+-.0123456789")

_FIXES = {
    "mapping values are not allowed": "quote the text, or write the key on its own line",
    "found a tab character": "indent with spaces, not tabs",
    "found character that cannot start any token": "quote the text; indent with spaces, not tabs",
    "found unexpected end of stream": "close the quote",
    "found unknown escape character": "use single quotes: in double quotes a backslash begins an escape",
    "did not find expected hex": "use single quotes: in double quotes a backslash begins an escape",
    "could not find expected ':'": "write a colon and a space after the key",
    "did not find expected key": "check the indentation of this line and the one before",
    "did not find expected '-' indicator": "check the indentation of this line and the one before",
    "did not find expected ',' or": (
        "close the bracket or brace, put a comma between the entries, or quote a text that contains a colon or comma"
    ),
    "did not find expected node content": "write a value here",
    "did not find expected alphabetic or numeric character": "quote text that begins with * or &",
}


class _Node(NamedTuple):
    """A parsed value before aliases are resolved: `content` is text, a list of nodes or of (key, value) nodes."""

    kind: str
    content: Any
    mark: Position
    implicit: bool = True


def is_plain_text(text: str) -> bool:
    """Return whether a plain scalar of this text is text, not null, a boolean or a number."""
    return bool(text) and not (text[0] in _FIRST and any(pattern.fullmatch(text) for pattern, _ in _PLAIN))


def read(path: Path) -> Document:
    """Return a file's document; FileError if it cannot be read or is not YAML."""
    return parse(read_text(path), str(path))


def read_text(path: Path) -> str:
    """Return a file's text; FileError if it is missing, too large or not UTF-8."""
    depends_on(path)
    try:
        raw = read_bytes(path, MAX_BYTES + 1)
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise FileError(str(path), 1, 1, f"{reason}; check the path and its permissions") from error
    if raw is None:
        raise FileError(str(path), 1, 1, "a pipe, a device or a socket, not a file; check the path")
    if len(raw) > MAX_BYTES:
        raise FileError(str(path), 1, 1, f"the file is larger than {MAX_BYTES // 1024 // 1024} MiB; split it")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line, column = _place_of(raw[: error.start].decode("utf-8", "replace"))
        raise FileError(str(path), line, column, "not UTF-8 from here; save the file as UTF-8") from error


def top_keys(path: Path) -> set[str]:
    """Return the top-level keys of a file; fast if each is at the beginning of a line."""
    text = read_text(path)
    keys = set(_TOP.findall(text))
    if keys:
        return keys
    value = parse(text, str(path)).value
    return set(value) if isinstance(value, dict) else set()


def parse(text: str, file: str) -> Document:
    """Return the document of a YAML text; FileError with the mistake and its position."""
    return _built(text, file, _roots(text, file, only=True)[0])


def parse_all(text: str, file: str) -> list[Document]:
    """Return every document of a YAML text that another program reads, too: merge keys (`<<`) are resolved.

    Positions count from the beginning of the text; what is merged has its position at the anchor.
    """
    return [_built(text, file, root, merges=True) for root in _roots(text, file)]


def _built(text: str, file: str, root: "_Node", *, merges: bool = False) -> Document:
    document = Document(file=file, text=text)
    document.value = _Builder(document, merges).build(root, (), 0)
    return document


def _roots(text: str, file: str, *, only: bool = False) -> list["_Node"]:
    """Return the root of each document, at least one; with `only`, a second one is a mistake."""
    try:
        text.encode("utf-8")
        return _Tree(text, file).roots(only)
    except UnicodeEncodeError as error:
        line, column = _place_of(text[: error.start])
        raise FileError(file, line, column, "character that UTF-8 does not allow; remove it") from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark or yaml.Mark(file, 0, 0, 0, None, 0)
        problem = error.problem or error.context or "not YAML"
        fix = next((fix for start, fix in _FIXES.items() if problem.startswith(start)), "see https://yaml.org")
        raise FileError(file, mark.line + 1, mark.column + 1, f"{problem}; {fix}{_opening(error, mark)}") from error
    except yaml.reader.ReaderError as error:
        before = text.encode("utf-8")[: error.position].decode("utf-8", "replace")
        message = f"{error.reason} (U+{error.character:04X}); remove it"
        raise FileError(file, *_place_of(before), message) from error


def _opening(error: yaml.MarkedYAMLError, mark: yaml.Mark) -> str:
    """Return where the quote, bracket or brace begins that is not closed, if that is in an earlier line."""
    begin, context = error.context_mark, error.context or ""
    if begin is None or begin.line >= mark.line or not any(words in context for words in ("quoted", "flow")):
        return ""
    return f" (it begins in line {begin.line + 1}, column {begin.column + 1})"


def _place_of(before: str) -> tuple[int, int]:
    lines = before.split("\n")
    return len(lines), len(lines[-1]) + 1


class _Tree:
    """Builds nodes from parser events; an alias is the same node object as its anchor in the same document."""

    def __init__(self, text: str, file: str) -> None:
        self._file = file
        self._events = iter(yaml.parse(text, Loader=yaml.CSafeLoader))
        self._anchors: dict[str, _Node] = {}
        self._nodes = 0

    def roots(self, only: bool) -> list[_Node]:
        found = list[_Node]()
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent) and found and only:
                raise self._error(event.start_mark, "second document in this file; write one document per file")
            if isinstance(event, yaml.NodeEvent):
                self._anchors.clear()
                found.append(self._node(event, 0))
        if not found:
            raise FileError(self._file, 1, 1, "the file is empty; `mmcockpit init DIR` writes example files")
        return found

    def _node(self, event: Any, depth: int) -> _Node:
        mark = event.start_mark
        if depth > MAX_DEPTH:
            raise self._error(mark, f"nested more than {MAX_DEPTH} levels deep; flatten it")
        self._nodes += 1
        if self._nodes > MAX_NODES:
            raise self._error(mark, TOO_MANY)
        if isinstance(event, yaml.AliasEvent):
            if event.anchor not in self._anchors:
                raise self._error(mark, "alias without an anchor before it; quote text that begins with *")
            return self._anchors[event.anchor]
        if event.tag is not None and event.tag not in ("!", "tag:yaml.org,2002:str"):
            raise self._error(mark, "tags are not supported; write a plain value, or quote text that begins with !")
        node = self._content(event, Position(mark.line + 1, mark.column + 1, getattr(event, "style", "") or ""), depth)
        if event.anchor:
            self._anchors[event.anchor] = node
        return node

    def _content(self, event: Any, mark: Position, depth: int) -> _Node:
        if isinstance(event, yaml.ScalarEvent):
            return _Node("scalar", event.value, mark, event.implicit[0] and event.tag is None)
        closing = yaml.SequenceEndEvent if isinstance(event, yaml.SequenceStartEvent) else yaml.MappingEndEvent
        parts: list[_Node] = []
        while not isinstance(part := next(self._events), closing):
            parts.append(self._node(part, depth + 1))
        if closing is yaml.SequenceEndEvent:
            return _Node("sequence", parts, mark)
        return _Node("mapping", list(zip(parts[::2], parts[1::2], strict=True)), mark)

    def _error(self, mark: Any, message: str) -> FileError:
        return FileError(self._file, mark.line + 1, mark.column + 1, message)


class _Builder:
    """Builds values from nodes and records the position of each."""

    def __init__(self, document: Document, merges: bool = False) -> None:
        self._document = document
        self._merges = merges
        self._nodes = self._characters = 0

    def build(self, node: _Node, place: Place, depth: int) -> Any:
        self._count(node, depth)
        self._document.marks[place] = node.mark
        if node.kind == "scalar":
            return self._scalar(node, place)
        if node.kind == "sequence":
            return [self.build(part, (*place, n), depth + 1) for n, part in enumerate(node.content)]
        built: dict[str, Any] = {}
        for key, value in self._merged(node, depth) if self._merges else node.content:
            name = self._key(key, built)
            self._document.keys[(*place, name)] = key.mark
            built[name] = self.build(value, (*place, name), depth + 1)
        return built

    def _count(self, node: _Node, depth: int) -> None:
        self._nodes += 1
        if self._nodes > MAX_NODES or depth > MAX_DEPTH:
            raise self._error(node.mark, TOO_MANY)

    def _merged(self, node: _Node, depth: int) -> list[tuple[_Node, _Node]]:
        """Return the keys of a mapping, then those that it merges from others and does not have itself."""
        found = [(key, value) for key, value in node.content if not _is_merge(key)]
        names = {str(key.content) for key, _ in found}
        for key, value in node.content:
            if not _is_merge(key):
                continue
            for source in value.content if value.kind == "sequence" else [value]:
                if source.kind != "mapping":
                    raise self._error(source.mark, "`<<` merges mappings only; write * and the anchor of one")
                for pair in self._merged(source, depth + 1):
                    self._count(pair[0], depth)
                    if str(pair[0].content) not in names:
                        names.add(str(pair[0].content))
                        found.append(pair)
        return found

    def _key(self, key: _Node, built: dict[str, Any]) -> str:
        if key.kind != "scalar":
            raise self._error(key.mark, "a key must be text; quote text that begins with { or [")
        name = str(key.content)
        if not name:
            raise self._error(key.mark, "missing key before the colon")
        if _is_merge(key):
            raise self._error(key.mark, "merge keys are not supported in YAML 1.2; repeat the keys")
        if name in built:
            raise self._error(key.mark, f"duplicate key{quoted(name)}; remove one")
        return name

    def _scalar(self, node: _Node, place: Place) -> Any:
        text: str = node.content
        self._characters += len(text)
        if self._characters > MAX_BYTES:
            raise self._error(node.mark, "too much text, counting aliases; shorten or split the file")
        if not node.implicit or is_plain_text(text):
            return text
        self._document.written[place] = text
        for pattern, make in _PLAIN:
            if pattern.fullmatch(text):
                return make(text)
        return text

    def _error(self, mark: Position, message: str) -> FileError:
        return FileError(self._document.file, mark.line, mark.column, message)


def _is_merge(key: _Node) -> bool:
    return key.kind == "scalar" and key.content == "<<" and key.implicit

"""The YAML documents of a file to import, and typed access to their parts with positions."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from mmcockpit.config.text.document import Document, Place
from mmcockpit.config.text.error import FileError
from mmcockpit.config.text.yaml import parse_all

_HELM = re.compile(
    r"\{\{-?\s*(?:\.Values|\.Release|\.Chart|include\s|template\s|define\s|toYaml\s|tpl\s|with\s+\.Values)"
)
_CONTROL = re.compile(r"^\s*\{\{-?\s*(?:if|range|end|else|with|define|include|template|toYaml|/\*)", re.MULTILINE)
"""A line that is only an instruction of a template, where a file is not YAML: templates of Prometheus are in texts."""


@dataclass(frozen=True, slots=True)
class YamlPart:
    """A value of a document, and its place there."""

    document: Document
    place: Place = ()

    @property
    def value(self) -> Any:
        """The value; None where it is missing."""
        value = self.document.value
        for key in self.place:
            value = value[key]
        return value

    @property
    def line(self) -> int:
        """The line of its key, or of the value in a list."""
        mark = self.document.keys.get(self.place) or self.document.at(self.place)
        return mark.line

    def error(self, message: str) -> FileError:
        """Return an error at this part."""
        return self.document.error(self.place, message, key=True)

    def has(self, key: str) -> bool:
        """Return whether a mapping has a value under this key."""
        return isinstance(self.value, dict) and self.value.get(key) is not None

    def child(self, *keys: str) -> "YamlPart | None":
        """Return the part below these keys, None if there is none."""
        part = self
        for key in keys:
            if not part.has(key):
                return None
            part = YamlPart(self.document, (*part.place, key))
        return part

    def mapping(self, *keys: str) -> "YamlPart | None":
        """Return the mapping below these keys, None if there is none; FileError for any other value."""
        part = self.child(*keys)
        if part is not None and not isinstance(part.value, dict):
            raise part.error(f"`{keys[-1]}` must be a mapping")
        return part

    def text(self, *keys: str) -> str:
        """Return the text below these keys, empty if there is none; a number or boolean as it is written."""
        part = self.child(*keys)
        if part is None:
            return ""
        if isinstance(part.value, dict | list):
            raise part.error(f"`{keys[-1]}` must be a text")
        return str(self.document.written.get(part.place, part.value))

    def entries(self, *keys: str) -> "list[YamlPart]":
        """Return the entries of the list below these keys; FileError if it is no list of mappings."""
        part = self.child(*keys)
        if part is None:
            return []
        if not isinstance(part.value, list):
            raise part.error(f"`{keys[-1]}` must be a list")
        found = [YamlPart(self.document, (*part.place, n)) for n in range(len(part.value))]
        for entry in found:
            if not isinstance(entry.value, dict):
                raise entry.error(f"an entry of `{keys[-1]}` must be a mapping")
        return found

    def items(self) -> "Iterator[tuple[str, YamlPart]]":
        """Yield the keys of a mapping with their parts."""
        for key in self.value if isinstance(self.value, dict) else ():
            yield key, YamlPart(self.document, (*self.place, key))


def read_objects(text: str, file: str) -> list[YamlPart]:
    """Return the mappings of all documents of a file, those of a `kind: List` one by one; FileError at a mistake."""
    _refuse_helm(text, file, _HELM)
    try:
        documents = parse_all(text, file)
    except FileError:
        _refuse_helm(text, file, _CONTROL)
        raise
    found = list[YamlPart]()
    for document in documents:
        top = YamlPart(document)
        if top.value is None:
            continue
        for part in _objects(top):
            found += part.entries("items") if part.text("kind").endswith("List") else [part]
    if not found:
        raise FileError(file, 1, 1, "the file is empty")
    return found


def _objects(top: YamlPart) -> list[YamlPart]:
    """Return the mappings of a document, which may be a list of them."""
    parts = [top]
    if isinstance(top.value, list):
        parts = [YamlPart(top.document, (n,)) for n in range(len(top.value))]
    for part in parts:
        if not isinstance(part.value, dict):
            raise part.error("not a mapping with keys; check the kind of the file")
    return parts


def _refuse_helm(text: str, file: str, pattern: re.Pattern[str]) -> None:
    match = pattern.search(text)
    if match is not None:
        line = text[: match.end()].count("\n") + 1
        message = "a Helm template that is not rendered; run `helm template CHART` and import its output"
        raise FileError(file, line, 1, message)

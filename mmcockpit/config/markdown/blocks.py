"""The blocks of a Markdown text: headings, paragraphs, lists, tables and code, each with its lines."""

from collections.abc import Iterator
from dataclasses import dataclass, field

Lines = range
"""The lines of a block in the file, counted from 1."""


@dataclass(slots=True)
class Paragraph:
    """Running text; `raw` is a block of HTML."""

    text: str
    lines: Lines
    raw: bool = False


@dataclass(slots=True)
class Fence:
    """A block of code and its language."""

    text: str
    lines: Lines
    language: str = ""


@dataclass(slots=True)
class TableBlock:
    """A table: the cells of its header, and its rows with their lines."""

    header: list[str]
    lines: Lines
    rows: list[tuple[int, list[str]]] = field(default_factory=list)


@dataclass(slots=True)
class ListEntry:
    """An entry of a list: its first paragraph, and the blocks below that."""

    text: str
    lines: Lines
    numbered: bool
    blocks: "list[Block]" = field(default_factory=list)


@dataclass(slots=True)
class Listing:
    """A list."""

    entries: list[ListEntry]
    numbered: bool
    start: int = 1
    """The number of its first entry."""


Block = Paragraph | Fence | TableBlock | Listing


@dataclass(slots=True)
class Heading:
    """A heading, the blocks directly below it, and the headings below those; level 0 is the whole file."""

    level: int
    title: str
    line: int
    blocks: list[Block] = field(default_factory=list)
    below: "list[Heading]" = field(default_factory=list)

    def walk(self) -> "Iterator[Heading]":
        """Yield this heading and all below it, in the order of the file."""
        yield self
        for heading in self.below:
            yield from heading.walk()

"""A parsed file: its value, and the position of every part of it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from mmcockpit.config.text.error import FileError

Place = tuple[str | int, ...]
"""The path to a value: keys and indices from the top."""


class Position(NamedTuple):
    """Where a value begins (from 1), and the style of a scalar: plain (empty), `'`, `"`, `|` or `>`."""

    line: int
    column: int
    style: str = ""


class Mistake(NamedTuple):
    """What is wrong at a place below a value; `inside` is a line and column (from 1) within the text of a scalar."""

    place: Place
    message: str
    key: bool = False
    inside: tuple[int, int] | None = None


Report = Callable[[Mistake], None]
"""Takes the mistakes of a value, one by one; raises FileErrors once there are too many."""


@dataclass(slots=True)
class Document:
    """A file's text and value; `written` keeps the text of plain scalars that are not strings (2.10 is not 2.1)."""

    file: str
    text: str
    value: Any = None
    marks: dict[Place, Position] = field(default_factory=dict)
    keys: dict[Place, Position] = field(default_factory=dict)
    written: dict[Place, str] = field(default_factory=dict)

    def at(self, place: Place) -> Position:
        """Return the position of a value; for a missing one, that of the nearest enclosing part."""
        while place and place not in self.marks:
            place = place[:-1]
        return self.marks.get(place, Position(1, 1))

    def error(self, place: Place, message: str, *, key: bool = False) -> FileError:
        """Return an error at a value, or at its key."""
        mark = self.keys.get(place) if key else None
        mark = mark or self.at(place)
        return FileError(self.file, mark.line, mark.column, message)

    def error_inside(self, place: Place, line: int, column: int, message: str) -> FileError:
        """Return an error at a line and column (from 1) within the text of a scalar.

        Exact for one-line and literal scalars; for folded or escaped ones it is the position of their first character.
        """
        mark = self.at(place)
        if mark.style == "|":
            row = mark.line + line
            lines = self.text.split("\n")[mark.line :]
            first = next((text for text in lines if text.strip()), "")
            return FileError(self.file, row, len(first) - len(first.lstrip(" ")) + column, message)
        if mark.style == ">" or line > 1:
            return FileError(self.file, mark.line, mark.column, message)
        return FileError(self.file, mark.line, mark.column + column - 1 + len(mark.style), message)

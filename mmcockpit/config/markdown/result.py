"""What was taken from a Markdown file, and what was not."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from mmcockpit.config.markdown.blocks import Lines
from mmcockpit.core.model.checklist import Checklist
from mmcockpit.core.text import plain

_STRUCTURE = re.compile(
    r"^\s*(?:([-*_=+])(?:\s*\1)*|```.*|~~~.*|:::+|</?(?:details|aside|div|p|br|hr|center|ul|ol|li|table|tbody)\b[^>]*>)\s*$"
)
"""A line that only structures the text: a rule, the line under a heading, a fence, a tag."""

MOST_SHOWN = 100
"""Characters of a line that a note quotes."""


@dataclass(frozen=True, slots=True, order=True)
class Note:
    """What a person should know about a line: `lost` if its text is not in the checklist."""

    line: int
    message: str
    lost: bool = False
    last: int = 0
    """The last of several lines."""
    mistake: bool = False
    """Whether it has to be corrected before the file itself can be a checklist."""


@dataclass(frozen=True, slots=True)
class Imported:
    """The checklist of a file, the notes on its lines, and how many fields beside titles were taken."""

    checklist: Checklist
    notes: tuple[Note, ...]
    fields: int = 0
    lines: Mapping[str, int] = field(default_factory=dict)
    """Id of an item to its line."""

    @property
    def lost(self) -> tuple[Note, ...]:
        """The notes on lines that were not taken."""
        return tuple(note for note in self.notes if note.lost)

    @property
    def mistakes(self) -> tuple[Note, ...]:
        """The notes on mistakes."""
        return tuple(note for note in self.notes if note.mistake)


@dataclass(slots=True)
class Ledger:
    """Which lines were taken so far; what is not taken in the end is lost, and is noted with its reason."""

    notes: list[Note] = field(default_factory=list)
    fields: int = 0
    _taken: set[int] = field(default_factory=set)

    def take(self, lines: Iterable[int]) -> None:
        """Count lines as taken."""
        self._taken.update(lines)

    def taken(self, line: int) -> bool:
        """Return whether a line was taken."""
        return line in self._taken

    def note(self, line: int, message: str, last: int = 0) -> None:
        """Note something about lines that were taken."""
        self.notes.append(Note(line, message, last=last))

    def mistake(self, line: int, message: str) -> None:
        """Note a mistake in a line, which is only in the text of the checklist."""
        self.notes.append(Note(line, message, lost=True, mistake=True))

    def only_text(self, line: int, name: str) -> None:
        """Note a field that Markdown does not have: it is a line of the text and does nothing."""
        message = f"`{name}:` is only text here; items have it in YAML: mmcockpit import writes the file"
        self.notes.append(Note(line, message, lost=True))

    def lose(self, lines: Lines, message: str) -> None:
        """Note why lines are not taken, once for all of them."""
        if lines and not self._taken.issuperset(lines):
            more = f" (to line {lines[-1]})" if len(lines) > 1 else ""
            self.notes.append(Note(lines[0], f"{message}{more}", True, lines[-1]))
            self._taken.update(lines)

    def close(self, text: str) -> tuple[Note, ...]:
        """Note every line that is left, and return all notes by line."""
        for number, line in enumerate(text.split("\n"), start=1):
            if line.strip() and number not in self._taken and not _STRUCTURE.match(line):
                self.notes.append(Note(number, f"not taken: {plain(line.strip(), MOST_SHOWN)}", lost=True))
        return tuple(sorted(set(self.notes)))

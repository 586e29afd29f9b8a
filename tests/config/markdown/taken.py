"""What an import takes from the Markdown files of a folder, as a table.

`python -m tests.config.markdown.taken FOLDER` prints it for any folder.
"""

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mmcockpit.config.checklist.export import to_yaml
from mmcockpit.config.markdown.reader import read_markdown
from mmcockpit.config.markdown.result import Imported

_WORD = re.compile(r"[^\W\d_]{4,}")
_UNSEEN = re.compile(r"<[^>]*>|\]\([^)]*\)|&#?\w+;|:\w+:|```\w*")
HEADER = f"{'file':28} {'items':>5} {'steps':>5} {'fields':>6} {'lines':>5} {'noted':>5} {'lost silently':>13}"


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of one file: counts, and the lines that are neither in the checklist nor in a note."""

    items: int
    steps: int
    fields: int
    lines: int
    noted: int
    silent: tuple[str, ...] = ()

    def row(self, name: str) -> str:
        """Return the file's row below HEADER."""
        counts = f"{self.items:5} {self.steps:5} {self.fields:6} {self.lines:5} {self.noted:5}"
        return f"{name:28} {counts} {len(self.silent):13}"


def taken(path: Path) -> Taken:
    """Import a file; a list without any box is imported by its bullets, as --plain does."""
    text = path.read_text(encoding="utf-8")
    imported = read_markdown(text, path.name)
    checklist = imported.checklist
    return Taken(
        items=sum(1 for _ in checklist.items),
        steps=sum(len(procedure.steps) for procedure in checklist.procedures),
        fields=imported.fields,
        lines=sum(bool(line.strip()) for line in text.splitlines()),
        noted=len(imported.lost),
        silent=tuple(_silent(text, imported)),
    )


def _silent(text: str, imported: Imported) -> Iterator[str]:
    """Yield the lines of which no word is in the written checklist, and that no note covers."""
    there = set(_WORD.findall(to_yaml(imported.checklist).casefold()))
    covered = {line for note in imported.notes for line in range(note.line, max(note.last, note.line) + 1)}
    for number, line in enumerate(text.splitlines(), start=1):
        words = set(_WORD.findall(_UNSEEN.sub(" ", line).casefold()))
        if words and number not in covered and not words & there and not _is_header(text, number):
            yield f"{number}: {line}"


def _is_header(text: str, number: int) -> bool:
    """Return whether a line names the columns of a table: the next one is made of dashes."""
    lines = text.splitlines()
    return number < len(lines) and set(lines[number].strip()) <= set("|-: ") and "-" in lines[number]


if __name__ == "__main__":
    print(HEADER)
    for each in sorted(Path(sys.argv[1]).glob("[!A-Z]*.md")):
        print(taken(each).row(each.name))

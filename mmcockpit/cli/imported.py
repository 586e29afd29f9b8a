"""What a command prints about an imported file."""

import sys
from collections.abc import Iterable
from pathlib import Path

from mmcockpit.config.markdown.result import Imported, Note
from mmcockpit.core.text import plain
from mmcockpit.core.words.amounts import counted
from mmcockpit.imports.draft import ImportDraft


def print_notes(path: Path, imported: Imported) -> None:
    """Print on standard error every note on a line of a Markdown file, and how much was taken."""
    _print(path, imported.notes)
    print(_summary(imported), file=sys.stderr)


def print_draft_notes(path: Path, draft: ImportDraft) -> None:
    """Print on standard error every note on a line of a file, and how many signals were taken."""
    _print(path, draft.notes)
    taken = f"taken: {counted(len(draft.signals), 'signal')}"
    print(f"{taken}; not taken: {_places(len(draft.lost))}", file=sys.stderr)


def _print(path: Path, notes: Iterable[Note]) -> None:
    for note in notes:
        print(f"{plain(str(path))}:{note.line}: {note.message}", file=sys.stderr)


def _summary(imported: Imported) -> str:
    """Return what was taken and what was not: `15 items in 1 phase, 2 steps, 3 fields; not taken: 1 line`."""
    checklist = imported.checklist
    steps = sum(len(procedure.steps) for procedure in checklist.procedures)
    items = counted(sum(1 for _ in checklist.items), "item")
    taken = f"{items} in {counted(len(checklist.phases), 'phase')}, {counted(steps, 'step')}"
    return f"taken: {taken}, {counted(imported.fields, 'field')}; not taken: {_places(len(imported.lost))}"


def _places(number: int) -> str:
    return counted(number, "place") if number else "nothing"

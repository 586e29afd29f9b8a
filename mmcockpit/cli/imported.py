"""What a command prints about an imported Markdown checklist."""

import sys
from pathlib import Path

from mmcockpit.config.markdown.result import Imported
from mmcockpit.core.text import plain
from mmcockpit.core.words.amounts import counted


def print_notes(path: Path, imported: Imported) -> None:
    """Print on standard error every note on a line of the file, and how much was taken."""
    for note in imported.notes:
        print(f"{plain(str(path))}:{note.line}: {note.message}", file=sys.stderr)
    print(_summary(imported), file=sys.stderr)


def _summary(imported: Imported) -> str:
    """Return what was taken and what was not: `15 items in 1 phase, 2 steps, 3 fields; not taken: 1 line`."""
    checklist, lost = imported.checklist, len(imported.lost)
    steps = sum(len(procedure.steps) for procedure in checklist.procedures)
    items = counted(sum(1 for _ in checklist.items), "item")
    taken = f"{items} in {counted(len(checklist.phases), 'phase')}, {counted(steps, 'step')}"
    fields = counted(imported.fields, "field")
    return f"taken: {taken}, {fields}; not taken: {counted(lost, 'place') if lost else 'nothing'}"

"""`mmcockpit import`: converts a Markdown checklist to a checklist file, and lists what it did not take."""

import argparse
import sys
from pathlib import Path

from mmcockpit.cli import BAD_FILE, OK
from mmcockpit.cli.errors import CommandError
from mmcockpit.config.checklist.export import to_yaml
from mmcockpit.config.load import read_markdown_file
from mmcockpit.config.markdown.result import Imported
from mmcockpit.core.text import plain
from mmcockpit.core.words.amounts import counted


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "markdown",
        type=Path,
        metavar="CHECKLIST.md",
        help="headings are phases and sections; `- [ ]`, `☐` and rows of tables are items; numbered steps and commands"
        " are procedures",
    )
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="write there; default: standard output")
    parser.add_argument("--plain", action="store_true", help="take the bullets of lists without boxes as items, too")
    parser.add_argument(
        "--column", default="", metavar="NAME", help="of a table of levels, only rows with a mark there"
    )
    parser.add_argument("--strict", action="store_true", help="write nothing and fail if any line is not taken")


def run(args: argparse.Namespace) -> int:
    """Run the command."""
    imported = read_markdown_file(args.markdown, plain_lists=args.plain, level=args.column)
    if args.output is not None and args.output.exists():
        raise CommandError(f"{args.output} already exists: move it, or choose another file")
    for note in imported.notes:
        print(f"{plain(str(args.markdown))}:{note.line}: {note.message}", file=sys.stderr)
    print(_summary(imported), file=sys.stderr)
    if args.strict and imported.lost:
        return BAD_FILE
    text = to_yaml(imported.checklist)
    if args.output is None:
        print(text, end="")
        return OK
    args.output.write_text(text, encoding="utf-8")
    print(f"{args.output} written; next: mmcockpit check {args.output}")
    return OK


def _summary(imported: Imported) -> str:
    """Return what was taken and what was not: `15 items in 1 phase, 2 steps, 3 fields; not taken: 1 line`."""
    checklist, lost = imported.checklist, len(imported.lost)
    steps = sum(len(procedure.steps) for procedure in checklist.procedures)
    items = counted(sum(1 for _ in checklist.items), "item")
    taken = f"{items} in {counted(len(checklist.phases), 'phase')}, {counted(steps, 'step')}"
    fields = counted(imported.fields, "field")
    return f"taken: {taken}, {fields}; not taken: {counted(lost, 'place') if lost else 'nothing'}"

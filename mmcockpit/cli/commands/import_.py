"""`mmcockpit import`: converts a checklist, alert rules, analysis templates or SLOs to a checklist file."""

import argparse
from pathlib import Path

from mmcockpit.cli import BAD_FILE, OK
from mmcockpit.cli.errors import CommandError
from mmcockpit.cli.imported import print_draft_notes, print_notes
from mmcockpit.config.checklist.export import to_yaml
from mmcockpit.config.load import read_markdown_file
from mmcockpit.config.text.write import write_text
from mmcockpit.imports.kinds import KINDS, import_file

MARKDOWN = "markdown"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("file", type=Path, metavar="FILE", help="the file to convert")
    parser.add_argument(
        "--from",
        dest="kind",
        choices=[MARKDOWN, *KINDS],
        default=MARKDOWN,
        help="what FILE is. markdown (default): headings are phases and sections; `- [ ]`, `☐` and rows of tables are"
        " items; numbered steps and commands are procedures. The others become signals; see docs/imports.md",
    )
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="write there; default: standard output")
    parser.add_argument("--plain", action="store_true", help="take the bullets of lists without boxes as items, too")
    parser.add_argument(
        "--column", default="", metavar="NAME", help="of a table of levels, only rows with a mark there"
    )
    parser.add_argument("--strict", action="store_true", help="write nothing and fail if any line is not taken")


def run(args: argparse.Namespace) -> int:
    """Run the command."""
    if args.kind != MARKDOWN and (args.plain or args.column):
        raise CommandError("--plain and --column are for Markdown only: leave them out")
    if args.output is not None and args.output.exists():
        raise CommandError(f"{args.output} already exists: move it, or choose another file")
    text, whole = _markdown(args) if args.kind == MARKDOWN else _converted(args)
    if args.strict and not whole:
        return BAD_FILE
    if args.output is None:
        print(text, end="")
        return OK
    write_text(args.output, text)
    print(
        f"{args.output} written; next: mmcockpit check {args.output}, then `checklist: {args.output}` in cockpit.yaml"
    )
    return OK


def _markdown(args: argparse.Namespace) -> tuple[str, bool]:
    """Return the checklist of a Markdown file, and whether all of it was taken."""
    imported = read_markdown_file(args.file, plain_lists=args.plain, level=args.column)
    print_notes(args.file, imported)
    return to_yaml(imported.checklist), not imported.lost


def _converted(args: argparse.Namespace) -> tuple[str, bool]:
    """Return the checklist with the signals of a file, and whether all of it was taken."""
    draft = import_file(args.kind, args.file)
    print_draft_notes(args.file, draft)
    return draft.text(), not draft.lost

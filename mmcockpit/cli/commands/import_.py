"""`mmcockpit import`: converts a Markdown checklist to a checklist file, and lists what it did not take."""

import argparse
from pathlib import Path

from mmcockpit.cli import BAD_FILE, OK
from mmcockpit.cli.errors import CommandError
from mmcockpit.cli.imported import print_notes
from mmcockpit.config.checklist.export import to_yaml
from mmcockpit.config.load import read_markdown_file


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
    print_notes(args.markdown, imported)
    if args.strict and imported.lost:
        return BAD_FILE
    text = to_yaml(imported.checklist)
    if args.output is None:
        print(text, end="")
        return OK
    args.output.write_text(text, encoding="utf-8")
    print(
        f"{args.output} written; next: mmcockpit check {args.output}, then `checklist: {args.output}` in cockpit.yaml"
    )
    return OK

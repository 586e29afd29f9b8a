"""`mmcockpit import`: converts a Markdown task list to a checklist file."""

import argparse
from pathlib import Path

from mmcockpit.cli import OK
from mmcockpit.cli.errors import CommandError
from mmcockpit.config.checklist.export import to_yaml
from mmcockpit.config.load import load_checklist


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "markdown", type=Path, metavar="CHECKLIST.md", help="H2 is a phase, H3 a section, `- [ ]` an item"
    )
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="write there; default: standard output")


def run(args: argparse.Namespace) -> int:
    """Run the command."""
    checklist = load_checklist(args.markdown)
    text = to_yaml(checklist)
    if args.output is None:
        print(text, end="")
        return OK
    if args.output.exists():
        raise CommandError(f"{args.output} already exists: move it, or choose another file")
    args.output.write_text(text, encoding="utf-8")
    items = sum(1 for _ in checklist.items)
    print(f"{args.output}: {items} items in {len(checklist.phases)} phases; next: mmcockpit check {args.output}")
    return OK

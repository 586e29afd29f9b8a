"""`mmcockpit check`: validate files."""

import argparse
import sys
from pathlib import Path

from mmcockpit import sources
from mmcockpit.cli import BAD_FILE, OK
from mmcockpit.config.load import check_file
from mmcockpit.config.text.error import FileWarning
from mmcockpit.core.words.amounts import counted


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "files", nargs="+", type=Path, metavar="FILE", help="a cockpit, checklist, layout, theme or keymap file"
    )


def run(args: argparse.Namespace) -> int:
    """Run the command."""
    wrong = 0
    for path in args.files:
        warnings: list[FileWarning] = []
        errors = check_file(path, sources, warnings)
        for finding in (*errors, *warnings):
            print(finding, file=sys.stderr)
        wrong += len(errors)
        if not errors:
            print(f"{path}: ok" + _counted(len(warnings)))
    return BAD_FILE if wrong else OK


def _counted(warnings: int) -> str:
    return f", {counted(warnings, 'warning')}" if warnings else ""

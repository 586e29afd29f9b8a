"""`mmcockpit check`: validate files."""

import argparse
import os
import sys
from pathlib import Path

from mmcockpit import sources
from mmcockpit.cli import BAD_FILE, OK
from mmcockpit.cli.compiled import keymap_mistakes
from mmcockpit.config.load import check_file
from mmcockpit.config.text.error import FileError, FileWarning
from mmcockpit.core.words.amounts import counted


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "files",
        nargs="+",
        type=Path,
        metavar="FILE",
        help="a cockpit, checklist, pack, layout, theme, keymap or attention file",
    )


def run(args: argparse.Namespace) -> int:
    """Run the command."""
    wrong = 0
    printed: set[tuple[str, int, int, str]] = set()
    for path in args.files:
        warnings: list[FileWarning] = []
        errors = check_file(path, sources, warnings, keymap_mistakes)
        findings: list[FileError | FileWarning] = [*errors, *warnings]
        for finding in findings:
            # A file may be checked twice: on its own, and as part of the cockpit file that names it.
            mark = _mark(finding)
            if mark not in printed:
                print(finding, file=sys.stderr)
            printed.add(mark)
        wrong += len(errors)
        if not errors:
            print(f"{path}: ok" + _counted(len(warnings)))
    return BAD_FILE if wrong else OK


def _mark(finding: FileError | FileWarning) -> tuple[str, int, int, str]:
    return os.path.abspath(finding.file), finding.line, finding.column, finding.message


def _counted(warnings: int) -> str:
    return f", {counted(warnings, 'warning')}" if warnings else ""

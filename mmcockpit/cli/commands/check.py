"""`mmcockpit check`: validate files."""

import argparse
import os
import sys
from contextlib import suppress
from pathlib import Path

from mmcockpit import sources
from mmcockpit.cli import BAD_FILE, OK
from mmcockpit.cli.compiled import keymap_mistakes
from mmcockpit.config.load import check_file, kind_of
from mmcockpit.config.text.error import FileError, FileWarning
from mmcockpit.config.text.variables import read_vars
from mmcockpit.config.text.yaml import read
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
    # Each has to be read for it; of a file alone only its check reads it.
    kinds = {path: _kind(path) for path in args.files} if len(args.files) > 1 else {}
    cockpits = [path for path, kind in kinds.items() if kind == "cockpit"] if "checklist" in kinds.values() else []
    variables = _variables(cockpits)
    for path in args.files:
        warnings: list[FileWarning] = []
        vars = variables if kinds.get(path) == "checklist" else {}
        errors = check_file(path, sources, warnings, keymap_mistakes, vars)
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


def _variables(cockpits: list[Path]) -> dict[str, str]:
    """Return the variables of cockpit files, which a checklist that is checked beside them may use."""
    found: dict[str, str] = {}
    for path in cockpits:
        with suppress(FileError):
            found |= read_vars(read(path), lambda mistake: None)
    return found


def _kind(path: Path) -> str:
    """Return the kind of a file; empty if it is not known, which the check of the file reports."""
    if path.is_dir():
        return "checklist"
    try:
        return kind_of(path)
    except FileError:
        return ""


def _mark(finding: FileError | FileWarning) -> tuple[str, int, int, str]:
    return os.path.abspath(finding.file), finding.line, finding.column, finding.message


def _counted(warnings: int) -> str:
    return f", {counted(warnings, 'warning')}" if warnings else ""

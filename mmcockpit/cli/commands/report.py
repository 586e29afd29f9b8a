"""`mmcockpit report`: writes the post-mortem of a session, as Markdown or as one HTML page."""

import argparse
import sys
from pathlib import Path
from typing import get_args

from mmcockpit.cli import OK
from mmcockpit.cli.errors import CommandError
from mmcockpit.cli.progress import progress_line
from mmcockpit.cli.sharing.copies import journal_of
from mmcockpit.cli.sharing.store import shared_argument
from mmcockpit.journal.atomic import replacing
from mmcockpit.report.collect import collect
from mmcockpit.report.render import MARKS, Format, render


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    about = "a path, an id, `latest` (the default) or `sample`"
    parser.add_argument("session", nargs="?", default="latest", help=about)
    parser.add_argument("--format", choices=get_args(Format), help="default: by the suffix of FILE, else md")
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="write there; default: standard output")
    shared_argument(parser)


def run(args: argparse.Namespace) -> int:
    """Run the command."""
    output: Path | None = args.output
    kind: Format = args.format or ("html" if output and output.suffix.lower() in (".html", ".htm") else "md")
    if output is None and kind == "html" and sys.stdout.isatty():
        raise CommandError("HTML needs a file: add -o report.html")
    if output is not None:
        _refuse_foreign(output)
    journal = journal_of(args)
    with progress_line("reading the session") as progress:
        past = collect(journal, progress)
    pieces = render(past, kind)
    if output is None:
        sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
        sys.stdout.writelines(pieces)
        return OK
    with replacing(output) as file:
        file.writelines(piece.encode() for piece in pieces)
    print(f"{output}: {output.stat().st_size / 1024:.0f} KiB")
    return OK


def _refuse_foreign(path: Path) -> None:
    """Refuse to overwrite a file that is not a report; an earlier report of the session is replaced."""
    marks = [mark.encode() for mark in MARKS.values()]
    try:
        with path.open("rb") as file:
            if file.read(max(map(len, marks))).startswith(tuple(marks)):
                return
    except FileNotFoundError:
        return
    raise CommandError(f"{path} already exists and is not a report: move it, or choose another file")

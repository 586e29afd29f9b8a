"""`mmcockpit init`: creates a folder with commented starter files."""

import argparse
from pathlib import Path

from mmcockpit.cli import OK
from mmcockpit.cli.errors import CommandError
from mmcockpit.config.starter_files import starter


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("folder", type=Path, metavar="DIR", help="the folder to create")


def run(args: argparse.Namespace) -> int:
    """Run the command."""
    files = starter()
    there = [name for name in files if (args.folder / name).exists()]
    if there:
        raise CommandError(f"{args.folder / there[0]} already exists: choose another folder; nothing was written")
    args.folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (args.folder / name).write_text(text, encoding="utf-8")
        print(args.folder / name)
    print(f"next: edit {args.folder / 'cockpit.yaml'}, then mmcockpit doctor {args.folder / 'cockpit.yaml'}")
    return OK

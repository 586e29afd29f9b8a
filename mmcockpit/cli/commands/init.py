"""`mmcockpit init`: creates a folder with commented starter files, or with what --discover finds."""

import argparse
from pathlib import Path

from mmcockpit import sources
from mmcockpit.cli import OK, discovery_sources
from mmcockpit.cli.errors import CommandError
from mmcockpit.config.starter_files import starter, write_folder

_DISCOVER = """\
  mmcockpit init shop --discover --context prod --namespace shop --prometheus http://prometheus:9090
  PG=postgresql://… mmcockpit init shop --discover --postgres env:PG --http https://shop.example.com

--discover only reads, for at most 60 s and 100 requests, and writes signals that have data now. In a folder that has
these files already it writes nothing and shows a diff. Exit code 1: no source responded."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("folder", type=Path, metavar="DIR", help="the folder to create")
    parser.add_argument(
        "--discover", action="store_true", help="query the sources below and write signals for what they have"
    )
    parser.add_argument(
        "--checklist",
        type=Path,
        metavar="FILE.md",
        help="with --discover: the Markdown checklist that you have; found items join its first, second and last phase",
    )
    discovery_sources.arguments(parser)
    parser.epilog = f"{parser.epilog}\n{_DISCOVER}"


def run(args: argparse.Namespace) -> int:
    """Run the command."""
    if args.discover:
        # Imported here: only this needs the engine.
        from mmcockpit.cli.discover import discover

        return discover(args)
    if discovery_sources.is_given(args):
        raise CommandError("add --discover to query the sources that are given", 2)
    if args.checklist:
        raise CommandError("--checklist needs --discover; without it: mmcockpit import FILE.md -o checklist.yaml", 2)
    files = starter()
    there = [name for name in files if (args.folder / name).exists()]
    if there:
        raise CommandError(f"{args.folder / there[0]} already exists: choose another folder; nothing was written")
    schemas = write_folder(args.folder, files, sources)
    for name in files:
        print(args.folder / name)
    print(f"{schemas}: schemas for editors")
    print(f"next: edit {args.folder / 'cockpit.yaml'}, then mmcockpit doctor {args.folder / 'cockpit.yaml'}")
    return OK

"""`mmcockpit schema`: prints the JSON Schema of the files that people write."""

import argparse
import json

from mmcockpit import sources
from mmcockpit.cli import OK
from mmcockpit.config.schema import KINDS, schema


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("kind", choices=KINDS, help="the kind of file")


def run(args: argparse.Namespace) -> int:
    """Run the command."""
    print(json.dumps(schema(args.kind, sources), indent=2))
    return OK

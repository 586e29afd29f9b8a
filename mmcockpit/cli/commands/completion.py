"""`mmcockpit completion`: prints the script by which a shell completes commands, options and names."""

import argparse

from mmcockpit.cli import OK
from mmcockpit.cli.commands import program_parser
from mmcockpit.cli.completion.shells import SHELLS

_INSTALL = """\
  mmcockpit completion zsh > ~/.zfunc/_mmcockpit       a folder of $fpath
  mmcockpit completion fish > ~/.config/fish/completions/mmcockpit.fish

Write the script again after an update of mmcockpit."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.epilog = f"{parser.epilog}\n{_INSTALL}"
    parser.add_argument("shell", choices=SHELLS, help="the shell that loads the script")


def run(args: argparse.Namespace) -> int:
    """Run the command."""
    # Imported here: only a script needs the modules of all commands.
    from mmcockpit.cli.completion.script import completion_script

    print(completion_script(args.shell, program_parser()))
    return OK

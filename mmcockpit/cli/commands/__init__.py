"""One module per command, imported when the command runs; the table of commands, and the parser of the program."""

import argparse
from collections.abc import Iterable
from importlib import import_module
from typing import Any, NamedTuple, Protocol, cast

from mmcockpit import __version__


class CommandSummary(NamedTuple):
    """One command: its module, what it does in one line, and an example."""

    module: str
    does: str
    example: str


COMMANDS = {
    "demo": CommandSummary(
        "demo", "run the cockpit against a simulated production on loopback", "mmcockpit demo --speed 4"
    ),
    "run": CommandSummary("run", "start a session", "mmcockpit run cockpit.yaml --operator ana"),
    "resume": CommandSummary(
        "resume", "continue a session after a crash, a reboot or a detach", "mmcockpit resume latest"
    ),
    "watch": CommandSummary(
        "watch", "view a running session, read-only, from another terminal", "mmcockpit watch latest"
    ),
    "join": CommandSummary(
        "join", "take a seat of your own in a session that another process drives", "mmcockpit join latest"
    ),
    "replay": CommandSummary(
        "replay", "play a recorded session on the same screen", "mmcockpit replay sample --at T+2m --speed 4"
    ),
    "act": CommandSummary(
        "act",
        "mark, note, vote or hold once, from a pipeline or a chat",
        "mmcockpit act latest mark verification/smoke-tests done --reason 'build 4711 passed'",
    ),
    "gate": CommandSummary(
        "gate",
        "evaluate a phase's gate without a screen, for CI",
        "mmcockpit gate cockpit.yaml verification --wait 10m",
    ),
    "doctor": CommandSummary(
        "doctor",
        "poll every source once: reachable, authorised, version; with --signals every signal, too",
        "mmcockpit doctor cockpit.yaml --signals",
    ),
    "check": CommandSummary(
        "check", "validate cockpit, checklist, layout, theme, keymap and attention files", "mmcockpit check *.yaml"
    ),
    "log": CommandSummary("log", "print a session, one line for each fact", "mmcockpit log latest -f | grep FAIL"),
    "verify": CommandSummary(
        "verify", "find damage and edits in a session's journal", "mmcockpit verify latest --head 8fJk2…"
    ),
    "report": CommandSummary("report", "write the post-mortem of a session", "mmcockpit report latest -o report.html"),
    "handover": CommandSummary(
        "handover",
        "print what the next shift has to know: open items, overrides, alerts, …",
        "mmcockpit handover latest",
    ),
    "status": CommandSummary(
        "status",
        "show a session to people without a terminal: a read-only page, served or as a file",
        "mmcockpit status latest --serve 127.0.0.1:8080",
    ),
    "sessions": CommandSummary("sessions", "list saved sessions", "mmcockpit sessions"),
    "share": CommandSummary(
        "share", "prepare a PostgreSQL database for sessions on several machines", "mmcockpit share init cockpit.yaml"
    ),
    "import": CommandSummary(
        "import_",
        "convert a Markdown task list, alert rules, analysis templates or SLOs to a checklist file",
        "mmcockpit import --from prometheus-rules rules.yaml -o alerts.yaml",
    ),
    "init": CommandSummary(
        "init",
        "write a commented starter folder; with --discover one for what your systems have",
        "mmcockpit init go-live",
    ),
    "schema": CommandSummary(
        "schema", "print a JSON Schema, so that editors complete and check files", "mmcockpit schema cockpit"
    ),
    "completion": CommandSummary(
        "completion",
        "print the script by which a shell completes commands, options, sessions, phases and items",
        "mmcockpit completion bash > ~/.local/share/bash-completion/completions/mmcockpit",
    ),
}


class CommandModule(Protocol):
    """The interface of a command's module."""

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the command's arguments."""
        ...

    def run(self, args: argparse.Namespace) -> int:
        """Run the command; return the exit code."""
        ...


class UsageParser(argparse.ArgumentParser):
    """A parser whose errors about unknown commands and options name the nearest one, below the command's usage."""

    def parse_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Return the arguments; a word that no command takes is an error of its command."""
        parsed, unknown = self.parse_known_args(args, namespace)
        if unknown:
            chosen = self._of_command(parsed.command)
            word = next((one for one in unknown if one.startswith("-")), unknown[0])
            option = word.partition("=")[0]
            known = (name for action in chosen._actions for name in action.option_strings if name.startswith("--"))
            if word.startswith("-"):
                chosen.error(f"unknown option '{option}'{_nearest(option, known)}")
            chosen.error(f"unexpected argument '{word}'; quote a text with spaces")
        return parsed

    def _of_command(self, command: str) -> argparse.ArgumentParser:
        choices = next(action.choices for action in self._actions if isinstance(action, argparse._SubParsersAction))
        parser: argparse.ArgumentParser = choices[command]
        return parser

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        if isinstance(action, argparse._SubParsersAction) and value not in action.choices:
            hint = _nearest(value, action.choices) or f"; known: {', '.join(action.choices)}"
            raise argparse.ArgumentError(None, f"unknown command '{value}'{hint}")
        super()._check_value(action, value)


def _nearest(name: str, known: Iterable[str]) -> str:
    # Imported only for an error: a start takes longer with it.
    from mmcockpit.config.text.error import did_you_mean

    return did_you_mean(name, known)


def duration_argument(text: str) -> float:
    """Return the seconds of a duration, the type of an argument."""
    # Imported only with such an argument: the parser of `--help` needs none.
    from mmcockpit.core.words.durations import seconds

    try:
        return seconds(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def program_parser(commands: Iterable[str] = COMMANDS) -> argparse.ArgumentParser:
    """Return the parser of the program, with the arguments of these commands, whose modules are imported."""
    parser = UsageParser(prog="mmcockpit", description=_ABOUT, epilog=_overview(), formatter_class=_RAW)
    parser.add_argument("--version", action="version", version=f"mmcockpit {__version__}")
    chosen = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for command, summary in COMMANDS.items():
        epilog = f"example:\n  {summary.example}"
        sub = chosen.add_parser(
            command, help=summary.does, description=summary.does, epilog=epilog, formatter_class=_RAW
        )
        if command in commands:
            command_module(command).arguments(sub)
    return parser


def command_module(name: str) -> CommandModule:
    """Import the module of a command."""
    return cast(CommandModule, import_module(f"mmcockpit.cli.commands.{COMMANDS[name].module}"))


_RAW = argparse.RawDescriptionHelpFormatter
_ABOUT = "A terminal cockpit for taking a service live."


def _overview() -> str:
    return """\
first steps:
  mmcockpit demo                 look around, no cluster needed
  mmcockpit replay sample        a recorded go-live: Space plays, < > jump to alarms
  mmcockpit init go-live         write a starter folder, then edit go-live/cockpit.yaml
  mmcockpit doctor go-live/cockpit.yaml
  mmcockpit run go-live/cockpit.yaml

SESSION is a path, an id, `latest`, or `sample`. Exit codes: 0 ok, 1 failed, 2 usage error, 3 invalid file
(gate: 0 GO, 1 NO-GO, 2 HOLD; act: 0 recorded, 1 refused, 2 no driver; both: 3 invalid file or usage error)."""

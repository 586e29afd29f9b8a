"""The completion script of a shell, from the parser of the program."""

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import shtab

from mmcockpit.cli.completion.shells import PREAMBLES, completer

_NAMES = {"session": "sessions", "phase": "phases", "item": "items", "role": "roles"}
"""The kind of names of an argument that is not a file, by its destination."""


def completion_script(shell: str, parser: argparse.ArgumentParser) -> str:
    """Return the script that completes commands, options and names of a parser in bash, zsh or fish."""
    for one in _parsers(parser):
        for action in one._actions:
            if action.choices is not None and not isinstance(action, argparse._SubParsersAction):
                # The library takes a mapping for commands.
                action.choices = list(action.choices)
            if (complete := _completer(action)) is not None:
                action.complete = complete  # type: ignore[attr-defined]
    script: str = shtab.complete(parser, shell, preamble=PREAMBLES)  # type: ignore[arg-type]
    match shell:
        case "zsh":
            return _zsh_places(script, parser)
        case "fish":
            return _fish_places(script, parser)
    return script


def _parsers(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    """Yield a parser and those of its commands."""
    yield parser
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for sub in action.choices.values():
                yield from _parsers(sub)


def _completer(action: argparse.Action) -> dict[str, Any] | None:
    """Return what completes the value of an argument; None if it has none, or its choices are known."""
    if action.choices is not None or action.nargs == 0:
        return None
    if action.type is Path:
        if action.metavar == "DIR":
            return dict(shtab.DIRECTORY)
        return dict(shtab.glob("*.yaml", "*.yml") if action.dest == "cockpit" else shtab.FILE)
    return completer(_NAMES[action.dest]) if action.dest in _NAMES else None


def _places(parser: argparse.ArgumentParser) -> Iterator[tuple[str, int]]:
    """Yield each command whose own commands follow its arguments, such as `act SESSION mark`, with their number.

    The library expects commands to be the first word in zsh and fish.
    """
    for one in _parsers(parser):
        kinds = [isinstance(each, argparse._SubParsersAction) for each in one._get_positional_actions()]
        if True in kinds[1:]:
            yield one.prog, kinds.index(True)


def _zsh_places(script: str, parser: argparse.ArgumentParser) -> str:
    for command, before in _places(parser):
        head, function, rest = script.partition(f"_shtab_{command.replace(' ', '_')}() {{")
        body, end, after = rest.partition("\n}\n")
        script = f"{head}{function}{body.replace('$line[1]', f'$line[{before + 1}]')}{end}{after}"
    return script


def _fish_places(script: str, parser: argparse.ArgumentParser) -> str:
    count, path = "_shtab_mmcockpit_npos", "_shtab_mmcockpit_cmdpath"
    places = " ".join(f"'{command.partition(' ')[2]} {before}'" for command, before in _places(parser))
    first, found = f"if test ${count} -eq 0\n", f"set -g {path} $candidate\n"
    script = script.replace(first, f'{first.rstrip()}; or contains -- "${path} ${count}" {places}\n')
    return script.replace(found, f"{found}{' ' * 12}set -g {count} 0\n")

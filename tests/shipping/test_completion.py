"""Completion in real shells: commands, options, files, and the names of sessions, phases, items and roles."""

import argparse
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

import pytest

from mmcockpit.cli.commands import COMMANDS, program_parser
from mmcockpit.cli.completion.names import READ_SAMPLE
from mmcockpit.journal.sample import unpacked
from tests.e2e.pty_session import REPOSITORY, Place
from tests.servers.needs import need
from tests.servers.wait import PATIENCE_S
from tests.terminal import Terminal

SESSION = "20261206T020000Z-modelmuxer-ab12"
FILE = "examples/web-service/cockpit.yaml"
ITEM = "readiness/security-compliance/jwt-configuration"
CASES = (
    ("re", {"resume", "replay", "report"}),
    ("log ", {"latest", "sample", SESSION}),
    ("watch ", {"latest", SESSION}),
    ("act 2026", {SESSION}),
    ("act latest vo", {"vote"}),
    (f"act latest mark {ITEM[:-4]}", {ITEM}),
    (f"act latest mark {ITEM} de", {"defer"}),
    (f"act {SESSION} note x --item {ITEM[:-4]}", {ITEM}),
    ("act latest vote go --role conduc", {"conductor"}),
    (f"gate {FILE} ", {"readiness", "deployment", "verification"}),
    (f"gate {FILE} --session 20", {SESSION}),
    (f"gate {FILE} deployment --format j", {"json", "junit"}),
    (f"run {FILE[:-5]}", {FILE}),
    ("demo --scenario ca", {"canary"}),
    ("run --rehear", {"--rehearsal"}),
)
"""What is typed after the program's name, and every word that completes it."""
KINDS = (["sessions"], ["items", "--", "act", "latest", "mark"], ["phases", "--", "gate", FILE])
HEAVY = {"argparse", "asyncio", "httpx", "pydantic", "rich", "ssl", "textual", "yaml"}
"""Each takes a good part of the tenth of a second that a Tab may take; `make bench` measures it."""
FISH_PATHS = """\
for line in $argv
    echo "== $line"
    complete -C "mmcockpit $line"
end
"""
BASH_WORDS = """\
complete_line() {
  printf '== %s\\n' "$1"; shift
  COMP_WORDS=(mmcockpit "$@"); COMP_CWORD=$#; COMPREPLY=()
  $(complete -p mmcockpit | sed 's/.*-F \\([^ ]*\\).*/\\1/') 2>/dev/null
  printf '%s\\n' "${COMPREPLY[@]}"
}
"""


@pytest.fixture
def shell_place(place: Place) -> Place:
    """Give a place with one session, the shipped sample, and the program on its PATH."""
    unpacked(place.folder / "state" / "mmcockpit" / "sessions" / SESSION / "journal.jsonl")
    place.env["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return place


def script(place: Place, shell: str) -> Path:
    printed = place.call("completion", shell)
    assert (printed.returncode, printed.stderr) == (0, "")
    return place.write(f"completion.{shell}", printed.stdout)


Completed = Mapping[str, set[str]]
"""Each line, and the words that complete it."""


def bash(place: Place, lines: Iterable[str]) -> Completed:
    calls = [script(place, "bash").read_text(encoding="utf-8"), BASH_WORDS]
    for line in lines:
        words = shlex.split(line) + ([""] if not line or line.endswith(" ") else [])
        calls.append(shlex.join(["complete_line", line, *words]))
    path = place.write("completions.sh", "\n".join(calls))
    return _lines(_run(place, ["bash", "--norc", os.fspath(path)]))


def fish(place: Place, lines: Iterable[str]) -> Completed:
    text = f"source {script(place, 'fish')}\n{FISH_PATHS}"
    return _lines(_run(place, ["fish", "--no-config", "-c", text, *lines]))


def _lines(shown: str) -> Completed:
    found = dict(part.split("\n", 1) for part in shown.split("== ")[1:])
    return {line: {row.partition("\t")[0] for row in rows.splitlines()} - {""} for line, rows in found.items()}


def _run(place: Place, argv: list[str]) -> str:
    done = _done(place, argv)
    assert (done.returncode, done.stderr) == (0, ""), argv[-1]
    return done.stdout


def _errors(place: Place, argv: list[str]) -> list[str]:
    """Return what a program that ends well writes to standard error."""
    done = _done(place, argv)
    assert done.returncode == 0, argv[-1]
    return done.stderr.splitlines()


def _done(place: Place, argv: list[str]) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, **place.env}
    return subprocess.run(
        argv, env=environment, cwd=REPOSITORY, capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )


Shell = Callable[[Place, Iterable[str]], Completed]
SHELLS = pytest.mark.parametrize("shell", [bash, fish], ids=["bash", "fish"])


@SHELLS
def test_a_shell_completes_every_kind_of_word(shell_place: Place, shell: Shell) -> None:
    need(shutil.which(shell.__name__), f"no {shell.__name__}")
    assert shell(shell_place, [line for line, _ in CASES]) == dict(CASES)


@SHELLS
def test_no_command_and_no_option_of_the_parser_is_missing(shell_place: Place, shell: Shell) -> None:
    need(shutil.which(shell.__name__), f"no {shell.__name__}")
    expected = dict(parsed(program_parser(), ""))
    completed = shell(shell_place, expected)
    assert {"", "-", "act latest ", "act latest mark -", "status -"} < expected.keys()
    assert {line: words - completed[line] for line, words in expected.items() if not words <= completed[line]} == {}
    assert completed[""] == set(COMMANDS)


def parsed(parser: argparse.ArgumentParser, before: str) -> Iterator[tuple[str, set[str]]]:
    """Yield each line that asks for commands or options, after what is typed `before`, and all that it has to offer."""
    yield f"{before}-", {name for action in parser._actions for name in action.option_strings}
    for action in parser._get_positional_actions():
        if isinstance(action, argparse._SubParsersAction):
            yield before, set(action.choices)
            for name, sub in action.choices.items():
                yield from parsed(sub, f"{before}{name} ")
        before += "latest " if action.dest == "session" else ""


def test_the_sample_is_offered_where_the_parser_names_it() -> None:
    named = set()
    for name, parser in _commands(program_parser()):
        sessions = [action for action in parser._get_positional_actions() if action.dest == "session"]
        named |= {name for action in sessions if "`sample`" in (action.help or "")}
    assert named == READ_SAMPLE


def _commands(parser: argparse.ArgumentParser) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            yield from action.choices.items()


def test_zsh_completes_every_kind_of_word(shell_place: Place) -> None:
    zsh = need(shutil.which("zsh"), "no zsh")
    functions = shell_place.folder / "functions"
    functions.mkdir()
    script(shell_place, "zsh").rename(functions / "_mmcockpit")
    # Listed below the line, never inserted.
    start = (
        f"fpath=({functions} $fpath); autoload -Uz compinit && compinit -u -D; bindkey -e; bindkey '^T' list-choices"
    )
    shell_place.write(".zshrc", f"{start}; PS1='ready> '; LISTMAX=0\n")
    env = {**shell_place.env, "ZDOTDIR": str(shell_place.folder)}
    with Terminal([zsh, "-i"], 100, 40, env=env, cwd=str(REPOSITORY)) as program:
        for line, words in CASES:
            program.wait_for(r"^ready> *\n")
            program.press(f"mmcockpit {line}\x14")
            for word in words:
                program.wait_for(rf"\n(?:.* )?{re.escape(word.rsplit('/')[-1] if word == FILE else word)}(?: |\n|$)")
            program.press("\x15\x0c")


def test_names_import_nothing_heavy(shell_place: Place) -> None:
    shell_place.env["XDG_CACHE_HOME"] = str(shell_place.folder / "cache")
    for words in KINDS:
        argv = ["-m", "mmcockpit", "completion", "--names", *words]
        assert _run(shell_place, [sys.executable, *argv]).count("\t") > 1
        shell_place.env["PYTHONPROFILEIMPORTTIME"] = "1"
        imported = {line.rpartition("|")[2].strip() for line in _errors(shell_place, [sys.executable, *argv])}
        del shell_place.env["PYTHONPROFILEIMPORTTIME"]
        assert "mmcockpit.cli.completion.names" in imported
        assert HEAVY & imported == set(), words


def test_names_that_cannot_be_found_are_no_names_and_no_error(shell_place: Place) -> None:
    for words in (["items", "--", "act", "missing"], ["phases", "--", "gate", "pyproject.toml"], ["x"], []):
        assert _run(shell_place, [sys.executable, "-m", "mmcockpit", "completion", "--names", *words]) == ""


def test_without_arguments_it_shows_the_first_steps(place: Place) -> None:
    done = place.call()
    assert (done.returncode, done.stdout) == (2, "")
    assert re.findall(r"^  (mmcockpit \w+)", done.stderr, re.MULTILINE) == [
        "mmcockpit demo", "mmcockpit init", "mmcockpit run",
    ]  # fmt: skip

"""Lines for a shell as commands that need none; what needs a shell is shown, not run."""

import re
import shlex
from collections.abc import Iterator, Sequence, Set
from pathlib import PurePosixPath
from typing import NamedTuple

from mmcockpit.config.command_lint import BOUND, wrong_words
from mmcockpit.config.markdown.shell_lines import shell_lines, unescaped
from mmcockpit.core.model.procedure import Danger
from mmcockpit.core.rules.read_only_commands import READS, not_read_only
from mmcockpit.core.rules.steps.endless_commands import never_ends

SHELLS = frozenset({"bash", "sh", "shell", "zsh", "console", "shell-session", "sh-session", "terminal", "ksh", "fish"})
"""Languages of a block of code whose lines are commands."""

MOST_WORDS = 200
_BUILT_IN = frozenset(
    {
        *(".", ":", "alias", "break", "case", "cd", "continue", "do", "done", "elif", "else", "esac", "eval", "exec"),
        *("exit", "export", "fi", "for", "function", "if", "popd", "pushd", "read", "return", "set", "shift", "source"),
        *("then", "trap", "ulimit", "umask", "unset", "until", "wait", "while"),
    }
)
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=")
_PLACEHOLDER = re.compile(
    r"(?<!<)<[A-Za-z][\w .-]*>|\[[A-Z_]{2,}\]|\[[A-Za-z][a-z]{2,}[\w -]*\]|\b(?:YOUR|your)[_-]\w+"
    r"|(?:^|\s)(?:\.\.\.|…)(?:\s|$)"
)
_PROGRAM = re.compile(r"[\w./@%+:-]*[\w@%+]")
_DATA = frozenset({"sql", "yaml", "yml", "json", "md", "txt", "toml", "tf", "csv", "conf", "ini", "env", "log", "html"})
"""Endings of files that are no programs."""
_SYNTAX = frozenset("|&;<>`$(){}*?~!")


class Shell(NamedTuple):
    """A command as written, and either its words or why they cannot run without a shell."""

    written: str
    argv: tuple[str, ...] = ()
    why: str = ""
    replaced: tuple[str, ...] = ()
    """Options for another cluster that were replaced by the watched one."""
    label: str = ""
    """`Output` for what a command printed, `Input` for what it reads; empty for a command."""

    @property
    def shown(self) -> str:
        """A line that is no command, with its label."""
        return f"{self.label}: {self.written}" if self.label else self.written


def commands(text: str) -> Iterator[Shell]:
    """Yield the commands of a block of code; a command that depends on a line before it, such as `cd`, cannot run.

    A comment is yielded with its text only, without a reason.
    """
    for line in shell_lines(text):
        if line.comment or line.label:
            yield Shell(line.text, label=line.label)
        elif line.after:
            why = command(line.text).why or f"depends on `{line.after}` before it"
            yield Shell(line.text, why=why)
        else:
            yield command(line.text)


def command(written: str) -> Shell:
    """Return a line as a command: its words, for kubectl and helm bound to the watched cluster."""
    why = _needs_shell(written)
    if why:
        return Shell(written, why=why)
    try:
        words = shlex.split(written, comments=True)
    except ValueError:
        return Shell(written, why="has a quote that is not closed")
    if not words or len(words) > MOST_WORDS:
        return Shell(written, why="is not one command")
    if not _PROGRAM.fullmatch(words[0]) or words[0].rpartition(".")[2].lower() in _DATA:
        return Shell(written, why=f"{words[0]} is no program")
    if never_ends(words):
        return Shell(written, why="runs until it is stopped")
    argv, replaced = _bound(words)
    wrong = next((message for _, message in wrong_words(argv)), "")
    return Shell(written, why=wrong) if wrong else Shell(written, argv, replaced=replaced)


def danger(argv: Sequence[str]) -> Danger:
    """Return what a command does: dangerous unless it is known to be read-only."""
    return Danger.DANGEROUS if not_read_only(argv) else Danger.READS


def target(argv: Sequence[str], otherwise: str) -> str:
    """Return what an operator types before a dangerous command: the object that it names, or `otherwise`."""
    begin = next((n for n, word in enumerate(argv) if PurePosixPath(word).name in BOUND), None)
    if begin is None:
        return otherwise
    words = list(_positional(argv[begin + 1 :], READS[PurePosixPath(argv[begin]).name].valued))
    named = next((word.partition("/")[2] for word in words if re.fullmatch(r"[a-z.]+/[\w.-]+", word)), "")
    place = 1 if PurePosixPath(argv[begin]).name == "helm" else 2
    return named or (words[place] if len(words) > place else otherwise)


def _positional(words: Sequence[str], valued: Set[str]) -> Iterator[str]:
    """Yield the words that are neither an option nor the value of one."""
    after = ""
    for word in words:
        if not word.startswith("-") and after not in valued:
            yield word
        after = word


def _needs_shell(written: str) -> str:
    if _PLACEHOLDER.search(written):
        return "has a placeholder to fill in"
    first = written.split()[0]
    if first in _BUILT_IN or _ASSIGNMENT.match(first):
        return f"needs a shell ({first.partition('=')[0]})"
    mark = next(_shell_marks(written), "")
    return f"needs a shell ({mark})" if mark else ""


def _shell_marks(written: str) -> Iterator[str]:
    """Yield every character that a shell would interpret; inside double quotes only `$` and a backtick."""
    for char, quote in unescaped(written):
        if (not quote and char in _SYNTAX) or (quote == '"' and char in "$`"):
            yield char


def _bound(words: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return a command with the options for the watched cluster, and the options that they replace."""
    begin = next((n for n, word in enumerate(words) if PurePosixPath(word).name in BOUND), None)
    if begin is None:
        return tuple(words), ()
    options = BOUND[PurePosixPath(words[begin]).name]
    rest: list[str] = []
    replaced: list[str] = []
    waiting = list(words[begin + 1 :])
    while waiting:
        word = waiting.pop(0)
        if word == "--":
            rest += [word, *waiting]
            break
        name, equals, value = word.partition("=")
        if name in options:
            value = value if equals else waiting.pop(0) if waiting else ""
            if value != options[name]:
                replaced.append(f"{name} {value}".strip())
        else:
            rest.append(word)
    bound = [f"{name}={value}" for name, value in options.items()]
    return (*words[: begin + 1], *bound, *rest), tuple(replaced)

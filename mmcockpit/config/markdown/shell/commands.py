"""Lines for a shell as commands that need none; what needs a shell is shown, not run."""

import re
import shlex
from collections.abc import Iterator, Sequence, Set
from pathlib import PurePosixPath
from typing import NamedTuple

from mmcockpit.config.command_lint import BOUND, wrong_words
from mmcockpit.config.markdown.shell.cases import case_of_remark, is_of_host
from mmcockpit.config.markdown.shell.lines import ShellLine, remark_of, shell_lines, unescaped
from mmcockpit.config.markdown.shell.placeholders import has_placeholder
from mmcockpit.config.markdown.shell.sessions import is_interactive
from mmcockpit.core.model.procedure import Danger
from mmcockpit.core.rules.read_only_commands import READS, not_read_only
from mmcockpit.core.rules.steps.endless_commands import never_ends

SHELLS = frozenset({"bash", "sh", "shell", "zsh", "console", "shell-session", "sh-session", "terminal", "ksh", "fish"})
"""Languages of a block of code whose lines are commands."""

KNOWN = re.compile(
    r"(?:sudo\s+)?(?:kubectl|kubeadm|oc|helm|docker|git|psql|pg_dump|redis-cli|valkey-cli|curl|systemctl|argocd|flux"
    r"|terraform|aws|gcloud|etcdctl|ansible|ansible-playbook|istioctl)\s"
)
"""The beginning of a command in a block without a language."""
_CONTEXT = re.compile(r"(?:kubectl|oc)\s+config\s+(?:use|set|unset|delete|rename)|kubectx\b|kubens\b|oc\s+project\b")
MOST_WORDS = 200
_BUILT_IN = frozenset(
    {
        *(".", ":", "alias", "break", "case", "cd", "continue", "do", "done", "elif", "else", "esac", "eval", "exec"),
        *("exit", "export", "fi", "for", "function", "if", "popd", "pushd", "read", "return", "set", "shift", "source"),
        *("then", "trap", "ulimit", "umask", "unset", "until", "wait", "while"),
    }
)
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=")
_PROGRAM = re.compile(r"[\w./@%+:-]*[\w@%+]")
_NO_PROGRAM = re.compile(r"(?!Rscript$|VBoxManage$|MSBuild$|Xvfb$)(?:[A-Z][A-Z0-9_/.-]+|[A-Z][a-z]+)")
"""A word of a statement or of an output: `SELECT`, `HTTP/1.1`, `Waiting`."""
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
    """`Output` for what a command printed, `Input` for what it reads, `Comment` for one in a comment; else empty."""
    remark: str = ""
    """The comment after a command."""
    held: tuple[str, ...] = ()
    """The words of a command that does not run, because it is for one case only."""
    host: str = ""
    """The user and host of the prompt before a command."""

    @property
    def shown(self) -> str:
        """A line that is no command, with its label."""
        return f"{self.label}: {self.written}" if self.label else self.written

    def only(self, why: str) -> "Shell":
        """Return the command as one that does not run for a reason; as it is without one."""
        bound = any(PurePosixPath(word).name in BOUND for word in self.argv) and is_of_host(why)
        return self._replace(argv=(), why=why, held=self.argv) if why and self.argv and not bound else self


def commands(text: str) -> Iterator[Shell]:
    """Yield the commands of a block of code; a command that depends on a line before it, such as `cd`, cannot run.

    A comment is yielded with its text only, without a reason.
    """
    script = text.lstrip().startswith("#!")
    for line in shell_lines(text):
        if line.comment or line.label:
            label = "Comment" if line.comment and KNOWN.match(line.text) else line.label
            yield Shell(line.text, label=label)
        else:
            shell = command(line.text)
            yield shell.only(_why(line, shell) or ("is a part of a script" if script else ""))._replace(host=line.host)


def _why(line: ShellLine, shell: Shell) -> str:
    """Return why a line of a block cannot run alone, or not in each case."""
    if line.after:
        return f"depends on `{line.after}` before it"
    if line.host and not any(PurePosixPath(word).name in BOUND for word in shell.argv):
        return f"its prompt is of {line.host}"
    return line.case


def command(written: str) -> Shell:
    """Return a line as a command: its words, for kubectl and helm bound to the watched cluster."""
    remark = remark_of(written)
    why = _needs_shell(written.removesuffix(remark))
    if why:
        return Shell(written, why=why)
    try:
        words = shlex.split(written, comments=True)
    except ValueError:
        return Shell(written, why="has a quote that is not closed")
    if not words or len(words) > MOST_WORDS:
        return Shell(written, why="is not one command")
    if (
        not _PROGRAM.fullmatch(words[0])
        or _NO_PROGRAM.fullmatch(words[0])
        or words[0].rpartition(".")[2].lower() in _DATA
    ):
        return Shell(written, why=f"{words[0]} is no program")
    if never_ends(words):
        return Shell(written, why="runs until it is stopped")
    if _CONTEXT.match(written):
        return Shell(written, why="selects a cluster or a namespace: commands are bound to the watched cluster")
    if is_interactive(words):
        return Shell(written, why="is interactive")
    argv, replaced = _bound(words)
    wrong = next((message for _, message in wrong_words(argv)), "")
    if wrong:
        return Shell(written, why=wrong)
    return Shell(written, argv, replaced=replaced, remark=remark).only(case_of_remark(remark))


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
    if has_placeholder(written):
        return "has a placeholder to fill in"
    first = written.split()[0]
    if first in _BUILT_IN or _ASSIGNMENT.match(first):
        return f"needs a shell ({first.partition('=')[0]})"
    if first.startswith("\\"):
        return f"{first} is no program"
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

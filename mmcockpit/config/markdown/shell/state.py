"""The shell in which a command runs, as the commands before it changed it: its folder, its variables, its host."""

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from mmcockpit.config.command_lint import BOUND
from mmcockpit.config.markdown.shell.sessions import is_interactive, opens_shell, stays_open

_FOLDERS = frozenset({"cd", "pushd", "popd"})
_SETTINGS = frozenset({"export", "source", ".", "alias", "eval", "exec", "unset"})
_BLOCKS = frozenset({"if", "for", "while", "until", "case", "function"})
_ENDS = frozenset({"fi", "done", "esac"})
_LEAVES = frozenset({"exit", "logout", "quit", "\\q", "\\q;", "exit;", "quit;", "^D", ":q", ":wq"})
_SHOWN = frozenset({"-i", "-s", "su", "exec", "compose", "rsh", "compute", "ssm"})
"""Words that tell which session a command opens."""
_SEPARATOR = re.compile(r"\s*(?:&&|\|\||;)\s*")
_UNKNOWN = re.compile(r"<[^<>\n]*>|\$\([^()\n]*\)|\$\{[^{}\n]*\}")
"""A part of a command in place of one word."""
_NAMESPACE = re.compile(r"kubens\s+\S|oc\s+project\s+\S|kubectl\s+config\s+set-context\b.*--namespace")
"""A command after which others are for another namespace."""
_CLUSTER = re.compile(r"\b(?:KUBE|HELM)\w*=")
_FREE = frozenset(
    [
        "curl",
        "date",
        "df",
        "dig",
        "free",
        "host",
        "journalctl",
        "netstat",
        "nslookup",
        "ping",
        "ps",
        "sleep",
        "ss",
        "systemctl",
        "uptime",
        "vmstat",
    ]
)
"""Programs that depend on no variable."""
_FILES = re.compile(
    r" (?:-[fk]\S*|--(?:filename|kustomize|values|set-file|from-file|from-env-file|patch-file)\b\S*|cp|install|upgrade"
    r"|template|lint|package|dependency|dep|push|-[a-zA-Z]*[oOTF]|\S*@\S*|\.{0,2}/\S*) "
)
"""Words that name a file or a folder."""


@dataclass(slots=True)
class ShellState:
    """What changed the shell so far: the first words of those commands, the latest last."""

    _words: list[str] = field(default_factory=list)
    _sessions: list[int] = field(default_factory=list)
    """The places of the commands that opened a session, such as `ssh db-1`."""

    def needed_by(self, written: str) -> str:
        """Return the first word of a command before on which this one depends; empty without any.

        kubectl and helm are bound to the watched cluster. They and some others depend on a folder only for a file.
        """
        program = PurePosixPath(next(iter(written.split()), "")).name
        free = program in BOUND or program in _FREE
        files = _FILES.search(f" {written} ") is not None
        for n, word in enumerate(self._words):
            container = program in BOUND and n in self._sessions and word.endswith("exec")
            setting = free and (word in _SETTINGS or (word in _FOLDERS and not files))
            if not (container or setting):
                return word
        return ""

    def log_in(self, words: str) -> None:
        """Take a step whose text logs in to a host."""
        self._sessions.append(len(self._words))
        self._words.append(words)

    def run(self, written: str, *, block: bool = True) -> None:
        """Take what a command changes; with `block` also what ends in its block, such as loops."""
        words = written.split()
        if block and words[0] in _ENDS:
            self._leave(next((n for n in reversed(range(len(self._words))) if self._words[n] in _BLOCKS), None))
            return
        if block and words[0] in _BLOCKS and words[-1].strip(";") not in _ENDS:
            self._words.append(words[0])
            return
        for part in _SEPARATOR.split(written):
            self._part(part, block)

    def _part(self, written: str, block: bool) -> None:
        words = _words(written)
        if not words:
            return
        if words[0] in _LEAVES or written.strip() in _LEAVES:
            self._leave(self._sessions[-1] if self._sessions else None)
        elif words[0] in _FOLDERS or words[0] in _SETTINGS:
            self._words.append("KUBECONFIG" if _CLUSTER.search(written) else words[0])
        elif _NAMESPACE.match(written):
            self._words.append(" ".join(words[:2]))
        elif is_interactive(words) and stays_open(words) and (block or opens_shell(words)):
            self._sessions.append(len(self._words))
            self._words.append(" ".join([words[0], *(word for word in words[1:3] if word in _SHOWN)]))

    def _leave(self, at: int | None) -> None:
        if at is not None:
            self._words[at:] = []
            self._sessions[:] = [n for n in self._sessions if n < at]


def _words(written: str) -> Sequence[str]:
    text = _UNKNOWN.sub("X", written)
    try:
        return shlex.split(text, comments=True)
    except ValueError:
        return text.split()

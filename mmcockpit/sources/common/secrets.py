"""Secret values: resolved when a source opens, and struck out of every text that leaves the process."""

import os
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote
from weakref import WeakSet

from mmcockpit.core.model.reading import FaultKind, ProbeError
from mmcockpit.sources.common.own_file import read_own
from mmcockpit.sources.common.redaction import STRUCK_OUT as STRUCK_OUT
from mmcockpit.sources.common.redaction import Needle, lines_of
from mmcockpit.sources.common.secret_commands import SecretCommand

if TYPE_CHECKING:
    from mmcockpit.sources.common.secret import Secret

_SHORTEST = 4
"""Shorter values are not struck out: they would make every text unreadable and are not secrets."""


_HALF = 6
"""Least characters of the beginning of a secret that are struck out at the end of a cut text."""

_PASSWORD = re.compile(
    r"://[^:/@\s]*:([^@/\s]+)@|\b(?:ssl)?password\s*=\s*(?:'((?:\\.|[^'\\])*)'|((?:\\.|[^\s'\\])(?:\\.|[^\s\\])*))",
    re.DOTALL,
)
"""The password in a URL, or in key=value pairs: quoted, or up to white space."""
_BACKSLASH = re.compile(r"\\(.)", re.DOTALL)


class Secrets:
    """The secret values in use, so that they can be struck out of faults, output and logs."""

    def __init__(self) -> None:
        self._needles: list[Needle] = []
        """The longest first: one value may contain another."""
        self._commands: dict[tuple[str, ...], SecretCommand] = {}
        self._lock = threading.Lock()
        _OPEN.add(self)

    async def prepare(self, written: object) -> None:
        """Run the programs of all secret commands in a structure that have not run yet, each in a thread.

        Then `resolve` does not block the loop. Failures are left to it.
        """
        # Imported here: checking a file starts nothing.
        import asyncio

        from mmcockpit.sources.common.workers import in_thread

        due = [command for command in map(self._command, _commands(written)) if command.is_due]
        await asyncio.gather(*(in_thread(partial(self._protected, command)) for command in dict.fromkeys(due)))

    def unknown(self, written: object) -> str:
        """Return why a program has not printed its secret, of all secret commands in a structure; empty if all have."""
        return "; ".join(dict.fromkeys(filter(None, (self._command(words).unknown for words in _commands(written)))))

    def renewed(self, secret: "Secret") -> str:
        """Resolve a secret that may have changed, or was refused: its program runs again, which may take seconds."""
        if secret.command is None:
            return self.resolve(secret)
        return self._learned(self._command(secret.command).renewed())

    def resolve(self, secret: "Secret") -> str:
        """Return the secret's value; ProbeError with its reference if it is missing.

        Blocks while the program of a secret command runs, unless `prepare` has run it.
        """
        if secret.command is not None:
            return self._learned(self._command(secret.command).value())
        if secret.env is not None:
            value = os.environ.get(secret.env, "")
            if not value:
                raise ProbeError(FaultKind.CONFIGURATION, f"environment variable {secret.env} is not set")
        else:
            path = Path(secret.file or "").expanduser()
            try:
                value = read_own(path).decode().rstrip("\r\n")
            except OSError as error:
                raise ProbeError(FaultKind.CONFIGURATION, f"secret file {path}: {error.strerror}") from error
            except UnicodeDecodeError as error:
                raise ProbeError(FaultKind.CONFIGURATION, f"secret file {path}: not UTF-8 text") from error
            if not value:
                raise ProbeError(FaultKind.CONFIGURATION, f"secret file {path}: empty")
        return self._learned(value)

    def _command(self, argv: tuple[str, ...]) -> SecretCommand:
        with self._lock:
            return self._commands.setdefault(argv, SecretCommand(argv, self.protect))

    def _protected(self, command: SecretCommand) -> None:
        with suppress(ProbeError):
            self._learned(command.value())

    def _learned(self, value: str) -> str:
        """Strike out a value from now on, and the password that it contains; return it."""
        self.protect(value)
        for password in _passwords(value):
            self.protect(password)
            self.protect(unquote(password))
        return value

    def learn(self, written: object) -> None:
        """Resolve every secret reference in a structure, before a source uses it; no program is run for that.

        References that cannot be resolved are ignored.
        """
        from mmcockpit.sources.common.secret import Secret

        for kind, name in _references(written):
            with suppress(ProbeError):
                self.resolve(Secret(**{kind: name}))

    def protect(self, value: str) -> None:
        """Strike out this value from now on: for example a password taken from a URL or DSN."""
        with self._lock:
            for part in lines_of(value):
                if len(part) >= _SHORTEST and all(part != known.value for known in self._needles):
                    self._needles = sorted([*self._needles, Needle(part)], key=lambda each: -len(each.value))

    def redact(self, text: str) -> str:
        """Return the text with every secret value struck out, in clear or encoded, the longest first."""
        for needle in self._needles:
            text = needle.strike(text)
        # A cut text may end with a part of a secret.
        if text.endswith("…") and (half := self.begun(text[:-1])) >= _HALF:
            text = f"{text[: -1 - half]}{STRUCK_OUT}…"
        return text

    def begun(self, text: str) -> int:
        """Return how many characters at the end of a text may be the beginning of a secret."""
        return max((needle.begun(text) for needle in self._needles), default=0)

    @property
    def longest(self) -> int:
        """The most characters that a secret takes in any form."""
        return max((needle.longest for needle in self._needles), default=0)

    @property
    def in_lines(self) -> bool:
        """Whether a secret has several lines."""
        return any("\n" in needle.value for needle in self._needles)


_OPEN: "WeakSet[Secrets]" = WeakSet()


def redact_all(text: str) -> str:
    """Return the text with every secret of this process struck out: for last output before exit."""
    for secrets in list(_OPEN):
        text = secrets.redact(text)
    return text


def _passwords(value: str) -> Iterator[str]:
    """Yield the passwords in a URL or DSN, as written and without the backslashes of a DSN."""
    for in_url, quoted, bare in _PASSWORD.findall(value):
        # In a URL, `&` ends a parameter; in a DSN it is a character of the password.
        for written in filter(None, (in_url, quoted, bare, bare.partition("&")[0])):
            yield written
            yield _BACKSLASH.sub(r"\1", written)


def _commands(written: object) -> Iterator[tuple[str, ...]]:
    """Yield the words of every {command: [PROGRAM, …]}."""
    if isinstance(written, Mapping):
        words = written.get("command")
        if len(written) == 1 and isinstance(words, list | tuple) and words and all(isinstance(w, str) for w in words):
            yield tuple(words)
        for value in written.values():
            yield from _commands(value)
    elif isinstance(written, list | tuple):
        for value in written:
            yield from _commands(value)


def _references(written: object) -> Iterator[tuple[str, str]]:
    """Yield (env or file, name) of every reference; a list of names under env gives one for each."""
    if isinstance(written, Mapping):
        for key, value in written.items():
            names = value if isinstance(value, list | tuple) else (value,)
            if key == "env" or (key == "file" and len(written) == 1):
                yield from ((key, name) for name in names if isinstance(name, str))
            yield from _references(value)
    elif isinstance(written, list | tuple):
        for reference in written:
            yield from _references(reference)

"""Command source: exit status and output of programs that the cockpit file allows; never runs a shell."""

import asyncio
import os
import shutil
from time import perf_counter
from typing import Annotated, Any, Literal

import msgspec
from pydantic import Field, field_validator

from mmcockpit.core.model.reading import FaultKind, ProbeError, Reading
from mmcockpit.core.rules.read_only_commands import not_read_only
from mmcockpit.core.text import clean, plain
from mmcockpit.core.words.durations import seconds
from mmcockpit.sources.command.values import RunValue
from mmcockpit.sources.common.base import Connectionless
from mmcockpit.sources.common.contract import Args, Health, Kind, Options, ProbeKind, Question
from mmcockpit.sources.common.deadline import deadline
from mmcockpit.sources.common.secret import Secret
from mmcockpit.sources.common.secrets import Secrets
from mmcockpit.sources.common.supervised import Supervised, first_of, start_failure

MAX_KEPT_BYTES = 64 * 1024
MAX_READ_BYTES = 16 * 1024 * 1024
"""Bytes a command may print on one stream: kept, and read in all; a command that prints more is ended."""
TEXT_LIMIT = 4096
INHERITED = ("PATH", "HOME", "LANG", "TZ", "KUBECONFIG")
"""Environment variables passed to every command; the source's `env` names further ones."""
_STDOUT, _STDERR = 1, 2


class CommandOptions(Options):
    """Which programs may run, in which folder, with which environment variables."""

    allow: Annotated[
        tuple[str, ...],
        Field(description="Programs that may run; filled from allow.probe_commands."),
    ] = ()
    cwd: Annotated[str, Field(description="Directory to run in; default: the current one.")] = ""
    env: Annotated[
        tuple[str, ...],
        Field(description=f"Variables passed on beside {', '.join(INHERITED)}; their values are struck out of output."),
    ] = ()


class Run(Args):
    """A program and its arguments, word by word: no shell expands or splits them."""

    argv: Annotated[tuple[Annotated[str, Field(pattern=r"^[^\x00]*$")], ...], Field(min_length=1)]
    timeout: Annotated[
        str,
        Field(description="The command is ended after this time, or after the signal's timeout if that is shorter."),
    ] = ""
    parse: Annotated[Literal["", "json"], Field(description="json: the output is parsed into the value `json`.")] = ""

    @property
    def acts(self) -> str:
        """Why it may change something; empty for programs that are known as read-only."""
        return not_read_only(self.argv)

    @field_validator("timeout")
    @classmethod
    def _duration(cls, text: str) -> str:
        if text and seconds(text) <= 0:
            raise ValueError("a duration must be longer than 0")
        return text


class CommandOutput:
    """Output of a process: the first MAX_KEPT_BYTES of each stream; the rest is read and dropped."""

    def __init__(self) -> None:
        self.kept = {_STDOUT: bytearray(), _STDERR: bytearray()}
        self.overflown = asyncio.Event()
        """Set when the process has printed more than MAX_READ_BYTES on a stream."""
        self._read = {_STDOUT: 0, _STDERR: 0}

    @property
    def too_much(self) -> bool:
        """Whether a stream exceeds MAX_READ_BYTES."""
        return max(self._read.values()) > MAX_READ_BYTES

    @property
    def truncated(self) -> bool:
        """Whether output was dropped."""
        return max(self._read.values()) > MAX_KEPT_BYTES

    def printed(self, fd: int, data: bytes) -> None:
        """Take a piece of output."""
        self._read[fd] += len(data)
        self.kept[fd] += data[: MAX_KEPT_BYTES - len(self.kept[fd])]
        if self.too_much:
            self.overflown.set()


class CommandSource(Connectionless):
    """Runs allowed programs without input; at the timeout each is ended with everything it started."""

    def __init__(self, options: CommandOptions, secrets: Secrets) -> None:
        self.redact = secrets.redact
        self._allow, self._cwd = options.allow, os.path.expanduser(options.cwd)
        self._env = {name: os.environ[name] for name in INHERITED if name in os.environ}
        self._env |= {name: secrets.resolve(Secret(env=name)) for name in options.env}

    async def run(self, argv: tuple[str, ...], timeout: float) -> tuple[int, CommandOutput]:
        """Return the exit status (negative signal number if a signal ended it) and the output.

        ProbeError for a program that is not allowed, missing or cannot be started, that does not end in time, or prints
        more than MAX_READ_BYTES.
        """
        if argv[0] not in self._allow:
            raise self.fault(FaultKind.CONFIGURATION, argv, "not allowed; add it to allow.probe_commands")
        output = CommandOutput()
        process = Supervised(output.printed)
        async with deadline(timeout, plain(argv[0], 200)):
            try:
                await self._start(process, argv)
                await first_of(process.exited, output.overflown)
                await process.linger()
            finally:
                await process.end()
        if output.too_much or process.status is None:
            raise self.fault(FaultKind.TOO_LARGE, argv, f"printed more than {MAX_READ_BYTES >> 20} MiB")
        return process.status, output

    async def check(self) -> Health:
        """Look for every allowed program."""
        programs = {name: shutil.which(name, path=self._env.get("PATH", os.defpath)) for name in self._allow}
        missing = tuple(f"{name}: not found on PATH" for name, program in programs.items() if program is None)
        return Health(True, True, missing=missing, message="" if self._allow else "no command is allowed")

    def fault(self, kind: FaultKind, argv: tuple[str, ...], why: str) -> ProbeError:
        """Return a fault that names the program and the cause in one line."""
        return ProbeError(kind, plain(self.redact(f"{argv[0]}: {why}"), 300))

    async def _start(self, process: Supervised, argv: tuple[str, ...]) -> None:
        try:
            await process.start(argv, self._cwd, self._env, survives=False)
        except OSError as error:
            kind, why = start_failure(error, self._cwd)
            raise self.fault(kind, argv, why) from error


class RunProbe(Connectionless):
    """The end of a command, and what it printed.

    Output that should be JSON but is not valid is a fault after exit 0; after
    another exit `json` is only left out, because an error message need not be JSON.
    """

    def __init__(self, source: CommandSource, question: Question) -> None:
        self._source, self._args = source, question.args
        own = seconds(question.args.timeout) if question.args.timeout else question.timeout
        self._timeout = min(own, question.timeout)

    async def read(self) -> Reading:
        """Run once; ProbeError if it could not run to its end."""
        began = perf_counter()
        status, output = await self._source.run(self._args.argv, self._timeout)
        value: dict[str, Any] = {
            "exit": status,
            "stdout": self._text(output.kept[_STDOUT]),
            "stderr": self._text(output.kept[_STDERR]),
            "ms": round((perf_counter() - began) * 1000, 1),
            "truncated": output.truncated,
        }
        if self._args.parse == "json":
            value |= self._json(status, output)
        return Reading(value)

    def _text(self, printed: bytearray) -> str:
        # Redact before cutting: a cut could leave a part of a secret.
        return clean(self._source.redact(printed.decode(errors="replace")), TEXT_LIMIT)

    def _json(self, status: int, output: CommandOutput) -> dict[str, Any]:
        try:
            return {"json": msgspec.json.decode(output.kept[_STDOUT])}
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            if status != 0:
                return {}
            if output.truncated:
                why = f"more than {MAX_KEPT_BYTES >> 10} KiB of JSON; reduce the output"
                raise self._source.fault(FaultKind.TOO_LARGE, self._args.argv, why) from error
            why = f"output is not valid JSON: {error}"
            raise self._source.fault(FaultKind.MALFORMED, self._args.argv, why) from error


PROBES = {"run": ProbeKind(Run, RunProbe, RunValue)}

KIND = Kind(
    options=CommandOptions,
    open=CommandSource,
    probes=PROBES,
    target=lambda options: f"commands of this machine: {', '.join(options.allow) or 'none'}",
)

"""File source: existence, age and hash of a file, and values of a JSON file."""

import hashlib
import os
import stat
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, ClassVar

import msgspec
from pydantic import Field, field_validator

from mmcockpit.core.model.reading import FaultKind, ProbeError, Reading
from mmcockpit.core.text import plain
from mmcockpit.core.words.durations import duration
from mmcockpit.sources.common.base import Connectionless
from mmcockpit.sources.common.contract import Args, Health, Kind, Options, ProbeKind, Question
from mmcockpit.sources.common.deadline import deadline
from mmcockpit.sources.common.json_path import check_paths, json_value, value_at
from mmcockpit.sources.common.secrets import Secrets
from mmcockpit.sources.common.workers import Workers
from mmcockpit.sources.file.values import JSON, StatValue

MAX_JSON_BYTES = 1024 * 1024
MAX_HASHED_BYTES = 64 * 1024 * 1024
MAX_AHEAD_S = 60.0
"""Most seconds that a file's time may be in the future; beyond that, one of the clocks is wrong."""
Job = Callable[[int, os.stat_result], Any]
"""Makes a value from an open file: its descriptor and its stat result."""


class FileOptions(Options):
    """Which files may be read."""

    root: Annotated[
        str,
        Field(
            description="Folder of relative paths, which no path may leave; default: the current one, without limit."
        ),
    ] = ""


class Stat(Args):
    """A file or a folder."""

    shorthand: ClassVar[str] = "path"
    path: Annotated[
        str, Field(min_length=1, pattern=r"^[^\x00]+$", description="~ is the home directory; links are followed.")
    ]


class Json(Stat):
    """A JSON file of at most 1 MiB."""

    select: Annotated[
        dict[str, str],
        Field(description="Name to path: data.items[0].name; without any, the whole value.", default_factory=dict),
    ]

    @field_validator("select")
    @classmethod
    def _paths(cls, select: dict[str, str]) -> dict[str, str]:
        check_paths(select)
        return select


class FileSource(Connectionless):
    """Opens files by name and follows links, but never outside of `root`, not even by a link."""

    def __init__(self, options: FileOptions, secrets: Secrets) -> None:
        self.root = options.root
        self._secrets = secrets
        self._workers = Workers("file", 2)

    async def ask(self, path: str, timeout: float, job: Job) -> Any:
        """Return what the job makes of the open file, in a thread; {exists: false} if it does not exist.

        ProbeError for a file that may not be read, or if a slow disk does not respond in time.
        """
        async with deadline(timeout, path):
            return await self._workers.run(lambda: self._read(path, job))

    async def check(self) -> Health:
        """Check whether the root is a folder that may be listed."""
        missing = (
            ()
            if os.access(self.root or ".", os.R_OK | os.X_OK)
            else (f"{self.root or '.'} cannot be listed; check permissions",)
        )
        return Health(not missing, not missing, missing=missing)

    def fault(self, kind: FaultKind, path: str, why: str) -> ProbeError:
        """Return a fault that names the file and the cause in one line."""
        return ProbeError(kind, plain(self._secrets.redact(f"{path}: {why}"), 300))

    def _read(self, path: str, job: Job) -> Any:
        try:
            # Non-blocking: opening a pipe would wait for its writer.
            descriptor = os.open(self._real(path), os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY)
            try:
                return job(descriptor, os.fstat(descriptor))
            finally:
                os.close(descriptor)
        except (FileNotFoundError, NotADirectoryError):
            return {"exists": False}
        except PermissionError as error:
            raise self.fault(FaultKind.FORBIDDEN, path, "permission denied") from error
        # pathlib raises RuntimeError for a link to itself.
        except (OSError, RuntimeError) as error:
            why = getattr(error, "strerror", None) or str(error)
            raise self.fault(FaultKind.UNREACHABLE, path, why) from error

    def _real(self, path: str) -> str:
        """Return the path with all links resolved; ProbeError if it is outside of the root."""
        root = Path(self.root or ".").expanduser().resolve()
        real = (root / Path(path).expanduser()).resolve()
        if self.root and not real.is_relative_to(root):
            raise self.fault(FaultKind.CONFIGURATION, path, f"is outside of root {self.root}")
        return str(real)


class StatProbe(Connectionless):
    """What a file or folder is. The hash is computed when the file changes."""

    def __init__(self, source: FileSource, question: Question) -> None:
        self._source, self._question = source, question
        self._hashed: tuple[tuple[int, ...], str] = ((), "")

    async def read(self) -> Reading:
        """Poll once; ProbeError for a file that may not be read, or whose time is in the future."""
        path = self._question.args.path
        return Reading(await self._source.ask(path, self._question.timeout, self._value))

    def _value(self, descriptor: int, state: os.stat_result) -> dict[str, Any]:
        path = self._question.args.path
        age = time.time() - state.st_mtime  # noqa: TID251 - this machine's files
        if age < -MAX_AHEAD_S:
            why = f"changed {duration(-age)} in the future; check the clocks"
            raise self._source.fault(FaultKind.STALE, path, why)
        value: dict[str, Any] = {"exists": True, "modified": round(state.st_mtime, 3), "age_s": max(0, int(age))}
        if stat.S_ISDIR(state.st_mode):
            return value | {"kind": "folder", "entries": len(os.listdir(descriptor))}
        if not stat.S_ISREG(state.st_mode):
            return value | {"kind": "other"}
        value |= {"kind": "file", "size": state.st_size}
        if state.st_size <= MAX_HASHED_BYTES:
            value["sha256"] = self._hash(descriptor, state)
        return value

    def _hash(self, descriptor: int, state: os.stat_result) -> str:
        seen = (state.st_dev, state.st_ino, state.st_size, state.st_mtime_ns, state.st_ctime_ns)
        if self._hashed[0] != seen:
            with open(descriptor, "rb", closefd=False) as file:
                self._hashed = (seen, hashlib.file_digest(file, "sha256").hexdigest())
        return self._hashed[1]


class JsonProbe(Connectionless):
    """The file's JSON value, or {name: value} for the paths in `select`; {exists: false} if there is no file.

    A selected path that does not exist is null, so that no rule passes on it.
    """

    def __init__(self, source: FileSource, question: Question) -> None:
        self._source, self._question = source, question

    async def read(self) -> Reading:
        """Read once; ProbeError for a file that may not be read, is too long or is not valid JSON."""
        return Reading(await self._source.ask(self._question.args.path, self._question.timeout, self._value))

    def _value(self, descriptor: int, state: os.stat_result) -> Any:
        args = self._question.args
        if not stat.S_ISREG(state.st_mode):
            raise self._source.fault(FaultKind.MALFORMED, args.path, "not a regular file")
        with open(descriptor, "rb", closefd=False) as file:
            text = file.read(MAX_JSON_BYTES + 1)
        if len(text) > MAX_JSON_BYTES:
            raise self._source.fault(FaultKind.TOO_LARGE, args.path, f"more than {MAX_JSON_BYTES >> 20} MiB")
        try:
            document = json_value(text)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise self._source.fault(FaultKind.MALFORMED, args.path, f"invalid JSON: {error}") from error
        return {name: value_at(document, path) for name, path in args.select.items()} if args.select else document


PROBES = {"stat": ProbeKind(Stat, StatProbe, StatValue), "json": ProbeKind(Json, JsonProbe, JSON)}

KIND = Kind(
    options=FileOptions,
    open=FileSource,
    probes=PROBES,
    target=lambda options: options.root or "files of this machine",
)

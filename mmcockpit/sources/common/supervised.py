"""Child processes under a supervisor, which ends them with everything they leave running, also in other sessions."""

import asyncio
import json
import os
import selectors
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from time import monotonic

from mmcockpit.core.model.reading import FaultKind

SUPERVISOR = [sys.executable, "-I", "-S", "-X", "utf8", str(Path(__file__).with_name("supervisor.py"))]
GIVE_UP_S = 6.0
"""Seconds the remaining processes get to die."""

LINGER_S = 0.5
"""Seconds for which background processes of a command may keep its output open."""


MOST_PRINTED = 1024 * 1024
"""Bytes that a command of `run_supervised` may print by default."""


class TooMuchOutput(ValueError):
    """A command printed more than it may."""


class Supervised(asyncio.SubprocessProtocol):
    """One command without input under a supervisor; its output goes to `wrote(1 or 2, bytes)`."""

    def __init__(self, wrote: Callable[[int, bytes], None]) -> None:
        self.exited = asyncio.Event()
        """Set when the command has ended."""
        self.closed = asyncio.Event()
        """Set when none of its processes runs and all of its output is closed."""
        self.status: int | None = None
        """Its exit code, or the negative number of the signal that ended it."""
        self.left = 0
        """How many processes it had left running; they were killed."""
        self.pid = 0
        self.started = 0
        """Its process ID, and its start time in clock ticks since the machine started."""
        self.transport: asyncio.SubprocessTransport | None = None
        self._wrote = wrote
        self._line: socket.socket | None = None
        self._heard = b""
        self._begun: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def start(self, argv: Sequence[str], folder: str, env: Mapping[str, str], survives: bool) -> None:
        """Start it; OSError or ValueError if that fails. `survives`: it outlives a cockpit that is killed."""
        # Audit hooks must see the command itself, not only its supervisor.
        sys.audit("subprocess.Popen", argv[0], list(argv), folder, dict(env))
        request = _request(argv, folder, env, survives)
        loop = asyncio.get_running_loop()
        self._line, theirs = socket.socketpair()
        self._line.setblocking(False)
        with theirs:
            starting = loop.subprocess_exec(
                lambda: self,
                *SUPERVISOR,
                str(theirs.fileno()),
                stdin=asyncio.subprocess.DEVNULL,
                env=_own_environment(),
                pass_fds=(theirs.fileno(),),
                # Detached from our terminal and its Ctrl+C.
                start_new_session=True,
            )
            try:
                self.transport, _ = await starting
            except BaseException:
                self._line.close()
                self._line = None
                raise
        loop.add_reader(self._line.fileno(), self._read)
        await loop.sock_sendall(self._line, request)
        await self._begun

    def terminate(self) -> None:
        """Send SIGTERM to the command."""
        self._order(b"t")

    def kill(self) -> None:
        """Kill it and everything it started."""
        self._order(b"k")

    async def linger(self) -> None:
        """Read the rest of the output of a command that has ended, for at most LINGER_S."""
        with suppress(TimeoutError):
            async with asyncio.timeout(LINGER_S):
                await self.closed.wait()

    async def end(self) -> None:
        """Kill what still runs and wait until it is gone; what cannot be killed is given up."""
        self.kill()
        if self.transport is not None:
            with suppress(TimeoutError):
                async with asyncio.timeout(GIVE_UP_S):
                    await self.closed.wait()
        if not self.closed.is_set() and self.pid:
            with suppress(OSError):
                os.killpg(self.pid, signal.SIGKILL)
        self.release()

    def release(self) -> None:
        """Close the supervisor's socket and the pipes."""
        if self.transport is not None:
            self.transport.close()
        while self._line is not None and self._read():
            pass
        if self._line is not None:
            asyncio.get_running_loop().remove_reader(self._line.fileno())
            self._line.close()
            self._line = None

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        self._wrote(fd, data)

    def connection_lost(self, error: Exception | None) -> None:
        self.closed.set()

    def _order(self, word: bytes) -> None:
        if self._line is not None:
            with suppress(OSError):
                self._line.send(word)

    def _read(self) -> bool:
        """Read the supervisor's messages; return whether there were any."""
        assert self._line is not None, "it is read while it is open"
        try:
            data = self._line.recv(4096)
        except BlockingIOError:
            return False
        except OSError:
            data = b""
        if not data:
            # The supervisor is gone; if it did not report an end, it was killed itself.
            asyncio.get_running_loop().remove_reader(self._line.fileno())
            self._ended(-signal.SIGKILL)
            return False
        *lines, self._heard = (self._heard + data).split(b"\n")
        for line in lines:
            self._told(line.decode(errors="surrogateescape"))
        return True

    def _told(self, line: str) -> None:
        word, _, rest = line.partition(" ")
        match word:
            case "error" if not self._begun.done():
                self._begun.set_exception(_error(rest))
            case "pid":
                pid, _, started = rest.partition(" ")
                self.pid, self.started = int(pid), int(started)
                self._has_begun()
            case "exit":
                self._ended(int(rest))
            case "left":
                self.left = int(rest)

    def _has_begun(self) -> None:
        if not self._begun.done():
            self._begun.set_result(None)

    def _ended(self, status: int) -> None:
        if self.status is None:
            self.status = status
        self._has_begun()
        self.exited.set()


async def first_of(*events: asyncio.Event, timeout: float | None = None) -> None:
    """Wait for the first of these events, at most `timeout` seconds."""
    waiting = [asyncio.ensure_future(event.wait()) for event in events]
    try:
        await asyncio.wait(waiting, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for each in waiting:
            each.cancel()


def start_failure(error: OSError | ValueError, folder: str) -> tuple[FaultKind, str]:
    """Return the kind of fault and the text for a command that could not be started in a folder."""
    match error:
        case FileNotFoundError() if folder and not os.path.isdir(folder):
            return FaultKind.CONFIGURATION, f"directory {folder} not found"
        case FileNotFoundError():
            return FaultKind.NOT_FOUND, "program not found; install it or check PATH"
        case PermissionError():
            return FaultKind.FORBIDDEN, "permission denied; make it executable"
        case OSError():
            return FaultKind.CONFIGURATION, f"cannot start: {error.strerror}"
    return FaultKind.CONFIGURATION, f"cannot start: {error}"


def run_supervised(
    argv: Sequence[str], env: Mapping[str, str], timeout: float, most: int = MOST_PRINTED, into: bytearray | None = None
) -> tuple[int, bytes]:
    """Run a command to its end in this thread; return its exit code and standard output.

    OSError if it cannot be started, TimeoutError if it did not end in time, TooMuchOutput if it printed more than
    `most` bytes; then it was killed. `into` gets what it printed in these cases, too.
    """
    printed = bytearray() if into is None else into
    sys.audit("subprocess.Popen", argv[0], list(argv), "", dict(env))
    ours, theirs = socket.socketpair()
    with ours:
        with theirs:
            child = subprocess.Popen(
                [*SUPERVISOR, str(theirs.fileno())],
                env=_own_environment(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                pass_fds=(theirs.fileno(),),
                start_new_session=True,
            )
        with child:
            try:
                ours.sendall(_request(argv, "", env, False))
                _print_into(printed, child, monotonic() + timeout, most)
            except BaseException:
                with suppress(OSError):
                    ours.sendall(b"k")
                with suppress(subprocess.TimeoutExpired):
                    child.wait(GIVE_UP_S)
                child.kill()
                raise
            report = dict(line.partition(" ")[::2] for line in _everything(ours).splitlines())
    if "error" in report:
        raise _error(report["error"])
    return int(report.get("exit", -signal.SIGKILL)), bytes(printed)


def _print_into(printed: bytearray, child: "subprocess.Popen[bytes]", until: float, most: int) -> None:
    """Add what a child prints until it ends; TimeoutError or TooMuchOutput."""
    assert child.stdout is not None, "it is a pipe"
    with selectors.DefaultSelector() as selector:
        selector.register(child.stdout, selectors.EVENT_READ)
        while selector.select(max(until - monotonic(), 0.0)):
            data = os.read(child.stdout.fileno(), 1 << 16)
            printed += data
            if len(printed) > most:
                raise TooMuchOutput
            if not data:
                try:
                    child.wait(max(until - monotonic(), 0.0))
                except subprocess.TimeoutExpired:
                    break
                return
    raise TimeoutError


def _everything(line: socket.socket) -> str:
    pieces = []
    while data := line.recv(4096):
        pieces.append(data)
    return b"".join(pieces).decode(errors="surrogateescape")


def _request(argv: Sequence[str], folder: str, env: Mapping[str, str], survives: bool) -> bytes:
    if any("\0" in word for word in argv):
        raise ValueError("embedded null byte")
    return json.dumps({"argv": [*argv], "cwd": folder, "env": {**env}, "survives": survives}).encode() + b"\n"


def _own_environment() -> dict[str, str]:
    return {name: os.environ[name] for name in ("LD_LIBRARY_PATH",) if name in os.environ}


def _error(text: str) -> OSError:
    number, _, where = text.partition(" ")
    return OSError(int(number), os.strerror(int(number)), where)

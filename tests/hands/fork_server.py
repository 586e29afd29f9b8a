"""Real processes that start quickly, forked from one that has imported the program: each with a pid, HOME and log.

`ForkServer` is the side of the test; `python -m tests.hands.fork_server` is the process that forks. It ends, and its
processes with it, when its standard input closes.
"""

import ctypes
import faulthandler
import json
import os
import random
import signal
import subprocess
import sys
import threading
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import NoReturn, Self

from tests.servers.wait import PATIENCE_S, wait_until

PR_SET_PDEATHSIG = 1
PRELOADED = (
    "mmcockpit.cli.live", "mmcockpit.cli.compiled", "mmcockpit.cli.commands.run", "mmcockpit.cli.commands.resume",
    "mmcockpit.cli.commands.verify", "mmcockpit.journal.verify", "mmcockpit.sources.file.source", "psycopg",
    "tests.hands.seat",
)  # fmt: skip


@dataclass(frozen=True)
class Start:
    """A process to start: `module` has a `main(argv) -> int`; `user` is a login of this machine, empty for the own.

    `stdin` is a file that it reads from, also a named pipe, which then never ends.
    """

    module: str
    argv: Sequence[str]
    folder: str
    log: str
    env: Mapping[str, str] = field(default_factory=dict)
    user: str = ""
    group: int = 0
    stdin: str = os.devnull


class Child:
    """A process of the fork server; signals go to its pid only."""

    def __init__(self, server: "ForkServer", pid: int, log: Path) -> None:
        self.pid, self.log, self._server = pid, log, server

    @property
    def code(self) -> int | None:
        """Return its exit code, -N for signal N; None while it runs."""
        return self._server.code(self.pid)

    def send(self, number: signal.Signals) -> None:
        """Send a signal, unless it has ended."""
        if self.code is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """Kill it at once, and wait until it has ended."""
        self.send(signal.SIGKILL)
        wait_until(lambda: self.code is not None, f"process {self.pid} ends")

    def finished(self, within_s: float = PATIENCE_S) -> int:
        """Wait until it has ended; return its exit code."""
        try:
            wait_until(lambda: self.code is not None, f"process {self.pid} ends", within_s)
        except AssertionError as late:
            self.send(signal.SIGUSR1)
            wait_until(lambda: "most recent call first" in self.output, "its stacks")
            raise AssertionError(f"{late}; it printed: {self.output}") from None
        code = self.code
        assert code is not None
        return code

    @property
    def output(self) -> str:
        """Return what it printed so far."""
        return self.log.read_text(encoding="utf-8", errors="replace") if self.log.exists() else ""


class ForkServer:
    """Starts processes by forking; a context that ends them all."""

    def __enter__(self) -> Self:
        self._lock = threading.Lock()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.hands.fork_server"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(30)
        self._process.stdout.close()

    def start(self, start: Start) -> Child:
        """Start a process; returns once it has its pid."""
        return Child(self, int(self._request({"start": asdict(start)})), Path(start.log))

    def code(self, pid: int) -> int | None:
        """Return the exit code of a process, -N for signal N; None while it runs."""
        reply = self._request({"code": pid})
        return None if reply == "runs" else int(reply)

    def _request(self, request: Mapping[str, object]) -> str:
        with self._lock:
            assert self._process.stdin is not None
            assert self._process.stdout is not None
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
            return self._process.stdout.readline().strip()


def main() -> None:
    """Fork for every request on standard input until it closes."""
    for module in PRELOADED:
        import_module(module)
    codes: dict[int, int] = {}
    running: set[int] = set()
    for line in sys.stdin:
        request = json.loads(line)
        _reap(codes)
        if "start" in request:
            pid = os.fork()
            if not pid:
                _become(Start(**request["start"]))
            running.add(pid)
            reply: object = pid
        else:
            reply = codes.get(request["code"], "runs")
        print(reply, flush=True)
    _reap(codes)
    for pid in running - set(codes):
        os.kill(pid, signal.SIGKILL)


def _reap(codes: dict[int, int]) -> None:
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if not pid:
            return
        codes[pid] = os.waitstatus_to_exitcode(status)


def _become(start: Start) -> NoReturn:
    """Be the process that was requested, and never return."""
    code = 99
    try:
        os.setsid()
        random.seed()
        source = os.open(start.stdin, os.O_RDWR)
        log = os.open(start.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
        for ours, theirs in ((source, 0), (log, 1), (log, 2)):
            os.dup2(ours, theirs)
        os.closerange(3, 256)
        _switch(start)
        # A process that hangs prints where.
        faulthandler.register(signal.SIGUSR1, file=2)
        os.chdir(start.folder)
        os.environ.clear()
        os.environ.update({"PATH": os.defpath, "LANG": "C.UTF-8", **start.env})
        sys.argv = [start.module, *start.argv]
        code = import_module(start.module).main(list(start.argv))
    except SystemExit as leaving:
        code = leaving.code if isinstance(leaving.code, int) else 0
    finally:
        if sys.exc_info()[0] is not None:
            traceback.print_exc()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _switch(start: Start) -> None:
    if start.user:
        import pwd

        account = pwd.getpwnam(start.user)
        os.setgroups([start.group] if start.group else [])
        os.setgid(account.pw_gid)
        os.setuid(account.pw_uid)
    # After the change of user, which would reset it.
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


if __name__ == "__main__":
    main()

"""Runs one command and ends everything that it leaves running; a program of its own, see `supervised.py`.

It is started as `python -I -S supervisor.py FD`, where FD is a socket to the cockpit; it imports no other module of
mmcockpit. It is a subreaper (PR_SET_CHILD_SUBREAPER): every process that the command starts remains its descendant,
even one that starts a session of its own and forks twice. Input: one line of JSON, {argv, cwd, env, survives}; then `t`
(SIGTERM) and `k` (SIGKILL). Output: `error ERRNO PATH`, or `pid PID START`, `exit STATUS`, `left COUNT`.
"""

import contextlib
import ctypes
import json
import os
import select
import signal
import socket
import sys
import time
from typing import Any, NoReturn

PR_SET_CHILD_SUBREAPER = 36
LINGER_S = 0.5
"""Seconds that remaining processes get to end by themselves."""

KILL_S = 5.0
"""Seconds for which it tries to kill what is left."""

AGAIN_S = 0.02


class Supervisor:
    """The command, all its descendants, and the socket to the cockpit."""

    def __init__(self, line: socket.socket) -> None:
        self._line: socket.socket | None = line
        self._survives = False
        self._pid = 0
        self._status: int | None = None
        self._killed: set[int] = set()
        self._kills = False

    def run(self) -> None:
        """Run the command until it and all its descendants have ended."""
        asked, _, orders = self._asked().partition(b"\n")
        if not asked:
            return
        request = json.loads(asked)
        self._survives = request["survives"]
        self._kills = b"k" in orders
        wake, wakes = socket.socketpair()
        for end in (wake, wakes):
            end.setblocking(False)
        signal.set_wakeup_fd(wakes.fileno(), warn_on_full_buffer=False)
        for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT):
            # Not SIG_IGN: the command would inherit it.
            signal.signal(number, lambda *_: None)
        error = self._start(request)
        if error:
            self._say(f"error {error}")
            return
        null = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(null, stream)
        self._say(f"pid {self._pid} {_started(self._pid)}")
        self._watch(wake)

    def _asked(self) -> bytes:
        assert self._line is not None, "nothing was lost yet"
        asked = b""
        while b"\n" not in asked and (data := self._line.recv(1 << 16)):
            asked += data
        return asked

    def _start(self, request: dict[str, Any]) -> str:
        """Start the command; return the errno and its path if that fails, else an empty text."""
        # Both ends of the pipe close when the command is executed.
        reads, writes = os.pipe()
        self._pid = os.fork()
        if not self._pid:
            self._become(request, writes)
        os.close(writes)
        with open(reads, "rb") as failed:
            return failed.read().decode(errors="surrogateescape")

    def _become(self, request: dict[str, Any], failed: int) -> NoReturn:
        where = request["cwd"]
        try:
            os.setsid()
            for ignored in (signal.SIGPIPE, signal.SIGXFSZ):
                signal.signal(ignored, signal.SIG_DFL)
            if where:
                os.chdir(where)
            where = request["argv"][0]
            os.execvpe(where, request["argv"], request["env"])
        except (OSError, ValueError) as error:
            os.write(failed, f"{getattr(error, 'errno', None) or 22} {where}".encode(errors="surrogateescape"))
        os._exit(127)

    def _watch(self, wake: socket.socket) -> None:
        """Wait for the command, then for its remaining processes; kill them after LINGER_S."""
        last = 0.0
        while self._reap():
            now = time.monotonic()
            if self._status is not None and not last:
                last = now + LINGER_S
            late = bool(last) and now >= last
            if late or self._kills:
                self._kill()
            if late and now >= last + KILL_S:
                break
            pause = AGAIN_S if late or self._kills else max(last - now, 0.0) if last else None
            heard, _, _ = select.select([wake, *([self._line] if self._line else [])], [], [], pause)
            if wake in heard:
                with contextlib.suppress(OSError):
                    wake.recv(4096)
            if self._line in heard:
                self._obey()
        self._say(f"left {len(self._killed - {self._pid})}")

    def _reap(self) -> bool:
        """Reap ended processes; return whether any are left."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return False
            if pid == 0:
                return True
            if pid == self._pid:
                self._status = os.waitstatus_to_exitcode(status)
                self._say(f"exit {self._status}")

    def _obey(self) -> None:
        assert self._line is not None, "select returned it"
        try:
            command = self._line.recv(64)
        except OSError:
            command = b""
        if not command:
            # The cockpit is gone. A step continues, so that it is not torn in the middle; other commands end.
            self._line = None
            self._kills = self._kills or not self._survives
        if b"t" in command and self._status is None:
            with contextlib.suppress(OSError):
                os.killpg(self._pid, signal.SIGTERM)
        self._kills = self._kills or b"k" in command

    def _kill(self) -> None:
        for pid in _below(os.getpid()):
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
                self._killed.add(pid)

    def _say(self, words: str) -> None:
        if self._line is not None:
            with contextlib.suppress(OSError):
                self._line.sendall(words.encode(errors="surrogateescape") + b"\n")


def _below(pid: int) -> set[int]:
    """Return every descendant of a process that is not a zombie."""
    children: dict[int, list[int]] = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            state, parent, _ = _stat(int(name))
            if state not in "ZX":
                children.setdefault(parent, []).append(int(name))
    descendants: set[int] = set()
    rest = [pid]
    while rest:
        below = children.get(rest.pop(), [])
        descendants.update(below)
        rest += below
    return descendants


def _started(pid: int) -> int:
    """Return when a process started, in clock ticks since the machine started."""
    return _stat(pid)[2]


def _stat(pid: int) -> tuple[str, int, int]:
    try:
        with open(f"/proc/{pid}/stat", errors="replace") as file:
            fields = file.read().rpartition(")")[2].split()
    except OSError:
        return "X", 0, 0
    return fields[0], int(fields[1]), int(fields[19])


def main() -> None:
    """Supervise the command that the socket requests."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    line = socket.socket(fileno=int(sys.argv[1]))
    line.set_inheritable(False)
    Supervisor(line).run()


if __name__ == "__main__":
    main()

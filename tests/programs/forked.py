"""Python programs that start within milliseconds: forked from a process that has imported mmcockpit already.

Each is a process of its own and a child of the test's, with the arguments, environment, folder, files and terminal
that it was given. What is not started here: tests that measure a start, and programs behind a shell or tmux.
"""

import atexit
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from tests.programs.terminals import own_terminal
from tests.servers.wait import PATIENCE_S

REPOSITORY = Path(__file__).parents[2]
PLAIN_LOCALES = frozenset({"", "C", "POSIX", "C.UTF-8"})


class Program(subprocess.Popen[Any]):
    """A `Popen` that forks `python -m MODULE …` where that is the same as to execute it, else executes it.

    Of `preexec_fn` it knows `own_terminal`.
    """

    def _execute_child(self, args: Any, executable: Any, *rest: Any) -> None:
        preexec_fn, _, pass_fds, cwd, env, _, _, shell, *pipes = rest[:14]
        p2cread, _, _, c2pwrite, _, errwrite = pipes
        env = os.environ if env is None else env
        if (
            not isinstance(args, Sequence)
            or not _is_module(args)
            or not _same_interpreter(env)
            or (executable, bool(pass_fds), shell) != (None, False, False)
            or preexec_fn not in (None, own_terminal)
            or not os.path.isdir(cwd or ".")
        ):
            super()._execute_child(args, executable, *rest)  # type: ignore[misc]
            return
        request = {
            "module": args[2],
            "argv": [os.fspath(word) for word in args[3:]],
            "env": dict(env),
            "cwd": os.path.abspath(cwd or "."),
            "session": rest[-2],
            "terminal": preexec_fn is own_terminal,
        }
        fds = [own if given == -1 else given for own, given in enumerate((p2cread, c2pwrite, errwrite))]
        try:
            self.pid = _parent().fork(request, fds)
            self._child_created = True
        finally:
            self._close_pipe_fds(*pipes)  # type: ignore[attr-defined]


def run_program(
    argv: Sequence[str],
    *,
    env: Mapping[str, str] | None = None,
    cwd: str | Path | None = None,
    timeout: float = PATIENCE_S,
) -> subprocess.CompletedProcess[str]:
    """Run a program to its end, without a terminal; return its exit code and output as text."""
    with Program(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env, cwd=cwd) as program:
        try:
            out, err = program.communicate(timeout=timeout)
        except BaseException:
            program.kill()
            raise
    return subprocess.CompletedProcess(argv, program.returncode, out, err)


def _is_module(args: Sequence[str]) -> bool:
    return sys.platform == "linux" and len(args) > 2 and list(args[:2]) == [sys.executable, "-m"]


def _same_interpreter(env: Mapping[str, str]) -> bool:
    """Return whether an interpreter with this environment is as the one that forks."""
    own = {name: value for name, value in env.items() if name.startswith(("PYTHON", "TEXTUAL")) and value}
    ours = {name: value for name, value in os.environ.items() if name.startswith(("PYTHON", "TEXTUAL")) and value}
    for one in (own, ours):
        if one.get("PYTHONPATH") == os.fspath(REPOSITORY):
            del one["PYTHONPATH"]
    return own == ours and all(env.get(name, "") in PLAIN_LOCALES for name in ("LANG", "LC_ALL", "LC_CTYPE"))


class _ForkParent:
    """The process that forks; it ends when this one does."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._line, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.programs.fork_parent", str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                env={**os.environ, "PYTHONPATH": os.fspath(REPOSITORY)},
                cwd=REPOSITORY,
                pass_fds=[theirs.fileno()],
            )

    def fork(self, request: Mapping[str, Any], fds: Sequence[int]) -> int:
        """Return the process id of the new program, a child of this process."""
        content = json.dumps(request).encode()
        with self._lock:
            socket.send_fds(self._line, [len(content).to_bytes(4, "big")], fds)
            self._line.sendall(content)
            reply = self._line.recv(4)
        assert len(reply) == 4, "the process that forks has ended"
        return int.from_bytes(reply, "big")

    def close(self) -> None:
        self._line.close()
        self._process.wait(60)


@cache
def _parent() -> _ForkParent:
    made = _ForkParent()
    atexit.register(made.close)
    return made

"""The process that has imported mmcockpit and forks: `python -m tests.programs.fork_parent FD` of a socket.

A request is a line of JSON behind its length, with the three standard files; the reply is the process id.
"""

import ctypes
import gc
import io
import json
import os
import platform
import runpy
import signal
import socket
import sys
import time
from typing import Any

from tests.programs.imports import import_all
from tests.programs.terminals import own_terminal

CLONE_PARENT = 0x8000
CLONE = {"x86_64": 56, "aarch64": 220}
"""The number of the system call, which C libraries do not offer without a stack of its own."""
STANDARD_FILES = (
    ("stdin", "r", "surrogateescape"),
    ("stdout", "w", "surrogateescape"),
    ("stderr", "w", "backslashreplace"),
)


def fork_sibling() -> int:
    """Fork a process whose parent is the parent of this one; return its id, 0 in the new process."""
    # PyDLL keeps the lock of the interpreter, as os.fork does.
    library = ctypes.PyDLL(None, use_errno=True)
    ctypes.pythonapi.PyOS_BeforeFork()
    pid = int(library.syscall(CLONE[platform.machine()], CLONE_PARENT | signal.SIGCHLD, 0, 0, 0, 0))
    if pid:
        ctypes.pythonapi.PyOS_AfterFork_Parent()
    else:
        ctypes.pythonapi.PyOS_AfterFork_Child()
    if pid < 0:
        raise OSError(ctypes.get_errno(), "clone")
    return pid


def receive(line: socket.socket) -> tuple[dict[str, Any], list[int]] | None:
    """Return the next request and its files; None at the end."""
    head, fds, _, _ = socket.recv_fds(line, 4, 3)
    if len(head) < 4:
        return None
    content = bytearray()
    while len(content) < int.from_bytes(head, "big"):
        block = line.recv(1 << 16)
        if not block:
            return None
        content += block
    request: dict[str, Any] = json.loads(content)
    return request, fds


def requested(line: socket.socket) -> dict[str, Any]:
    """Fork for every request; return it in the new process. This process exits when the socket closes."""
    while True:
        received = receive(line)
        if received is None:
            sys.exit(0)
        request, fds = received
        pid = fork_sibling()
        if not pid:
            line.close()
            for number, fd in enumerate(fds):
                os.dup2(fd, number)
            os.closerange(3, max(fds) + 1)
            return request
        line.sendall(pid.to_bytes(4, "big"))
        for fd in fds:
            os.close(fd)


def become(request: dict[str, Any]) -> None:
    """Be as a Python that was executed with these arguments."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if request["session"]:
        os.setsid()
    if request["terminal"]:
        own_terminal()
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["env"])
    time.tzset()
    sys.path[0] = request["cwd"]
    for fd, (name, mode, errors) in enumerate(STANDARD_FILES):
        file = _text(fd, mode, errors)
        setattr(sys, name, file)
        setattr(sys, f"__{name}__", file)


def _text(fd: int, mode: str, errors: str) -> io.TextIOWrapper:
    lines = fd == 2 or os.isatty(fd) or bool(os.environ.get("PYTHONUNBUFFERED"))
    binary = open(fd, f"{mode}b", closefd=False)  # noqa: SIM115
    return io.TextIOWrapper(binary, "utf-8", errors, line_buffering=lines, write_through=lines)


def main() -> None:
    """Serve requests; in each new process, run the requested module as `python -m` does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    import_all()
    gc.collect()
    gc.freeze()
    with socket.socket(fileno=int(sys.argv[1])) as line:
        request = requested(line)
    become(request)
    sys.argv = [request["module"], *request["argv"]]
    runpy.run_module(request["module"], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()

"""A command that leaves a process running that outlives it."""

import os
import sys
from pathlib import Path

LEAVES = """\
import os, sys, time
file, how, stays = sys.argv[1:]
reads, writes = os.pipe()
if os.fork() == 0:
    if how != "child":
        os.setsid()
        if os.fork():
            os._exit(0)
    null = os.open(os.devnull, os.O_RDWR)
    for number in range(3):
        os.dup2(null, number)
    with open(file, "a") as pids:
        pids.write(f"{os.getpid()}\\n")
    os.write(writes, b".")
    if how == "bare":
        os.execve("/bin/sleep", ["sleep", "600"], {})
    time.sleep(600)
os.read(reads, 1)
print("left it", flush=True)
if stays == "stays":
    time.sleep(600)
"""
"""Leaves a child, a daemon (its own session, its parent gone), or one without any environment; then ends or stays."""

HOWS = ("child", "daemon", "bare")


def leaves(pids: Path, how: str, stays: bool = False) -> tuple[str, ...]:
    """Return the words of such a command, which writes the process it leaves into a file."""
    return (sys.executable, "-c", LEAVES, os.fspath(pids), how, "stays" if stays else "ends")


def left_alive(pids: Path) -> list[int]:
    """Return which of the processes in the file live."""
    found = []
    for pid in map(int, pids.read_text().split()):
        try:
            state = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()[0]
        except OSError:
            continue
        if state not in "ZX":
            found.append(pid)
    return found

"""Freezing a family of processes of which one ends meanwhile."""

import os
import signal
import subprocess
from pathlib import Path

from mmcockpit.simulator.servers.frozen import freeze, thaw
from tests.servers.wait import wait_until


def state(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def test_a_child_that_ends_while_its_family_is_frozen_is_no_error() -> None:
    with subprocess.Popen(["sh", "-c", "sleep 600 & sleep 600 & wait"], start_new_session=True) as parent:
        try:
            children = Path(f"/proc/{parent.pid}/task/{parent.pid}/children")
            wait_until(lambda: len(children.read_text().split()) == 2, "both children run")
            first, second = map(int, children.read_text().split())
            freeze(parent.pid)
            wait_until(lambda: [state(pid) for pid in (parent.pid, first, second)] == ["T"] * 3, "all are frozen")
            os.kill(first, signal.SIGKILL)
            wait_until(lambda: state(first) == "Z", "the first child has ended")
            thaw(parent.pid)
            wait_until(lambda: children.read_text().split() == [str(second)], "its parent has taken note")
            wait_until(lambda: state(second) == "S", "the second child continues")
        finally:
            os.killpg(parent.pid, signal.SIGKILL)
    thaw(parent.pid)

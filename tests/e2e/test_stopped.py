"""A process that is stopped and continued, by a shell's job control or from another terminal, keeps its screen."""

import os
import signal
import termios

import pytest

from mmcockpit.simulator.servers.valkey import Valkey
from tests.e2e.cockpits import light
from tests.e2e.pty_session import Place, in_order, leave, until


def stopped(pid: int) -> bool:
    """Return whether a process does not run."""
    with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
        return file.read().rpartition(") ")[2].startswith("T")


@pytest.mark.parametrize("how", [signal.SIGSTOP, signal.SIGTSTP])
def test_a_stopped_cockpit_draws_everything_anew_reads_keys_and_restores_the_terminal(
    place: Place, valkey: Valkey, how: signal.Signals
) -> None:
    with place.open("run", light(place, valkey.url)) as program:
        before = termios.tcgetattr(program.fd)[3]
        program.wait_for(r"\[\+\] clients")
        in_order(program)
        pid = program.process.pid
        for _ in range(2):
            os.kill(pid, how)
            until(program, lambda: stopped(pid), "it is stopped")
            with open(f"/proc/{pid}/fd/2", "wb", buffering=0) as terminal:
                terminal.write(b"\x1b[Hshell$ a line of the shell")
            program.wait_for("shell[$] a line")
            os.kill(pid, signal.SIGCONT)
            program.wait_for(r"^ LIVE TEST ")
            assert "shell$" not in program.text()
        program.press("\x1b[B" * 12)
        program.wait_for(r"> \[ \] +11 Keys")
        assert leave(program) == 0
        assert termios.tcgetattr(program.fd)[3] == before

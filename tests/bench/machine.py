"""The machine that measures: on which core a program runs, and whether others used the machine meanwhile."""

import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

TICK_HZ = os.sysconf("SC_CLK_TCK")
QUIET = 0.1
"""The most of a core that other programs may use for a verdict."""
LOAD = 0.7
"""The highest load average with which a measurement may begin."""


class Machine:
    """Tells from its beginning on how much of the machine other programs use."""

    def __init__(self) -> None:
        self.load = os.getloadavg()[0]
        self._began, self._busy, self._own = _uptime_s(), _busy_s(), _own_s()

    @property
    def others(self) -> float:
        """The share of one core that other programs have used so far; programs that still run count as others."""
        passed = max(_uptime_s() - self._began, 1e-6)
        return max((_busy_s() - self._busy) - (_own_s() - self._own), 0.0) / passed

    @property
    def quiet(self) -> bool:
        """Whether the machine was idle at the beginning, and its figures so allow a verdict."""
        return self.load <= LOAD

    def report(self) -> str:
        """Return the load averages, and what other programs used, in one line."""
        loads = " ".join(f"{one:.2f}" for one in os.getloadavg())
        others = f"other programs used {self.others:.2f} cores"
        return f"load average {self.load:.2f} at the start, {loads} at the end; {others}"


@contextmanager
def on_another_core() -> Iterator[None]:
    """Start programs on the last core, so that the terminal that measures them has another one."""
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, cores[-1:])
    try:
        yield
    finally:
        os.sched_setaffinity(0, cores)


def _busy_s() -> float:
    """Return the CPU seconds that all programs have used: user, nice, system, interrupts, stolen."""
    fields = Path("/proc/stat").read_text(encoding="ascii").split("\n", 1)[0].split()[1:]
    return sum(int(fields[n]) for n in (0, 1, 2, 5, 6, 7)) / TICK_HZ


def _own_s() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def _uptime_s() -> float:
    return float(Path("/proc/uptime").read_text(encoding="ascii").split()[0])

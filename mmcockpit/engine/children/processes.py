"""Identifies processes by number and start time, because the system reuses process numbers."""

import os
from contextlib import suppress
from pathlib import Path

BOOT = Path("/proc/sys/kernel/random/boot_id")


def start_of(ticks: int) -> str:
    """Return when a process started: the boot ID, and clock ticks since boot."""
    boot = ""
    with suppress(OSError):
        boot = BOOT.read_text(encoding="ascii").strip()
    return f"{boot}+{ticks}"


def still_runs(pid: int, started: str) -> bool:
    """Return whether exactly this process still runs on this machine."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
    except OSError:
        return False
    return fields[0] not in "ZX" and start_of(int(fields[19])) == started


def this_host() -> str:
    """Return the name of this machine."""
    return os.uname().nodename

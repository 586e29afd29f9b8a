"""A small disk that a database can fill."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from mmcockpit.simulator.servers.postgres import UNPRIVILEGED


@dataclass(frozen=True)
class SmallDisk:
    """A file system of 8 MB in memory, which the user of a PostgreSQL owns."""

    folder: Path

    def fill(self) -> None:
        """Leave no room."""
        with open(self.folder / "filler", "wb", buffering=0) as file:
            try:
                while file.write(bytes(65_536)):
                    pass
            except OSError:
                return

    def grow(self) -> None:
        """Make it 64 MB."""
        assert mount(self.folder, "remount,size=64m")


def mount(folder: Path, options: str) -> bool:
    """Mount a file system in memory; return whether that is permitted."""
    return subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder], check=False).returncode == 0


@contextmanager
def mounted_disk() -> Iterator[SmallDisk]:
    """Mount a small disk, which only root can, and remove it afterwards."""
    if os.geteuid() != 0:
        pytest.skip("NOT TESTED: only root can mount a small disk")
    folder = Path(tempfile.mkdtemp(prefix="mmcockpit-disk-", dir="/tmp"))
    try:
        if not mount(folder, "size=8m,mode=700"):
            pytest.skip("NOT TESTED: mounting is not allowed here")
        shutil.chown(folder, UNPRIVILEGED)
        try:
            yield SmallDisk(folder)
        finally:
            subprocess.run(["umount", folder], check=True)
    finally:
        folder.rmdir()

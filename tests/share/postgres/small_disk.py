"""A small disk that a database can fill."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from mmcockpit.simulator.servers.postgres import UNPRIVILEGED
from tests.servers.needs import need


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
    need(os.geteuid() == 0 or None, "a full disk of the database needs root, to mount a small one")
    folder = Path(tempfile.mkdtemp(prefix="mmcockpit-disk-", dir="/tmp"))
    try:
        need(mount(folder, "size=8m,mode=700") or None, "a full disk of the database needs the right to mount one")
        shutil.chown(folder, UNPRIVILEGED)
        try:
            yield SmallDisk(folder)
        finally:
            subprocess.run(["umount", folder], check=True)
    finally:
        folder.rmdir()

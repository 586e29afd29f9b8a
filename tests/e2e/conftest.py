"""A place of its own for every test, another machine, the shared store, and a small disk."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from mmcockpit.simulator.servers.postgres import Postgres
from tests.e2e.pty_session import Place
from tests.servers.needs import need
from tests.share.postgres.stores import StoreDatabase, installed_database


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


@pytest.fixture
def elsewhere(tmp_path: Path) -> Place:
    """Another machine: no file of the driver's is there."""
    return Place(tmp_path / "elsewhere")


@pytest.fixture(scope="module")
def store_database(postgres: Postgres) -> Iterator[StoreDatabase]:
    with installed_database(postgres.dsn) as database:
        yield database


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Give a file system of half a megabyte; only root may mount one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=512k,mode=700", "tmpfs", os.fspath(folder)]
    mounted = os.geteuid() == 0 and subprocess.run(mount, capture_output=True, check=False).returncode == 0
    need(mounted or None, "a full disk: only root may mount a small one")
    yield folder
    subprocess.run(["umount", "--lazy", os.fspath(folder)], check=True)

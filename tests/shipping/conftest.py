"""A place of its own for every test, and one build of the package for all of them."""

import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.e2e.pty_session import REPOSITORY, Place
from tests.servers.needs import need
from tests.servers.wait import PATIENCE_S


class Built(NamedTuple):
    """The package as it is published, and the program that built it."""

    uv: str
    wheel: Path
    sdist: Path


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Build the source distribution, and the wheel from it, without a network."""
    uv = Path(sys.executable).with_name("uv")
    need(uv if uv.exists() else None, "no uv beside this Python")
    folder = tmp_path_factory.mktemp("dist")
    argv = [os.fspath(uv), "build", "--quiet", "--offline", "--no-build-isolation", "--python", sys.executable]
    done = subprocess.run(
        [*argv, "--out-dir", os.fspath(folder), os.fspath(REPOSITORY)],
        capture_output=True,
        text=True,
        timeout=2 * PATIENCE_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (wheel,), (sdist,) = folder.glob("*.whl"), folder.glob("*.tar.gz")
    return Built(os.fspath(uv), wheel, sdist)

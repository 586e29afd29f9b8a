"""Folders for the demos of the tests."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder with a short name that the database's account can reach."""
    made = Path(tempfile.mkdtemp(prefix="mm-"))
    made.chmod(0o711)
    yield made
    shutil.rmtree(made, ignore_errors=True)

"""A place of its own for every test, and one wheel for all of them."""

from pathlib import Path

import pytest

from tests.e2e.pty_session import Place


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)

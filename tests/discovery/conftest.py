"""Fixtures of the tests of `init --discover`."""

from pathlib import Path

import pytest

from tests.discovery.command import Program


@pytest.fixture
def program(tmp_path: Path) -> Program:
    return Program(tmp_path / "shop")

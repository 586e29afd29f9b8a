"""What the tests of shared sessions share."""

from pathlib import Path

import pytest


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    """The path of a new session's journal."""
    return tmp_path / "20261206T020000Z-test-0000" / "journal.jsonl"

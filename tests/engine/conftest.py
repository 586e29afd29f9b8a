"""What the tests of the engine share."""

from pathlib import Path

import pytest

from tests.engine.virtual_time import VIRTUAL_TIME


@pytest.fixture(scope="module")
def anyio_backend(request: pytest.FixtureRequest) -> object:
    """Give the tests of a module with the mark `virtual_time` a loop that does not depend on the machine."""
    return VIRTUAL_TIME if request.node.get_closest_marker("virtual_time") else "asyncio"


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    """The path of a new session's journal."""
    return tmp_path / "20261206T020000Z-test-0000" / "journal.jsonl"

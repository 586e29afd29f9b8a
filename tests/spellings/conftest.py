"""A control plane for the spellings alone."""

from collections.abc import Iterator

import pytest

from tests.conftest import started_plane
from tests.servers.control_plane import ControlPlane


@pytest.fixture(scope="package")
def control_plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """Give a cluster that ends with these tests: its controllers would spend a minute on deleting their namespaces."""
    yield from started_plane(tmp_path_factory)

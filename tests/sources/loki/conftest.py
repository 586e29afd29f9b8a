"""A real Loki for the tests of this folder; each test has a tenant of its own."""

from collections.abc import Iterator

import pytest

from tests.servers.loki.server import Loki, require_loki


@pytest.fixture(scope="module")
def loki(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loki]:
    require_loki()
    with Loki(tmp_path_factory.mktemp("loki")) as server:
        yield server

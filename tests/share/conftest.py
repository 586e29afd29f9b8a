"""The store of the tests: one database for all of them; each test has sessions of its own."""

from collections.abc import Iterator

import pytest

from mmcockpit.simulator.servers.postgres import Postgres
from tests.share.postgres.stores import StoreDatabase, installed_database


@pytest.fixture(scope="session")
def store_database(postgres: Postgres) -> Iterator[StoreDatabase]:
    with installed_database(postgres.dsn) as database:
        yield database


@pytest.fixture
def session_id(request: pytest.FixtureRequest) -> str:
    """Return the id of a session that no other test uses."""
    return f"session-{abs(hash(request.node.nodeid)):x}"

"""The store of the tests: one database for all of them; each test has sessions of its own."""

import asyncio
from collections.abc import Iterator

import pytest

from mmcockpit.share.postgres.installation import install
from mmcockpit.simulator.servers.postgres import Postgres
from tests.share.postgres.stores import StoreDatabase, grant_rights, made_database


@pytest.fixture(scope="session")
def store_database(postgres: Postgres) -> Iterator[StoreDatabase]:
    with made_database(postgres.dsn) as database:
        asyncio.run(install(lambda: database.admin, lambda text: text))
        grant_rights(database)
        yield database


@pytest.fixture
def session_id(request: pytest.FixtureRequest) -> str:
    """Return the id of a session that no other test uses."""
    return f"session-{abs(hash(request.node.nodeid)):x}"

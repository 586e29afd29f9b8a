"""What a driver without a screen polls, and where it is shared."""

import asyncio
from collections.abc import Iterator

import pytest

from mmcockpit.share.postgres.installation import install
from mmcockpit.simulator.servers.postgres import Postgres
from tests.servers.http import Answer, HttpServer
from tests.share.postgres.stores import StoreDatabase, grant_rights, made_database


@pytest.fixture
def site() -> Iterator[HttpServer]:
    with HttpServer() as server:
        server.answers["/"] = Answer(200, "up")
        yield server


@pytest.fixture(scope="module")
def store_database(postgres: Postgres) -> Iterator[StoreDatabase]:
    with made_database(postgres.dsn) as database:
        asyncio.run(install(lambda: database.admin, lambda text: text))
        grant_rights(database)
        yield database

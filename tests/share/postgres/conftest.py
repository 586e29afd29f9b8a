"""Databases and disks that one test changes."""

from collections.abc import Iterator

import pytest

from mmcockpit.simulator.servers.postgres import Postgres
from tests.share.postgres.small_disk import SmallDisk, mounted_disk
from tests.share.postgres.stores import StoreDatabase, made_database


@pytest.fixture
def database(postgres: Postgres) -> Iterator[StoreDatabase]:
    """Give an empty database with logins that have no right yet."""
    with made_database(postgres.dsn) as made:
        yield made


@pytest.fixture
def small_disk() -> Iterator[SmallDisk]:
    with mounted_disk() as disk:
        yield disk

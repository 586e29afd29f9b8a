"""The productions of the tables: one good one and one broken one for all tests of this folder."""

from collections.abc import Iterator

import pytest

from mmcockpit.simulator.servers.alertmanager import Alertmanager
from mmcockpit.simulator.servers.postgres import Postgres
from mmcockpit.simulator.servers.prometheus import Prometheus
from mmcockpit.simulator.servers.valkey import Valkey
from tests.conftest import started_plane
from tests.items.broken import BrokenProduction
from tests.items.production import Production
from tests.servers.control_plane import ControlPlane
from tests.servers.needs import need


@pytest.fixture(scope="package")
def control_plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """Give a cluster that ends with these tests: no others use it."""
    yield from started_plane(tmp_path_factory)


@pytest.fixture(scope="package")
def production(tmp_path_factory: pytest.TempPathFactory, control_plane: ControlPlane) -> Iterator[Production]:
    """Give a production in which nothing is wrong."""
    for program in (Prometheus, Alertmanager, Valkey):
        need(program.binary(), f"no {program.name}: run `make servers`")
    need(Postgres.binaries(), "no PostgreSQL server")
    with Production(tmp_path_factory.mktemp("production"), control_plane) as made:
        yield made


@pytest.fixture(scope="package")
def broken(tmp_path_factory: pytest.TempPathFactory, production: Production) -> Iterator[BrokenProduction]:
    """Give one in which everything is wrong."""
    with BrokenProduction(tmp_path_factory.mktemp("broken"), production.plane, production.kubelet) as made:
        yield made

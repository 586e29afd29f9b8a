"""The shop, for all tests of this folder: they leave it healthy."""

from collections.abc import Iterator

import pytest

from mmcockpit.simulator.servers.alertmanager import Alertmanager
from mmcockpit.simulator.servers.postgres import Postgres
from mmcockpit.simulator.servers.prometheus import Prometheus
from mmcockpit.simulator.servers.valkey import Valkey
from tests.conftest import started_plane
from tests.servers.control_plane import ControlPlane
from tests.servers.needs import need
from tests.shop.world import World


@pytest.fixture(scope="package")
def control_plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """Give a cluster that ends with these tests: with the others of its group, they would take the longest."""
    yield from started_plane(tmp_path_factory)


@pytest.fixture(scope="package")
def shop(control_plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    need(Valkey.binary(), "no valkey-server")
    need(Postgres.binaries(), "no PostgreSQL server")
    need(Prometheus.binary(), "no prometheus: run `make servers`")
    need(Alertmanager.binary(), "no prometheus-alertmanager: run `make servers`")
    with World(tmp_path_factory.mktemp("shop"), control_plane) as world:
        yield world

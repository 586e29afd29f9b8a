"""When the lists of an Alertmanager prove something: not right after its start, nor without a Prometheus that sends."""

import asyncio
import email.utils
import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mmcockpit.core.model.reading import FaultKind, Reading
from mmcockpit.simulator.servers.alertmanager import Alertmanager
from mmcockpit.simulator.servers.prometheus import Prometheus
from mmcockpit.sources.alertmanager.source import AlertmanagerSource
from mmcockpit.sources.common.contract import Source
from mmcockpit.sources.prometheus.source import PrometheusSource
from tests.conftest import PrometheusFactory
from tests.servers.http import Answer, HttpServer
from tests.sources.polling import answer, answer_until, fault, opened, probe

pytestmark = pytest.mark.anyio


def telling(source: Source, *senders: Source) -> Source:
    assert isinstance(source, AlertmanagerSource)
    prometheis = [one for one in senders if isinstance(one, PrometheusSource)]
    source.completeness.senders = lambda: prometheis
    return source


@pytest.mark.parametrize("name", ["alerts", "silences"])
async def test_a_fresh_alertmanager_proves_nothing(tmp_path: Path, alertmanager: Alertmanager, name: str) -> None:
    with Alertmanager(tmp_path) as fresh:
        async with opened("alertmanager", url=fresh.url) as source:
            found = await fault(probe("alertmanager", source, name, {}))
            assert (found.kind, "Alertmanager started" in found.message) == (FaultKind.NO_DATA, True), found
            assert "complete 2m after its start" in found.message
        async with opened("alertmanager", url=fresh.url, resend_every="0s") as source:
            read = await answer(probe("alertmanager", source, name, {}))
            assert isinstance(read, Reading)
            assert (read.value, read.remark) == ([], "sender not verified" if name == "alerts" else "")


@pytest.fixture
def quiet(tmp_path: Path, alertmanager: Alertmanager) -> Iterator[Alertmanager]:
    """Give an Alertmanager that no other test sends to; the shared one shows whether there is a program."""
    with Alertmanager(tmp_path / "quiet") as server:
        yield server


async def test_a_prometheus_must_send_to_it(quiet: Alertmanager, prometheus_factory: PrometheusFactory) -> None:
    def started() -> tuple[Prometheus, Prometheus]:
        return prometheus_factory(alertmanagers=(quiet.url,)), prometheus_factory()

    sending, silent = await asyncio.to_thread(started)
    async with (
        opened("prometheus", url=sending.url) as right,
        opened("prometheus", url=silent.url) as wrong,
        opened("prometheus", url="http://127.0.0.1:1") as gone,
        opened("alertmanager", url=quiet.url.replace("127.0.0.1", "localhost"), resend_every="0s") as source,
    ):
        asking = probe("alertmanager", source, "alerts", {})
        telling(source, wrong)
        assert "sends alerts to no Alertmanager" in (await fault(asking)).message
        telling(source, gone)
        assert "connection refused" in (await fault(asking)).message
        telling(source, wrong, gone, right)
        read = await answer_until(asking, lambda read: isinstance(read, Reading))
        assert isinstance(read, Reading)
        assert (read.value, read.remark) == ([], "")


def status(**cluster: object) -> Answer:
    return Answer(body=json.dumps({"uptime": "2020-01-01T00:00:00Z", "cluster": cluster}), headers=DATE)


DATE = {"Date": email.utils.formatdate(time.time(), usegmt=True)}
PEERS = [{"name": str(n), "address": f"10.0.0.{n}:9094"} for n in range(3)]


async def test_a_cluster_that_settles_or_lacks_members_is_partial(http_server: HttpServer) -> None:
    http_server.answers = {
        "/api/v2/alerts": Answer(body="[]", headers=DATE),
        "/api/v2/silences": Answer(body="[]", headers=DATE),
        "/api/v2/status": status(status="settling", peers=[]),
    }
    async with (
        opened("alertmanager", url=http_server.url) as source,
        opened("alertmanager", url=http_server.url, peers=3) as counted,
    ):
        alerts, silences = (probe("alertmanager", source, name, {}) for name in ("alerts", "silences"))
        assert (await fault(alerts)).kind is FaultKind.PARTIAL
        http_server.answers["/api/v2/status"] = status(status="ready", peers=PEERS)
        assert isinstance(await answer(silences), Reading)
        http_server.answers["/api/v2/status"] = status(status="ready", peers=PEERS[:2])
        assert "2 of 3 Alertmanagers" in (await fault(silences)).message
        read = await answer(alerts)
        assert isinstance(read, Reading)
        assert "2 of 3 Alertmanagers" in read.remark
        assert (await fault(probe("alertmanager", counted, "alerts", {}))).kind is FaultKind.PARTIAL


async def test_an_alertmanager_known_by_another_name(http_server: HttpServer) -> None:
    http_server.answers = {
        "/api/v2/alerts": Answer(body="[]", headers=DATE),
        "/api/v2/status": status(status="ready", name="1", peers=PEERS),
        "/api/v1/alertmanagers": Answer(
            body='{"status":"success","data":{"activeAlertmanagers":[{"url":"http://10.9.9.9:9093/api/v2/alerts"}]}}'
        ),
    }
    async with opened("prometheus", url=http_server.url) as prometheus:
        for known_as, passes in ((["10.9.9.9:9093"], True), (["10.9.9.9"], True), ([], False)):
            async with opened("alertmanager", url=http_server.url, known_as=known_as) as source:
                telling(source, prometheus)
                read = await answer(probe("alertmanager", source, "alerts", {}))
                assert isinstance(read, Reading) is passes, read
                if not isinstance(read, Reading):
                    assert (
                        "only to 10.9.9.9:9093, not here: if this is one of them, list that under known_as"
                        in read.message
                    )
        http_server.answers["/api/v1/alertmanagers"] = Answer(
            body='{"status":"success","data":{"activeAlertmanagers":[{"url":"http://10.0.0.1:9093/api/v2/alerts"}]}}'
        )
        async with opened("alertmanager", url=http_server.url) as source:
            telling(source, prometheus)
            assert isinstance(await answer(probe("alertmanager", source, "alerts", {})), Reading)


async def test_a_name_that_does_not_resolve_is_the_reason(http_server: HttpServer) -> None:
    port = http_server.url.rpartition(":")[2]
    url = f"http://alertmanager.invalid:{port}/api/v2/alerts"
    http_server.answers = {
        "/api/v2/alerts": Answer(body="[]", headers=DATE),
        "/api/v2/status": status(status="ready"),
        "/api/v1/alertmanagers": Answer(
            body=f'{{"status":"success","data":{{"activeAlertmanagers":[{{"url":"{url}"}}]}}}}'
        ),
    }
    async with (
        opened("prometheus", url=http_server.url) as prometheus,
        opened("alertmanager", url=http_server.url) as source,
    ):
        telling(source, prometheus)
        message = (await fault(probe("alertmanager", source, "alerts", {}))).message
        assert "sender not verified: Prometheus sends alerts to alertmanager.invalid:" in message
        assert "; host name alertmanager.invalid does not resolve: " in message
        assert message.endswith("; if this is one of them, list that under known_as")

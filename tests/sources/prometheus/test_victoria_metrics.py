"""VictoriaMetrics as a Prometheus source: what it answers otherwise than Prometheus, by a real server."""

import time
from collections.abc import Iterator

import pytest

from mmcockpit.core.model.reading import Fault, FaultKind, ProbeError
from mmcockpit.sources.prometheus.systems import described, is_victoria_metrics
from tests.servers.go_programs import go_program
from tests.servers.http import Answer, HttpServer
from tests.servers.needs import need
from tests.servers.victoria_metrics import VictoriaMetrics
from tests.sources.polling import answer, fault, opened, poll_until, probe, value

pytestmark = [pytest.mark.anyio, pytest.mark.server, pytest.mark.xdist_group("victoria-metrics")]
STEP_S, COUNT = 30, 240


@pytest.fixture(scope="module")
def victoria_metrics(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VictoriaMetrics]:
    """Give a server with two hours of two series, one of which ended an hour ago, and a target that it scrapes."""
    need(go_program("victoria-metrics"), "no victoria-metrics: run `make servers`")
    with HttpServer() as shop:
        shop.answers["/metrics"] = Answer(body="shop_up 1\n", headers={"Content-Type": "text/plain"})
        folder = tmp_path_factory.mktemp("victoria-metrics")
        with VictoriaMetrics(folder, scrape=[f"127.0.0.1:{shop.port}"]) as server:
            start = int(time.time()) - STEP_S * COUNT
            ended = range(COUNT // 2)
            # The series that does not end has samples of the next ten minutes, so that none of them is too old.
            server.write(
                "".join(f"orders_total {n * 15} {(start + (n + 1) * STEP_S) * 1000}\n" for n in range(COUNT + 20))
                + "".join(f"ended_total {n} {(start + n * STEP_S) * 1000}\n" for n in ended)
            )
            yield server


async def test_queries_and_ranges_are_read_as_from_prometheus(victoria_metrics: VictoriaMetrics) -> None:
    async with opened("prometheus", url=victoria_metrics.url) as source:
        rate = probe("prometheus", source, "query", {"query": "sum(rate(orders_total[10m]))"}, fresh="orders_total")
        assert await value(rate) == pytest.approx(0.5, abs=0.1)
        history = await rate.history(time.time() - 3_600, time.time(), 300)  # type: ignore[attr-defined]
        assert len(history) >= 11
        assert await value(probe("prometheus", source, "query", {"query": "vector(7)"})) == 7.0
        kept = await value(probe("prometheus", source, "range", {"query": "orders_total", "over": "1h"}))
    assert kept


async def test_a_series_that_ended_is_stale_and_an_unknown_one_is_not_a_number(
    victoria_metrics: VictoriaMetrics,
) -> None:
    async with opened("prometheus", url=victoria_metrics.url) as source:
        ended = {"query": "sum(increase(ended_total[2h]))"}
        stale = await fault(probe("prometheus", source, "query", ended, fresh="ended_total"))
        assert (stale.kind, "ended 1h" in stale.message) == (FaultKind.STALE, True)
        typo = await answer(probe("prometheus", source, "query", {"query": "sum(rate(ordres_total[5m])) or vector(0)"}))
        assert isinstance(typo, Fault)
        assert "ordres_total" in typo.message
        broken = await fault(probe("prometheus", source, "query", {"query": "sum(orders_total"}))
        assert (broken.kind, "unexpected token" in broken.message) == (FaultKind.CONFIGURATION, True)


async def test_targets_are_listed_with_the_age_of_their_scrape(victoria_metrics: VictoriaMetrics) -> None:
    async with opened("prometheus", url=victoria_metrics.url) as source:
        polled = probe("prometheus", source, "targets", {"job": "app"})
        found = await poll_until(polled, lambda rows: bool(rows) and rows[0]["up"])
    assert found.value[0]["age_s"] < 60


@pytest.mark.parametrize(
    ("name", "args"),
    [("rules", {}), ("rules", {"names": ["A"]}), ("alert_rules", {}), ("alert_rules", {"names": ["A"]})],
)
async def test_no_rules_without_vmalert_is_a_fault_and_not_an_empty_list(
    victoria_metrics: VictoriaMetrics, name: str, args: dict[str, list[str]]
) -> None:
    async with opened("prometheus", url=victoria_metrics.url) as source:
        missing = await fault(probe("prometheus", source, name, args))
    assert (missing.kind, "use the address of vmalert" in missing.message) == (FaultKind.NOT_FOUND, True)


async def test_doctor_names_the_system_and_misses_nothing(victoria_metrics: VictoriaMetrics) -> None:
    async with opened("prometheus", url=victoria_metrics.url) as source:
        health = await source.check()
    assert (health.reachable, health.authorised, health.missing) == (True, True, ())
    assert health.version == "VictoriaMetrics (API of 2.24.0)"


async def test_a_server_that_does_not_know_its_member_is_not_asked_again(victoria_metrics: VictoriaMetrics) -> None:
    async with opened("prometheus", url=victoria_metrics.url) as source:
        with pytest.raises(ProbeError) as error:
            await source.ask(5, lambda line: line.get("/api/v1/status/runtimeinfo", dict[str, object]))  # type: ignore[attr-defined]
    assert error.value.kind in (FaultKind.NOT_FOUND, FaultKind.QUERY)


async def test_a_server_that_dies_is_a_fault(tmp_path_factory: pytest.TempPathFactory) -> None:
    need(go_program("victoria-metrics"), "no victoria-metrics: run `make servers`")
    with VictoriaMetrics(tmp_path_factory.mktemp("dying")) as server:
        async with opened("prometheus", url=server.url) as source:
            polled = probe("prometheus", source, "query", {"query": "vector(1)"})
            assert await value(polled) == 1.0
            server.kill()
            assert (await fault(polled)).kind in (FaultKind.REFUSED, FaultKind.UNREACHABLE)


PARTIAL = (
    '{"status":"success","isPartial":true,"data":{"resultType":"vector","result":[{"metric":{},"value":[1,"7"]}]}}'
)


@pytest.mark.parametrize("name", ["query", "range"])
async def test_a_partial_response_of_a_cluster_is_never_a_full_reading(http_server: HttpServer, name: str) -> None:
    for path in ("/api/v1/query", "/api/v1/query_range"):
        http_server.answers[path] = Answer(body=PARTIAL, headers={"Content-Type": "application/json"})
    args = {"query": "up"} if name == "query" else {"query": "up", "over": "1h"}
    async with opened("prometheus", url=http_server.url) as source:
        assert (await fault(probe("prometheus", source, name, args))).kind is FaultKind.PARTIAL


def test_only_its_build_information_is_taken_for_victoria_metrics() -> None:
    assert is_victoria_metrics({"version": "2.24.0"})
    assert described({"version": "2.24.0", "revision": "abc", "goVersion": "go1.15"}) == "2.24.0"
    assert not is_victoria_metrics({"version": "2.45.0"})

"""The probe `slo` of a real Prometheus: the same burn rates, budget and alerts as the rules of Sloth, else no data."""

import json
import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote
from urllib.request import urlopen

import pytest

from mmcockpit.core.model.reading import Fault, FaultKind, Reading
from mmcockpit.core.model.signal import Signal
from mmcockpit.core.words.numbers import number
from mmcockpit.core.words.values import value_cell
from mmcockpit.simulator.servers.process import HOST
from mmcockpit.simulator.servers.prometheus import Prometheus, ScrapeJob
from mmcockpit.sources.common.values import shape_of
from mmcockpit.sources.prometheus.slo import Slo
from mmcockpit.sources.prometheus.values import SloValue
from tests.conftest import PrometheusFactory
from tests.servers.http import Answer, HttpServer
from tests.servers.needs import need
from tests.servers.wait import wait_until
from tests.sources.polling import answer, fault, opened, probe, value
from tests.sources.prometheus.sloth import rule_file, sloth_rules

pytestmark = [pytest.mark.anyio, pytest.mark.server, pytest.mark.xdist_group("slo")]

OBJECTIVE, STEP_S, HOURS = 99.9, 60, 26
ERRORS = 'sum(rate(http_requests_total{job="shop",code=~"5.."}[$window]))'
TOTAL = 'sum(rate(http_requests_total{job="shop"}[$window]))'
BURNS = {"5m": "burn_5m", "30m": "burn_30m", "1h": "burn_1h", "6h": "burn_6h"}


def share(hours_ago: float) -> float:
    """Return the share of requests with an error: a sharp incident of 30 minutes, and a slow one of 4 hours."""
    return 0.1 if 14 < hours_ago <= 14.5 else 0.012 if 5 < hours_ago <= 9 else 0.0003


def samples(end: int) -> str:
    """Return two counters that are reset 3 hours ago and stop counting 40 minutes ago."""
    lines: dict[str, list[str]] = {"200": [], "500": []}
    counts = {"200": 0.0, "500": 0.0}
    for at in range(end - HOURS * 3600, end + 1, STEP_S):
        hours_ago = (end - at) / 3600
        if abs(hours_ago - 3) < STEP_S / 7200:
            counts = dict.fromkeys(counts, 0.0)
        new = 0.0 if hours_ago < 2 / 3 else 600.0 + 300 * math.sin((end - at) / 7_000)
        counts["500"] += new * share(hours_ago)
        counts["200"] += new * (1 - share(hours_ago))
        for code, count in counts.items():
            lines[code].append(f'http_requests_total{{job="shop",code="{code}"}} {count} {at}\n')
    return "# TYPE http_requests counter\n" + "".join("".join(one) for one in lines.values()) + "# EOF\n"


def objective(at: int) -> dict[str, Any]:
    """Return the objective of the shop, evaluated at a time of the past (Unix seconds)."""
    errors, total = (text.replace("[$window]", f"[$window] @ {at}") for text in (ERRORS, TOTAL))
    return {"objective": OBJECTIVE, "errors": errors, "total": total}


def moments(end: int) -> dict[str, int]:
    """Return the times at which probe and rules are compared, by the names of their SLOs: around each change."""
    hours_ago = (0.5, 0.7, 2.9, 4.5, 4.9, 5.5, 7.0, 8.5, 13.6, 13.98, 14.1, 14.33, 14.4, 15.0)
    return {f"t{number}": end - round(ago * 3600) for number, ago in enumerate(hours_ago)}


@contextmanager
def shop(folder: Path) -> Iterator[tuple[Prometheus, int]]:
    """Give a Prometheus with a day of requests, and the rules of Sloth for each moment; and the end of the data."""
    need(Prometheus.binary(), "no prometheus: run `make servers`")
    end = int(time.time()) // STEP_S * STEP_S
    groups = [group for name, at in moments(end).items() for group in sloth_rules(name, **objective(at))]
    server = Prometheus(folder, rules=rule_file(groups))
    server.backfill(samples(end))
    with server:
        yield server, end


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Prometheus, int]]:
    with shop(tmp_path_factory.mktemp("slo")) as started:
        yield started


def series(server: Prometheus, promql: str) -> dict[tuple[str, str], float]:
    """Return the numbers of an instant query by (SLO, window or severity)."""
    with urlopen(f"{server.url}/api/v1/query?query={quote(promql)}") as response:
        rows = json.load(response)["data"]["result"]
    return {
        (row["metric"]["sloth_slo"], row["metric"].get("sloth_window", row["metric"].get("sloth_severity", ""))): float(
            row["value"][1]
        )
        for row in rows
    }


def evaluated_since(server: Prometheus, moment: float) -> bool:
    """Return whether every alert rule was evaluated after a time (Unix seconds)."""
    with urlopen(f"{server.url}/api/v1/rules?type=alert") as response:
        groups = json.load(response)["data"]["groups"]
    times = [datetime.fromisoformat(rule["lastEvaluation"]) for group in groups for rule in group["rules"]]
    return all(each.timestamp() > moment for each in times)


async def test_burn_rates_budget_and_alerts_are_those_of_the_rules_of_sloth(day: tuple[Prometheus, int]) -> None:
    server, end = day
    names = moments(end)
    left = "slo:period_error_budget_remaining:ratio"
    wait_until(lambda: len(series(server, left)) == len(names), "every ratio is recorded")
    # Groups are evaluated at the time for which they were due, which may be some seconds ago.
    since = time.time() + 3
    wait_until(lambda: evaluated_since(server, since), "every alert is evaluated with them")
    ratios = series(server, '{__name__=~"slo:sli_error:ratio_rate.*"}')
    budgets = {name: one for (name, _), one in series(server, left).items()}
    alerts = set(series(server, 'ALERTS{alertstate="firing",sloth_severity="page"}'))
    told: dict[str, Any] = {}
    async with opened("prometheus", url=server.url) as source:
        for name, at in names.items():
            told[name] = await answer(probe("prometheus", source, "slo", objective(at)))
    read = {name: one.value for name, one in told.items() if isinstance(one, Reading)}
    without = {name: one for name, one in told.items() if isinstance(one, Fault)}
    assert len(read) == len(names) - 1
    for name, one in read.items():
        for window, key in BURNS.items():
            assert one[key] == pytest.approx(ratios[name, window] / 0.001, rel=1e-9), (name, window)
        assert one["budget_left"] == pytest.approx(budgets[name], rel=1e-9, abs=1e-12)
    assert {name for name, _ in alerts} == {name for name, one in read.items() if one["fast"] or one["slow"]}
    assert any(one["fast"] and not one["slow"] for one in read.values())
    assert any(one["slow"] and not one["fast"] for one in read.values())
    assert any(one["burn_1h"] > 14.4 and not one["fast"] for one in read.values()), "the short window ends the alarm"
    # No request in the last 5 minutes: Sloth has no alert, and the probe no value.
    assert {one.kind for one in without.values()} == {FaultKind.NO_DATA}
    assert {name for name in names if not math.isfinite(ratios.get((name, "5m"), math.nan))} == set(without)


async def test_a_window_of_another_length_has_the_factors_of_sloth_and_partial_data_is_marked(
    day: tuple[Prometheus, int],
) -> None:
    assert Slo(objective=99.9, errors=ERRORS, total=TOTAL).limits == pytest.approx((14.4, 6.0))
    assert Slo(objective=99.9, window="28d", errors=ERRORS, total=TOTAL).limits == pytest.approx((13.44, 5.6))
    server, end = day
    args = objective(end - 5 * 3600)
    async with opened("prometheus", url=server.url) as source:
        month = await value(probe("prometheus", source, "slo", args))
        five_days = await value(probe("prometheus", source, "slo", {**args, "window": "5d"}))
        assert month["burn_6h"] == five_days["burn_6h"]
        assert (month["slow"], five_days["slow"], five_days["fast"]) == (True, True, True)
        for read in (month, five_days):
            assert read["partial"]
            assert read["data_s"] == pytest.approx(HOURS * 3600, rel=0.12)
        assert month["budget_left"] < 0
        slow = f"slow burn: {number(month['burn_6h'], 'x')} over 6h, {number(month['burn_30m'], 'x')} over 30m"
        left = number(month["budget_left"], "ratio")
        assert month["reason"] == f"{slow} (must be < 6x); error budget of 30d used up: {left} left"


NEVER_GREEN = {
    "no traffic": ({}, "no events over 5m"),
    "no errors yet": ({"errors": ERRORS.replace("5..", "6..")}, "no series of errors over 5m; if there is none before"),
    "unknown total": ({"total": TOTAL.replace("http_", "htpt_")}, "(unknown series htpt_requests_total)"),
    "not aggregated": ({"total": "rate(http_requests_total[$window])"}, "total over 5m: several series; aggregate"),
    "NaN": ({"errors": "vector(NaN)"}, "errors over 5m is nan"),
    "negative": ({"errors": "vector(-1)", "total": "vector(1)"}, "errors over 5m is negative"),
}


@pytest.mark.parametrize("case", NEVER_GREEN)
async def test_what_proves_nothing_is_no_data(day: tuple[Prometheus, int], case: str) -> None:
    server, end = day
    changes, told = NEVER_GREEN[case]
    at = end if case == "no traffic" else end - 3600
    args = {name: str(text).replace("[$window]", f"[$window] @ {at}") for name, text in changes.items()}
    async with opened("prometheus", url=server.url) as source:
        found = await fault(probe("prometheus", source, "slo", {**objective(at), **args}))
    assert told in found.message
    assert found.kind in (FaultKind.NO_DATA, FaultKind.QUERY)


async def test_a_ratio_of_errors_is_divided_by_one(day: tuple[Prometheus, int]) -> None:
    server, end = day
    args = objective(end - 5 * 3600)
    ratio = {"objective": OBJECTIVE, "errors": f"{args['errors']} / {args['total']}", "total": "vector(1)"}
    async with opened("prometheus", url=server.url) as source:
        both = [await value(probe("prometheus", source, "slo", one)) for one in (args, ratio)]
    assert both[1]["burn_6h"] == pytest.approx(both[0]["burn_6h"], rel=1e-9)


async def test_a_prometheus_younger_than_the_burn_windows_has_no_data(
    prometheus_factory: PrometheusFactory, http_server: HttpServer
) -> None:
    """A server of a few seconds: what it has not recorded may have been errors."""
    text = 'http_requests_total{code="200"} 100\nhttp_requests_total{code="500"} 0\n'
    http_server.answers = {"/metrics": Answer(body=text, headers={"Content-Type": "text/plain"})}
    server = prometheus_factory(scrape=(ScrapeJob("shop", [f"{HOST}:{http_server.port}"]),))
    promql = quote("count_over_time(http_requests_total[1m]) > 2")
    wait_until(lambda: b'"500"' in urlopen(f"{server.url}/api/v1/query?query={promql}").read(), "two samples")
    total = f"{TOTAL} + 1"
    async with opened("prometheus", url=server.url) as source:
        asked = probe("prometheus", source, "slo", {"objective": OBJECTIVE, "errors": ERRORS, "total": total})
        found = await fault(asked)
    assert (found.kind, "of 6h recorded" in found.message) == (FaultKind.NO_DATA, True)


@pytest.mark.parametrize(
    ("partial", "shown"),
    [
        (False, "budget 62% left · burn 0.42x 1h, 14.4x 6h"),
        (True, "budget 62% left (of 12d recorded) · burn 0.42x 1h, 14.4x 6h"),
    ],
)
async def test_the_row_shows_budget_and_burn(partial: bool, shown: str) -> None:
    read = {"reason": "", "budget_left": 0.62, "burn_1h": 0.4213, "burn_6h": 14.4, "partial": partial}
    signal = Signal("s", "S", "prometheus", "slo", shape=shape_of(SloValue))
    assert value_cell({**read, "data_s": 12 * 86_400}, signal) == shown

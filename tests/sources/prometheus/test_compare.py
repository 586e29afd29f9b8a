"""The probe `compare` of a real Prometheus: what is worse, what is not, and what proves nothing."""

import random
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest

from mmcockpit.core.model.reading import FaultKind
from mmcockpit.core.model.signal import Signal
from mmcockpit.core.words.values import value_cell
from mmcockpit.simulator.servers.prometheus import Prometheus
from mmcockpit.sources import kind
from mmcockpit.sources.prometheus.compare.probe import WAY_OUT
from tests.servers.needs import need
from tests.sources.polling import fault, opened, probe, value

pytestmark = [pytest.mark.anyio, pytest.mark.server, pytest.mark.xdist_group("compare")]

STEP_S, MINUTES = 30, 120
SERIES = {"old": 1.0, "same": 1.0, "slow": 1.3, "fast": 0.7}
"""Versions and their latency, as factors."""
FAIL_SHARES = {"old": 0.01, "same": 0.01, "slow": 0.05}


def samples(end: int) -> str:
    """Return two hours of latencies by version; `late` began 10 minutes ago, `gone` ended 20 minutes ago."""
    source = random.Random(7)
    lines: dict[str, list[str]] = {"latency_seconds": [], "requests_total": []}
    counts: dict[tuple[str, str], float] = {}
    for at in range(end - MINUTES * 60, end + 1, STEP_S):
        for version, factor in SERIES.items():
            lines["latency_seconds"].append(f'latency_seconds{{v="{version}"}} {factor * source.gauss(1, 0.1)} {at}\n')
        ago = end - at
        flat = {"flat": 1.0, "level": 2.0, "nan": "NaN", "late": 1 + at % 7 if ago <= 600 else None}
        flat |= {"gone": 1 + at % 7 if ago >= 1200 else None, "step": source.gauss(2 if ago < 3600 else 1, 0.1)}
        lines["latency_seconds"] += [f'latency_seconds{{v="{v}"}} {x} {at}\n' for v, x in flat.items() if x is not None]
        for version, share in FAIL_SHARES.items():
            for code, new in (("500", 30 * share), ("200", 30 * (1 - share))):
                counts[version, code] = counts.get((version, code), 0.0) + new
                text = f'requests_total{{v="{version}",code="{code}"}} {counts[version, code]} {at}\n'
                lines["requests_total"].append(text)
    gauges, counters = (sorted(lines[name], key=lambda line: line.partition("}")[0]) for name in lines)
    return f"# TYPE latency_seconds gauge\n{''.join(gauges)}# TYPE requests counter\n{''.join(counters)}# EOF\n"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Prometheus, int]]:
    need(Prometheus.binary(), "no prometheus: run `make servers`")
    end = int(time.time())
    prometheus = Prometheus(tmp_path_factory.mktemp("compare"))
    prometheus.backfill(samples(end))
    with prometheus:
        yield prometheus, end


def latency(version: str) -> str:
    return f'latency_seconds{{v="{version}"}}'


def pair(candidate: str, baseline: str = "old", **more: Any) -> dict[str, Any]:
    return {"baseline": latency(baseline), "candidate": latency(candidate), "over": "1h", **more}


def counts(version: str, error: str = "5..") -> dict[str, str]:
    chosen = f'requests_total{{v="{version}"'
    errors, total = f'{chosen},code=~"{error}"}}[$window]', f"{chosen}}}[$window]"
    return {"errors": f"sum(increase({errors}))", "total": f"sum(increase({total}))"}


WORSE = {
    "slower": (pair("slow"), True),
    "the same": (pair("same"), False),
    "faster": (pair("fast"), False),
    "lower is worse": (pair("fast", direction="lower"), True),
    "both": (pair("fast", direction="both"), True),
    "one is constant": (pair("slow", "flat"), True),
    "errors": ({"kind": "counts", "baseline": counts("old"), "candidate": counts("slow"), "over": "1h"}, True),
    "same errors": ({"kind": "counts", "baseline": counts("old"), "candidate": counts("same"), "over": "1h"}, False),
}


@pytest.mark.parametrize("case", WORSE)
async def test_a_worse_candidate_is_found_and_no_other(server: tuple[Prometheus, int], case: str) -> None:
    args, worse = WORSE[case]
    async with opened("prometheus", url=server[0].url) as source:
        read = await value(probe("prometheus", source, "compare", args))
    assert (read["worse"], bool(read["reason"])) == (worse, worse), read
    assert min(read["baseline_n"], read["candidate_n"]) >= 59


async def test_the_row_shows_change_p_and_samples(server: tuple[Prometheus, int]) -> None:
    described = kind("prometheus").probes["compare"]
    args = pair("slow")
    async with opened("prometheus", url=server[0].url) as source:
        read = await value(probe("prometheus", source, "compare", args))
    shape = described.shape(described.args.model_validate(args))
    shown = value_cell(read, Signal("c", "C", "prometheus", "compare", args, shape=shape))
    n = f"{read['candidate_n']}/{read['baseline_n']}"
    assert shown == f"+{100 * read['change']:.1f}% worse, p < 0.001, n {n}".replace(".0%", "%")


async def test_the_time_after_a_change_is_compared_with_that_before(server: tuple[Prometheus, int]) -> None:
    prometheus, end = server
    args = {"query": latency("step"), "since": "T0", "over": "50m"}
    async with opened("prometheus", url=prometheus.url) as source:
        polled = probe("prometheus", source, "compare", args)
        assert "no T0 yet" in (await fault(polled)).message
        polled.follow(lambda: end - 3600.0)  # type: ignore[attr-defined]
        after = await value(polled)
        assert (after["worse"], round(after["baseline"]), round(after["candidate"])) == (True, 1, 2)
        polled.follow(lambda: end + 600.0)  # type: ignore[attr-defined]
        assert "the candidate begins in" in (await fault(polled)).message
        written = {**args, "since": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(end - 1500)), "minimum": 20}
        assert (await value(probe("prometheus", source, "compare", written)))["worse"] is False
        both = {"kind": "counts", "query": counts("old"), "since": written["since"], "over": "20m"}
        assert (await value(probe("prometheus", source, "compare", both)))["worse"] is False


NOTHING = {
    "too few": (pair("late"), FaultKind.NO_DATA, "of 30 samples (baseline has 60, candidate 1"),
    "missing": (pair("none"), FaultKind.NO_DATA, "0 of 30 samples (baseline has 60, candidate 0)"),
    "NaN": (pair("nan"), FaultKind.NO_DATA, "0 of 30 samples (baseline has 60, candidate 0)"),
    "identical": (pair("old") | {"candidate": f"{latency('old')} * 1"}, FaultKind.NO_DATA, "identical samples"),
    "constant": (pair("flat", "level"), FaultKind.NO_DATA, "both series are constant; use `kind: counts` for errors"),
    "ended": (pair("gone"), FaultKind.STALE, "the newest sample of both sides is 1"),
    "several": (pair("old") | {"candidate": "latency_seconds"}, FaultKind.QUERY, "series; aggregate them"),
    "unknown metric": (
        pair("old") | {"candidate": "latenci_seconds"},
        FaultKind.NO_DATA,
        "(unknown series latenci_",
    ),
    "repeating": (
        {"baseline": "vector(time())", "candidate": "sqrt(vector(time()))", "over": "1h"},
        FaultKind.NO_DATA,
        "samples repeat each other, 60 samples are worth 2 independent ones",
    ),
    "few events": (
        {"kind": "counts", "baseline": counts("old"), "candidate": counts("same"), "minimum": 100_000},
        FaultKind.NO_DATA,
        "of 100000 events of baseline",
    ),
    "no errors": (
        {"kind": "counts", "baseline": counts("old"), "candidate": counts("same", "6..")},
        FaultKind.NO_DATA,
        "no series of errors of candidate; if there is none before the first error",
    ),
}


@pytest.mark.parametrize("case", NOTHING)
async def test_what_proves_nothing_is_unknown(server: tuple[Prometheus, int], case: str) -> None:
    args, expected, told = NOTHING[case]
    async with opened("prometheus", url=server[0].url) as source:
        found = await fault(probe("prometheus", source, "compare", args))
    assert told in found.message
    assert found.kind is expected


async def test_without_scipy_it_is_a_configuration_fault_with_the_way_out(
    server: tuple[Prometheus, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "scipy.stats", None)
    async with opened("prometheus", url=server[0].url) as source:
        found = await fault(probe("prometheus", source, "compare", pair("slow")))
    assert (found.kind, found.message) == (FaultKind.CONFIGURATION, WAY_OUT)


def test_scipy_is_not_imported_before_it_is_needed() -> None:
    program = (
        "import sys, mmcockpit.sources as s; s.kind('prometheus'); "
        "import mmcockpit.sources.prometheus.compare.probe; print('scipy' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "False"

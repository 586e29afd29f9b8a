"""SLO signals of Sloth and OpenSLO files fail when their error budget burns, on series in a real Prometheus."""

import asyncio
import time
from pathlib import Path

import pytest

from mmcockpit.core.model.verdict import Level
from mmcockpit.engine.survey import Survey
from mmcockpit.sources.common.secrets import Secrets
from tests.conftest import PrometheusFactory
from tests.importers.converted import cockpit_of

SPAN_S, STEP_S = 26_000, 20
SERIES = {
    # 3% of the requests fail: 30 times the budget of 99.9%.
    'requests_total{job="burning",code="200"}': 97.0,
    'requests_total{job="burning",code="500"}': 3.0,
    # No request has failed yet.
    'requests_total{job="quiet",code="200"}': 100.0,
    # Every request fails.
    'requests_total{job="broken",code="500"}': 5.0,
}
JOBS = {"burning": Level.FAIL, "quiet": Level.PASS, "broken": Level.FAIL, "nowhere": Level.UNKNOWN}
ERRORS = 'sum(rate(requests_total{{job="{job}",code=~"5.."}}[{window}]))'
GOOD = 'sum(rate(requests_total{{job="{job}",code!~"5.."}}[{window}]))'
TOTAL = 'sum(rate(requests_total{{job="{job}"}}[{window}]))'
WINDOW = "{{.window}}"


def sloth() -> str:
    """Return SLOs of Sloth, by events and by a ratio."""
    rows = ["version: prometheus/v1", "service: s", "slos:"]
    for job in JOBS:
        errors, total = (query.format(job=job, window=WINDOW) for query in (ERRORS, TOTAL))
        rows.append(
            f"- {{name: {job}, objective: 99.9, sli: {{events: {{error_query: '{errors}', total_query: '{total}'}}}}}}"
        )
        ratio = f"1 - ({GOOD.format(job=job, window=WINDOW)} / {total})"
        rows.append(f"- {{name: {job}-ratio, objective: 99.9, sli: {{raw: {{error_ratio_query: '{ratio}'}}}}}}")
    wrong = ERRORS.format(job="burning", window=WINDOW).replace("code", "kode")
    total = TOTAL.format(job="burning", window=WINDOW)
    rows.append(
        f"- {{name: misspelt, objective: 99.9, sli: {{events: {{error_query: '{wrong}', total_query: '{total}'}}}}}}"
    )
    return "\n".join(rows)


def openslo() -> str:
    """Return SLOs of OpenSLO, by good events of plain counters, and by failed events with a fixed range."""
    rows = []
    for job in JOBS:
        good = f'requests_total{{job="{job}",code!~"5.."}}'
        total = f'requests_total{{job="{job}"}}'
        bad, all_ = (query.format(job=job, window="5m") for query in (ERRORS, TOTAL))
        for name, key, part, whole in ((job, "good", good, total), (f"{job}-bad", "bad", bad, all_)):
            metric = f"{key}: {{metricSource: {{type: Prometheus, spec: {{query: '{part}'}}}}}}"
            metrics = f"{metric}, total: {{metricSource: {{type: Prometheus, spec: {{query: '{whole}'}}}}}}"
            rows.append(
                f"- {{apiVersion: openslo/v1, kind: SLO, metadata: {{name: {name}}}, spec: {{service: s, "
                f"indicator: {{spec: {{ratioMetric: {{counter: true, {metrics}}}}}}}, "
                "timeWindow: [{duration: 30d}], objectives: [{target: 0.999}]}}"
            )
    return "\n".join(rows)


def openmetrics(now: float) -> str:
    rows = []
    for selector, each_s in SERIES.items():
        begin = int(now) - SPAN_S
        rows += [f"{selector} {each_s * (at - begin)} {at}" for at in range(begin, int(now) + 1, STEP_S)]
    return "\n".join([*rows, "# EOF\n"])


@pytest.mark.server
def test_slos_burn_pass_and_have_no_data(prometheus_factory: PrometheusFactory, tmp_path: Path) -> None:
    server = prometheus_factory(backfill=openmetrics(time.time()))
    for kind, text, more in (("sloth", sloth(), ("-ratio",)), ("openslo", openslo(), ("-bad",))):
        folder = tmp_path / kind
        folder.mkdir()
        (folder / "slos.yaml").write_text(text, encoding="utf-8")
        survey = Survey(cockpit_of(kind, folder / "slos.yaml", folder, server.url), Secrets())
        asyncio.run(survey.run())
        found = {name: poll.verdict.level for name, poll in survey.polls.items()}
        expected = {f"s-{job}{end}": level for job, level in JOBS.items() for end in ("", *more)}
        if kind == "sloth":
            expected["s-misspelt"] = Level.UNKNOWN
            # Without a single good request a ratio of Sloth has no result, also in Sloth.
            expected["s-broken-ratio"] = Level.UNKNOWN
        assert found == expected, {name: poll.verdict.because for name, poll in survey.polls.items()}

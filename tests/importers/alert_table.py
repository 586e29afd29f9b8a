"""Alert rules with the state that Prometheus gives them, and the level that the imported signal has to have."""

from typing import NamedTuple

from mmcockpit.core.model.verdict import Level

P, W, F, U = Level.PASS, Level.WARN, Level.FAIL, Level.UNKNOWN


class Case(NamedTuple):
    """An alert rule; `state` is that of Prometheus: firing, inactive or pending."""

    expr: str
    state: str
    level: Level
    severity: str = "critical"
    held: str = ""


ERRORS = 'sum(rate(http_requests_total{{code=~"{code}"}}[5m])) / sum(rate(http_requests_total[5m])) > {limit}'
CASES: dict[str, Case] = {
    # LEFT op NUMBER: the left side is judged.
    "ErrorShareHigh": Case(ERRORS.format(code="5..", limit=0.05), "firing", F),
    "ErrorShareLow": Case(ERRORS.format(code="5..", limit=0.5), "inactive", P),
    "ErrorShareWarns": Case(ERRORS.format(code="5..", limit=0.05), "firing", W, "warning"),
    "OutcomeToCome": Case(ERRORS.format(code="4..", limit=0.05), "inactive", P),
    "TotalMissing": Case("sum(rate(http_requests_total[5m])) / sum(rate(no_such_total[5m])) > 0.05", "inactive", U),
    "ErrorsMissing": Case("sum(rate(no_such_total[5m])) > 0.05", "inactive", U),
    "LabelMissing": Case('sum(rate(http_requests_total{kode=~"5.."}[5m])) > 0.05', "inactive", U),
    "LargestFires": Case("queue > 5", "firing", F),
    "LargestPasses": Case("queue > 50", "inactive", P),
    "SmallestFires": Case("queue < 2", "firing", F, "page"),
    "SmallestPasses": Case("queue <= 0.5", "inactive", P),
    "Without": Case("sum without (job) (queue) > 5", "firing", F),
    "Flipped": Case("5 < queue", "firing", F),
    "Bracketed": Case("(sum by (name) (queue) > (1 - 0.5) * 10) # in brackets", "firing", F),
    "Quantile": Case("histogram_quantile(0.9, sum by (le) (rate(lat_bucket[5m]))) > 0.4", "firing", F),
    "QuantileLow": Case("histogram_quantile(0.9, sum by (le) (rate(lat_bucket[5m]))) > 0.9", "inactive", P),
    "NotBelow": Case('queue{name="a"} >= 1', "firing", F),
    "Negative": Case("-queue < -5", "firing", F),
    # Everything else is counted.
    "Down": Case('up{job="old"} == 0', "firing", F),
    "Up": Case('up{job="shop"} == 0', "inactive", P),
    "NoSuchJob": Case('up{job="nowhere"} == 0', "inactive", U),
    "OneOfThem": Case("up == 0", "firing", F),
    "Both": Case("queue > 5 and on () maintenance == 0", "firing", F),
    "NotBoth": Case("queue > 5 and on () maintenance == 1", "inactive", P),
    "BothMissing": Case("queue > 5 and on () no_such_metric == 1", "inactive", U),
    "Unless": Case("queue > 5 unless on () maintenance == 1", "firing", F),
    "UnlessInMaintenance": Case("queue > 5 unless on () maintenance == 0", "inactive", P),
    "UnlessMissing": Case("queue > 5 unless on () no_such_metric", "firing", F),
    "Compared": Case("queue > on () group_left () limit", "firing", F),
    "ComparedMissing": Case("queue > on () group_left () no_such_limit", "inactive", U),
    "FilteredInside": Case("count(up == 0) > 2", "inactive", P),
    "FilteredMissing": Case("count(no_such_metric == 0) > 2", "inactive", U),
    "Absent": Case('absent(up{job="nowhere"})', "firing", F),
    "Present": Case('absent(up{job="shop"})', "inactive", P),
    "AbsentOver": Case("absent_over_time(no_such_metric[5m])", "firing", F),
    "AbsentOrDown": Case('absent(up{job="shop"}) or up{job="shop"} == 0', "inactive", P),
    "Meta": Case('ALERTS{alertname="LargestFires", alertstate="firing"}', "firing", W, "info"),
    "MetaQuiet": Case('ALERTS{alertname="LargestPasses"}', "inactive", P, "info"),
    "Bool": Case("queue > bool 50", "firing", F),
    "Subquery": Case("max_over_time((queue > 5)[1m:5s]) > 1", "firing", F),
    # A time for which it has to hold.
    "HeldFires": Case("queue > 5", "firing", F, held="3s"),
    "HeldPasses": Case("queue > 50", "inactive", P, held="3s"),
    "Pending": Case("queue > 5", "pending", U, held="1h"),
    # No severity, and one that is not known: they fail.
    "NoSeverity": Case("queue > 5", "firing", F, ""),
    "OddSeverity": Case("queue > 5", "firing", F, "purple"),
}
COUNTERS = {
    'http_requests_total{job="shop",code="200"}': 9.0,
    'http_requests_total{job="shop",code="500"}': 1.0,
    'lat_bucket{job="shop",le="0.25"}': 5.0,
    'lat_bucket{job="shop",le="0.5"}': 10.0,
    'lat_bucket{job="shop",le="+Inf"}': 10.0,
}
GAUGES = {
    'queue{job="shop",name="a"}': 1.0,
    'queue{job="shop",name="b"}': 7.0,
    'maintenance{job="shop"}': 0.0,
    'limit{job="shop"}': 5.0,
    'up{job="shop"}': 1.0,
    'up{job="old"}': 0.0,
}
SPAN_S, STEP_S = 1200, 5


def series(now: float) -> str:
    """Return OpenMetrics text with these series up to now: counters grow by their number each second."""
    lines: dict[str, list[str]] = {}
    begin = int(now) - SPAN_S
    for kind, values in (("counter", COUNTERS), ("gauge", GAUGES)):
        for selector, value in values.items():
            for at in range(begin, int(now) + 1, STEP_S):
                sample = value * (at - begin) if kind == "counter" else value
                lines.setdefault(selector.partition("{")[0], []).append(f"{selector} {sample} {at}")
    return "\n".join(line for name in sorted(lines) for line in lines[name]) + "\n# EOF\n"


def rule_file() -> dict[str, object]:
    """Return the rule file of all cases."""
    rules = [
        {
            "alert": name,
            "expr": case.expr,
            **({"for": case.held} if case.held else {}),
            "labels": {"severity": case.severity} if case.severity else {},
        }
        for name, case in CASES.items()
    ]
    return {"groups": [{"name": "all", "interval": "1s", "rules": rules}]}

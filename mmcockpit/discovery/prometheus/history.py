"""Limits from what was measured within the last day, for measures without an alert rule."""

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from mmcockpit.sources.prometheus.line import PrometheusLine

STEP_S = 300
POINTS = 86_400 // STEP_S
ENOUGH = POINTS // 4
"""Fewer points, a quarter of a day, are no base for a limit."""
FACTOR = 1.5
AT_ONCE = 4
"""Measures of one request."""


class PastValues(NamedTuple):
    """What a measure was within 24 h: how many points have a value, and their p99."""

    points: int = 0
    p99: float = math.nan

    @property
    def is_enough(self) -> bool:
        """Whether a limit can be derived from it."""
        return self.points >= ENOUGH and math.isfinite(self.p99)


def past(line: "PrometheusLine", queries: Sequence[str]) -> dict[str, PastValues]:
    """Query the past of some measures at once; those without any point are left out."""
    parts = list[str]()
    for number, query in enumerate(queries):
        # The comparison drops NaN, the quantile of no request.
        day = f"(({query.strip()}\n) >= 0)[24h:{STEP_S}s]"
        for name, function in (("p99", f"quantile_over_time(0.99, {day})"), ("points", f"count_over_time({day})")):
            parts.append(f'label_replace({function}, "found", "{number} {name}", "", "")')
    _, rows = line.query(" or ".join(parts))
    values = {row.metric.get("found", ""): float(row.value[1]) for row in rows if row.value is not None}
    return _pasts(queries, values)


def _pasts(queries: Sequence[str], values: Mapping[str, float]) -> dict[str, PastValues]:
    return {
        query: PastValues(int(values[f"{number} points"]), values.get(f"{number} p99", math.nan))
        for number, query in enumerate(queries)
        if f"{number} points" in values
    }


def rounded_up(value: float) -> float:
    """Return a number with two significant digits that is not smaller."""
    if value <= 0 or not math.isfinite(value):
        return 0.0
    size = 10 ** (math.floor(math.log10(value)) - 1)
    # The quotient of an exact multiple may be a little larger than a whole number.
    return float(f"{math.ceil(round(value / size, 9)) * size:.2g}")

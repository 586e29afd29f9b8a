"""PromQL with `[$window]` where a range goes, which is filled in for each of several windows."""

import re
from typing import Annotated

from pydantic import AfterValidator

from mmcockpit.sources.common.contract import mistake
from mmcockpit.sources.prometheus.promql import selectors
from mmcockpit.sources.prometheus.promql_syntax import refusal

PLACE = re.compile(r"\[\s*\$window\s*(:[^\[\]]*)?\]")
"""A range that is filled in."""
VARIABLE = "$window"
_AS_LONG = "000005m"
"""A duration with as many characters as the variable, so that positions in the text stay."""


def with_window(promql: str, window_s: float, end: float | None = None) -> str:
    """Return the expression with its ranges filled in; `end` (Unix seconds) is where they end, now unless given."""
    at = "" if end is None else f" @ {end:.3f}"
    return PLACE.sub(lambda place: f"[{round(window_s)}s{place[1] or ''}]{at}", promql)


def check_window(promql: str) -> str:
    """Return the expression; a mistake if no range of it is `[$window]`, or if the variable is elsewhere.

    An expression that selects no series, such as `vector(1)`, needs no range.
    """
    places = len(PLACE.findall(promql))
    if promql.count(VARIABLE) > places:
        raise mistake("must use $window only as a range, as in rate(requests_total[$window])")
    if not places and selectors(promql):
        raise mistake("must have [$window] where the range goes, as in sum(rate(requests_total[$window]))")
    return promql


WindowedQuery = Annotated[str, AfterValidator(check_window)]
"""PromQL with `[$window]`, which gives one number."""


def window_refusal(promql: str) -> tuple[int, int, str] | None:
    """Return line, column (from 1) and reason if promql-parser refuses an expression with `[$window]`, or None."""
    return refusal(promql.replace(VARIABLE, _AS_LONG))

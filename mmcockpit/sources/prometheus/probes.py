"""Prometheus probes for queries and ranges, and the shape of their results."""

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import Field, model_validator

from mmcockpit.core.model.reading import FaultKind, ProbeError
from mmcockpit.core.words.durations import seconds
from mmcockpit.sources.common.contract import Args, DurationText
from mmcockpit.sources.common.http_status import TEMPORARY
from mmcockpit.sources.prometheus.freshness import NATIVE_HISTOGRAM, instant, number
from mmcockpit.sources.prometheus.probe import PrometheusProbe
from mmcockpit.sources.prometheus.promql import ALWAYS_POSSIBLE, Selector, selectors
from mmcockpit.sources.prometheus.promql_syntax import refusal
from mmcockpit.sources.prometheus.scrapes import failing
from mmcockpit.sources.prometheus.series import Unverified

if TYPE_CHECKING:
    from mmcockpit.sources.prometheus.line import PrometheusLine, ResultSeries

MAX_POINTS = 5_000
"""Most points of a range: more would not fit into a reading."""
_ONLY = "it does not know newer PromQL and MetricsQL; doctor queries the server"


class Selecting(Args):
    """Arguments with a query."""

    shorthand: ClassVar[str] = "query"

    def doubts(self, fresh: str) -> list[tuple[str, int, int, str]]:
        texts = {"query": str(getattr(self, "query", "")), **({"fresh": fresh} if fresh else {})}
        refusals = [(name, refused) for name, text in texts.items() if (refused := refusal(text)) is not None]
        return [(name, line, column, f"promql-parser: {why}; {_ONLY}") for name, (line, column, why) in refusals]


class Query(Selecting):
    """An instant query at the server's current time."""

    query: Annotated[str, Field(min_length=1, description="PromQL that returns one number, or a list with `each`.")]
    each: Annotated[bool, Field(description="The value is a list of {labels, value}, one for each series.")] = False

    @property
    def numeric(self) -> bool:
        return not self.each


class Range(Selecting):
    """A query over a time range that ends at the server's current time."""

    query: Annotated[str, Field(min_length=1, description="PromQL that returns one series.")]
    over: Annotated[DurationText, Field(description="Time range up to now.")] = "1h"
    step: Annotated[DurationText, Field(description="Time between two points.")] = "15s"

    @model_validator(mode="after")
    def _points(self) -> "Range":
        if seconds(self.over) / seconds(self.step) > MAX_POINTS:
            raise ValueError(f"more than {MAX_POINTS} points; use a longer step")
        return self


_CORRECT = "; correct the query, or add them to may_be_absent"


@dataclass(frozen=True, slots=True)
class SelectingProbe(PrometheusProbe):
    """A probe with a query: the series that it selects have to exist, and to be recorded for its whole range."""

    def __post_init__(self) -> None:
        self.source.series.expect(self.needed())

    def selected(self) -> tuple[Selector, ...]:
        """Return the selectors of the query."""
        return selectors(self.question.args.query)

    def needed(self) -> tuple[Selector, ...]:
        """Return the selectors whose metrics must have series, whatever the value is."""
        possible = {*ALWAYS_POSSIBLE, *self.question.may_be_absent}
        return tuple(
            selector for selector in self.selected() if not selector.in_absent and selector.name not in possible
        )

    def verify(self, line: "PrometheusLine", value: Any) -> list[str]:
        matchers = [
            matcher
            for selector in self.selected()
            for matcher in selector.matchers
            if matcher[0] in ("job", "instance")
        ]
        remarks = list[str]()
        flaw = self._flaw(line, remarks)
        asks_up = any(selector.name == "up" for selector in self.selected())
        cause = failing(line, matchers) if flaw or asks_up or value == [] else ""
        if cause and flaw.endswith(_CORRECT):
            # The series may be missing because of the scrape: then 0 is no value of them.
            flaw, cause = flaw.removesuffix(_CORRECT), f"{cause}; if that is not the reason, correct the query"
        # An empty result that is not a value is already no data, with the remark as its cause.
        if flaw and self.question.judged and (value != [] or self.question.empty_is_value):
            raise line.fault(FaultKind.NO_DATA, flaw + cause)
        return [*remarks, *filter(None, [(flaw + cause).removeprefix("; ")])]

    def _flaw(self, line: "PrometheusLine", remarks: list[str]) -> str:
        """Return why a value proves nothing; what the server does not report becomes a remark."""
        known, missing = self.source.series, list[str]()
        try:
            with line.aside():
                missing = known.missing(line, self.needed())
        except (ProbeError, Unverified) as error:
            remarks.append(self._unverified("names of series", error))
        if missing:
            return f"unknown series {', '.join(missing)}{_CORRECT}"
        try:
            with line.aside():
                lacking = self.too_short(line)
        except (ProbeError, Unverified) as error:
            lacking = ""
            remarks.append(self._unverified("recorded history", error))
        if lacking:
            return lacking
        with line.aside():
            empty = known.unmatched(line, self.selected())
        if empty:
            remarks.append(f"no series at present for {', '.join(empty)}")
        return ""

    def too_short(self, line: "PrometheusLine") -> str:
        """Return how much of the query's range is recorded if that is too little, else an empty string."""
        return self.source.series.too_short(line, self.selected(), frozenset(self.question.may_be_absent))

    def no_data(self, line: "PrometheusLine", why: str) -> ProbeError:
        """Return the fault that there is no data, with its likely cause: unknown metrics, a failing scrape."""
        try:
            with line.aside():
                missing = self.source.series.missing(line, self.needed())
        except (ProbeError, Unverified):
            missing = []
        matchers = [one for selector in self.needed() for one in selector.matchers if one[0] in ("job", "instance")]
        unknown = f" (unknown series {', '.join(missing)})" if missing else ""
        return line.fault(FaultKind.NO_DATA, f"{why}{unknown}{failing(line, matchers)}")

    def _unverified(self, what: str, error: ProbeError | Unverified) -> str:
        """Return a remark for a server that never reports it; raise ProbeError for a temporary failure."""
        message = f"{what} not verified: {error}"
        if self.question.judged and isinstance(error, ProbeError) and error.kind in TEMPORARY:
            raise ProbeError(error.kind, message) from error
        return message


class QueryProbe(SelectingProbe):
    """The result of an instant query; `[]` if nothing matches."""

    def answer(self, line: "PrometheusLine") -> Any:
        kind, results = line.query(self.question.args.query)
        if kind not in ("vector", "scalar"):
            raise line.fault(FaultKind.QUERY, f"the result is a {kind}; use an instant query, or the probe range")
        if self.question.args.each:
            return [{"labels": series.metric, "value": instant(line, series)[1]} for series in results]
        return instant(line, _only(line, results))[1] if results else []

    async def history(self, start: float, end: float, step: float) -> list[tuple[float, float]]:
        """Return the finite points of the past; none for `each`, which is not a single series."""
        if self.question.args.each:
            return []

        def job(line: "PrometheusLine") -> list[tuple[float, float]]:
            coarse = max(step, (end - start) / MAX_POINTS)
            series = line.query_range(self.question.args.query, start, end, coarse)
            return [(at, value) for at, value in series_points(line, series) if math.isfinite(value)]

        points: list[tuple[float, float]] = await self.source.ask(self.question.timeout, job)
        return points


class RangeProbe(SelectingProbe):
    """The points of one series in order; `[]` if nothing matches."""

    def selected(self) -> tuple[Selector, ...]:
        over_s = seconds(self.question.args.over)
        return tuple(
            replace(selector, range_s=selector.range_s + over_s) for selector in selectors(self.question.args.query)
        )

    def answer(self, line: "PrometheusLine") -> Any:
        args = self.question.args
        # A subquery ends at the server's current time, whatever our clock shows; the line feed ends a comment in the
        # query.
        _, series = line.query(f"({args.query}\n)[{args.over}:{args.step}]")
        return [[at, value] for at, value in series_points(line, series)]


def _only(line: "PrometheusLine", series: list["ResultSeries"]) -> "ResultSeries":
    if len(series) > 1:
        raise _several(line, series)
    return series[0]


def _several(line: "PrometheusLine", series: list["ResultSeries"]) -> ProbeError:
    return line.fault(FaultKind.QUERY, f"the query gives {len(series)} series; aggregate them, or set each: true")


def series_points(line: "PrometheusLine", results: list["ResultSeries"]) -> list[tuple[float, float]]:
    """Return one series in order; it may consist of several (`a or vector(0)`) if only one at a time has a value."""
    if any(series.histograms for series in results):
        raise line.fault(FaultKind.QUERY, NATIVE_HISTOGRAM)
    points = [(at, number(line, text)) for series in results for at, text in series.values]
    if len({at for at, _ in points}) < len(points):
        raise _several(line, results)
    return sorted(points, key=lambda point: point[0])

"""Loki probes: the number of a metric query, and the last lines of a log."""

import math
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar, Protocol

from pydantic import Field

from mmcockpit.core.model.reading import FaultKind, ProbeError, Reading
from mmcockpit.core.text import plain
from mmcockpit.core.words.durations import duration, seconds
from mmcockpit.sources.common.base import TimedProbe
from mmcockpit.sources.common.contract import Args, DurationText, Question
from mmcockpit.sources.common.redaction import strike_tokens
from mmcockpit.sources.loki.logql import stream_selectors, unbalanced
from mmcockpit.sources.loki.results import Line, LokiSeries, lines_of, number_of, points_of, series_of
from mmcockpit.sources.loki.streams import KnownStreams, LokiQueries

MOST_LINES = 100
LINE_LIMIT = 400
"""Characters kept of a line."""
SEARCHED = 16 * 1024
"""Characters of a line that are searched for credentials: all that is shown, and the rest of one that begins in it."""
MAX_POINTS = 5_000


class LokiClient(LokiQueries, Protocol):
    """What a probe needs of its source."""

    streams: KnownStreams


class LogQL(Args):
    """Arguments with a query."""

    shorthand: ClassVar[str] = "query"

    def doubts(self, fresh: str) -> list[tuple[str, int, int, str]]:
        texts = {"query": str(getattr(self, "query", "")), "fresh": fresh}
        found = [(name, *place) for name, text in texts.items() if (place := unbalanced(text)) is not None]
        doubts = [(name, line, column, f"LogQL: {why}") for name, why, line, column in found]
        if fresh and not doubts and stream_selectors(fresh) != (fresh.strip(),):
            doubts.append(("fresh", 1, 1, 'must be a selector of log streams, such as {app="shop"}'))
        return doubts


class LokiQuery(LogQL):
    """A metric query of LogQL at the server's current time."""

    query: Annotated[str, Field(min_length=1, description="LogQL that returns one number, or a list with `each`.")]
    each: Annotated[bool, Field(description="The value is a list of {labels, value}, one for each series.")] = False

    @property
    def numeric(self) -> bool:
        return not self.each


class LokiLines(LogQL):
    """A log query of LogQL over a time range up to the server's current time."""

    query: Annotated[str, Field(min_length=1, description='Selector and filters, such as `{app="shop"} |= "error"`.')]
    over: Annotated[DurationText, Field(description="Time range up to now.")] = "5m"
    limit: Annotated[int, Field(ge=1, le=MOST_LINES, description="How many of the last lines are listed.")] = 10


class LokiProbe(TimedProbe):
    """A probe of one Loki; what it selects must have streams, and with `fresh` a line that is young enough."""

    def __init__(self, source: LokiClient, question: Question) -> None:
        super().__init__(source.endpoint, question)
        self.source, self.question = source, question

    async def poll(self) -> Reading:
        """Query once; ProbeError if the result is no proof."""
        sampled = await self._newest() if self.question.fresh else None
        value = await self.answer()
        remarks = [] if self.is_proof(value) else await self._verified(value)
        return Reading(value, sampled, remark="; ".join(remarks))

    def is_proof(self, value: Any) -> bool:
        """Return whether a value proves by itself that its streams exist."""
        return False

    async def answer(self) -> Any:
        """Return the value."""
        raise NotImplementedError

    async def _newest(self) -> float:
        """Return the Unix time of the last line of `fresh`; ProbeError(stale) if it is too old."""
        selector, limit = self.question.fresh, self.question.stale_after
        lines, now = await self.lines(selector, max(limit, 60.0), 1)
        shown = plain(selector, 120)
        if not lines:
            raise self.source.endpoint.fault(FaultKind.STALE, f"{shown} has no line in the last {duration(limit)}")
        if now - lines[-1].at > limit:
            why = f"the last line of {shown} is {duration(now - lines[-1].at)} old (limit {duration(limit)})"
            raise self.source.endpoint.fault(FaultKind.STALE, why)
        return lines[-1].at

    async def lines(self, query: str, over_s: float, limit: int) -> tuple[list[Line], float]:
        """Return the last lines of a log query, oldest first, and the server's Unix time."""
        fields = {"query": query, "since": f"{math.ceil(over_s)}s", "limit": str(limit), "direction": "backward"}
        result, now = await self.source.query("query_range", fields, self.timeout)
        return lines_of(self.source.endpoint, result)[-limit:], now

    async def _verified(self, value: Any) -> list[str]:
        selectors = [one for one in stream_selectors(self.args.query) if one not in self.question.may_be_absent]
        why, remark = await self.source.streams.flaw(self.source, selectors, self.timeout)
        # An empty result that is not a value is already no data, with the remark as its cause.
        if why and self.question.judged and (value != [] or self.question.empty_is_value):
            raise self.source.endpoint.fault(FaultKind.NO_DATA, why)
        return [text for text in (remark, why) if text]


class LokiQueryProbe(LokiProbe):
    """The result of a metric query; `[]` if nothing matches.

    A query whose selectors have had no stream in the last day is a fault: add those that may be missing to
    `may_be_absent`.
    """

    async def answer(self) -> Any:
        result, _ = await self.source.query("query", {"query": self.args.query}, self.timeout)
        endpoint = self.source.endpoint
        series = series_of(endpoint, result)
        if self.args.each:
            return [{"labels": one.metric, "value": number_of(endpoint, one.value)} for one in series]
        self._only(series)
        return number_of(endpoint, series[0].value) if series else []

    async def history(self, start: float, end: float, step: float) -> list[tuple[float, float]]:
        """Return the finite points between two Unix times; none for `each`, which is not a single series."""
        if self.args.each:
            return []
        fields = {
            "query": self.args.query,
            "start": _nanoseconds(start),
            "end": _nanoseconds(end),
            "step": f"{math.ceil(max(step, (end - start) / MAX_POINTS, 1.0))}s",
        }
        result, _ = await self.source.query("query_range", fields, self.timeout)
        points = points_of(self.source.endpoint, result)
        self._only(points)
        # Loki aligns the range to the step: its last point may be in the future, and counts less than there will be.
        inside = (point for one in points[:1] for point in one if start <= point[0] <= end)
        return [point for point in inside if math.isfinite(point[1])]

    def _only(self, series: Sequence[LokiSeries | Sequence[tuple[float, float]]]) -> None:
        if len(series) > 1:
            why = f"the query gives {len(series)} series; aggregate them, or set each: true"
            raise self.source.endpoint.fault(FaultKind.QUERY, why)


class LokiLinesProbe(LokiProbe):
    """The last lines of a window, and how many there are in all; without any line the count is 0.

    A query whose selectors have had no stream in the last day is a fault. Credentials are struck out of the lines: the
    secrets of the cockpit, and what has the form of a password, key or token.
    """

    async def answer(self) -> Any:
        limit, over = self.args.limit, self.args.over
        lines, now = await self.lines(self.args.query, seconds(over), limit + 1)
        truncated, count = len(lines) > limit, len(lines)
        if truncated:
            count = max(count, await self._counted(over))
        value: dict[str, Any] = {
            "count": count,
            "truncated": truncated,
            "lines": [self._line(line) for line in lines[-limit:]],
        }
        if lines:
            value["newest_age_s"] = round(max(now - lines[-1].at, 0.0), 1)
        return value

    def is_proof(self, value: Any) -> bool:
        return bool(value["count"])

    async def _counted(self, over: str) -> int:
        """Return the number of all lines in the window; ProbeError where the server does not count them."""
        # The line feed ends a comment in the query.
        query = f"sum(count_over_time({self.args.query}\n[{math.ceil(seconds(over))}s]))"
        try:
            result, _ = await self.source.query("query", {"query": query}, self.timeout)
        except ProbeError as error:
            raise ProbeError(error.kind, f"more lines than limit, which are not counted: {error.message}") from error
        series = series_of(self.source.endpoint, result)
        return int(number_of(self.source.endpoint, series[0].value)) if series else 0

    def _line(self, line: Line) -> dict[str, str]:
        # Redact before cutting: a cut could leave a part of a secret.
        text = strike_tokens(self.source.endpoint.redact(line.text[:SEARCHED]))
        moment = datetime.fromtimestamp(line.at, UTC).isoformat(timespec="milliseconds")
        return {"time": moment.replace("+00:00", "Z"), "line": plain(text, LINE_LIMIT)}


def _nanoseconds(at: float) -> str:
    """Return a Unix time as Loki takes it: whole nanoseconds."""
    return str(round(at * 1000) * 1_000_000)

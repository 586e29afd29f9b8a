"""Results of Loki's query API: numbers, points and lines."""

from typing import Any, NamedTuple

import msgspec

from mmcockpit.core.model.reading import FaultKind
from mmcockpit.sources.common.endpoint import Endpoint
from mmcockpit.sources.common.http_status import Document, decoded

METRIC_HINT = "use a metric query such as count_over_time, or the probe lines"
SECOND = 1_000_000_000
"""Nanoseconds of a second."""


class QueryResult(msgspec.Struct):
    """The part of a response that depends on the query: its kind, and the result still encoded."""

    resultType: str
    result: msgspec.Raw


class LokiSeries(msgspec.Struct):
    """A series of an instant query: [Unix seconds, number as text]."""

    value: tuple[float, str]
    metric: dict[str, str] = msgspec.field(default_factory=dict)


class _Points(msgspec.Struct):
    values: list[tuple[float, str]]


class _Stream(msgspec.Struct):
    values: list[list[Any]]
    """Nanoseconds as text, the line and, from some versions, its metadata."""


class Line(NamedTuple):
    """A log line, and its Unix time in nanoseconds."""

    nanoseconds: int
    text: str

    @property
    def at(self) -> float:
        """Its Unix time in seconds."""
        return self.nanoseconds / SECOND


def series_of(endpoint: Endpoint, result: QueryResult) -> list[LokiSeries]:
    """Return the series of an instant metric query; ProbeError(query) for any other result."""
    if result.resultType == "scalar":
        return [LokiSeries(_decoded(endpoint, result, tuple[float, str]))]
    if result.resultType != "vector":
        what = "log lines" if result.resultType == "streams" else f"a {result.resultType}"
        raise endpoint.fault(FaultKind.QUERY, f"the result is {what}; {METRIC_HINT}")
    return _decoded(endpoint, result, list[LokiSeries])


def points_of(endpoint: Endpoint, result: QueryResult) -> list[list[tuple[float, float]]]:
    """Return the (Unix seconds, number) points of each series of a range query; ProbeError(query) for log lines."""
    if result.resultType != "matrix":
        raise endpoint.fault(FaultKind.QUERY, f"the result is a {result.resultType}, not a matrix")
    series = _decoded(endpoint, result, list[_Points])
    return [[(at, number_of(endpoint, (at, text))) for at, text in one.values] for one in series]


def lines_of(endpoint: Endpoint, result: QueryResult) -> list[Line]:
    """Return the lines of all streams, oldest first, from a result that lists the newest first.

    Lines of the same time stay in the order of their stream, as those of a stack trace. ProbeError(query) for numbers.
    """
    if result.resultType != "streams":
        why = f"the result is a {result.resultType}, not log lines; use a log query, or the probe query"
        raise endpoint.fault(FaultKind.QUERY, why)
    entries = [entry for stream in _decoded(endpoint, result, list[_Stream]) for entry in reversed(stream.values)]
    lines = list[Line]()
    for entry in entries:
        match entry:
            case [str(nanoseconds), str(text), *_] if nanoseconds.isdecimal():
                lines.append(Line(int(nanoseconds), text))
            case _:
                raise endpoint.fault(FaultKind.MALFORMED, "a log line without its time")
    return sorted(lines, key=lambda line: line.nanoseconds)


def number_of(endpoint: Endpoint, sample: tuple[float, str]) -> float:
    """Return the number of a sample, which may be NaN or infinite; ProbeError(malformed) if it is not a number."""
    try:
        return float(sample[1])
    except ValueError as error:
        raise endpoint.fault(FaultKind.MALFORMED, f"{sample[1][:40]!r} is not a number") from error


def _decoded(endpoint: Endpoint, result: QueryResult, kind: type[Document]) -> Document:
    return decoded(result.result, kind, bytes(result.result), endpoint.fault)

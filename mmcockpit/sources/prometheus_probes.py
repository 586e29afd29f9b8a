"""The questions that Prometheus answers, and the shape of each answer."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Protocol

import msgspec
from pydantic import Field, field_validator, model_validator

from mmcockpit.core.reading import FaultKind, ProbeError, Reading
from mmcockpit.sources.prometheus_freshness import Freshness, instant, number
from mmcockpit.sources.promql import metric_names
from mmcockpit.sources.source import Args, Question

if TYPE_CHECKING:
    from mmcockpit.sources.prometheus_line import Line, Series

MAX_POINTS = 5_000
"""Points of a range: more would not fit into a reading."""
_UNITS_S: Mapping[str, float] = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800, "y": 31_536_000}
_DURATION = re.compile(r"(\d+)(ms|[smhdwy])")


def seconds(duration: str) -> float:
    """Return a duration in Prometheus' notation (1h30m) as seconds; ValueError for anything else."""
    if not re.fullmatch(f"(?:{_DURATION.pattern})+", duration):
        raise ValueError(f"{duration!r} is no duration: write 15s, 5m, 1h30m")
    return sum(int(number) * _UNITS_S[unit] for number, unit in _DURATION.findall(duration))


class Asks(Protocol):
    """What a probe needs of its source."""

    freshness: Freshness

    async def ask(self, timeout: float, job: Any) -> Any:
        """Run the job with a line to the server in a thread."""
        ...


class Query(Args):
    """An instant query at the server's present."""

    shorthand: ClassVar[str] = "query"
    query: Annotated[str, Field(min_length=1, description="PromQL whose result is one number, or with `each` a list.")]
    each: Annotated[bool, Field(description="The value is a list of {labels, value}, one for each series.")] = False

    @property
    def numeric(self) -> bool:
        return not self.each


class Range(Args):
    """A query over a stretch of time that ends at the server's present."""

    shorthand: ClassVar[str] = "query"
    query: Annotated[str, Field(min_length=1, description="PromQL whose result is one series.")]
    over: Annotated[str, Field(description="How far back.")] = "1h"
    step: Annotated[str, Field(description="From point to point.")] = "15s"

    @field_validator("over", "step")
    @classmethod
    def _duration(cls, text: str) -> str:
        if seconds(text) <= 0:
            raise ValueError("a duration is longer than 0")
        return text

    @model_validator(mode="after")
    def _points(self) -> "Range":
        if seconds(self.over) / seconds(self.step) > MAX_POINTS:
            raise ValueError(f"more than {MAX_POINTS} points: take a longer step")
        return self


class Targets(Args):
    """What Prometheus scrapes, and how that went."""

    shorthand: ClassVar[str] = "job"
    job: Annotated[str, Field(description="Only the targets of this job; empty for all.")] = ""


class Rules(Args):
    """What became of the rules that Prometheus was given."""

    names: Annotated[tuple[str, ...], Field(description="Rules that must be loaded; empty for all that are.")] = ()


@dataclass(frozen=True, slots=True)
class _Probe:
    """A question to one Prometheus, asked only while the samples behind it are fresh."""

    source: Asks
    question: Question

    async def read(self) -> Reading:
        """Ask once; a `fresh` selector whose newest sample is too old, or gone, is the fault stale."""
        reading: Reading = await self.source.ask(self.question.timeout, self._read)
        return reading

    async def close(self) -> None:
        """Nothing to let go of: lines belong to the source."""

    def answer(self, line: "Line") -> Any:
        """Ask the question itself; the result is the reading's value."""
        raise NotImplementedError

    def _read(self, line: "Line") -> Reading:
        sampled = self.source.freshness.newest(line, self.question) if self.question.fresh else None
        return Reading(self.answer(line), sampled)


class QueryProbe(_Probe):
    """A number, `[]` where nothing matches, or with `each` a list of {labels, value}."""

    def answer(self, line: "Line") -> Any:
        kind, found = line.query(self.question.args.query)
        if kind not in ("vector", "scalar"):
            raise line.fault(FaultKind.QUERY, f"the result is a {kind}: ask for an instant, or use the probe range")
        if self.question.args.each:
            return [{"labels": series.metric, "value": instant(line, series)[1]} for series in found]
        return instant(line, _only(line, found))[1] if found else []

    async def history(self, start: float, end: float, step: float) -> list[tuple[float, float]]:
        """Return the finite points of the past; none for `each`, which has no one line."""
        if self.question.args.each:
            return []

        def job(line: "Line") -> list[tuple[float, float]]:
            coarse = max(step, (end - start) / MAX_POINTS)
            found = line.query_range(self.question.args.query, start, end, coarse)
            return [(at, value) for at, value in _points(line, found) if math.isfinite(value)]

        points: list[tuple[float, float]] = await self.source.ask(self.question.timeout, job)
        return points


class RangeProbe(_Probe):
    """A list of [Unix seconds, value] in order, `[]` where nothing matches."""

    def answer(self, line: "Line") -> Any:
        args = self.question.args
        # A subquery ends at the server's present, whatever our clock says; the line feed ends a comment of the query.
        _, found = line.query(f"({args.query}\n)[{args.over}:{args.step}]")
        return [[at, value] for at, value in _points(line, found)]


class _Target(msgspec.Struct, rename="camel"):
    labels: dict[str, str]
    health: str
    last_scrape: str
    last_error: str = ""


class _Targets(msgspec.Struct, rename="camel"):
    active_targets: list[_Target]


class TargetsProbe(_Probe):
    """A list of {job, instance, up, age_s, error}; `age_s` is left out where nothing was scraped yet."""

    def answer(self, line: "Line") -> Any:
        wanted, now = self.question.args.job, line.now()
        rows = [
            {
                "job": target.labels.get("job", ""),
                "instance": target.labels.get("instance", ""),
                "up": target.health == "up",
                "error": target.last_error,
                **_age(line, "age_s", now, target.last_scrape),
            }
            for target in line.targets(_Targets).active_targets
            if wanted in ("", target.labels.get("job", ""))
        ]
        return sorted(rows, key=lambda row: (row["job"], row["instance"]))


class _Rule(msgspec.Struct, rename="camel"):
    name: str
    query: str
    health: str
    last_evaluation: str
    state: str = ""


class _Group(msgspec.Struct):
    name: str
    rules: list[_Rule]


class _Groups(msgspec.Struct):
    groups: list[_Group]


class RulesProbe(_Probe):
    """A list of {name, group, health, evaluated_age_s, state, has_series}.

    A wanted rule that is not loaded has the health `missing`; a recording rule has no state; `evaluated_age_s` is left
    out where a rule was not evaluated yet. `has_series`: each metric that the rule names has a series at present.
    """

    def answer(self, line: "Line") -> Any:
        wanted, now = self.question.args.names, line.now()
        loaded = [
            (group.name, rule)
            for group in line.get("/api/v1/rules", _Groups).groups
            for rule in group.rules
            if not wanted or rule.name in wanted
        ]
        existing = _existing(line, {name for _, rule in loaded for name in metric_names(rule.query)})
        rows = [
            {
                "name": rule.name,
                "group": group,
                "health": rule.health,
                "state": rule.state,
                "has_series": metric_names(rule.query) <= existing,
                **_age(line, "evaluated_age_s", now, rule.last_evaluation),
            }
            for group, rule in loaded
        ]
        missing = set(wanted) - {rule.name for _, rule in loaded}
        return rows + [
            {"name": name, "group": "", "health": "missing", "state": "", "has_series": False}
            for name in sorted(missing)
        ]


def _existing(line: "Line", names: set[str]) -> set[str]:
    """Return those of the metrics that have a series at present."""
    ordered, found = sorted(names), set[str]()
    for first in range(0, len(ordered), 50):
        selector = "|".join(ordered[first : first + 50])
        _, series = line.query(f'count by (__name__) ({{__name__=~"{selector}"}})')
        found |= {one.metric.get("__name__", "") for one in series}
    return found


def _only(line: "Line", found: list["Series"]) -> "Series":
    if len(found) > 1:
        raise _several(line, found)
    return found[0]


def _several(line: "Line", found: list["Series"]) -> ProbeError:
    return line.fault(FaultKind.QUERY, f"the query gives {len(found)} series: sum it, or say each: true")


def _points(line: "Line", found: list["Series"]) -> list[tuple[float, float]]:
    """Return one series in order; several may make it up (`a or vector(0)`) while one at a time has a value."""
    points = [(at, number(line, text)) for series in found for at, text in series.values]
    if len({at for at, _ in points}) < len(points):
        raise _several(line, found)
    return sorted(points, key=lambda point: point[0])


def _age(line: "Line", name: str, now: float, moment: str) -> dict[str, float]:
    """Return {name: seconds since this RFC 3339 moment}, or nothing where it says never (the year 1)."""
    try:
        then = datetime.fromisoformat(moment)
    except ValueError as error:
        raise line.fault(FaultKind.MALFORMED, f"{moment[:40]!r} is no time") from error
    return {name: round(max(now - then.timestamp(), 0.0), 1)} if then.year > 1 else {}

"""The probe `compare`: whether a candidate (a canary, the time after a change) is worse than its baseline."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module
from statistics import median
from typing import TYPE_CHECKING, Any, NamedTuple

from mmcockpit.core.model.reading import FaultKind, ProbeError, Reading
from mmcockpit.core.words.amounts import counted
from mmcockpit.core.words.durations import duration, seconds
from mmcockpit.core.words.numbers import number
from mmcockpit.sources.common.workers import Workers
from mmcockpit.sources.prometheus.compare.arguments import Compare, moment_of
from mmcockpit.sources.prometheus.compare.statistics import (
    LEAST_INDEPENDENT,
    Comparison,
    compare_counts,
    compare_samples,
)
from mmcockpit.sources.prometheus.freshness import instant
from mmcockpit.sources.prometheus.probes import SelectingProbe, series_points
from mmcockpit.sources.prometheus.promql import Selector, selectors
from mmcockpit.sources.prometheus.promql_window import with_window

if TYPE_CHECKING:
    from mmcockpit.sources.prometheus.line import PrometheusLine

EFFECT, SMALLEST_SHARE = 0.33, 0.001
"""Default of the smallest relevant effect: a medium Cliff's delta (Romano 2006); of counts a tenth of a percent."""
DEFAULT_RULE = ("!value.worse", "")
WAY_OUT = "compare needs scipy: pip install 'mmcockpit[compare]'"


class SideQuery(NamedTuple):
    """What is queried of one side: over so many seconds, up to `end` (Unix seconds; None: now)."""

    name: str
    written: Any
    over_s: float
    end: float | None = None


@dataclass(frozen=True, slots=True)
class CompareProbe(SelectingProbe):
    """Samples of both sides at the same times, compared by Mann-Whitney; counts by a test of two proportions.

    Too few samples, series that are identical or constant, and samples that depend on each other are no data.
    """

    _workers: Workers = field(default_factory=lambda: Workers("scipy", 1))
    _start: dict[str, Any] = field(default_factory=dict)

    def follow(self, t0: Callable[[], float | None]) -> None:
        """Take T0 from the session, at every poll."""
        self._start["t0"] = t0

    async def read(self) -> Reading:
        """Poll once; the first import of scipy does not count as time of the poll."""
        await self._workers.run(_import_scipy)
        self._start["since"] = self._since()
        return await SelectingProbe.read(self)

    def selected(self) -> tuple[Selector, ...]:
        """Return the selectors of all queries."""
        return tuple(each for text in self.question.args.texts() for each in selectors(text))

    def too_short(self, line: "PrometheusLine") -> str:
        """Return nothing: the number of samples shows what is recorded."""
        return ""

    def answer(self, line: "PrometheusLine") -> Any:
        args: Compare = self.question.args
        if args.kind == "counts":
            baseline, candidate = (self._counted(line, side) for side in self._sides(line))
            shares = [errors / total for errors, total in (baseline, candidate)]
            return self._value(compare_counts(baseline, candidate, args.direction), shares, baseline[1], candidate[1])
        before, after = self._samples(line)
        compared = compare_samples(before, after, args.direction)
        if compared.independent < LEAST_INDEPENDENT:
            worth = f"{counted(min(len(before), len(after)), 'sample')} are worth {compared.independent:.0f}"
            why = f"samples repeat each other, {worth} independent ones; use a longer step"
            raise line.fault(FaultKind.NO_DATA, why)
        return self._value(compared, [median(before), median(after)], len(before), len(after))

    def _value(self, compared: Comparison, sizes: list[float], n: int, m: int) -> dict[str, Any]:
        args: Compare = self.question.args
        least = args.effect or (SMALLEST_SHARE if args.kind == "counts" else EFFECT)
        worse = compared.is_worse(args.direction, least, args.change)
        unit = "ratio" if args.kind == "counts" else ""
        before, after = (number(size, unit) for size in sizes)
        change = f"{before} to {after}" if compared.change is None else _signed(compared.change)
        p = "p < 0.001" if compared.p < 0.001 else f"p {compared.p:.3f}"
        outcome = f"{change} {'worse' if worse else 'not worse'}, {p}, n {m}/{n}"
        value = {
            "reason": f"candidate {after}, baseline {before}: {outcome}" if worse else "",
            "outcome": outcome,
            "worse": worse,
            "p": compared.p,
            "effect": compared.effect,
            "baseline": sizes[0],
            "candidate": sizes[1],
            "baseline_n": n,
            "candidate_n": m,
        }
        return value if compared.change is None else {**value, "change": compared.change}

    def _since(self) -> float | None:
        """Return when the candidate begins (Unix seconds); None for two selections at the same time."""
        since = self.question.args.since
        if since != "T0":
            return moment_of(since) if since else None
        t0: float | None = self._start["t0"]() if "t0" in self._start else None
        if t0 is None:
            raise ProbeError(FaultKind.NO_DATA, "no T0 yet; set t0, or write a time in `since`")
        return t0

    def _sides(self, line: "PrometheusLine") -> list[SideQuery]:
        """Return the queries of both sides, with the ends of their time ranges where these are fixed."""
        args, since, over_s = self.question.args, self._start["since"], seconds(self.question.args.over)
        if since is None:
            return [SideQuery("baseline", args.baseline, over_s), SideQuery("candidate", args.candidate, over_s)]
        after_s = line.now() - since
        if after_s < 1:
            raise line.fault(FaultKind.NO_DATA, f"the candidate begins in {duration(-after_s)}")
        return [
            SideQuery("baseline", args.query, over_s, since),
            SideQuery("candidate", args.query, min(over_s, math.floor(after_s))),
        ]

    def _samples(self, line: "PrometheusLine") -> tuple[list[float], list[float]]:
        """Return the samples of both sides in order; those of the same times if both sides have the same time range."""
        args, since = self.question.args, self._start["since"]
        baseline, candidate = (self._series(line, side) for side in self._sides(line))
        if since is None:
            common = baseline.keys() & candidate.keys()
            fewer = f"baseline has {len(baseline)}, candidate {len(candidate)}"
            baseline, candidate = ({at: side[at] for at in common} for side in (baseline, candidate))
        else:
            longest = max((each.range_s for each in self.selected()), default=0.0)
            candidate = {at: value for at, value in candidate.items() if at - longest >= since}
            fewer = f"before {len(baseline)}, after {len(candidate)}"
        fewest = min(len(baseline), len(candidate))
        if fewest < args.minimum:
            raise self.no_data(line, f"{fewest} of {counted(args.minimum, 'sample')} ({fewer})")
        newest, limit = max(candidate), max(2 * seconds(args.step), self.question.stale_after)
        if line.now() - newest > limit:
            age = duration(line.now() - newest)
            raise line.fault(FaultKind.STALE, f"the newest sample of both sides is {age} old (limit {duration(limit)})")
        before, after = ([side[at] for at in sorted(side)] for side in (baseline, candidate))
        if before == after:
            raise line.fault(FaultKind.NO_DATA, "baseline and candidate have identical samples; check their labels")
        if len(set(before)) == len(set(after)) == 1:
            why = "both series are constant; use `kind: counts` for errors"
            raise line.fault(FaultKind.NO_DATA, why)
        return before, after

    def _series(self, line: "PrometheusLine", side: SideQuery) -> dict[float, float]:
        """Return the finite samples of a side by their time (Unix seconds)."""
        at = "" if side.end is None else f" @ {side.end:.3f}"
        _, rows = line.query(
            f"({side.written}\n)[{round(side.over_s)}s:{round(seconds(self.question.args.step))}s]{at}"
        )
        points = series_points(line, rows)
        return {at: value for at, value in points if math.isfinite(value)}

    def _counted(self, line: "PrometheusLine", side: SideQuery) -> tuple[int, int]:
        """Return errors and events of a side, as whole numbers: `increase` extrapolates."""
        numbers: list[int] = []
        for name, text in (("total", side.written.total), ("errors", side.written.errors)):
            _, rows = line.query(with_window(text, side.over_s, side.end))
            what = f"{name} of {side.name}"
            if len(rows) > 1:
                raise line.fault(FaultKind.QUERY, f"{what}: {len(rows)} series; aggregate them, for example with sum()")
            if not rows:
                way_out = "; if there is none before the first error, add `or vector(0)` to it"
                raise self.no_data(line, f"no series of {what}{way_out if name == 'errors' else ''}")
            value = instant(line, rows[0])[1]
            if not math.isfinite(value) or value < 0:
                raise self.no_data(line, f"{what} is {value:g}")
            numbers.append(round(value))
        total, errors = numbers
        if total < max(self.question.args.minimum, 1):
            raise self.no_data(line, f"{total} of {counted(self.question.args.minimum, 'event')} of {side.name}")
        if errors > total:
            raise line.fault(FaultKind.QUERY, f"more errors than events of {side.name}: {errors} of {total}")
        return errors, total


def _signed(change: float) -> str:
    shown = number(change, "ratio")
    return shown if change < 0 else f"+{shown}"


def _import_scipy() -> None:
    try:
        import_module("scipy.stats")
    except ImportError as error:
        raise ProbeError(FaultKind.CONFIGURATION, WAY_OUT) from error

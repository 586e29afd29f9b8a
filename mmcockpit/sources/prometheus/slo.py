"""The probe `slo`: the error budget that is left, and how fast it burns over several windows.

Windows and factors are those of "Alerting on SLOs" in Google's SRE workbook (multiwindow, multi-burn-rate alerts), as
in the page alert that Sloth generates: 2 % of the budget within 1 hour, 5 % within 6 hours.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field, ValidationInfo, field_validator

from mmcockpit.core.model.reading import FaultKind
from mmcockpit.core.words.durations import duration, seconds
from mmcockpit.core.words.numbers import number
from mmcockpit.sources.common.contract import Args, DurationText, mistake
from mmcockpit.sources.prometheus.freshness import instant
from mmcockpit.sources.prometheus.probes import SelectingProbe
from mmcockpit.sources.prometheus.promql import Selector, selectors
from mmcockpit.sources.prometheus.promql_window import WindowedQuery, window_refusal, with_window
from mmcockpit.sources.prometheus.series import COVERED, POINTS, Unverified

if TYPE_CHECKING:
    from mmcockpit.sources.prometheus.line import PrometheusLine

SHORTEST_S, LONGEST_S = 5 * 86_400.0, 366 * 86_400.0
"""With a window below 5 days, the slow burn would be less than 1x: within the budget."""
BURN_WINDOWS = {"5m": 300, "30m": 1_800, "1h": 3_600, "6h": 21_600}
"""The windows of the burn rates, in seconds."""
FAST_SHARE, SLOW_SHARE = 0.02, 0.05
"""Shares of the error budget that a fast burn spends within 1 hour, and a slow burn within 6 hours."""
COVERED_WINDOWS_S = (21_600, 3_600, 1_800)
"""Burn windows for which the server must have recorded samples; the shortest is empty without any."""
_LABEL = "slo_part"

DEFAULT_RULE = ("!value.fast && !value.slow && value.budget_left > 0.0", "!value.fast && !value.slow")
"""Fail while the budget burns fast or slowly; warn once it is used up."""


class Slo(Args):
    """A service level objective: the share of events without error, over a window up to now."""

    objective: Annotated[float, Field(description="Percentage of events without error, such as 99.9.")]
    window: Annotated[DurationText, Field(description="The time to which the error budget belongs: 5d to 366d.")] = (
        "30d"
    )
    errors: Annotated[
        WindowedQuery,
        Field(min_length=1, description="PromQL of the rate of events with an error; `[$window]` is its range."),
    ]
    total: Annotated[
        WindowedQuery,
        Field(min_length=1, description="PromQL of the rate of all events; `vector(1)` if `errors` is a ratio."),
    ]

    @field_validator("objective")
    @classmethod
    def _percentage(cls, value: float) -> float:
        if not 1 < value < 100:
            raise mistake("must be a percentage > 1 and < 100, such as 99.9")
        return value

    @field_validator("window")
    @classmethod
    def _long(cls, value: str) -> str:
        if not SHORTEST_S <= seconds(value) <= LONGEST_S:
            raise mistake("must be between 5d and 366d, such as 30d")
        return value

    @field_validator("total")
    @classmethod
    def _another(cls, value: str, info: ValidationInfo) -> str:
        if value == info.data.get("errors"):
            raise mistake("is the same query as errors; write the query of all events")
        return value

    @property
    def budget(self) -> float:
        """The share of events that may have an error."""
        return (100 - self.objective) / 100

    @property
    def limits(self) -> tuple[float, float]:
        """The burn rates above which the burn is fast, and slow: 14.4 and 6 for a window of 30 days."""
        hours = seconds(self.window) / 3600
        return FAST_SHARE * hours, SLOW_SHARE * hours / 6

    def doubts(self, fresh: str) -> list[tuple[str, int, int, str]]:
        refusals = [(name, refused) for name in ("errors", "total") if (refused := window_refusal(getattr(self, name)))]
        doubts = [(name, line, column, f"promql-parser: {why}") for name, (line, column, why) in refusals]
        if 1 / self.budget <= self.limits[0]:
            most, limit = number(1 / self.budget, "x"), number(self.limits[0], "x")
            why = f"`fast` can never be true: even without any success the burn is {most}, and its limit is {limit}"
            doubts.append(("objective", 1, 1, f"{why}; write a pass rule over value.burn_1h"))
        return doubts


@dataclass(frozen=True, slots=True)
class SloProbe(SelectingProbe):
    """Errors and events of all windows, at one time; a window without events is no data, never a pass.

    The error ratio of the whole window is queried again after 1/43200 of it (one minute of 30 days).
    """

    _kept: dict[str, tuple[float, float]] = field(default_factory=dict)

    def selected(self) -> tuple[Selector, ...]:
        """Return the selectors of the queries, with the windows of the burn rates."""
        args = self.question.args
        return tuple(
            selector
            for window_s in BURN_WINDOWS.values()
            for text in (args.errors, args.total)
            for selector in selectors(with_window(text, window_s))
        )

    def answer(self, line: "PrometheusLine") -> Any:
        args: Slo = self.question.args
        burns = {name: ratio / args.budget for name, ratio in self._ratios(line, BURN_WINDOWS).items()}
        ratio = self._window_ratio(line)
        fast, slow = (
            min(burns[one], burns[other]) > limit
            for (one, other), limit in zip((("1h", "5m"), ("6h", "30m")), args.limits, strict=True)
        )
        left = 1 - ratio / args.budget
        recorded_s, window_s = self._recorded_s(line), seconds(args.window)
        partial = recorded_s is None or recorded_s + window_s / POINTS < COVERED * window_s
        value = {
            "reason": _reason(args, burns, fast, slow, left),
            "budget_left": left,
            **{f"burn_{name}": burn for name, burn in burns.items()},
            "fast": fast,
            "slow": slow,
            "partial": partial,
            "error_ratio": ratio,
        }
        return value if recorded_s is None else {**value, "data_s": round(recorded_s)}

    def too_short(self, line: "PrometheusLine") -> str:
        """Return how much of a burn window the server recorded if that is too little, else an empty string.

        A metric may be younger than that: then it had no event before.
        """
        for window_s in COVERED_WINDOWS_S:
            recorded_s = max(self._metric_s(line, window_s), self._server_s(line, window_s))
            if recorded_s + window_s / POINTS < COVERED * window_s:
                return f"only {duration(recorded_s)} of {duration(window_s)} recorded"
        return ""

    def _window_ratio(self, line: "PrometheusLine") -> float:
        """Return the error ratio of the whole window."""
        window_s = seconds(self.question.args.window)
        at, ratio = self._kept.get("window", (-math.inf, 0.0))
        if monotonic() - at >= window_s / 43_200:
            ratio = self._ratios(line, {self.question.args.window: window_s})[self.question.args.window]
            self._kept["window"] = (monotonic(), ratio)
        return ratio

    def _ratios(self, line: "PrometheusLine", windows: Mapping[str, float]) -> dict[str, float]:
        """Return the error ratio of each window, from one query."""
        texts = {"errors": self.question.args.errors, "total": self.question.args.total}
        parts = {
            f"{name} over {window}": with_window(text, window_s)
            for window, window_s in windows.items()
            for name, text in texts.items()
        }
        # A line feed ends a comment in the query.
        labelled = (f'label_replace(({text}\n), "{_LABEL}", "{name}", "", "")' for name, text in parts.items())
        _, rows = line.query(" or ".join(labelled))
        numbers: dict[str, float] = {}
        for row in rows:
            name = row.metric.get(_LABEL, "")
            if name in numbers:
                raise line.fault(FaultKind.QUERY, f"{name}: several series; aggregate them, for example with sum()")
            numbers[name] = instant(line, row)[1]
        return {window: self._ratio(line, window, numbers) for window in windows}

    def _ratio(self, line: "PrometheusLine", window: str, numbers: Mapping[str, float]) -> float:
        total, errors = numbers.get(f"total over {window}"), numbers.get(f"errors over {window}")
        if total is None:
            raise self.no_data(line, f"no series of total over {window}")
        if errors is None:
            way_out = "; if there is none before the first error, add `or vector(0)` to it"
            raise self.no_data(line, f"no series of errors over {window}{way_out}")
        for name, value in (("total", total), ("errors", errors)):
            if not math.isfinite(value):
                raise self.no_data(line, f"{name} over {window} is {value}: no events?")
            if value < 0:
                raise line.fault(FaultKind.QUERY, f"{name} over {window} is negative: {value:g}")
        if total == 0:
            raise self.no_data(line, f"no events over {window}")
        return errors / total

    def _recorded_s(self, line: "PrometheusLine") -> float | None:
        """Return how many seconds of the whole window are recorded; None if the server does not report it."""
        try:
            with line.aside():
                return self._metric_s(line, seconds(self.question.args.window))
        except Unverified:
            return None

    def _metric_s(self, line: "PrometheusLine", window_s: float) -> float:
        """Return the recorded seconds of the first metric with a name; 0 without one."""
        texts = (self.question.args.total, self.question.args.errors)
        found = (one for text in texts for one in selectors(with_window(text, 60)) if one.exact and one.name)
        selector = next(found, None)
        return self.source.series.recorded_s(line, selector.name, math.ceil(window_s)) if selector else 0.0

    def _server_s(self, line: "PrometheusLine", window_s: float) -> float:
        """Return the recorded seconds of all that the server scrapes; 0 if it scrapes nothing itself."""
        try:
            return self.source.series.recorded_s(line, "up", math.ceil(window_s))
        except Unverified:
            return 0.0


def _reason(args: Slo, burns: Mapping[str, float], fast: bool, slow: bool, left: float) -> str:
    """Return why the objective is in danger; empty if it is not."""
    limits = [number(limit, "x") for limit in args.limits]
    rates = {name: number(burn, "x") for name, burn in burns.items()}
    reasons = [f"fast burn: {rates['1h']} over 1h, {rates['5m']} over 5m (must be < {limits[0]})"] if fast else []
    reasons += [f"slow burn: {rates['6h']} over 6h, {rates['30m']} over 30m (must be < {limits[1]})"] if slow else []
    used_up = left <= 0
    reasons += [f"error budget of {args.window} used up: {number(left, 'ratio')} left"] if used_up else []
    return "; ".join(reasons)

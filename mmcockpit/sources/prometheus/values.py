"""What the Prometheus probes return."""

from typing import Annotated, ClassVar

from msgspec import UNSET, UnsetType

from mmcockpit.core.model.shape import Cell
from mmcockpit.sources.common.values import ByArguments, Value, field


class SeriesValue(Value):
    """One series of an instant query."""

    named_by: ClassVar = ("{labels}",)
    number: ClassVar = "value"
    noun: ClassVar = ("series", "series")

    labels: dict[str, str]
    value: Annotated[float, field("The number, in the unit of the signal.", generic=True)]


class TargetValue(Value):
    """One scrape target."""

    named_by: ClassVar = ("{job} {instance}",)
    causes: ClassVar = ("error",)
    good: ClassVar = "up"
    noun: ClassVar = ("target", "targets")

    job: str
    instance: str
    up: Annotated[bool, field("Whether its last scrape succeeded.", rank=1)]
    error: Annotated[str, field("Why its last scrape failed, else empty.", rank=2)]
    age_s: Annotated[float | UnsetType, field("Age of its last scrape; left out before the first.", rank=3)] = UNSET


class JobTargetsValue(Value):
    """The targets of all `jobs` together."""

    cells: ClassVar = (Cell("{reason}"), Cell("{up}/{total} up"))
    causes: ClassVar = ("reason",)
    explains: ClassVar = "reason"

    reason: Annotated[str, field("What is missing or down, else empty.")]
    up: Annotated[int, field("Targets that are up.", of="total")]
    total: int
    missing: Annotated[list[str], field("Jobs without targets.")]
    down: Annotated[list[str], field("Targets that are not up, with their errors.")]


class RuleValue(Value):
    """One rule. Whether it can fire is the result of `alert_rules`."""

    causes: ClassVar = ()
    tracks_rows: ClassVar = True
    noun: ClassVar = ("rule", "rules")

    name: str
    group: Annotated[str, field(rank=2)]
    health: Annotated[str, field("ok, err or unknown; missing for a wanted rule that is not loaded.", rank=1)]
    state: Annotated[str, field("inactive, pending or firing; empty for a recording rule.", rank=1)]
    has_series: Annotated[bool, field("Whether each of its metrics has a series at present.", rank=4)]
    evaluated_age_s: Annotated[
        float | UnsetType,
        field("Age of its last evaluation; left out before the first.", title="evaluated age", rank=3),
    ] = UNSET


class AlertRulesValue(Value):
    """Alert rules with a problem."""

    cells: ClassVar = (Cell("{reason}"), Cell("{loaded}/{expected}"))
    causes: ClassVar = ("reason",)
    explains: ClassVar = "reason"

    reason: Annotated[str, field("Why rules cannot fire; empty if all lists are.")]
    expected: Annotated[int, field("Rules that must be loaded.")]
    loaded: Annotated[int, field("Rules that are.", of="expected")]
    missing: Annotated[list[str], field("Rules that are not loaded.")]
    unhealthy: Annotated[list[str], field("Rules whose evaluation fails, with the error.")]
    late: Annotated[list[str], field("Rules that were not evaluated within the signal's stale_after.")]
    never: Annotated[list[str], field("Rules that can never have a result, with the cause.")]


class SloValue(Value):
    """An error budget and its burn rates: 1x uses up the budget exactly within its window."""

    cells: ClassVar = (
        Cell("budget {budget_left} left (of {data_s} recorded) · burn {burn_1h} 1h, {burn_6h} 6h", when="partial"),
        Cell("budget {budget_left} left · burn {burn_1h} 1h, {burn_6h} 6h"),
    )
    causes: ClassVar = ("reason",)
    explains: ClassVar = "reason"

    reason: Annotated[str, field("Why the objective is in danger, else empty.")]
    budget_left: Annotated[
        float, field("The share of the error budget that is left; below 0 it is overspent.", unit="ratio")
    ]
    burn_5m: Annotated[float, field(unit="x")]
    burn_30m: Annotated[float, field(unit="x")]
    burn_1h: Annotated[float, field(unit="x")]
    burn_6h: Annotated[float, field(unit="x")]
    fast: Annotated[
        bool,
        field(
            "More than 14.4x over 1h and 5m (window 30d; else 2% of the budget per hour).",
            title="fast burn",
            alarm=True,
            alarm_text="fast burn",
        ),
    ]
    slow: Annotated[
        bool,
        field(
            "More than 6x over 6h and 30m (window 30d; else 5% of the budget per 6h).",
            title="slow burn",
            alarm=True,
            alarm_text="slow burn",
        ),
    ]
    partial: Annotated[
        bool,
        field(
            "Less than 90% of the window is recorded: the budget is that of the recorded time.",
            title="partial data",
            shown=False,
        ),
    ]
    error_ratio: Annotated[float, field("Errors by events over the window.", unit="ratio", shown=False)]
    data_s: Annotated[
        float | UnsetType,
        field(
            "How much of the window is recorded; left out if the server does not report it.", title="recorded", unit="s"
        ),
    ] = UNSET


class CompareValue(Value):
    """A candidate compared with its baseline."""

    cells: ClassVar = (Cell("{outcome}"),)
    causes: ClassVar = ("reason",)
    explains: ClassVar = "reason"

    reason: Annotated[str, field("Why the candidate is worse, else empty.")]
    outcome: Annotated[str, field("The change, whether it is worse, p, and the samples of candidate and baseline.")]
    worse: Annotated[
        bool,
        field(
            "p < 0.005, and effect and change are large enough for the signal.",
            alarm=True,
            alarm_text="worse",
        ),
    ]
    p: Annotated[float, field("Probability of such a difference without any.", shown=False)]
    effect: Annotated[float, field("Cliff's delta from -1 to 1; of counts the difference of the shares.")]
    baseline: Annotated[float, field("The median of the baseline, or its share of errors.")]
    candidate: Annotated[float, field("The median of the candidate, or its share of errors.")]
    baseline_n: Annotated[int, field("Samples or events of the baseline.", title="baseline samples")]
    candidate_n: Annotated[int, field("Samples or events of the candidate.", title="candidate samples")]
    change: Annotated[
        float | UnsetType, field("The change of the median or share, as a ratio; left out if that was 0.", unit="ratio")
    ] = UNSET


QUERY = ByArguments(
    (float | list[SeriesValue], list[SeriesValue]),
    lambda args: list[SeriesValue] if args.each else float | list[SeriesValue],
)
"""A number (an empty list if nothing matches), or with `each` the series."""
RANGE = list[tuple[float, float]]
"""Points of Unix seconds and value."""
TARGETS = ByArguments(
    (list[TargetValue], JobTargetsValue), lambda args: JobTargetsValue if args.jobs else list[TargetValue]
)

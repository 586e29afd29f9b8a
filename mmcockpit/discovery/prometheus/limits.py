"""Limits of measures as rules of signals: from loaded alert rules, else from the last day, else none."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

import msgspec

from mmcockpit.core.words.durations import duration
from mmcockpit.core.words.numbers import number
from mmcockpit.discovery.findings import FoundSignal
from mmcockpit.discovery.prometheus.history import FACTOR, POINTS, STEP_S, PastValues, rounded_up
from mmcockpit.discovery.prometheus.measures import ErrorShare, Measure, Quantile, Use
from mmcockpit.discovery.prometheus.rule_limits import RuleLimit, RuleLimits

SMALLEST_SHARE = 0.01
"""A limit from a day without errors would be 0: the first error would break it."""
LARGEST_USE = 0.95
"""A limit from a day of high use would be more than there is."""
ABORT_FOR = "2m"


class SignalLimit(NamedTuple):
    """The rules of a signal and a comment on their source; without `passing` the signal is informational."""

    passing: str = ""
    warn: str = ""
    comment: str = ""
    abort_for: str = ""

    def on(self, signal: FoundSignal) -> FoundSignal:
        """Return the signal with this limit, but without its abort rule."""
        return msgspec.structs.replace(
            signal,
            passing=self.passing,
            warn=self.warn,
            persist=3 if self.passing else 1,
            informational=not self.passing,
            comment=self.comment,
        )


class Limits:
    """The limits of the measures of one Prometheus."""

    def __init__(self, rules: RuleLimits, pasts: Mapping[str, PastValues], no_past: str = "") -> None:
        self._rules, self._pasts, self._no_past = rules, pasts, no_past

    def of(self, measure: Measure, unit: str, alone: bool) -> SignalLimit:
        """Return the limit of a measure; `alone` is whether no other service has its metrics."""
        found = self._rules.of(measure, alone)
        if found:
            return _from_rules(found, unit)
        if self._no_past:
            return SignalLimit(comment=f"no limit: no alert rule has one, and its past is unknown: {self._no_past}")
        past = self._pasts.get(measure.query, PastValues())
        if not past.is_enough:
            recorded = f"less than {duration(POINTS // 4 * STEP_S)}" if past.points else "none"
            return SignalLimit(comment=f"no limit: no alert rule has one, and {recorded} of the last 24h is recorded")
        return _from_past(measure, past, unit)


def _from_rules(found: Sequence[RuleLimit], unit: str) -> SignalLimit:
    failing = next((limit for limit in found if limit.fails), None)
    warning = next((limit for limit in found if not limit.fails), None)
    comment = "limit: " + ", ".join(_source(limit, unit) for limit in (warning, failing) if limit)
    if failing is None and warning is not None:
        # Beyond it, the signal warns and never fails.
        return SignalLimit(_rule(warning), "true", comment)
    assert failing is not None
    abort_for = duration(failing.rule.duration) if failing.rule.duration >= 1 else ABORT_FOR
    if warning is None or warning.value >= failing.value:
        return SignalLimit(_rule(failing), "", comment, abort_for)
    return SignalLimit(_rule(warning), _rule(failing), comment, abort_for)


def _rule(limit: RuleLimit) -> str:
    return f"value {limit.comparison} {_written(limit.value)}"


def _source(limit: RuleLimit, unit: str) -> str:
    severity = limit.rule.severity or "without severity"
    return f"{number(limit.value, unit)} from alert rule {limit.rule.name} ({severity})"


def _from_past(measure: Measure, past: PastValues, unit: str) -> SignalLimit:
    p99 = rounded_up(past.p99)
    limit = rounded_up(p99 * FACTOR)
    comment = f"limit: p99 of the last 24h ({number(p99, unit)}) x {FACTOR:g}; no alert rule has one"
    if isinstance(measure, ErrorShare) and limit < SMALLEST_SHARE:
        limit = SMALLEST_SHARE
        comment += f"; raised to {number(limit, unit)}"
    if isinstance(measure, Use) and unit == "ratio" and limit > LARGEST_USE:
        limit = LARGEST_USE
        comment += f"; lowered to {number(limit, unit)}"
    if not limit:
        return SignalLimit(comment="no limit: no alert rule has one, and the p99 of the last 24h is 0")
    aborts = isinstance(measure, ErrorShare | Quantile)
    return SignalLimit(f"value < {_written(limit)}", "", comment, ABORT_FOR if aborts else "")


def _written(value: float) -> str:
    """Return a number as CEL reads it, without an exponent."""
    return format(Decimal(f"{value:.6g}"), "f")

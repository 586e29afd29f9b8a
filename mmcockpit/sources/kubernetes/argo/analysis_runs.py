"""AnalysisRuns of Argo Rollouts: their metrics with counts and limits, and the measurements of each."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import msgspec

from mmcockpit.sources.kubernetes.api.custom import age_s

MOST_MEASUREMENTS = 10
"""Maximum measurements of each metric, the newest first."""
MOST_ROWS = 60
"""Maximum metrics, and maximum measurements, in a reading."""
BROKEN = frozenset({"Failed", "Error", "Inconclusive"})
ENDED = BROKEN | {"Successful"}
"""Phases of a run, a metric or a measurement that do not change any more."""
TYPE_LABEL = "rollout-type"
_KINDS = {"PrePromotion": "pre-promotion", "PostPromotion": "post-promotion"}
_EPOCH = datetime.fromtimestamp(0, UTC)


class _Owner(msgspec.Struct, frozen=True, gc=False):
    uid: str = ""


class _Meta(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    name: str
    creation_timestamp: datetime | None = None
    labels: dict[str, str] | None = None
    owner_references: list[_Owner] | None = None


class AnalysisMetric(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """What an AnalysisRun measures: numbers may be texts, because templates fill them in."""

    name: str
    count: int | str | None = None
    interval: str | None = None
    failure_limit: int | str | None = None
    success_condition: str = ""
    failure_condition: str = ""

    @property
    def wanted(self) -> int | None:
        """How often it is measured; None without an end."""
        return _whole(self.count) or (None if self.interval else 1)


class _Spec(msgspec.Struct, frozen=True, gc=False):
    metrics: list[AnalysisMetric] | None = None
    terminate: bool = False


class Measurement(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """One measurement of a metric."""

    phase: str = ""
    value: str = ""
    message: str = ""
    started_at: datetime | None = None
    finished_at: datetime | None = None


class MetricResult(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """The results of one metric so far."""

    name: str
    phase: str = ""
    message: str = ""
    count: int = 0
    successful: int = 0
    failed: int = 0
    inconclusive: int = 0
    error: int = 0
    dry_run: bool = False
    measurements: list[Measurement] | None = None


class _Status(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    phase: str = ""
    message: str = ""
    started_at: datetime | None = None
    metric_results: list[MetricResult] | None = None


class AnalysisRunObject(msgspec.Struct, frozen=True, gc=False):
    """The fields read of an AnalysisRun."""

    metadata: _Meta
    spec: _Spec = _Spec()
    status: _Status = _Status()

    @property
    def kind(self) -> str:
        """Why a Rollout made it: step, background, pre-promotion or post-promotion; empty for any other run."""
        label = (self.metadata.labels or {}).get(TYPE_LABEL, "")
        return _KINDS.get(label, label.lower())

    @property
    def created(self) -> datetime:
        """When it was created."""
        return self.metadata.creation_timestamp or _EPOCH

    @property
    def running(self) -> bool:
        """Whether it has no result yet."""
        return self.status.phase not in ENDED

    def owned_by(self, uid: str) -> bool:
        """Return whether an object owns it."""
        return any(owner.uid == uid for owner in self.metadata.owner_references or ())


def current_runs(runs: Iterable[AnalysisRunObject]) -> list[AnalysisRunObject]:
    """Return the running ones and the newest one of each kind, the newest first."""
    newest = sorted(runs, key=lambda run: run.created, reverse=True)
    kinds: set[str] = set()
    kept = []
    for run in newest:
        if run.running or run.kind not in kinds:
            kept.append(run)
        kinds.add(run.kind)
    return kept


def metric_rows(runs: Iterable[AnalysisRunObject]) -> list[dict[str, Any]]:
    """Return a row for each metric of these runs, also of one that has no measurement yet."""
    rows = []
    for run in runs:
        results = {result.name: result for result in run.status.metric_results or ()}
        wanted = {metric.name: metric for metric in run.spec.metrics or ()}
        for name in dict.fromkeys((*wanted, *results)):
            metric, result = wanted.get(name, AnalysisMetric(name)), results.get(name, MetricResult(name, "Pending"))
            rows.append(_metric_row(run, metric, result))
    return rows[:MOST_ROWS]


def measurement_rows(runs: Iterable[AnalysisRunObject], now: float | None) -> list[dict[str, Any]]:
    """Return the newest measurements of each metric of these runs, the newest first; ages by the server's clock."""
    rows = []
    for run in runs:
        for result in run.status.metric_results or ():
            for one in list(reversed(result.measurements or ()))[:MOST_MEASUREMENTS]:
                age = age_s(one.finished_at or one.started_at, now)
                row = {"metric": result.name, "phase": one.phase, "value": one.value, "message": one.message}
                rows.append({**row, **({} if age is None else {"age_s": age}), "run": run.metadata.name})
    return rows[:MOST_ROWS]


def _metric_row(run: AnalysisRunObject, metric: AnalysisMetric, result: MetricResult) -> dict[str, Any]:
    newest = result.measurements[-1] if result.measurements else Measurement()
    row: dict[str, Any] = {
        "metric": metric.name,
        "phase": result.phase,
        "value": newest.value,
        "condition": metric.success_condition
        or (f"not {metric.failure_condition}" if metric.failure_condition else ""),
        "successful": result.successful,
        "failed": result.failed,
        "inconclusive": result.inconclusive,
        "errors": result.error,
        "message": "" if result.phase not in BROKEN or result.dry_run else _problem(result, newest),
        "dry_run": result.dry_run,
        "analysis": run.kind,
        "run": run.metadata.name,
    }
    known = {
        "count": metric.wanted,
        "failure_limit": 0 if metric.failure_limit is None else _whole(metric.failure_limit),
    }
    return {**row, **{key: number for key, number in known.items() if number is not None}}


def _problem(result: MetricResult, newest: Measurement) -> str:
    counts = {"failed": result.failed, "inconclusive": result.inconclusive, "errors": result.error}
    told = ", ".join(f"{number} {word}" for word, number in counts.items() if number)
    return result.message or newest.message or told or result.phase.lower()


def _whole(number: int | str | None) -> int | None:
    """Return a number that may be written as a text; None for any other text."""
    text = str(number).strip()
    return int(text) if text.removeprefix("-").isdecimal() else None

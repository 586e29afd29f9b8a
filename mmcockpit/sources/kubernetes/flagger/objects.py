"""The fields read of a Canary of Flagger, and what its controller writes into them.

Source: https://github.com/fluxcd/flagger/tree/main/pkg/apis/flagger/v1beta1
"""

from datetime import datetime

import msgspec

from mmcockpit.core.words.durations import seconds
from mmcockpit.sources.kubernetes.api.custom import ObjectCondition, ObjectMeta

PRODUCT = "Flagger"
CANARY = "Canary.flagger.app"
GROUP = "flagger.app"
PRIMARY = "-primary"
"""The end of the name of the workload with the promoted version, which gets the traffic outside of an analysis."""
FULL_WEIGHT = 100
INITIALIZING, FAILED = "Initializing", "Failed"
WAITING, WAITING_PROMOTION = "Waiting", "WaitingPromotion"
PROGRESSING, PROMOTING, FINALISING = "Progressing", "Promoting", "Finalising"
DONE = frozenset({"Initialized", "Succeeded"})
"""Phases in which the primary workload has the last version that Flagger has seen, and all traffic."""
UNDERWAY = frozenset({PROGRESSING, WAITING, WAITING_PROMOTION, PROMOTING, FINALISING})
PHASES = DONE | UNDERWAY | {INITIALIZING, FAILED, "Terminating", "Terminated"}
_LEAST_INTERVAL_S, _INTERVAL_S, _DEADLINE_S = 10.0, 60.0, 600.0
_APPROVES_WEIGHTS = "confirm-traffic-increase"


class TargetRef(msgspec.Struct, frozen=True, gc=False):
    """The workload whose changes Flagger rolls out."""

    kind: str = ""
    name: str = ""


class AnalysisHook(msgspec.Struct, frozen=True, gc=False):
    """A webhook of an analysis; its type is what it decides."""

    type: str = ""


class CanaryAnalysis(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """How the new version is tested: by rising weights, or by a number of iterations."""

    interval: str = ""
    threshold: int = 0
    iterations: int = 0
    max_weight: int = 0
    step_weights: list[int] | None = None
    match: list[msgspec.Raw] | None = None
    webhooks: list[AnalysisHook] | None = None


class _Spec(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    target_ref: TargetRef = TargetRef()
    analysis: CanaryAnalysis | None = None
    # The name of the analysis before v1beta1, which is still read.
    canary_analysis: CanaryAnalysis | None = None
    progress_deadline_seconds: int | None = None
    suspend: bool = False


class _Status(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    phase: str = ""
    failed_checks: int = 0
    canary_weight: int = 0
    iterations: int = 0
    last_transition_time: datetime | None = None
    conditions: list[ObjectCondition] | None = None


class CanaryObject(msgspec.Struct, frozen=True, gc=False):
    """The fields read of a Canary."""

    metadata: ObjectMeta
    spec: _Spec = _Spec()
    status: _Status = _Status()

    @property
    def analysis(self) -> CanaryAnalysis:
        """How it is analysed; without an analysis it is promoted at once."""
        return self.spec.analysis or self.spec.canary_analysis or CanaryAnalysis()

    @property
    def strategy(self) -> str:
        """Its strategy, as Flagger names it: canary, blue-green or ab-testing."""
        if not self.analysis.iterations:
            return "canary"
        return "ab-testing" if self.analysis.match else "blue-green"

    @property
    def threshold(self) -> int:
        """At how many failed checks Flagger rolls back."""
        return max(1, self.analysis.threshold)

    @property
    def max_weight(self) -> int:
        """The weight at which it is promoted."""
        if self.analysis.step_weights:
            return min(FULL_WEIGHT, self.analysis.step_weights[-1])
        return self.analysis.max_weight if self.analysis.max_weight > 0 else FULL_WEIGHT

    @property
    def weight(self) -> int | None:
        """The percentage of traffic at the new version; None where the status does not say it.

        While a promotion waits for its approval, Flagger has 0 in the status and leaves the traffic as it is.
        """
        phase = self.status.phase
        shown = self.strategy == "canary" and phase in UNDERWAY | {FAILED} and phase != WAITING_PROMOTION
        return self.status.canary_weight if shown else None

    @property
    def promoted(self) -> ObjectCondition | None:
        """Its condition Promoted; None if it has none yet."""
        return next((one for one in self.status.conditions or () if one.type == "Promoted"), None)

    @property
    def longest_s(self) -> float | None:
        """How long a phase may stay unchanged while the controller runs; None if there is no limit."""
        approved = any(hook.type == _APPROVES_WEIGHTS for hook in self.analysis.webhooks or ())
        if self.spec.suspend or approved or self.status.phase not in (PROGRESSING, PROMOTING, FINALISING):
            return None
        try:
            interval = max(_LEAST_INTERVAL_S, seconds(self.analysis.interval))
        except ValueError:
            interval = _INTERVAL_S
        deadline = self.spec.progress_deadline_seconds
        return (_DEADLINE_S if deadline is None else float(deadline)) + 3 * interval

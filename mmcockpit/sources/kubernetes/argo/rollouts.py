"""The fields read of Argo Rollouts' objects.

Source: https://github.com/argoproj/argo-rollouts/tree/master/pkg/apis/rollouts/v1alpha1
"""

from datetime import datetime
from typing import Any

import msgspec

from mmcockpit.sources.kubernetes.api.custom import ObjectMeta
from mmcockpit.sources.kubernetes.workload import Template

PRODUCT = "Argo Rollouts"
ROLLOUT = "Rollout.argoproj.io"
ANALYSIS_RUN = "AnalysisRun.argoproj.io"
GROUP = "argoproj.io"
HASH_LABEL = "rollouts-pod-template-hash"
"""The label of a ReplicaSet, its pods and its AnalysisRuns with the hash of the pod template."""
FULL_WEIGHT = 100


class WorkloadRef(msgspec.Struct, frozen=True, gc=False):
    """The Deployment that has the pod template of a Rollout."""

    kind: str = ""
    name: str = ""


class CanaryStrategy(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """The steps of a canary, and whether a router splits the traffic."""

    steps: list[dict[str, Any]] = []
    traffic_routing: dict[str, Any] | None = None


class BlueGreenStrategy(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """The strategy of two versions side by side."""

    active_service: str = ""


class _Strategy(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    canary: CanaryStrategy | None = None
    blue_green: BlueGreenStrategy | None = None


class _Spec(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    replicas: int = 1
    paused: bool = False
    strategy: _Strategy = _Strategy()
    selector: dict[str, Any] | None = None
    template: Template | None = None
    workload_ref: WorkloadRef | None = None
    min_ready_seconds: int = 0


class PauseCondition(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """Why a rollout is paused, and since when."""

    reason: str = ""
    start_time: datetime | None = None


class RunStatus(msgspec.Struct, frozen=True, gc=False):
    """What a Rollout knows of one of its AnalysisRuns."""

    name: str = ""
    status: str = ""
    message: str = ""


class _Weight(msgspec.Struct, frozen=True, gc=False):
    weight: int = 0


class TrafficWeights(msgspec.Struct, frozen=True, gc=False):
    """The weights that are set in the router."""

    canary: _Weight


class CanaryStatus(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """The state of a canary."""

    weights: TrafficWeights | None = None
    current_step_analysis_run_status: RunStatus | None = None
    current_background_analysis_run_status: RunStatus | None = None


class BlueGreenStatus(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """The hashes behind the two Services, and the analyses before and after the promotion."""

    active_selector: str = ""
    preview_selector: str = ""
    pre_promotion_analysis_run_status: RunStatus | None = None
    post_promotion_analysis_run_status: RunStatus | None = None


class _RolloutStatus(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    phase: str = ""
    message: str = ""
    observed_generation: str = ""
    workload_observed_generation: str = ""
    abort: bool = False
    controller_pause: bool = False
    pause_conditions: list[PauseCondition] | None = None
    current_pod_hash: str = ""
    stable_rs: str = msgspec.field(name="stableRS", default="")
    current_step_index: int | None = None
    replicas: int = 0
    updated_replicas: int = 0
    ready_replicas: int = 0
    available_replicas: int = 0
    canary: CanaryStatus = CanaryStatus()
    blue_green: BlueGreenStatus = BlueGreenStatus()


class RolloutObject(msgspec.Struct, frozen=True, gc=False):
    """The fields read of a Rollout."""

    metadata: ObjectMeta
    spec: _Spec = _Spec()
    status: _RolloutStatus = _RolloutStatus()

    @property
    def observed(self) -> bool:
        """Whether the controller has seen the latest specification; its observedGeneration is a text."""
        seen = self.status.observed_generation
        # Versions before 0.10 wrote a hash instead of the generation.
        return bool(seen) and (not seen.isdecimal() or int(seen) >= self.metadata.generation)

    @property
    def promoted(self) -> bool:
        """Whether the newest pod template is the stable one."""
        return bool(self.status.stable_rs) and self.status.stable_rs == self.status.current_pod_hash

    @property
    def canary(self) -> CanaryStrategy | None:
        """The canary strategy; None with another one."""
        return self.spec.strategy.canary

    @property
    def blue_green(self) -> bool:
        """Whether the strategy is blue-green."""
        return self.spec.strategy.blue_green is not None

    def percentage(self, weight: int) -> int:
        """Return a weight as a percentage: a router may have finer weights (maxTrafficWeight).

        0 is only no traffic, and 100 only all of it.
        """
        routing = (self.canary.traffic_routing if self.canary else None) or {}
        most = routing.get("maxTrafficWeight")
        if not isinstance(most, int) or most <= 0 or most == FULL_WEIGHT:
            return weight
        share = round(FULL_WEIGHT * weight / most)
        return min(max(share, 1), FULL_WEIGHT - 1) if 0 < weight < most else share

    @property
    def pauses(self) -> list[PauseCondition]:
        """Why the controller paused it."""
        return self.status.pause_conditions or []

    @property
    def runs(self) -> list[RunStatus]:
        """What it knows of its current AnalysisRuns."""
        canary, blue_green = self.status.canary, self.status.blue_green
        known = (
            *(canary.current_step_analysis_run_status, canary.current_background_analysis_run_status),
            *(blue_green.pre_promotion_analysis_run_status, blue_green.post_promotion_analysis_run_status),
        )
        return [run for run in known if run is not None]

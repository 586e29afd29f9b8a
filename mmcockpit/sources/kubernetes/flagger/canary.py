"""A Canary of Flagger: its phase, weight and failed checks, and the versions of its two workloads."""

from collections.abc import Iterator
from typing import Any, ClassVar

import msgspec

from mmcockpit.core.model.reading import FaultKind, ProbeError, Reading
from mmcockpit.core.words.amounts import counted
from mmcockpit.core.words.durations import duration
from mmcockpit.sources.common.contract import Args
from mmcockpit.sources.kubernetes.api.custom import age_s, bounded, find_typed, installed, known_age_s
from mmcockpit.sources.kubernetes.api.kinds import KINDS
from mmcockpit.sources.kubernetes.api.permissions import Permission
from mmcockpit.sources.kubernetes.flagger.objects import (
    CANARY,
    DONE,
    FAILED,
    FINALISING,
    FULL_WEIGHT,
    GROUP,
    PHASES,
    PRIMARY,
    PRODUCT,
    PROGRESSING,
    PROMOTING,
    WAITING,
    WAITING_PROMOTION,
    CanaryObject,
)
from mmcockpit.sources.kubernetes.probe import ClusterProbe, ContainerName, Namespace, ObjectName
from mmcockpit.sources.kubernetes.workload import Template, Workload

_CANARY = msgspec.json.Decoder(CanaryObject)
_WORKLOAD = msgspec.json.Decoder(Workload)
_WORKLOADS = ("Deployment", "DaemonSet")
_WAITS = {
    WAITING: "waits for the approval of its analysis",
    WAITING_PROMOTION: "waits for the approval of its promotion",
}


class FlaggerCanaryArgs(Args):
    """A Canary by name."""

    shorthand: ClassVar[str] = "name"
    name: ObjectName
    namespace: Namespace = ""
    container: ContainerName = None


class _Versions(msgspec.Struct, frozen=True):
    """The pod templates of the target and of its primary workload; None if one does not exist."""

    target: Template | None = None
    primary: Template | None = None


class FlaggerCanary(ClusterProbe):
    """One Canary; it is only read, because Flagger promotes and rolls back by itself. No Flagger is a fault.

    So are a Canary without a status, one with an unknown phase, and an analysis whose status has not changed for its
    progress deadline and three of its intervals: the controller does not run. After a promotion the phase stays
    Succeeded until the controller sees the next version, at its next interval: the images of both workloads have to be
    the same, too.
    """

    @classmethod
    def permissions(cls, args: Any, namespace: str) -> tuple[Permission, ...]:
        """Return the permissions that a poll needs, for a Canary of a Deployment."""
        return (
            Permission("get", "canaries", GROUP, namespace, args.name),
            Permission("get", "deployments", "apps", namespace),
        )

    async def poll(self) -> Reading:
        kind = await installed(self.cluster, CANARY, PRODUCT)
        found = await find_typed(self.cluster, kind, self.namespace, self.args.name, _CANARY)
        if found is None:
            return Reading(_absent(self.namespace))
        canary, now = found
        self._require_current(canary, now)
        versions = await self._versions(canary)
        return Reading(bounded(self._value(canary, versions, now)))

    def _require_current(self, canary: CanaryObject, now: float | None) -> None:
        named, phase = f"{self.cluster.host}: Canary {self.args.name}", canary.status.phase
        if not phase:
            raise ProbeError(FaultKind.NO_DATA, f"{named} has no status; does Flagger run, and watch its namespace?")
        if phase not in PHASES:
            raise ProbeError(FaultKind.MALFORMED, f"{named} has the unknown phase {phase!r}")
        longest = canary.longest_s
        if longest is None:
            return
        age = known_age_s(self.cluster, canary.status.last_transition_time, now)
        if age is None or age > longest:
            since = f"for {duration(age)}" if age is not None else "at a known time"
            raise ProbeError(FaultKind.STALE, f"{named} is {phase} and has not changed {since}; does Flagger run?")

    async def _versions(self, canary: CanaryObject) -> _Versions | None:
        """Return the versions of both workloads; None for a target that has no pods of its own."""
        target = canary.spec.target_ref
        if target.kind not in _WORKLOADS:
            return None
        kind = KINDS[target.kind.lower()]
        found = [
            await find_typed(self.cluster, kind, self.namespace, name, _WORKLOAD)
            for name in (target.name, target.name + PRIMARY)
        ]
        return _Versions(*(one[0].spec.template if one is not None else None for one in found))

    def _value(self, canary: CanaryObject, versions: _Versions | None, now: float | None) -> dict[str, Any]:
        status, promoted, target = canary.status, canary.promoted, canary.spec.target_ref
        why = "; ".join(_why(canary, versions))
        age = age_s(status.last_transition_time, now)
        return {
            "exists": True,
            "phase": status.phase,
            "message": promoted.message if promoted else "",
            "promoted": promoted.status if promoted else "Unknown",
            "complete": not why,
            "strategy": canary.strategy,
            **_progress(canary),
            "failed_checks": status.failed_checks,
            "threshold": canary.threshold,
            "suspended": canary.spec.suspend,
            **({} if age is None else {"transition_age_s": age}),
            "target": f"{target.kind}/{target.name}",
            **({} if versions is None else self._images(versions, target.name)),
            **({"control": control} if (control := _control(canary, self.namespace)) else {}),
            "why": why,
        }

    def _images(self, versions: _Versions, name: str) -> dict[str, Any]:
        image, primary = (
            one.image(self.args.container, name) if one is not None else ""
            for one in (versions.target, versions.primary)
        )
        return {"image": image, "primary_image": primary}


def _absent(namespace: str) -> dict[str, Any]:
    texts = dict.fromkeys(("phase", "message", "promoted", "strategy", "target"), "")
    no = dict.fromkeys(("exists", "complete", "suspended"), False)
    return {**no, **texts, "failed_checks": 0, "why": f"not found in namespace {namespace}"}


def _progress(canary: CanaryObject) -> dict[str, Any]:
    """Return how far the analysis is; nothing outside of one."""
    status, weight = canary.status, canary.weight
    if status.phase in DONE:
        return {}
    weights = {} if weight is None else {"weight": weight, "full_weight": FULL_WEIGHT}
    if canary.strategy == "canary":
        steps = {**weights, "max_weight": canary.max_weight} if weights else {}
    else:
        steps = {"iteration": status.iterations, "iterations": canary.analysis.iterations}
    if status.phase not in (PROGRESSING, WAITING_PROMOTION):
        return steps
    return {**steps, "checks": f"{status.failed_checks} failed, Flagger rolls back at {canary.threshold}"}


def _control(canary: CanaryObject, namespace: str) -> str:
    """Return what Flagger does by itself, and how to stop that; empty once it does nothing more."""
    phase = canary.status.phase
    if canary.spec.suspend:
        return "does nothing until spec.suspend is false"
    if phase in (PROMOTING, FINALISING):
        return "completes the promotion by itself"
    if phase not in (PROGRESSING, WAITING, WAITING_PROMOTION):
        return ""
    pause = f"kubectl --namespace={namespace} patch canaries.flagger.app {canary.metadata.name} --type=merge"
    return f'promotes it by itself; to pause it: {pause} --patch=\'{{"spec":{{"suspend":true}}}}\''


def _why(canary: CanaryObject, versions: _Versions | None) -> Iterator[str]:
    """Yield every reason why a Canary is not complete."""
    status, promoted, target = canary.status, canary.promoted, canary.spec.target_ref
    message = promoted.message.rstrip(".") if promoted else ""
    if canary.spec.suspend:
        yield "suspended"
    if status.phase in _WAITS:
        yield _WAITS[status.phase]
    elif status.phase == PROGRESSING:
        weight = "" if canary.weight is None else f" at weight {canary.weight}%"
        checks = f", {counted(status.failed_checks, 'failed check')}" if status.failed_checks else ""
        yield f"progressing{weight}{checks}"
    elif status.phase == FAILED:
        weight = f"; {canary.weight}% of the traffic is still at it" if canary.weight else ""
        yield ": ".join(filter(None, ("failed", message))) + weight
    elif status.phase not in DONE:
        yield ": ".join(filter(None, (status.phase.lower(), message)))
    elif promoted is None or promoted.status != "True":
        yield f"its condition Promoted is {promoted.status if promoted else 'missing'}"
    if versions is None:
        return
    named = {target.name: versions.target, target.name + PRIMARY: versions.primary}
    missing = [name for name, template in named.items() if template is None]
    if missing:
        yield f"{target.kind} {', '.join(missing)} does not exist"
    elif status.phase in DONE and _differ(versions):
        yield f"Flagger has not seen the new version of {target.kind} {target.name}"
    elif status.phase == FAILED and not _differ(versions):
        # To Flagger the specification that it promoted last is no change, so that no new analysis begins.
        yield f"both {target.kind}s have the same images, and Flagger stays {FAILED} until there is a new version"


def _differ(versions: _Versions) -> bool:
    images = [
        {one.name: one.image for one in template.spec.containers} if template is not None else {}
        for template in (versions.target, versions.primary)
    ]
    return images[0] != images[1]

"""How far a Rollout is: its weight, whether it is complete, and why not."""

from collections.abc import Sequence
from typing import Any

from mmcockpit.core.words.amounts import counted
from mmcockpit.sources.kubernetes.argo.rollouts import FULL_WEIGHT, RolloutObject
from mmcockpit.sources.kubernetes.argo.steps import step_place

HEALTHY = "Healthy"
_PAUSES = {
    "CanaryPauseStep": "pause step",
    "BlueGreenPause": "waits for its promotion",
    "InconclusiveAnalysisRun": "inconclusive analysis",
    "InconclusiveExperiment": "inconclusive experiment",
}


def is_complete(rollout: RolloutObject) -> bool:
    """Return whether the latest specification was seen and is fully promoted, Healthy and available everywhere."""
    status, desired = rollout.status, rollout.spec.replicas
    settled = not (status.abort or rollout.spec.paused or rollout.pauses or status.controller_pause)
    counts = (status.updated_replicas, status.available_replicas)
    return (
        rollout.observed
        and rollout.promoted
        and status.phase == HEALTHY
        and settled
        and all(count >= desired for count in counts)
    )


def phase_of(rollout: RolloutObject, observed: bool) -> tuple[str, str]:
    """Return the phase and its message; a phase counts only for the specification that the controller has seen."""
    if not observed:
        return "Progressing", "its controller has not seen the latest specification"
    if rollout.status.controller_pause and not rollout.pauses:
        return "Progressing", "resumes after its pause"
    return rollout.status.phase, rollout.status.message


def pause_text(rollout: RolloutObject) -> str:
    """Return every reason why it is paused, joined by commas; empty if it is not."""
    reasons = [_PAUSES.get(pause.reason, pause.reason) for pause in rollout.pauses]
    # A person may pause a rollout that already waits: it then needs a resume and a promotion.
    reasons += ["spec.paused is set"] if rollout.spec.paused else []
    return ", ".join(dict.fromkeys(reasons))


def current_weight(rollout: RolloutObject, rows: Sequence[dict[str, Any]] | None) -> int | None:
    """Return the percentage of traffic at the newest version; None if it is not known.

    It is what the router has, else the newest version's share of the ready pods (of all pods, where ReplicaSets may not
    be read).
    """
    status = rollout.status
    if rollout.promoted:
        return FULL_WEIGHT
    if rollout.blue_green:
        return FULL_WEIGHT if status.blue_green.active_selector == status.current_pod_hash else 0
    if rollout.canary and rollout.canary.traffic_routing is not None:
        return rollout.percentage(status.canary.weights.canary.weight) if status.canary.weights else None
    if rows is None:
        newest, total = status.updated_replicas, status.replicas
    else:
        newest = sum(row["ready"] for row in rows if row["hash"] == status.current_pod_hash)
        total = sum(row["ready"] for row in rows)
    return round(FULL_WEIGHT * newest / total) if total else 0


def why_incomplete(rollout: RolloutObject, observed: bool, stuck: Sequence[str], stale: str) -> str:
    """Return why a Rollout is not complete, as a sentence."""
    parts = [stale] if stale else []
    phase, message = phase_of(rollout, observed)
    place, pause = step_place(rollout), pause_text(rollout)
    where = f" at step {place.step} of {place.steps}" if place and place.step else ""
    if not observed:
        parts.append(message)
    elif rollout.status.abort:
        parts.append(_joined("aborted", message))
    elif pause:
        parts.append(f"paused{where}: {pause}")
    elif phase != HEALTHY:
        parts.append(_joined(f"{phase.lower() or 'without a phase'}{where}", message))
    elif not rollout.promoted:
        parts.append(f"not fully promoted{where}")
    else:
        parts.append(_missing(rollout))
    if stuck:
        parts.append(f"new pods cannot start: {', '.join(stuck)}")
    return "; ".join(filter(None, parts))


def _joined(word: str, message: str) -> str:
    return f"{word}: {message}" if message else word


def _missing(rollout: RolloutObject) -> str:
    status, desired = rollout.status, rollout.spec.replicas
    if status.updated_replicas < desired:
        return f"{status.updated_replicas} of {counted(desired, 'pod')} updated"
    if status.available_replicas < desired:
        return f"{status.available_replicas} of {counted(desired, 'pod')} available"
    return ""

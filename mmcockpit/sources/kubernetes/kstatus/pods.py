"""Readiness of a Pod."""

from datetime import datetime

from mmcockpit.sources.kubernetes.kstatus.document import ObjectFields, Readiness, current, failed, in_progress

SCHEDULED_WITHIN_S = 15.0
"""Seconds in which a node is found for a pod; then it counts as one that cannot be scheduled."""


def pod(document: ObjectFields, now: float | None) -> Readiness:
    """Return the readiness of a Pod; `now` is the server's time in Unix seconds."""
    match document.text("status.phase"):
        case "Succeeded":
            return current("completed")
        case "Failed":
            why = document.text("status.message") or document.text("status.reason")
            return failed(f"failed: {why}" if why else "failed")
        case "Running":
            return _running(document)
        case "Pending":
            return _pending(document, now)
        case "":
            return in_progress("no phase yet")
        case phase:
            return Readiness("Unknown", f"phase {phase}")


def _running(document: ObjectFields) -> Readiness:
    ready = document.condition("Ready")
    if ready is not None and ready.status == "True":
        return current("ready")
    if (looping := _looping(document, "status.containerStatuses")) is not None:
        return looping
    return in_progress(ready.message if ready is not None and ready.message else "running, not ready")


def _pending(document: ObjectFields, now: float | None) -> Readiness:
    scheduled = document.condition("PodScheduled")
    if scheduled is not None and scheduled.status == "False" and scheduled.reason == "Unschedulable":
        if now is not None and now - _created(document) < SCHEDULED_WITHIN_S:
            return in_progress("not scheduled yet")
        return failed(f"cannot be scheduled: {scheduled.why}")
    for path in ("status.initContainerStatuses", "status.containerStatuses"):
        if (looping := _looping(document, path)) is not None:
            return looping
    waiting = [reason for path in _STATUSES for _, reason in _waiting(document, path) if reason not in _STARTING]
    return in_progress(f"pending: {waiting[0]}" if waiting else "pending")


_STATUSES = ("status.initContainerStatuses", "status.containerStatuses")
_STARTING = ("", "ContainerCreating", "PodInitializing")


def _looping(document: ObjectFields, path: str) -> Readiness | None:
    names = [name for name, reason in _waiting(document, path) if reason == "CrashLoopBackOff"]
    return failed(f"crash loop: {', '.join(names)}") if names else None


def _waiting(document: ObjectFields, path: str) -> list[tuple[str, str]]:
    """Return the containers that wait, each with its reason."""
    statuses = map(ObjectFields, document.rows(path))
    return [(one.text("name"), one.text("state.waiting.reason")) for one in statuses if one.part("state.waiting")]


def _created(document: ObjectFields) -> float:
    try:
        return datetime.fromisoformat(document.text("metadata.creationTimestamp")).timestamp()
    except ValueError:
        return 0.0

"""Failures that an object reports without the condition Ready, by the names that many controllers use."""

from mmcockpit.sources.kubernetes.kstatus.document import ObjectFields, Readiness, current, failed, in_progress

_BAD = ("Degraded", "Failed", "Failure")
"""Conditions that report a failure if they are true."""
_GOOD = ("Available", "Healthy", "Accepted", "Programmed", "Reconciled", "Synced")
"""Conditions that report that something is missing if they are not true."""
_FAILED_WORDS = frozenset({"failed", "error", "errored", "degraded", "red", "partiallyfailed", "failedvalidation"})
_ENDED_WORDS = frozenset({"completed", "succeeded"})
"""Phases of an object that runs once, such as a backup of Velero: there is no later generation to wait for."""
_FIELDS = ("phase", "health", "state")
"""Fields of a status that may hold one of these words: red is the health of Elasticsearch, for example."""


def reported_trouble(document: ObjectFields) -> Readiness | None:
    """Return that an object has failed or is not ready, by its other conditions and its phase; None without a sign."""
    for name in _BAD:
        condition = document.condition(name)
        if condition is not None and condition.status == "True":
            return failed(condition.why)
    for field in _FIELDS:
        word = document.text(f"status.{field}")
        if word.lower() in _FAILED_WORDS:
            return failed(document.text("status.message") or f"{field} {word}")
    for name in _GOOD:
        condition = document.condition(name)
        if condition is not None and condition.status in ("False", "Unknown"):
            return in_progress(condition.why)
    return None


def ended_well(document: ObjectFields) -> Readiness | None:
    """Return the readiness of an object that runs once and has no condition Ready, or of a snapshot; None of another.

    A run of Tekton has the condition Succeeded, a backup a phase, and a snapshot of volumes the field readyToUse.
    """
    succeeded, usable = document.condition("Succeeded"), document.part("status.readyToUse")
    if succeeded is not None and succeeded.status in ("True", "False", "Unknown"):
        by_status = {"True": current, "False": failed}
        return by_status.get(succeeded.status, in_progress)(succeeded.why)
    if isinstance(usable, bool):
        why = document.text("status.error.message")
        return current("ready to use") if usable else in_progress(why or "not ready to use yet")
    phase = document.text("status.phase")
    return current(f"phase {phase}") if phase.lower() in _ENDED_WORDS else None

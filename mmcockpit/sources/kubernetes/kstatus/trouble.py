"""Failures that an object reports without the condition Ready, by the names that many controllers use."""

from mmcockpit.sources.kubernetes.kstatus.document import ObjectFields, Readiness, failed, in_progress

_BAD = ("Degraded", "Failed", "Failure")
"""Conditions that report a failure if they are true."""
_GOOD = ("Available", "Healthy", "Accepted", "Programmed", "Reconciled", "Synced")
"""Conditions that report that something is missing if they are not true."""
_FAILED_WORDS = frozenset({"failed", "error", "degraded", "red"})
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

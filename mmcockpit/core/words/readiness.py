"""Whether a rollback can be relied on, as text."""

from mmcockpit.core.model.verdict import Level

READY = {
    Level.PASS: "ready",
    Level.WARN: "not ready",
    Level.FAIL: "not ready",
    Level.UNKNOWN: "not checked",
}


def readiness_text(level: Level, since: str = "", because: str = "") -> str:
    """Return the state in one line, with the age of the oldest check, or with the first reason against it.

    `ready, checked 4m ago`, `not ready: Roll back: kubectl: not found in PATH`.
    """
    if level is Level.PASS:
        return READY[level] + (f", checked {since} ago" if since else "")
    return READY[level] + (f": {because}" if because else "")

"""Signals that read pods and workloads: one passing poll is not enough, because a pod may restart right after it."""

from typing import Any

from mmcockpit.core.model.signal import Signal
from mmcockpit.core.model.states import SATISFIED
from mmcockpit.core.state.session import Session

PERSIST = 3
"""Default number of agreeing readings before a verdict on a workload changes."""

SETTLE_S = 60.0
"""Default settle time in seconds of an item that depends on a workload, unless minReadySeconds is longer."""


def least_settle_s(session: Session, name: str, seen: frozenset[str] = frozenset()) -> float:
    """Return the longest minReadySeconds in the last reading of a signal or of its members; 0.0 without any."""
    state = session.signals.get(name)
    if state is None or name in seen:
        return 0.0
    members = (least_settle_s(session, member, seen | {name}) for member in state.signal.group)
    return max([_min_ready_s(state.value), *members])


def restarted(session: Session, signal: Signal, value: Any) -> str:
    """Return the text of a restart since the last reading while an item of an open phase is settling; else empty."""
    state = session.signals.get(signal.name)
    if not signal.workload or state is None or state.reading is None:
        return ""
    before, now = _restarts(state.reading.value), _restarts(value)
    more = [name for name, count in now.items() if count > before.get(name, 0)] if before else []
    if not more or not _settling(session, signal.name):
        return ""
    further = f" and {len(more) - 1} more" if len(more) > 1 else ""
    return f"{more[0]}{further} restarted within the settle time"


def _settling(session: Session, name: str) -> bool:
    around = {name}
    while more := {one.signal.name for one in session.signals.values() if around & {*one.signal.group}} - around:
        around |= more
    return any(
        state.item.signal in around
        and session.phase_of(state.item.id) <= session.phase
        and state.state not in SATISFIED
        for state in session.items.values()
    )


def _min_ready_s(value: Any) -> float:
    rows = value if isinstance(value, list) else [value]
    found = [0.0]
    for row in rows:
        if isinstance(row, dict):
            spec = row.get("spec")
            told = row.get("min_ready_s", spec.get("minReadySeconds", 0) if isinstance(spec, dict) else 0)
            found.append(float(told) if isinstance(told, int | float) else 0.0)
    return max(found)


def _restarts(value: Any) -> dict[str, int]:
    """Return the restarts of each pod in a reading of `pods`, of a list of pods, or of one pod."""
    rows = value.get("pods", [value]) if isinstance(value, dict) else value
    pods = [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    counted = ((_name(row), _count(row)) for row in pods)
    return {name: count for name, count in counted if name and count >= 0}


def _name(row: dict[str, Any]) -> str:
    meta = row.get("metadata")
    name = row.get("name") or (meta.get("name") if isinstance(meta, dict) else "")
    return name if isinstance(name, str) else ""


def _count(row: dict[str, Any]) -> int:
    """Return the restarts of one pod; -1 where the row does not contain them."""
    if isinstance(row.get("restarts"), int):
        return int(row["restarts"])
    status = row.get("status")
    boxes = status.get("containerStatuses") if isinstance(status, dict) else None
    if not isinstance(boxes, list):
        return -1
    counts = [box.get("restartCount", 0) for box in boxes if isinstance(box, dict)]
    return sum(count for count in counts if isinstance(count, int))

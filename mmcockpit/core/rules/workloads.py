"""Signals that read pods and workloads: one passing poll is not enough, because a pod may restart right after it."""

from typing import Any

from mmcockpit.core.model.shape import Shape, at, each_at
from mmcockpit.core.model.signal import Signal
from mmcockpit.core.model.states import SATISFIED
from mmcockpit.core.state.session import Session
from mmcockpit.core.words.values import entry_name

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
    return max([min_ready_s(state.value, state.signal.shape), *members])


def restarted(session: Session, signal: Signal, value: Any) -> str:
    """Return the text of a restart since the last reading while an item of an open phase is settling; else empty."""
    state = session.signals.get(signal.name)
    if not signal.workload or state is None or state.reading is None:
        return ""
    before, now = _restarts(state.reading.value, signal.shape), _restarts(value, signal.shape)
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


def min_ready_s(value: Any, shape: Shape) -> float:
    """Return the longest minReadySeconds in a reading; 0.0 without any."""
    rows = value if isinstance(value, list) else [value]
    seconds = [each_at(row, path) for row in rows for path in shape.settles]
    return max([0.0, *(float(part) for parts in seconds for part in parts if isinstance(part, int | float))])


def _restarts(value: Any, shape: Shape) -> dict[str, int]:
    """Return the restarts of each pod in a reading: of the value itself, its rows, or the entries of one of its lists.

    Pods without a name or without restarts are left out.
    """
    if not shape.restart_count:
        return {}
    rows = at(value, shape.restart_rows) if shape.restart_rows else value
    counts: dict[str, int] = {}
    for row in rows if isinstance(rows, list) else [rows]:
        parts = [part for part in each_at(row, shape.restart_count) if isinstance(part, int)]
        name = entry_name(row, shape)
        if name and parts:
            counts[name] = sum(parts)
    return counts

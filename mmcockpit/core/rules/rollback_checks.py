"""The checks of procedures on which a rollback depends: how old they are, and what they do not prove."""

from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.rules.advice import readiness_names
from mmcockpit.core.state.session import Session
from mmcockpit.core.state.signals import SignalState


def rollback_checks(session: Session) -> list[SignalState]:
    """Return the checks of procedures on which a rollback depends at the moment."""
    states = (session.signals.get(name) for name in readiness_names(session))
    return [state for state in states if state is not None and state.signal.procedure]


def checked_at(session: Session) -> Stamp | None:
    """Return when the oldest of these checks was made; None if there is none."""
    times = [state.read_at for state in rollback_checks(session) if state.read_at is not None]
    return min(times, key=lambda stamp: stamp.at, default=None)


def unproven_count(session: Session) -> int:
    """Return how many parts of the rollback no check can prove in advance."""
    values = [state.reading.value for state in unproven_checks(session) if state.reading is not None]
    return sum(max(int(value.get("unproven", 0)), 1) if isinstance(value, dict) else 1 for value in values)


def unproven_checks(session: Session) -> tuple[SignalState, ...]:
    """Return those of which a part cannot be proven; the remark on the result names it."""
    checks = rollback_checks(session)
    return tuple(state for state in checks if state.fault is None and state.reading and state.reading.remark)

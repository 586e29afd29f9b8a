"""The checks of procedures: on which a rollback depends, how old they are, what is unproven, which are due again."""

from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.verdict import Level
from mmcockpit.core.rules.advice import readiness_names
from mmcockpit.core.rules.steps.step_signals import step_signals
from mmcockpit.core.state.session import Session
from mmcockpit.core.state.signals import SignalState

AGAIN_S = 30.0
"""Seconds after which a failed check is repeated at the earliest, once a signal of its steps has data again."""


def rollback_checks(session: Session) -> list[SignalState]:
    """Return the checks of procedures on which a rollback depends at the moment."""
    states = (session.signals.get(name) for name in readiness_names(session))
    return [state for state in states if state is not None and state.signal.procedure]


def checked_at(session: Session) -> Stamp | None:
    """Return when the oldest of these checks was made; None if there is none."""
    times = [state.read_at for state in rollback_checks(session) if state.read_at is not None]
    return min(times, key=lambda stamp: stamp.at, default=None)


def unproven_checks(session: Session) -> tuple[SignalState, ...]:
    """Return those of which a part cannot be proven; the remark on the result names it."""
    checks = rollback_checks(session)
    return tuple(state for state in checks if state.fault is None and state.reading and state.reading.remark)


def checks_to_repeat(session: Session, signal: str, now: Stamp) -> tuple[str, ...]:
    """Return the failed checks of procedures with a step that waits for a signal, which has data again."""
    if session.signals[signal].fault is not None:
        return ()
    waiting = {
        one.id
        for one in session.cockpit.checklist.procedures
        if any(signal in step_signals(step) for step in one.steps)
    }
    return tuple(
        state.signal.name
        for state in session.signals.values()
        if state.signal.procedure in waiting
        and state.verdict.level is Level.FAIL
        and state.asked_at is not None
        and now.at - state.asked_at.at >= AGAIN_S
    )

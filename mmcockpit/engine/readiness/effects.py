"""Whether the signals that confirm a step have data; whether they pass now does not matter."""

import asyncio
from collections.abc import AsyncIterator, Callable

from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.procedure import Step
from mmcockpit.core.rules.steps.step_signals import step_signals
from mmcockpit.core.state.session import Session
from mmcockpit.core.state.signals import SignalState
from mmcockpit.core.words.verdicts import fault_text, verdict_reason
from mmcockpit.engine.readiness.outcomes import Check, failed, ok, unproven
from mmcockpit.engine.readiness.trial import WITHIN_S

LOOK_S = 0.1
"""Seconds between two looks at a signal that has not been polled yet."""


async def effect_checks(step: Step, look: Callable[[], tuple[Session, Stamp]]) -> AsyncIterator[Check]:
    """Yield a check for each signal that a step waits for."""
    for name in dict.fromkeys(step_signals(step)):
        session, _ = look()
        state = session.signals.get(name)
        if state is None:
            yield failed(f"unknown signal {name}")
            continue
        if not state.signal.active:
            await _polled(state)
        yield _effect(state, look()[1])


async def _polled(state: SignalState) -> None:
    """Wait for the first result of a signal, for a limited time."""
    for _ in range(round(WITHIN_S / LOOK_S)):
        if state.asked_at is not None:
            return
        await asyncio.sleep(LOOK_S)


def _effect(state: SignalState, now: Stamp) -> Check:
    name, signal = state.signal.name, state.signal
    if state.asked_at is None or (signal.active and now.at - state.asked_at.at > signal.patience):
        if signal.active:
            return unproven(f"its signal {name} is active and was not polled")
        return failed(f"its signal {name} has no data within {WITHIN_S:g}s")
    if state.fault is not None:
        return failed(f"its signal {name} has no data: {verdict_reason(state.verdict) or fault_text(state.fault)}")
    if now.at - state.asked_at.at > signal.patience:
        return failed(f"its signal {name} has no recent result")
    return ok(f"its signal {name} has data")

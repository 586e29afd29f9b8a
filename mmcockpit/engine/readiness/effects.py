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

LOOK_S = 0.1
"""Seconds between two looks at a signal without data."""


class EffectSignals:
    """The signals that confirm the steps of one procedure.

    Those without data are waited for, `within_s` seconds in all: when a session begins, they are polled while the
    procedure is checked.
    """

    def __init__(self, look: Callable[[], tuple[Session, Stamp]], within_s: float) -> None:
        self._look = look
        self._left = round(within_s / LOOK_S)

    async def checks(self, step: Step) -> AsyncIterator[Check]:
        """Yield a check for each signal that a step waits for."""
        for name in dict.fromkeys(step_signals(step)):
            state = self._look()[0].signals.get(name)
            if state is None:
                yield failed(f"unknown signal {name}")
                continue
            while self._left > 0 and not state.signal.active and (state.asked_at is None or state.fault is not None):
                self._left -= 1
                await asyncio.sleep(LOOK_S)
            yield _effect(state, self._look()[1])


def _effect(state: SignalState, now: Stamp) -> Check:
    name, signal = state.signal.name, state.signal
    if state.asked_at is None or (signal.active and now.at - state.asked_at.at > signal.patience):
        if signal.active:
            return unproven(f"its signal {name} is active and was not polled")
        return failed(f"its signal {name} has no data yet")
    if state.fault is not None:
        return failed(f"its signal {name} has no data: {verdict_reason(state.verdict) or fault_text(state.fault)}")
    if now.at - state.asked_at.at > signal.patience:
        return failed(f"its signal {name} has no recent result")
    return ok(f"its signal {name} has data")

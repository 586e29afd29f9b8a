"""Polls every signal of a cockpit once, without a session: for `doctor`."""

import asyncio
from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from mmcockpit.core.facts.event import AnyBody, Event, Observed, Trouble
from mmcockpit.core.model.cockpit import Cockpit
from mmcockpit.core.model.reading import Answer
from mmcockpit.core.model.signal import Signal
from mmcockpit.core.model.verdict import Verdict
from mmcockpit.core.rules.judge import judge
from mmcockpit.core.state.evolve import evolve
from mmcockpit.engine.cleaned import cleaned
from mmcockpit.engine.clock import SessionClock, wall
from mmcockpit.engine.connections import Connections
from mmcockpit.engine.headless import opened
from mmcockpit.engine.schedule import Publish, Schedule
from mmcockpit.sources.common.secrets import Secrets
from mmcockpit.sources.kubernetes.api.identity import with_clusters

WITHIN_S = 120.0
"""Seconds a survey may take; signals without a result by then are left out."""


class Poll(NamedTuple):
    """One signal's result, its verdict without `persist`, and its duration in milliseconds."""

    signal: Signal
    answer: Answer
    verdict: Verdict
    ms: float


class Survey:
    """Polls each signal that is not active once, combinations after their members; records nothing."""

    def __init__(self, cockpit: Cockpit, secrets: Secrets) -> None:
        signals = tuple(_at_once(signal) for signal in cockpit.signals)
        cockpit = with_clusters(msgspec.structs.replace(cockpit, signals=signals), {})
        self._clock = SessionClock()
        self._session = opened(cockpit, "doctor", self._clock)
        self._secrets = secrets
        self._signals = tuple(signal for signal in signals if not signal.active)
        self.polls: dict[str, Poll] = {}
        self._connections = Connections(cockpit, secrets, lambda: (self._session, wall()), self._apply, False)
        specs = {spec.name: spec for spec in cockpit.sources}
        publish = Publish(self._answered, lambda signal, points: None, self._trouble)
        self._schedule = Schedule(self._signals, specs, self._connections.probe, publish, wall)

    async def run(self, within_s: float = WITHIN_S) -> None:
        """Poll; results are in `polls` by the signal's name, also after a timeout."""
        try:
            async with asyncio.timeout(within_s):
                for batch in _in_order(self._signals):
                    await self._schedule.ask_once(batch)
        except TimeoutError:
            pass
        finally:
            await self._connections.close()

    def _answered(self, signal: Signal, answer: Answer, ms: float) -> None:
        harmless = cleaned(answer, self._secrets.redact)
        verdict = judge(signal, harmless, self._session, self._clock.now())
        self.polls[signal.name] = Poll(signal, harmless, verdict, ms)
        self._apply(Observed(signal.name, harmless, verdict, ms))

    def _apply(self, body: AnyBody) -> None:
        evolve(self._session, Event(self._session.seq + 1, self._clock.now(), body))

    def _trouble(self, trouble: Trouble) -> None:
        """Do nothing: the signal's poll already holds a probe's bug as a fault."""


def _at_once(signal: Signal) -> Signal:
    return msgspec.structs.replace(signal, rule=msgspec.structs.replace(signal.rule, agree=1, of=1))


def _in_order(signals: Sequence[Signal]) -> list[list[Signal]]:
    """Return the signals in batches: those without members, then combinations after their members, then procedures.

    A procedure is checked after the signals that confirm its steps.
    """
    procedures = [signal for signal in signals if signal.procedure]
    signals = [signal for signal in signals if not signal.procedure]
    left = {signal.name: signal for signal in signals if signal.source == "session"}
    batches = [[signal for signal in signals if signal.name not in left]]
    while left:
        ready = [signal for signal in left.values() if not any(name in left for name in signal.group)] or list(
            left.values()
        )
        batches.append(ready)
        left = {name: signal for name, signal in left.items() if signal not in ready}
    return [*batches, procedures]

"""Completes a baseline from the history of the sources, where this session has not covered the whole window."""

import asyncio
from collections.abc import Awaitable, Callable

import msgspec

from mmcockpit.core.decide import command as commands
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.signal import Signal
from mmcockpit.core.rules.baseline import LEAST_POINTS, lacking, window
from mmcockpit.core.state.session import Session
from mmcockpit.engine.pace import REAL_TIME, SessionPace

History = Callable[[Signal, float, float, str], Awaitable[list[tuple[float, float]]]]
Obey = Callable[[commands.AnyCommand], object]
"""Carries out a command."""


class BaselineHistory:
    """Adds to a RecordBaseline the points that `history` has, then has it carried out."""

    def __init__(self, history: History, pace: SessionPace = REAL_TIME) -> None:
        self._history = history
        self._pace = pace
        self._tasks: set[asyncio.Task[None]] = set()

    def takes(self, command: commands.AnyCommand, session: Session, now: Stamp, obey: Obey) -> bool:
        """Start the lookup of what the session lacks, then call `obey`; return False if no lookup is needed."""
        if not isinstance(command, commands.RecordBaseline) or command.values or command.looked_up:
            return False
        states = [session.signals[name] for name in lacking(session, now) if name in session.signals]
        signals = [state.signal for state in states if state.signal.rule.numeric and not state.signal.active]
        if not signals:
            return False
        task = asyncio.create_task(self._look_up(command, signals, *window(session, now), obey))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return True

    async def _look_up(
        self, command: commands.RecordBaseline, signals: list[Signal], start: float, end: float, obey: Obey
    ) -> None:
        without = "the baseline has no value for it"
        began, ended = self._pace.real(start), self._pace.real(end)
        asked = (self._history(self._pace.signal(signal), began, ended, without) for signal in signals)
        histories = map(self._pace.points, await asyncio.gather(*asked))
        points = {
            signal.name: tuple(value for at, value in known if start <= at <= end and value - value == 0.0)
            for signal, known in zip(signals, histories, strict=True)
        }
        history = {name: values for name, values in points.items() if len(values) >= LEAST_POINTS}
        obey(msgspec.structs.replace(command, history=history, looked_up=True))

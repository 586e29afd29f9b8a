"""When each signal is polled: never twice at once, within each source's budget, without end."""

import asyncio
import gc
import random
import traceback
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import suppress
from math import ceil, inf

import msgspec

from mmcockpit.core.facts.event import Trouble
from mmcockpit.core.model.cockpit import SourceSpec
from mmcockpit.core.model.reading import Answer, Fault, FaultKind, Probe, ProbeError, Reading
from mmcockpit.core.model.signal import Signal
from mmcockpit.core.rules.judged_signals import HEADLINE
from mmcockpit.core.words.durations import duration
from mmcockpit.engine.lane import Lane
from mmcockpit.engine.wake import Wake

BACK_OFF = (1.4, 1.8)
"""Factors on the interval of a signal that keeps failing, drawn at random.

They are below 2, so that a signal is polled again within two of its intervals after its source has recovered.
"""

AT_ONCE = 6
"""Most polls of one source at the same time."""

ONE_BY_ONE = frozenset({"procedures"})
"""Sources whose polls run commands of this machine, and so wait for each other."""

HISTORY_S = 3_600.0
HISTORY_POINTS = 240
HISTORIES_AT_ONCE = 4
HISTORY_AGAIN_S = 10.0
"""Seconds until a chart's history is queried once more after it failed."""

TICK_S, TICK_SHARE = 0.25, 0.05
"""Polls are due on ticks: in seconds, and at most this share of the signal's interval apart."""

FIRST_CHECK_S = 20.0
"""When procedures are first checked, in seconds: their commands must not compete with the first poll of the signals."""
AGAIN_S = 30.0
"""Seconds until a procedure is checked again of which a check failed: what is missing may be there soon."""

Ask = Callable[[Signal], Awaitable[Probe]]


class Publish(msgspec.Struct, frozen=True):
    """Where results go: results with their duration (ms), chart history, and bugs of probes."""

    answer: Callable[[Signal, Answer, float], None]
    history: Callable[[Signal, list[tuple[float, float]]], None]
    trouble: Callable[[Trouble], None]


class Schedule:
    """Polls every signal at its interval, those of the headline first, and once the history of the charted ones.

    Each signal has a task of its own with a phase offset, so its polls never overlap. A signal that fails again backs
    off by BACK_OFF, except the scout of its source (the signal with the shortest interval), which keeps its interval:
    the first reading after it failed triggers a poll of all failed signals. A signal that fails for a reason of its
    own, while the scout has readings, triggers no other.
    """

    def __init__(
        self,
        signals: tuple[Signal, ...],
        sources: Mapping[str, SourceSpec],
        probe: Ask,
        publish: Publish,
        wall: Callable[[], float],
        charted: Collection[str] = (),
    ) -> None:
        self._signals = tuple(sorted(signals, key=lambda signal: HEADLINE not in signal.tags))
        self._charted = charted
        self._histories = asyncio.Semaphore(HISTORIES_AT_ONCE)
        self._probe = probe
        self._publish = publish
        self._wall = wall
        self._random = random.Random()
        self._wake = {signal.name: Wake(signal) for signal in signals}
        missing = SourceSpec("", "")
        self._lanes = {
            name: Lane(sources.get(name, missing), 1 if name in ONE_BY_ONE else AT_ONCE)
            for name in {signal.source for signal in signals}
        }

    async def run(self) -> None:
        """Poll until cancelled."""
        scouts = self._scouts()
        async with asyncio.TaskGroup() as tasks:
            self._tasks = tasks
            for number, signal in enumerate(self._signals):
                scout = signal.name in scouts
                offset = 0.0 if scout else min(signal.every, 5.0) * number / len(self._signals)
                if signal.procedure:
                    offset += FIRST_CHECK_S
                tasks.create_task(self._keep_asking(signal, offset, scout), name=f"signal {signal.name}")
            # Also wait if there is nothing to poll: an engine whose polling ends counts as broken.
            try:
                await asyncio.Event().wait()
            finally:
                for wake in self._wake.values():
                    wake.stop()

    def _scouts(self) -> set[str]:
        """Return for each source the signal with the shortest interval."""
        fastest: dict[str, Signal] = {}
        for signal in self._signals:
            first = fastest.get(signal.source)
            if not signal.active and (first is None or signal.every < first.every):
                fastest[signal.source] = signal
        return {signal.name for signal in fastest.values()}

    async def ask_once(self, signals: Sequence[Signal]) -> None:
        """Poll these signals once each, within the limits of their sources; active ones are left out."""
        polls = [self._ask(signal, self._lanes[signal.source]) for signal in signals if not signal.active]
        await asyncio.gather(*polls)

    def ask_now(self, names: tuple[str, ...]) -> None:
        """Poll the named signals next, regardless of their interval; without names, all that are not active."""
        for name in names or tuple(signal.name for signal in self._signals if not signal.active):
            if name in self._wake:
                self._wake[name].event.set()

    async def _keep_asking(self, signal: Signal, offset: float, scout: bool) -> None:
        loop = asyncio.get_running_loop()
        lane = self._lanes[signal.source]
        failures, filled = 0, False
        due = loop.time() + offset
        while True:
            # An active signal is polled only when an operator requests it.
            await self._sleep_until(signal, inf if signal.active else due)
            # After an early poll the interval starts here; the time set by a back-off no longer applies.
            due = min(due, loop.time())
            answer = await self._ask(signal, lane)
            _end_if_cancelled()
            due = max(due + next_poll_s(signal, answer), self._wake[signal.name].not_before, loop.time())
            if isinstance(answer, Reading):
                lane.faulted.discard(signal.name)
                self._recovered(lane)
                failures = 0
                if not filled:
                    filled = True
                    await self._listen(signal)
                    if signal.name in self._charted and signal.rule.numeric:
                        self._tasks.create_task(self._backfill(signal), name=f"history {signal.name}")
                continue
            failures += 1
            if not signal.active:
                lane.faulted.add(signal.name)
            lane.failing = lane.failing or scout
            if not scout and failures > 1:
                due = max(due, loop.time() + signal.every * self._random.uniform(*BACK_OFF))

    async def _sleep_until(self, signal: Signal, due: float) -> None:
        event = self._wake[signal.name].event
        # A timer that sets the event costs a third of a timeout, which cancels the task.
        timer = None if due == inf else asyncio.get_running_loop().call_at(tick_of(due, signal.every), event.set)
        try:
            await event.wait()
        finally:
            if timer is not None:
                timer.cancel()
        event.clear()

    def _recovered(self, lane: Lane) -> None:
        if lane.failing:
            lane.failing = False
            for name in lane.faulted:
                self._wake[name].recovered()

    async def _ask(self, signal: Signal, lane: Lane) -> Answer:
        """Poll once; whatever error a probe, a rule or the session raises, polling continues."""
        loop = asyncio.get_running_loop()
        async with lane.slots:
            await lane.turn()
            began = loop.time()
            try:
                answer = await self._answer(signal, signal.timeout + lane.grace_s)
                self._wake[signal.name].polled(loop.time() - began)
                self._publish.answer(signal, answer, round((loop.time() - began) * 1000, 1))
            except Exception as error:  # noqa: BLE001
                answer = Fault(FaultKind.BUG, f"{type(error).__name__} in the probe {signal.probe}")
                self._bug(signal, answer, error, round((loop.time() - began) * 1000, 1))
        if not lane.polled:
            lane.polled = True
            # The modules of its client live until the end: full collections would stop all threads to look at them.
            gc.freeze()
        return answer

    async def _answer(self, signal: Signal, within_s: float) -> Answer:
        try:
            async with asyncio.timeout(within_s):
                probe = await self._probe(signal)
                return self._fresh(signal, await probe.read())
        except ProbeError as error:
            return Fault(error.kind, f"{error.message}{self._wake[signal.name].pause(error.retry_after_s)}")
        except TimeoutError:
            return Fault(FaultKind.TIMEOUT, f"no response within {within_s:g}s")

    def _bug(self, signal: Signal, fault: Fault, error: Exception, ms: float) -> None:
        """Record a bug and its fault; an error while recording must not end polling."""
        detail = "".join(traceback.format_exception(error, limit=-8))
        trouble = Trouble(f"probe {signal.source}.{signal.probe}", str(error), detail)
        with suppress(Exception):
            self._publish.trouble(trouble)
        with suppress(Exception):
            self._publish.answer(signal, fault, ms)

    def _fresh(self, signal: Signal, reading: Reading) -> Reading:
        if reading.sampled is None:
            return reading
        age = self._wall() - reading.sampled
        if age > signal.stale_after:
            raise ProbeError(FaultKind.STALE, f"the newest sample is {duration(age)} old")
        if age < -signal.stale_after:
            raise ProbeError(FaultKind.STALE, f"the newest sample is {duration(-age)} in the future: the clocks differ")
        return reading

    async def _listen(self, signal: Signal) -> None:
        """Let the probe report changes between polls, if it learns of them."""
        # Imported here, as below: it is the sources' contract, and a schedule without polls needs none.
        from mmcockpit.sources.common.contract import Listens

        probe = await self._probe(signal)
        if isinstance(probe, Listens) and not signal.active:
            probe.listen(self._wake[signal.name].changed)

    async def _backfill(self, signal: Signal) -> None:
        """Fill the signal's chart; after a second failure it stays empty, and only a bug is recorded."""
        for wait_s in (0.0, HISTORY_AGAIN_S):
            await asyncio.sleep(wait_s)
            end = self._wall()
            try:
                async with self._histories, asyncio.timeout(signal.timeout):
                    points = await self._history(signal, end - HISTORY_S, end)
                if points:
                    self._publish.history(signal, points)
                return
            except (ProbeError, TimeoutError):
                continue
            except Exception as error:  # noqa: BLE001
                with suppress(Exception):
                    self._publish.trouble(_no_history(signal, "the chart starts empty", error))
                return

    async def history(self, signal: Signal, start: float, end: float, without: str) -> list[tuple[float, float]]:
        """Return a signal's points between two Unix times, as its source has them.

        On any failure the list is empty, and the failure is recorded with its consequence, `without`.
        """
        lane = self._lanes[signal.source]
        async with lane.slots:
            await lane.turn()
            try:
                async with asyncio.timeout(signal.timeout):
                    return await self._history(signal, start, end)
            except Exception as error:  # noqa: BLE001
                with suppress(Exception):
                    self._publish.trouble(_no_history(signal, without, error))
        return []

    async def _history(self, signal: Signal, start: float, end: float) -> list[tuple[float, float]]:
        from mmcockpit.sources.common.contract import Backfills

        probe = await self._probe(signal)
        if not isinstance(probe, Backfills):
            return []
        return await probe.history(start, end, (end - start) / HISTORY_POINTS)


def _no_history(signal: Signal, without: str, error: Exception) -> Trouble:
    return Trouble(f"history of {signal.name}", f"{without}: {str(error) or 'no response in time'}", harmless=True)


def tick_of(due: float, every: float) -> float:
    """Return the first tick at or after a time: polls at the same time cost half of as many single ones."""
    tick = min(TICK_S, every * TICK_SHARE)
    return ceil(due / tick) * tick


def next_poll_s(signal: Signal, answer: Answer) -> float:
    """Return the seconds until the next poll of a signal."""
    failed = bool(signal.procedure) and isinstance(answer, Reading) and answer.value["failed"] > 0
    return min(signal.every, AGAIN_S) if failed else signal.every


def _end_if_cancelled() -> None:
    """End the task if it was cancelled during a poll, and the probe made an ordinary error of that."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError

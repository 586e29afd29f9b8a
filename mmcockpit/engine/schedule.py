"""When every signal is asked: never twice at once, within each source's budget, never giving up."""

import asyncio
import random
import traceback
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from math import inf

import msgspec

from mmcockpit.core.facts.event import Trouble
from mmcockpit.core.model.cockpit import SourceSpec
from mmcockpit.core.model.reading import Answer, Fault, FaultKind, Probe, ProbeError, Reading
from mmcockpit.core.model.signal import Signal

BACK_OFF = (1.4, 1.8)
"""Intervals between two polls of a signal that keeps failing, drawn at random: below two, so that whatever failed is
polled again within two of its intervals after its source is back."""

AT_ONCE = 6
"""Questions to one source under way at the same time, at the most."""

GRACE_S = 1.0
"""Probes keep the signal's timeout themselves, because they can say what was late; this is for one that does not."""

HISTORY_S = 3_600.0
HISTORY_POINTS = 240

Ask = Callable[[Signal], Awaitable[Probe]]


class Publish(msgspec.Struct, frozen=True):
    """Where the schedule's answers go: answers with their duration (ms), chart history, and bugs of probes."""

    answer: Callable[[Signal, Answer, float], None]
    history: Callable[[Signal, list[tuple[float, float]]], None]
    trouble: Callable[[Trouble], None]


class Lane:
    """One source's share of the schedule: how many questions at once, how many a second, and what fails of it.

    `failing` is what the scout found last, until anyone gets an answer; `faulted` are the signals whose last answer was
    a fault, active ones left out.
    """

    def __init__(self, spec: SourceSpec) -> None:
        self.slots = asyncio.Semaphore(AT_ONCE)
        self.failing = False
        self.faulted: set[str] = set()
        self._spacing = 1.0 / spec.budget
        self._next = 0.0

    async def turn(self) -> None:
        """Wait until the budget allows one more question."""
        loop = asyncio.get_running_loop()
        due = max(self._next, loop.time())
        self._next = due + self._spacing
        await asyncio.sleep(due - loop.time())


class Schedule:
    """Asks every signal at its interval.

    Each signal has a task of its own with a phase offset, so no signal overlaps itself. A signal that fails again backs
    off by BACK_OFF, except the scout of its source, the signal with the shortest interval, which keeps its pace: its
    first good answer after a failure wakes all that failed. A signal that fails for a reason of its own, while the
    scout is answered, wakes nobody.
    """

    def __init__(
        self,
        signals: tuple[Signal, ...],
        sources: Mapping[str, SourceSpec],
        probe: Ask,
        publish: Publish,
        wall: Callable[[], float],
    ) -> None:
        self._signals = signals
        self._probe = probe
        self._publish = publish
        self._wall = wall
        self._random = random.Random()
        self._wake = {signal.name: asyncio.Event() for signal in signals}
        missing = SourceSpec("", "")
        self._lanes = {name: Lane(sources.get(name, missing)) for name in {signal.source for signal in signals}}

    async def run(self) -> None:
        """Ask for ever; ends by cancellation."""
        scouts = self._scouts()
        async with asyncio.TaskGroup() as tasks:
            for number, signal in enumerate(self._signals):
                scout = signal.name in scouts
                offset = 0.0 if scout else min(signal.every, 5.0) * number / len(self._signals)
                tasks.create_task(self._keep_asking(signal, offset, scout), name=f"signal {signal.name}")
            # Where nothing can be asked, too: an engine whose asking is over has broken.
            await asyncio.Event().wait()

    def _scouts(self) -> set[str]:
        """Return of every source the signal that is polled most often."""
        found: dict[str, Signal] = {}
        for signal in self._signals:
            first = found.get(signal.source)
            if not signal.active and (first is None or signal.every < first.every):
                found[signal.source] = signal
        return {signal.name for signal in found.values()}

    async def ask_once(self, signals: Sequence[Signal]) -> None:
        """Poll these signals once each, within the limits of their sources; active ones are left out."""
        polls = [self._ask(signal, self._lanes[signal.source]) for signal in signals if not signal.active]
        await asyncio.gather(*polls)

    def ask_now(self, names: tuple[str, ...]) -> None:
        """Let the named signals come next, whatever their interval; without names, all that are not active."""
        for name in names or tuple(signal.name for signal in self._signals if not signal.active):
            if name in self._wake:
                self._wake[name].set()

    async def _keep_asking(self, signal: Signal, offset: float, scout: bool) -> None:
        loop = asyncio.get_running_loop()
        lane = self._lanes[signal.source]
        failures, filled = 0, False
        due = loop.time() + offset
        while True:
            # An active signal is asked only when an operator says so.
            await self._sleep_until(signal, inf if signal.active else due)
            # Woken early, the interval counts from here: what was due after a back-off is due no longer.
            due = min(due, loop.time())
            answer = await self._ask(signal, lane)
            due = max(due + signal.every, loop.time())
            if isinstance(answer, Reading):
                lane.faulted.discard(signal.name)
                self._recovered(lane)
                failures = 0
                if not filled:
                    filled = True
                    await self._backfill(signal)
                continue
            failures += 1
            if not signal.active:
                lane.faulted.add(signal.name)
            lane.failing = lane.failing or scout
            if not scout and failures > 1:
                due = loop.time() + signal.every * self._random.uniform(*BACK_OFF)

    async def _sleep_until(self, signal: Signal, due: float) -> None:
        wake = self._wake[signal.name]
        try:
            async with asyncio.timeout_at(None if due == inf else due):
                await wake.wait()
        except TimeoutError:
            pass
        wake.clear()

    def _recovered(self, lane: Lane) -> None:
        if lane.failing:
            lane.failing = False
            for name in lane.faulted:
                self._wake[name].set()

    async def _ask(self, signal: Signal, lane: Lane) -> Answer:
        """The probe wall: whatever a probe, a rule or the session does with an answer, polling goes on."""
        loop = asyncio.get_running_loop()
        async with lane.slots:
            await lane.turn()
            began = loop.time()
            try:
                answer = await self._answer(signal)
                self._publish.answer(signal, answer, round((loop.time() - began) * 1000, 1))
            except Exception as error:  # noqa: BLE001
                answer = Fault(FaultKind.BUG, f"{type(error).__name__} in the probe {signal.probe}")
                self._bug(signal, answer, error, round((loop.time() - began) * 1000, 1))
        return answer

    async def _answer(self, signal: Signal) -> Answer:
        try:
            async with asyncio.timeout(signal.timeout + GRACE_S):
                probe = await self._probe(signal)
                return self._fresh(signal, await probe.read())
        except ProbeError as error:
            return Fault(error.kind, error.message)
        except TimeoutError:
            return Fault(FaultKind.TIMEOUT, f"no answer within {signal.timeout + GRACE_S:g} s")

    def _bug(self, signal: Signal, fault: Fault, error: Exception, ms: float) -> None:
        """Record a bug and the fault that it makes; what cannot even be recorded must not end the polling."""
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
            raise ProbeError(FaultKind.STALE, f"the newest sample is {age:.0f} s old")
        if age < -signal.stale_after:
            raise ProbeError(FaultKind.STALE, f"the newest sample is {-age:.0f} s in the future: the clocks differ")
        return reading

    async def _backfill(self, signal: Signal) -> None:
        """Fill the signal's chart; a failure of whatever kind leaves it empty and is recorded."""
        if not signal.rule.numeric:
            return
        end = self._wall()
        points = await self.history(signal, end - HISTORY_S, end, "the chart starts empty")
        if points:
            with suppress(Exception):
                self._publish.history(signal, points)

    async def history(self, signal: Signal, start: float, end: float, without: str) -> list[tuple[float, float]]:
        """Return a signal's points between two Unix times, as its source still has them.

        A failure of whatever kind gives none, and is recorded with what that leads to: `without`.
        """
        lane = self._lanes[signal.source]
        async with lane.slots:
            await lane.turn()
            try:
                async with asyncio.timeout(signal.timeout):
                    return await self._history(signal, start, end)
            except Exception as error:  # noqa: BLE001
                message = str(error) or "no answer in time"
                trouble = Trouble(f"history of {signal.name}", f"{without}: {message}")
                with suppress(Exception):
                    self._publish.trouble(trouble)
        return []

    async def _history(self, signal: Signal, start: float, end: float) -> list[tuple[float, float]]:
        history = getattr(await self._probe(signal), "history", None)
        return [] if history is None else list(await history(start, end, (end - start) / HISTORY_POINTS))

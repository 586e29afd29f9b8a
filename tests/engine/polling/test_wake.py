"""Signals whose source reports a change are polled soon, and not more often than they can afford."""

import asyncio
from dataclasses import dataclass, field

import pytest

from mmcockpit.core.model.cockpit import SourceSpec
from mmcockpit.core.model.reading import Reading
from mmcockpit.core.model.signal import Rule, Signal
from mmcockpit.engine import wake
from mmcockpit.engine.schedule import Publish, Schedule

pytestmark = [pytest.mark.anyio, pytest.mark.virtual_time]


@dataclass
class Watched:
    """A probe whose source changes all the time."""

    polls: list[float] = field(default_factory=list)
    changed: list[object] = field(default_factory=list)
    polled: asyncio.Event = field(default_factory=asyncio.Event)

    def listen(self, changed: object) -> None:
        self.changed = [changed]

    async def read(self) -> Reading:
        self.polls.append(asyncio.get_running_loop().time())
        self.polled.set()
        return Reading(1)

    async def close(self) -> None:
        return

    async def until(self, polls: int) -> None:
        async with asyncio.timeout(30):
            while len(self.polls) < polls:
                self.polled.clear()
                await self.polled.wait()

    def report(self) -> None:
        for changed in self.changed:
            changed()  # type: ignore[operator]


async def polls_under_changes(rule: Rule, count: int) -> list[float]:
    """Return the times of so many polls while the source reports a change every few milliseconds."""
    probe = Watched()
    signal = Signal("pods", "pods", "cluster", "pods", rule=rule, every=1.0)

    async def made(signal: Signal) -> Watched:
        return probe

    publish = Publish(lambda *_: None, lambda *_: None, lambda _: None)
    schedule = Schedule(
        (signal,), {"cluster": SourceSpec("cluster", "kubernetes", budget=100.0)}, made, publish, lambda: 0.0
    )
    running = asyncio.create_task(schedule.run())

    async def change() -> None:
        while True:
            probe.report()
            await asyncio.sleep(0.005)

    changing = asyncio.create_task(change())
    try:
        await probe.until(count)
    finally:
        for task in (running, changing):
            task.cancel()
        await asyncio.gather(running, changing, return_exceptions=True)
    return probe.polls


async def test_a_change_is_polled_long_before_the_interval_ends() -> None:
    first, second, *_ = await polls_under_changes(Rule(), 2)
    assert second - first < 0.05


async def test_changes_are_coalesced() -> None:
    times = await polls_under_changes(Rule(), 6)
    assert times[-1] - times[1] >= 4 * wake.WAKE_GAP_S - 1e-6


async def test_a_signal_that_needs_several_readings_is_not_decided_by_one_change() -> None:
    times = await polls_under_changes(Rule("value == 1", agree=2, of=3), 4)
    assert times[-1] - times[1] >= 1.0 - 1e-6

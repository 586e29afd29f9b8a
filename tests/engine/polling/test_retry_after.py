"""A signal is not polled again before its server accepts that, and its fault shows when it is."""

import asyncio
import time
from dataclasses import dataclass, field

import pytest

from mmcockpit.core.model.cockpit import SourceSpec
from mmcockpit.core.model.reading import Answer, Fault, FaultKind, ProbeError, Reading
from mmcockpit.core.model.signal import Signal
from mmcockpit.engine.schedule import TICK_S, Publish, Schedule
from mmcockpit.engine.wake import LONGEST_PAUSE_S

pytestmark = [pytest.mark.anyio, pytest.mark.virtual_time]


@dataclass
class Limited:
    """A source that asks for a pause at its first poll, and notes when it is polled."""

    pause_s: float
    polls: dict[str, list[float]] = field(default_factory=dict)
    answers: list[Answer] = field(default_factory=list)

    async def probe(self, signal: Signal) -> "Poll":
        return Poll(self, signal.name)

    async def run(self, *signals: Signal, seconds: float) -> Schedule:
        publish = Publish(lambda _signal, answer, _ms: self.answers.append(answer), lambda *_: None, lambda _: None)
        sources = {"metrics": SourceSpec("metrics", "prometheus", budget=1000.0)}
        schedule = Schedule(signals, sources, self.probe, publish, time.time)
        polling = asyncio.create_task(schedule.run())
        await asyncio.sleep(seconds)
        polling.cancel()
        return schedule


@dataclass
class Poll:
    source: Limited
    name: str

    async def read(self) -> Reading:
        polls = self.source.polls.setdefault(self.name, [])
        polls.append(asyncio.get_running_loop().time())
        if self.name == "scout" and len(polls) == 1:
            raise ProbeError(FaultKind.REFUSED, "connection refused")
        if self.name != "scout" and len(polls) == 1:
            fault = ProbeError(FaultKind.RATE_LIMITED, "429 Too Many Requests")
            fault.retry_after_s = self.source.pause_s
            raise fault
        return Reading(1)

    async def close(self) -> None:
        return


def signal(name: str, every: float = 5.0) -> Signal:
    return Signal(name, name, "metrics", "query", every=every)


@pytest.mark.parametrize(
    ("asked_s", "paused_s", "message"),
    [
        (30.0, 30.0, "429 Too Many Requests; next poll in 30s, as the server asks"),
        (86_400.0, LONGEST_PAUSE_S, "429 Too Many Requests; next poll in 1m, as the server asks"),
        (1.0, 5.0, "429 Too Many Requests"),
        (0.0, 5.0, "429 Too Many Requests"),
    ],
)
async def test_the_next_poll_comes_when_the_server_accepts_it(asked_s: float, paused_s: float, message: str) -> None:
    source = Limited(asked_s)
    await source.run(signal("limited"), seconds=100.0)
    first, second, third, *_ = source.polls["limited"]
    assert paused_s <= second - first <= paused_s + TICK_S
    assert third - second == pytest.approx(5.0, abs=TICK_S), "its interval applies again"
    assert source.answers[0] == Fault(FaultKind.RATE_LIMITED, message)


async def test_the_recovery_of_another_signal_does_not_end_the_pause() -> None:
    source = Limited(30.0)
    await source.run(signal("scout", 1.0), signal("limited"), seconds=50.0)
    first, second, *_ = source.polls["limited"]
    assert 30.0 <= second - first <= 30.0 + TICK_S

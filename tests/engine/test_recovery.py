"""After an outage: whatever pattern of faults there was, a signal is polled again within two of its intervals."""

import asyncio
import time
from dataclasses import dataclass, field
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmcockpit.core.model.cockpit import SourceSpec
from mmcockpit.core.model.reading import Answer, FaultKind, ProbeError, Reading
from mmcockpit.core.model.signal import Signal
from mmcockpit.engine.schedule import Publish, Schedule
from tests.engine.virtual_time import run_virtually

UNTIL_S = 500.0
SLACK_S = 0.2
"""What a source's budget and its turns take."""

Outage = tuple[float, float]


@dataclass
class Source:
    """Fails every signal in its outages: `*` for all of them, else by name."""

    outages: dict[str, list[Outage]]
    polls: dict[str, list[tuple[float, bool]]] = field(default_factory=dict)

    def down(self, name: str, at: float) -> bool:
        return any(start <= at < end for key in ("*", name) for start, end in self.outages.get(key, []))

    async def probe(self, signal: Signal) -> "Poll":
        return Poll(self, signal.name)

    def back(self, name: str) -> list[float]:
        """Return the moments from which on a result is possible again."""
        ends = {end for key in ("*", name) for _, end in self.outages.get(key, [])}
        return sorted(end for end in ends if not self.down(name, end))


@dataclass
class Poll:
    source: Source
    name: str

    async def read(self) -> Reading:
        at = asyncio.get_running_loop().time()
        down = self.source.down(self.name, at)
        self.source.polls.setdefault(self.name, []).append((at, not down))
        if down:
            raise ProbeError(FaultKind.REFUSED, "down")
        return Reading(1)

    async def close(self) -> None:
        return


def signals(intervals: list[float]) -> tuple[Signal, ...]:
    return tuple(Signal(f"s{n}", f"s{n}", "source", "probe", every=every) for n, every in enumerate(intervals))


def polled(source: Source, asked: tuple[Signal, ...], until: float = UNTIL_S) -> dict[str, list[tuple[Answer, float]]]:
    """Poll a source for so many virtual seconds; return each signal's answers and when they came."""
    answers: dict[str, list[tuple[Answer, float]]] = {one.name: [] for one in asked}

    async def run() -> None:
        loop = asyncio.get_running_loop()

        def publish(signal: Signal, answer: Answer, ms: float) -> None:
            answers[signal.name].append((answer, loop.time()))

        told = Publish(publish, lambda *_: None, lambda _: None)
        schedule = Schedule(asked, {"source": SourceSpec("source", "x", budget=1000.0)}, source.probe, told, time.time)
        task = asyncio.create_task(schedule.run())
        await asyncio.sleep(until)
        task.cancel()

    run_virtually(run())
    return answers


def gap(answers: list[tuple[Answer, float]], at: float) -> float:
    """Return the seconds from a moment to the first reading after it."""
    return next((when - at for answer, when in answers if when >= at and isinstance(answer, Reading)), float("inf"))


outage = st.tuples(st.floats(0.0, 200.0), st.floats(1.0, 150.0)).map(lambda one: (one[0], one[0] + one[1]))
patterns = st.dictionaries(st.sampled_from(["*", "s0", "s1", "s2", "s3"]), st.lists(outage, max_size=3), max_size=5)


@settings(max_examples=40, deadline=None)
@given(patterns, st.lists(st.sampled_from([5.0, 15.0, 30.0, 60.0]), min_size=4, max_size=4))
def test_after_any_pattern_of_faults_a_signal_is_read_within_two_of_its_intervals(
    outages: dict[str, list[Outage]], intervals: list[float]
) -> None:
    source, asked = Source(outages), signals(intervals)
    answers = polled(source, asked)
    for signal in asked:
        for at in source.back(signal.name):
            further = [start for start, _ in outages.get("*", []) + outages.get(signal.name, []) if start > at]
            if any(start <= at + 2 * signal.every + SLACK_S for start in further):
                continue
            assert gap(answers[signal.name], at) <= 2 * signal.every + SLACK_S, (signal.name, at)


@settings(max_examples=15, deadline=None)
@given(patterns, st.lists(st.sampled_from([5.0, 15.0, 30.0]), min_size=4, max_size=4))
def test_no_signal_is_ever_silent_for_longer_than_two_of_its_intervals(
    outages: dict[str, list[Outage]], intervals: list[float]
) -> None:
    asked = signals(intervals)
    answers = polled(Source(outages), asked, until=300.0)
    for signal in asked:
        times = [when for _, when in answers[signal.name]]
        assert max(b - a for a, b in pairwise(times)) <= 2 * signal.every + SLACK_S


def test_a_signal_woken_early_out_of_its_back_off_keeps_its_interval_from_then_on() -> None:
    source, asked = Source({"*": [(0.0, 120.0)]}), signals([5.0, 15.0])
    answers = polled(source, asked, until=300.0)
    after = [when for answer, when in answers["s1"] if when >= 120.0]
    assert after[0] <= 126.0, "woken by the scout's first answer"
    assert all(b - a == pytest.approx(15.0, abs=SLACK_S) for a, b in pairwise(after))


def test_the_signal_that_is_polled_most_often_finds_the_source_back_for_all() -> None:
    source, asked = Source({"*": [(0.0, 200.0)]}), signals([300.0, 60.0, 5.0])
    answers = polled(source, asked)
    assert all(gap(answers[one.name], 200.0) <= 5.0 + SLACK_S for one in asked)


def test_a_failing_signal_backs_off_with_jitter_and_never_gives_up() -> None:
    source, asked = Source({"s1": [(0.0, UNTIL_S)]}), signals([5.0, 5.0])
    answers = polled(source, asked)
    times = [when for _, when in answers["s1"]]
    gaps = {round(b - a, 3) for a, b in pairwise(times[2:])}
    assert len(gaps) > 5, "jitter"
    assert all(5.0 < one < 10.0 for one in gaps)
    assert len(answers["s1"]) < len(answers["s0"])

"""Which signals are polled again, and when: after an outage all that failed, after a fault of its own no other."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec
import pytest

from mmcockpit.core.model.cockpit import SourceSpec
from mmcockpit.core.model.reading import Answer, Fault, FaultKind, ProbeError, Reading
from mmcockpit.core.model.signal import Rule, Signal
from mmcockpit.engine.lane import Lane
from mmcockpit.engine.schedule import (
    AGAIN_S,
    AT_ONCE,
    HISTORIES_AT_ONCE,
    TICK_S,
    Publish,
    Schedule,
    next_poll_s,
    tick_of,
)
from tests.engine.virtual_time import run_virtually

pytestmark = [pytest.mark.anyio, pytest.mark.virtual_time]


FOR_EVER_S = 36_000.0


@dataclass
class Production:
    """Answers every question but those in `refused`, and counts what it was asked."""

    refused: set[str] = field(default_factory=set)
    asked: Counter[str] = field(default_factory=Counter)
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    async def probe(self, signal: Signal) -> "Question":
        return Question(self, signal.name)

    async def until(self, reached: Callable[[], bool]) -> None:
        async with asyncio.timeout(60):
            while not reached():
                self.changed.clear()
                await self.changed.wait()


@dataclass
class Question:
    production: Production
    name: str

    async def read(self) -> Reading:
        self.production.asked[self.name] += 1
        self.production.changed.set()
        if self.name in self.production.refused:
            raise ProbeError(FaultKind.NO_DATA, "nothing yet")
        return Reading(1)

    async def close(self) -> None:
        return


def signal(name: str, every: float) -> Signal:
    return Signal(name, name, "cache", "info", every=every)


def schedule(production: Production, *signals: Signal) -> Schedule:
    publish = Publish(lambda *_: None, lambda *_: None, lambda _: None)
    return Schedule(
        signals, {"cache": SourceSpec("cache", "redis", budget=1000.0)}, production.probe, publish, time.time
    )


def test_polls_of_many_signals_come_in_groups_each_exactly_at_its_interval() -> None:
    times: dict[str, list[float]] = {}

    async def poll() -> None:
        loop, production = asyncio.get_running_loop(), Production()
        signals = tuple(signal(f"s{number}", 5.0) for number in range(100))
        publish = Publish(
            lambda one, *_: times.setdefault(one.name, []).append(loop.time()), lambda *_: None, lambda _: None
        )
        sources = {"cache": SourceSpec("cache", "redis", budget=1e9)}
        polling = asyncio.create_task(Schedule(signals, sources, production.probe, publish, time.time).run())
        await production.until(lambda: production.asked["s99"] == 4)
        polling.cancel()

    run_virtually(poll())
    assert len(times) == 100
    first = {round(at[0], 3) for at in times.values()}
    assert len(first) <= 5.0 / TICK_S + 1
    for at in times.values():
        assert [round(later - at[0], 3) for later in at] == [5.0 * number for number in range(len(at))]


@pytest.mark.parametrize("every", [0.02, 0.5, 5.0, 300.0])
def test_a_tick_delays_a_poll_by_a_twentieth_of_its_interval_at_most(every: float) -> None:
    for number in range(1_000):
        due = number * 0.0137
        assert 0.0 <= tick_of(due, every) - due + 1e-9 <= min(TICK_S, every / 20) + 2e-9


async def test_a_query_that_fails_on_its_own_does_not_wake_other_signals() -> None:
    production = Production({"rate"})
    asking = asyncio.create_task(
        schedule(production, signal("scout", 0.02), signal("slow", FOR_EVER_S), signal("rate", 0.02)).run()
    )
    await production.until(lambda: production.asked["slow"] > 0)
    before = production.asked.copy()
    await production.until(
        lambda: production.asked["scout"] >= before["scout"] + 20 and production.asked["rate"] >= before["rate"] + 2
    )
    asking.cancel()
    assert production.asked["slow"] == 1
    assert production.asked["rate"] < production.asked["scout"], "and it backs off itself"


async def test_after_an_outage_all_that_failed_are_asked_with_the_scouts_first_answer() -> None:
    production = Production({"scout", "slow", "slower"})
    signals = (signal("scout", 0.02), signal("slow", FOR_EVER_S), signal("slower", FOR_EVER_S))
    asking = asyncio.create_task(schedule(production, *signals).run())
    await production.until(lambda: all(production.asked[one.name] for one in signals))
    production.refused.clear()
    await production.until(lambda: production.asked["slow"] == production.asked["slower"] == 2)
    later = production.asked["scout"] + 10
    await production.until(lambda: production.asked["scout"] >= later)
    asking.cancel()
    assert production.asked["slow"] == production.asked["slower"] == 2, "once"


async def test_an_answer_that_cannot_be_published_ends_no_other_signals_polling() -> None:
    production = Production()
    troubles: list[str] = []

    def publish(one: Signal, answer: object, ms: float) -> None:
        if one.name == "broken":
            raise RuntimeError("no rule survives this")

    broken = Publish(publish, lambda *_: None, lambda trouble: troubles.append(trouble.summary))
    sources = {"cache": SourceSpec("cache", "redis", budget=1000.0)}
    asking = asyncio.create_task(
        Schedule((signal("broken", 0.02), signal("other", 0.02)), sources, production.probe, broken, time.time).run()
    )
    await production.until(lambda: production.asked["broken"] >= 3 and production.asked["other"] >= 3)
    assert not asking.done()
    asking.cancel()
    assert troubles[0] == "no rule survives this"


@dataclass
class Remembering(Question):
    async def history(self, start: float, end: float, step: float) -> list[tuple[float, float]]:
        raise ZeroDivisionError("no chart")


async def test_a_bug_in_a_charts_history_ends_nothing_and_is_recorded() -> None:
    production = Production()
    troubles: list[str] = []

    async def probe(one: Signal) -> Question:
        return Remembering(production, one.name)

    publish = Publish(lambda *_: None, lambda *_: None, lambda trouble: troubles.append(trouble.summary))
    numeric = Signal("n", "n", "cache", "info", rule=Rule("value > 0", numeric=True), every=0.02)
    sources = {"cache": SourceSpec("cache", "redis", budget=1000.0)}
    asking = asyncio.create_task(Schedule((numeric,), sources, probe, publish, time.time, {"n"}).run())
    await production.until(lambda: production.asked["n"] >= 3)
    assert not asking.done()
    asking.cancel()
    assert troubles == ["the chart starts empty: no chart"]


@dataclass
class Histories:
    """Histories that are being queried, and how many there were at once at most."""

    open: int = 0
    most: int = 0
    queried: Counter[str] = field(default_factory=Counter)


@dataclass
class SlowHistory(Question):
    """Its history fails, the first time after all others of the schedule were queried."""

    histories: Histories

    async def history(self, start: float, end: float, step: float) -> list[tuple[float, float]]:
        histories = self.histories
        histories.open += 1
        histories.most = max(histories.most, histories.open)
        histories.queried[self.name] += 1
        await asyncio.sleep(0)
        histories.open -= 1
        raise ProbeError(FaultKind.TIMEOUT, "no response")


async def test_only_charted_signals_fill_their_chart_few_at_once_and_once_more_in_silence(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("mmcockpit.engine.schedule.HISTORY_AGAIN_S", 0.01)
    production, histories, troubles = Production(), Histories(), list[str]()

    async def probe(one: Signal) -> Question:
        return SlowHistory(production, one.name, histories)

    numeric = tuple(
        Signal(f"n{n}", f"n{n}", "cache", "info", rule=Rule("value > 0", numeric=True), every=0.02) for n in range(12)
    )
    charted = {one.name for one in numeric[2:]}
    publish = Publish(lambda *_: None, lambda *_: None, lambda trouble: troubles.append(trouble.summary))
    sources = {"cache": SourceSpec("cache", "redis", budget=1000.0)}
    asking = asyncio.create_task(Schedule(numeric, sources, probe, publish, time.time, charted).run())
    await production.until(lambda: all(histories.queried[name] >= 2 for name in charted))
    polled = production.asked.copy()
    await production.until(lambda: all(production.asked[one.name] >= polled[one.name] + 3 for one in numeric))
    asking.cancel()
    assert histories.queried == Counter(dict.fromkeys(charted, 2))
    assert histories.most <= HISTORIES_AT_ONCE
    assert not troubles


async def test_signals_of_the_headline_are_polled_first() -> None:
    production, order = Production(), list[str]()

    async def probe(one: Signal) -> Question:
        order.append(one.name)
        return Question(production, one.name)

    signals = [signal("scout", 0.02), *(signal(f"other{n}", FOR_EVER_S) for n in range(8))]
    signals.append(msgspec.structs.replace(signal("errors", FOR_EVER_S), tags=("headline",)))
    publish = Publish(lambda *_: None, lambda *_: None, lambda _: None)
    sources = {"cache": SourceSpec("cache", "redis", budget=1000.0)}
    asking = asyncio.create_task(Schedule(tuple(signals), sources, probe, publish, time.time).run())
    await production.until(lambda: production.asked["errors"] > 0)
    asking.cancel()
    assert not [name for name in order if name.startswith("other")]


@dataclass
class Stubborn(Question):
    """A probe that makes an ordinary error of its cancellation."""

    async def read(self) -> Reading:
        self.production.asked[self.name] += 1
        self.production.changed.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            raise ValueError("a socket was used after it was closed") from None
        return Reading(1)


class StubbornProduction(Production):
    async def probe(self, signal: Signal) -> Question:
        return Stubborn(self, signal.name)


async def test_polling_ends_when_it_is_cancelled_whatever_a_probe_makes_of_that() -> None:
    production = StubbornProduction()
    polling = asyncio.create_task(schedule(production, signal("stubborn", 0.02)).run())
    await production.until(lambda: production.asked["stubborn"] > 0)
    polling.cancel()
    async with asyncio.timeout(30):
        with pytest.raises(asyncio.CancelledError):
            await polling
    assert production.asked["stubborn"] == 1


@dataclass
class SlowClient(Question):
    """A probe whose client takes 8 s to import, and whose server does not respond later."""

    async def read(self) -> Reading:
        self.production.asked[self.name] += 1
        await asyncio.sleep(8.0 if self.production.asked[self.name] == 1 else FOR_EVER_S)
        return Reading(1)


class SlowClientProduction(Production):
    async def probe(self, signal: Signal) -> Question:
        return SlowClient(self, signal.name)


async def test_the_import_of_a_client_is_no_timeout_of_its_server() -> None:
    answers: list[Answer] = []
    publish = Publish(lambda _, answer, __: answers.append(answer), lambda *_: None, lambda _: None)
    polled = msgspec.structs.replace(signal("slow", 5.0), timeout=3.0)
    source = {"cache": SourceSpec("cache", "redis")}
    polls = Schedule((polled,), source, SlowClientProduction().probe, publish, time.time)
    await polls.ask_once((polled,))
    await polls.ask_once((polled,))
    assert answers == [Reading(1), Fault(FaultKind.TIMEOUT, "no response within 4s")]


def test_a_procedure_with_a_failed_check_is_checked_again_soon() -> None:
    check = Signal("ready_back", "ready", "procedures", "ready", {"procedure": "back"}, every=300.0)
    assert next_poll_s(check, Reading({"failed": 1})) == AGAIN_S
    assert next_poll_s(check, Reading({"failed": 0})) == 300.0
    assert next_poll_s(check, Fault(FaultKind.TIMEOUT, "slow")) == 300.0
    assert next_poll_s(signal("other", 5.0), Reading({"failed": 1})) == 5.0


@pytest.mark.parametrize(("budget", "most", "within_s"), [(10.0, 6, 0.6), (4.0, 4, 1.0), (0.5, 1, 2.0), (2.5, 2, 0.8)])
def test_polls_that_are_due_together_begin_together_within_the_budget(
    budget: float, most: int, within_s: float
) -> None:
    turns: list[float] = []

    async def poll() -> None:
        loop, lane = asyncio.get_running_loop(), Lane(SourceSpec("cache", "redis", budget=budget), AT_ONCE)
        # Some at once, some later, as polls that are due in groups.
        for late_s in (0.0, within_s / 3, within_s * 1.5, 0.01, 10.0, 0.0):
            await asyncio.sleep(late_s)
            for _ in range(2 * most):
                await lane.turn()
                turns.append(loop.time())

    run_virtually(poll())
    assert turns[most - 1] == turns[0], "the first group begins at once"
    assert all(later - first >= within_s - 1e-6 for first, later in zip(turns, turns[most:], strict=False))
    assert len(turns) == 12 * most

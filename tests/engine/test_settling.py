"""Many results at once are evaluated together, and a command or a second at once."""

import asyncio
from collections.abc import Sequence

import pytest

from mmcockpit.core.facts.event import AnyBody, Noted
from mmcockpit.engine.settling import APART_S, MOST_ROUNDS, Settling

pytestmark = [pytest.mark.anyio, pytest.mark.virtual_time]


NOTE = Noted("a note", "ana")


class Evaluations:
    """Counts evaluations, each of `rounds` rounds."""

    def __init__(self, rounds: int = 0) -> None:
        self.count = 0
        self.published: list[AnyBody] = []
        self.more = asyncio.Event()
        self._rounds, self._left = rounds, 0
        self.settling = Settling(self._paused, self._follows, self.published.extend)

    def _paused(self) -> Sequence[AnyBody]:
        self.count, self._left = self.count + 1, self._rounds
        self.more.set()
        return ()

    def _follows(self) -> Sequence[AnyBody]:
        self._left -= 1
        return (NOTE,) if self._left >= 0 else ()


async def idle() -> Evaluations:
    """Return evaluations of which the latest was long ago."""
    await asyncio.sleep(2 * APART_S)
    return Evaluations()


async def test_a_burst_of_results_is_evaluated_at_its_start_and_at_its_end() -> None:
    evaluations = await idle()
    for _ in range(200):
        evaluations.settling.soon()
    assert evaluations.count == 1
    evaluations.more.clear()
    async with asyncio.timeout(60):
        await evaluations.more.wait()
    assert evaluations.count == 2


async def test_an_evaluation_at_once_replaces_the_one_that_waits() -> None:
    evaluations = await idle()
    for _ in range(3):
        evaluations.settling.soon()
    evaluations.settling.now()
    assert evaluations.count == 2
    evaluations.settling.soon()
    evaluations.more.clear()
    async with asyncio.timeout(60):
        await evaluations.more.wait()
    assert evaluations.count == 3


async def test_an_evaluation_ends_when_nothing_follows_and_after_most_rounds() -> None:
    few, endless = Evaluations(3), Evaluations(MOST_ROUNDS * 2)
    few.settling.now()
    endless.settling.now()
    assert (len(few.published), len(endless.published)) == (3, MOST_ROUNDS)


async def test_it_is_settled_only_once_what_follows_from_a_change_is_published() -> None:
    evaluations = await idle()
    settling, seen = evaluations.settling, list[bool]()
    for changed in (False, True, False, True):
        with settling.after(changed):
            seen.append(settling.settled)
    assert seen == [True, False, True, False], "the first change is evaluated at once, the second one waits"
    assert not settling.settled
    evaluations.more.clear()
    async with asyncio.timeout(60):
        await evaluations.more.wait()
    await asyncio.sleep(0)
    assert settling.settled

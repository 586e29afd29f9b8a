"""Blocking calls share threads: no more than there is room for, and none once they are idle."""

import asyncio
import threading

import pytest

from mmcockpit.sources.common.workers import Workers
from tests.servers.wait import wait_until

pytestmark = pytest.mark.anyio


@pytest.fixture
def name(request: pytest.FixtureRequest) -> str:
    """Give the threads of each test a name of their own: those of another one may still be idle."""
    return str(request.node.name)


def threads(name: str) -> list[threading.Thread]:
    return [one for one in threading.enumerate() if one.name == name]


async def until_no_thread(name: str) -> None:
    await asyncio.to_thread(wait_until, lambda: not threads(name), "no thread is left")


async def test_jobs_share_as_many_threads_as_may_run_at_once(name: str) -> None:
    workers, used = Workers(name, 3), set[int]()

    def job(number: int) -> int:
        used.add(threading.get_ident())
        return number

    for _ in range(5):
        assert await asyncio.gather(*(workers.run(lambda n=n: job(n)) for n in range(20))) == list(range(20))  # type: ignore[misc]
    assert 1 <= len(used) <= 3
    assert len(threads(name)) <= 3


async def test_a_job_that_hangs_takes_one_place_and_its_error_is_the_callers(name: str) -> None:
    workers, release = Workers(name, 2), threading.Event()
    hanging = asyncio.create_task(workers.run(release.wait))
    assert await workers.run(lambda: 1) == 1
    with pytest.raises(ZeroDivisionError):
        await workers.run(lambda: 1 // 0)
    hanging.cancel()
    assert await workers.run(lambda: 2) == 2, "the place of the job that still hangs is not the only one"
    release.set()


async def test_threads_end_when_they_are_idle_and_new_ones_begin(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mmcockpit.sources.common.workers.IDLE_S", 0.05)
    workers = Workers(name, 2)
    assert await workers.run(lambda: 1) == 1
    await until_no_thread(name)
    assert await workers.run(lambda: 2) == 2


async def test_threads_end_with_the_object(name: str) -> None:
    workers = Workers(name, 2)
    assert await workers.run(lambda: 1) == 1
    del workers
    await until_no_thread(name)

"""Logs on request: a bug in a probe's log is recorded, and shown where the log would be."""

import asyncio

from mmcockpit.core.facts.event import AnyBody, LogRead, Trouble
from mmcockpit.core.model.reading import Probe, Reading
from mmcockpit.core.model.signal import Signal
from mmcockpit.engine.logs.log_reader import LogReader
from mmcockpit.sources.common.contract import LogTail
from mmcockpit.sources.common.secrets import Secrets


class BrokenLog:
    """A probe whose log has a bug."""

    async def read(self) -> Reading:
        return Reading([])

    async def log(self, entry: str) -> LogTail:
        raise KeyError(entry)

    async def close(self) -> None:
        pass


def test_a_bug_in_the_log_of_a_probe_is_recorded_at_once() -> None:
    published: list[AnyBody] = []

    async def read() -> None:
        async def probe(signal: Signal) -> Probe:
            return BrokenLog()

        shown = asyncio.Event()

        def publish(body: AnyBody) -> None:
            published.append(body)
            if isinstance(body, LogRead):
                shown.set()

        logs = LogReader(probe, publish, Secrets())
        logs.read(Signal("pods", "Pods", "cluster", "pods"), "shop-1")
        async with asyncio.timeout(5.0):
            await shown.wait()

    asyncio.run(read())
    bug, shown = published
    assert isinstance(bug, Trouble)
    assert (bug.where, bug.summary) == ("log of pods", "KeyError: 'shop-1'")
    assert shown == LogRead("pods", "shop-1", failed="internal error: KeyError")

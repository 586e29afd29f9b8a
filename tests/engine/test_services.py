"""Services that run beside the engine: at the end each may finish, whoever is done first."""

import asyncio
from pathlib import Path

from mmcockpit.cli.live import open_session
from mmcockpit.core.driver import Driver
from mmcockpit.core.facts.event import SessionMode
from mmcockpit.engine.headless import started
from tests.core.sessions import cockpit
from tests.servers.wait import wait_until


class Finishing:
    """A service that takes some turns of the loop to finish after it was cancelled."""

    def __init__(self, turns: int) -> None:
        self.turns, self.began, self.finished = turns, False, False

    async def run(self, driver: Driver) -> None:
        self.began = True
        try:
            await driver.facts(10**9)
        finally:
            for _ in range(self.turns):
                await asyncio.sleep(0.01)
            self.finished = True


def test_the_engine_ends_only_after_every_service_has_finished(journal: Path) -> None:
    services = [Finishing(0), Finishing(30), Finishing(1)]
    engine, _ = open_session(cockpit(), {}, "ana", SessionMode.LIVE, journal)
    engine.driver.start_as(None, services)
    with started(engine):
        wait_until(lambda: all(service.began for service in services), "every service runs")
    assert [service.finished for service in services] == [True] * 3

"""Which member of a Prometheus pair responds, and what its restart means for what is known of its history."""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from mmcockpit.sources.common.contract import NoWitness
from mmcockpit.sources.prometheus import member
from mmcockpit.sources.prometheus.member import PrometheusMember
from tests.servers.wait import PATIENCE_S

if TYPE_CHECKING:
    from mmcockpit.sources.prometheus.line import PrometheusLine

pytestmark = pytest.mark.anyio


async def test_a_server_that_restarted_may_have_another_history(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(member, "LOOK_EVERY_S", 0.0)
    asked, changes = asyncio.Queue[str](), list[str]()
    started = "at noon"

    async def ask(timeout: float, job: Callable[["PrometheusLine"], Any]) -> dict[str, str]:
        await asked.put(started)
        return {"hostname": "prometheus-0", "startTime": started}

    watched = PrometheusMember(ask, lambda: changes.append(started))
    for started, known in (("at noon", []), ("at noon", []), ("at one", ["at one"]), ("at noon", ["at one"])):
        watched.look(NoWitness())
        async with asyncio.timeout(PATIENCE_S):
            assert await asked.get() == started
        await asyncio.sleep(0)
        assert changes == known
    await watched.close()

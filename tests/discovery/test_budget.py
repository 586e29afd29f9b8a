"""The budget of a discovery: it counts what a real server receives, in threads and tasks, and ends at its limit."""

import asyncio
from typing import Any

import pytest

from mmcockpit.core.model.reading import Fault
from mmcockpit.discovery.budget import Budget, BudgetUsed
from mmcockpit.simulator.servers.valkey import Valkey
from mmcockpit.sources.common.request_limit import limited
from tests.servers.http import Answer, HttpServer
from tests.sources.polling import answer, opened, probe
from tests.sources.responses import sampled

pytestmark = pytest.mark.anyio

POLLS: dict[str, tuple[str, dict[str, Any]]] = {
    "prometheus": ("targets", {}),
    "alertmanager": ("status", {}),
    "http": ("get", {"path": "/"}),
}


class Everything(HttpServer):
    """It answers every request with the same sample."""

    def answer(self, request: Any) -> Answer:
        return sampled(1)


@pytest.mark.parametrize("kind", POLLS)
async def test_what_the_budget_counts_is_what_the_server_receives(kind: str) -> None:
    name, args = POLLS[kind]
    with Everything() as server:
        budget = Budget(requests=3)
        async with opened(kind, url=server.url) as source:
            with limited(budget):
                results = [await answer(probe(kind, source, name, args)) for _ in range(8)]
        assert len(server.requests) == budget.used == 3
        last = results[-1]
        assert isinstance(last, Fault)
        assert last.message == "budget used: 3 requests sent"


async def test_commands_of_redis_count(valkey: Valkey) -> None:
    budget = Budget(requests=2)
    async with opened("redis", url=valkey.url) as source:
        with limited(budget):
            results = [await answer(probe("redis", source, "info", {"section": "memory"})) for _ in range(4)]
    assert budget.used == 2
    assert isinstance(results[-1], Fault)


async def test_requests_outside_the_budget_are_not_limited() -> None:
    with Everything() as server:
        budget = Budget(requests=1)
        async with opened("http", url=server.url) as source:
            with limited(budget):
                await answer(probe("http", source, "get", {"path": "/"}))
            await answer(probe("http", source, "get", {"path": "/"}))
        assert (len(server.requests), budget.used) == (2, 1)


async def test_a_budget_ends_what_takes_longer_than_its_time() -> None:
    budget = Budget(seconds=0.1)
    with pytest.raises(BudgetUsed, match=r"budget used: 0.1s are over"):
        await budget.ask(asyncio.Event().wait())
    with pytest.raises(BudgetUsed):
        budget.take()

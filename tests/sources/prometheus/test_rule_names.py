"""Alert rules of the same name, as for two severities, and very many rules: none of them hides another."""

import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.servers.http import Answer, HttpServer, Received
from tests.sources.polling import opened, probe, value

pytestmark = pytest.mark.anyio
NOW = 1_796_000_000.0
JSON = {"Content-Type": "application/json"}


class RulesServer(HttpServer):
    """A Prometheus with these rules, whose only expression has a result."""

    def __init__(self, *rules: dict[str, Any]) -> None:
        super().__init__()
        self._groups = [{"name": f"g{n}", "rules": [rule]} for n, rule in enumerate(rules)]

    def answer(self, request: Received) -> Answer:
        if request.path == "/api/v1/rules":
            return self._answered({"groups": self._groups})
        (query,) = parse_qs(urlsplit(request.target).query)["query"]
        if query == "time()":
            return self._answered({"resultType": "scalar", "result": [NOW, str(NOW)]})
        rows = [{"metric": {"n": "0"}, "value": [NOW, "1"]}]
        return self._answered({"resultType": "vector", "result": rows})

    def _answered(self, data: Any) -> Answer:
        return Answer(body=json.dumps({"status": "success", "data": data}), headers=JSON)


def rule(name: str, age_s: float = 1.0, health: str = "ok", error: str = "") -> dict[str, Any]:
    at = datetime.fromtimestamp(NOW - age_s, UTC).isoformat().replace("+00:00", "Z")
    return {
        "name": name,
        "query": "queue > 5",
        "health": health,
        "lastError": error,
        "lastEvaluation": at,
        "type": "alerting",
        "state": "inactive",
    }


async def read(names: list[str], *rules: dict[str, Any]) -> Any:
    with RulesServer(*rules) as server:
        async with opened("prometheus", url=server.url) as source:
            return await value(probe("prometheus", source, "alert_rules", {"names": names}))


async def test_a_late_rule_is_named_although_another_one_has_its_name() -> None:
    found = await read([], rule("Slow", age_s=3_600), rule("Slow"))
    assert (found["late"], found["loaded"]) == (["Slow: evaluated 1h ago"], 2)
    assert found["reason"] == "1 of 2 rules not evaluated in time: Slow: evaluated 1h ago"


async def test_two_rules_of_one_name_do_not_make_up_for_a_missing_one() -> None:
    found = await read(["Slow", "Down"], rule("Slow"), rule("Slow"))
    assert (found["expected"], found["loaded"], found["missing"]) == (2, 1, ["Down"])
    found = await read(["Slow"], rule("Slow"), rule("Slow"))
    assert (found["expected"], found["loaded"], found["reason"]) == (1, 1, "")


async def test_rules_behind_the_first_three_hundred_are_judged() -> None:
    rules = [rule(f"R{n}") for n in range(320)]
    found = await read([], *rules, rule("Broken", health="err", error="many-to-many"), rule("Old", age_s=900))
    assert (found["loaded"], found["unhealthy"]) == (322, ["Broken: many-to-many"])
    assert found["late"] == ["Old: evaluated 15m ago"]

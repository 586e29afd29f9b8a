"""Autoscalers and budgets as stored objects: metrics of the same name, and what no controller has seen yet."""

from typing import Any

import pytest

from tests.sources.kubernetes.stored.stored_cluster import stored_probe
from tests.sources.polling import value

pytestmark = pytest.mark.anyio
AUTOSCALERS = "/apis/autoscaling/v2/namespaces/shop/horizontalpodautoscalers"
BUDGETS, PODS = "/apis/policy/v1/namespaces/shop/poddisruptionbudgets", "/api/v1/namespaces/shop/pods"
DEPLOYMENTS = "/apis/apps/v1/namespaces/shop/deployments"
META = {"name": "app", "uid": "u", "generation": 2}


def external(queue: str) -> dict[str, Any]:
    metric = {"name": "queue", "selector": {"matchLabels": {"queue": queue}}}
    return {"type": "External", "external": {"metric": metric}}


async def autoscaler(wanted: Any, present: Any, **spec: Any) -> Any:
    written = {"metadata": META, "spec": {"metrics": wanted, **spec}, "status": {"currentMetrics": present}}
    return await value(stored_probe("autoscaler", {"name": "app"}, {f"{AUTOSCALERS}/app": written}))


async def test_a_metric_without_a_value_is_named_although_another_one_has_its_name() -> None:
    cpu = {"type": "Resource", "resource": {"name": "cpu"}}
    wanted = [external("orders"), cpu, external("mails")]
    # The controller leaves an empty entry for a metric that it could not read.
    assert (await autoscaler(wanted, [external("orders"), cpu, {"type": ""}]))["without_value"] == ["external queue"]
    assert (await autoscaler(wanted, wanted))["without_value"] == []
    assert (await autoscaler(wanted, None))["without_value"] == ["external queue", "external queue", "resource cpu"]


@pytest.mark.parametrize(("least", "minimum"), [(None, 1), (0, 0), (3, 3)])
async def test_the_minimum_of_an_autoscaler_is_one_by_default(least: int | None, minimum: int) -> None:
    found = await autoscaler(None, None, minReplicas=least, maxReplicas=5)
    assert (found["minimum"], found["maximum"], found["metrics"]) == (minimum, 5, [])


@pytest.mark.parametrize(("status", "seen"), [({}, False), (None, False), ({"observedGeneration": 1}, False)])
async def test_a_budget_that_its_controller_has_not_seen_is_not_observed(status: Any, seen: bool) -> None:
    selector = {"matchLabels": {"app": "app"}}
    budget = {"metadata": META, "spec": {"selector": selector, "minAvailable": "50%"}, "status": status}
    pod = {"metadata": {"name": "a", "labels": {"app": "app"}}, "status": {"phase": "Running"}}
    stored = {f"{BUDGETS}/app": budget, BUDGETS: [budget], PODS: [pod]}
    found = await value(stored_probe("budget", {"name": "app", "selector": "app=app"}, stored))
    assert (found["covered"], found["observed"]) == (1, seen)
    current = {**budget, "status": {"observedGeneration": 2, "currentHealthy": 1, "desiredHealthy": 1}}
    found = await value(stored_probe("budget", {"name": "app"}, {**stored, f"{BUDGETS}/app": current}))
    assert (found["observed"], found["healthy"]) == (True, 1)


async def test_a_deployment_without_a_status_is_not_observed() -> None:
    written = {"metadata": META, "spec": {"replicas": 0, "template": {"spec": {"containers": []}}}}
    (row,) = await value(stored_probe("templates", {}, {DEPLOYMENTS: [written]}))
    assert (row["desired"], row["observed"]) == (0, False)
    job = {"metadata": META, "spec": {"jobTemplate": {"spec": {"template": {"spec": {"containers": []}}}}}}
    (row,) = await value(
        stored_probe("templates", {"kind": "cronjob"}, {"/apis/batch/v1/namespaces/shop/cronjobs": [job]})
    )
    assert row["observed"], "the controller of CronJobs reports no generation"

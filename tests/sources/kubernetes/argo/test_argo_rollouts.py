"""Rollouts of Argo in each state, written through the real API: what the probe makes of each."""

from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmcockpit.core.model.reading import FaultKind
from mmcockpit.sources.kubernetes import staleness
from mmcockpit.sources.kubernetes.argo.steps import step_text
from tests.servers.kube_apiserver import KubeApiserver
from tests.sources.kubernetes.custom_kinds import uninstall
from tests.sources.kubernetes.delivery_kinds import (
    ANALYSIS_RUN,
    IMAGES,
    NEWEST,
    PROMOTED,
    ROLLOUT,
    STABLE,
    ago,
    analysis_status,
    ensure_installed,
    make_run,
    make_sets,
    rollout_spec,
    rollout_status,
    template,
)
from tests.sources.kubernetes.kubernetes_writer import Writer
from tests.sources.polling import fault, opened, poll_until, probe, value

pytestmark = pytest.mark.anyio
_numbers = count()


@pytest.fixture
def writer(kube_apiserver: KubeApiserver) -> Iterator[Writer]:
    with Writer(kube_apiserver.kubeconfig, f"argo-rollouts-{next(_numbers)}") as writer:
        ensure_installed(writer, ROLLOUT, ANALYSIS_RUN)
        yield writer


def make(writer: Writer, status: dict[str, Any], spec: dict[str, Any] | None = None) -> str:
    """Create the Rollout `shop`; return its UID."""
    writer.make(ROLLOUT, "shop", status, spec=spec or rollout_spec())
    return writer.uid(ROLLOUT, "shop")


async def read(writer: Writer, name: str = "argo_rollout", of: str = "shop") -> Any:
    async with opened("kubernetes", kubeconfig=str(writer.kubeconfig), namespace=writer.namespace) as source:
        return await value(probe("kubernetes", source, name, {"name": of}))


async def test_a_canary_at_its_second_step_shows_step_weight_sets_and_measurements(writer: Writer) -> None:
    uid = make(writer, rollout_status())
    make_sets(writer, uid, {STABLE: 3, NEWEST: 1})
    make_run(writer, "shop-84c5-2-1", uid, analysis_status())
    make_run(writer, "shop-6b7d-1-1", uid, analysis_status("Failed"), hash_=STABLE)
    rollout = await read(writer)
    assert (rollout["phase"], rollout["strategy"], rollout["complete"]) == ("Progressing", "canary", False)
    assert (rollout["step"], rollout["steps"], rollout["step_text"]) == (2, 5, "analysis error-share")
    assert (rollout["weight"], rollout["desired_weight"]) == (25, 20)
    canary, stable = rollout["sets"]
    assert [canary[key] for key in ("replicas", "hash", "revision", "image", "ready", "desired")] == [
        *("canary", NEWEST, "8", IMAGES[NEWEST], 1, 1)
    ]
    assert [stable[key] for key in ("replicas", "hash", "revision", "image", "ready", "desired")] == [
        *("stable", STABLE, "7", IMAGES[STABLE], 3, 3)
    ]
    assert (rollout["revision"], rollout["stable_revision"]) == ("8", "7")
    assert (rollout["image"], rollout["stable_image"]) == (IMAGES[NEWEST], IMAGES[STABLE])
    (metric,) = rollout["metrics"]
    assert [metric[key] for key in ("metric", "phase", "value", "successful", "failed", "failure_limit", "count")] == [
        *("error-share", "Running", "[0.0042]", 2, 1, 2, 5)
    ]
    assert (metric["condition"], metric["analysis"], metric["run"]) == ("result[0] < 0.01", "step", "shop-84c5-2-1")
    assert [(one["phase"], one["value"]) for one in rollout["measurements"]] == [
        ("Successful", "[0.0042]"),
        ("Failed", "[0.0124]"),
        ("Successful", "[0.0031]"),
    ]
    assert rollout["why"] == "progressing at step 2 of 5: more replicas need to be updated"


KEYS = [
    *("setWeight", "pause", "duration", "analysis", "templates", "templateName", "experiment", "setCanaryScale"),
    *("weight", "replicas", "setHeaderRoute", "setMirrorRoute", "percentage", "plugin", "name"),
]
ABORTED = {
    "phase": "Degraded",
    "message": 'RolloutAborted: metric "error-share" assessed Failed',
    "abort": True,
    "currentStepIndex": 0,
    "updatedReplicas": 0,
}
PAUSED = {
    "phase": "Paused",
    "message": "CanaryPauseStep",
    "controllerPause": True,
    "pauseConditions": [{"reason": "CanaryPauseStep"}],
    "currentStepIndex": 2,
}
TIMED_OUT = {"phase": "Degraded", "message": "ProgressDeadlineExceeded: shop timed out"}


@pytest.mark.parametrize(
    ("change", "expected", "why"),
    [
        ({}, {"step": 2, "paused": False, "aborted": False}, "progressing at step 2 of 5"),
        (ABORTED, {"aborted": True, "desired_weight": 0, "step": 0, "phase": "Degraded"}, "aborted: RolloutAborted"),
        (PAUSED, {"paused": True, "pause_reason": "pause step", "step_text": "pause 10m"}, "paused at step 3 of 5"),
        (TIMED_OUT, {"phase": "Degraded"}, "degraded at step 2 of 5: ProgressDeadlineExceeded"),
        ({**PAUSED, "pauseConditions": []}, {"phase": "Progressing", "paused": False}, "resumes after its pause"),
        ({**PROMOTED, "observedGeneration": "0"}, {"observed": False}, "not seen the latest specification"),
        ({**PROMOTED, "observedGeneration": ""}, {"observed": False}, "not seen the latest specification"),
        ({**PROMOTED, "stableRS": STABLE}, {"promoted": False}, "not fully promoted"),
        ({**PROMOTED, "stableRS": "", "currentPodHash": ""}, {"promoted": False}, "not fully promoted"),
        ({**PROMOTED, "updatedReplicas": 3}, {"updated": 3}, "3 of 4 pods updated"),
        ({**PROMOTED, "availableReplicas": 2}, {"available": 2}, "2 of 4 pods available"),
        ({**PROMOTED, "phase": ""}, {"phase": ""}, "without a phase"),
    ],
)
async def test_a_rollout_that_is_not_done_shows_why(writer: Writer, change: Any, expected: Any, why: str) -> None:
    make(writer, rollout_status(**change))
    rollout = await read(writer)
    assert not rollout["complete"]
    assert {key: rollout[key] for key in expected} == expected
    assert why in rollout["why"]


async def test_the_length_of_a_pause_is_shown(writer: Writer) -> None:
    began = [{"reason": "CanaryPauseStep", "startTime": ago(minutes=4)}]
    make(writer, rollout_status(**{**PAUSED, "pauseConditions": began}))
    assert 230 <= (await read(writer))["paused_s"] <= 600


async def test_a_canary_is_followed_from_step_to_step_until_it_is_promoted(writer: Writer) -> None:
    uid = make(writer, rollout_status())
    make_sets(writer, uid, {STABLE: 3, NEWEST: 1})
    make_run(writer, "shop-84c5-2-1", uid, analysis_status())
    async with opened("kubernetes", kubeconfig=str(writer.kubeconfig), namespace=writer.namespace) as source:
        asked = probe("kubernetes", source, "argo_rollout", {"name": "shop"})
        for _ in range(3):
            assert (await value(asked))["step"] == 2
        writer.patch(ANALYSIS_RUN, "shop-84c5-2-1", {"status": analysis_status("Successful")})
        await poll_until(asked, lambda now: now["metrics"][0]["phase"] == "Successful")
        writer.patch(ROLLOUT, "shop", {"status": PAUSED}, "/status")
        await poll_until(asked, lambda now: (now["step"], now["paused"]) == (3, True))
        writer.delete("pod", f"shop-{NEWEST}-0")
        await poll_until(asked, lambda now: now["sets"][0]["ready"] == 0)
        writer.patch(
            ROLLOUT, "shop", {"status": {**PROMOTED, "pauseConditions": None, "controllerPause": False}}, "/status"
        )
        await poll_until(asked, lambda now: bool(now["promoted"]))
        writer.delete(ROLLOUT, "shop")
        await poll_until(asked, lambda now: not now["exists"])


async def test_a_fully_promoted_rollout_is_complete(writer: Writer) -> None:
    uid = make(writer, rollout_status(**PROMOTED))
    make_sets(writer, uid, {STABLE: 0, NEWEST: 4})
    rollout = await read(writer)
    assert (rollout["complete"], rollout["promoted"], rollout["why"]) == (True, True, "")
    assert (rollout["weight"], rollout["step"], rollout["step_text"]) == (100, 5, "")
    assert [row["replicas"] for row in rollout["sets"]] == ["stable"]
    assert rollout["stable_image"] == rollout["image"] == IMAGES[NEWEST]


async def test_a_new_specification_is_not_complete_before_its_controller_has_seen_it(writer: Writer) -> None:
    make(writer, rollout_status(**PROMOTED))
    assert (await read(writer))["complete"]
    writer.patch(ROLLOUT, "shop", {"spec": {"template": template("registry.test/shop:1.6.0")}})
    rollout = await read(writer)
    assert (rollout["complete"], rollout["observed"], rollout["phase"]) == (False, False, "Progressing")
    assert rollout["image"] == "registry.test/shop:1.6.0"


async def test_the_weight_is_that_of_the_router_where_one_splits_the_traffic(writer: Writer) -> None:
    routed = rollout_spec(
        strategy={"canary": {"steps": [{"setWeight": 40}, {"pause": {}}], "trafficRouting": {"nginx": {}}}}
    )
    weights = {"canary": {"weight": 40, "podTemplateHash": NEWEST}, "stable": {"weight": 60, "podTemplateHash": STABLE}}
    uid = make(writer, rollout_status(canary={"weights": weights}, currentStepIndex=1), routed)
    make_sets(writer, uid, {STABLE: 3, NEWEST: 1})
    rollout = await read(writer)
    assert (rollout["weight"], rollout["desired_weight"]) == (40, 40)


BLUE_GREEN = {"blueGreen": {"activeService": "shop", "previewService": "shop-preview"}}


def of_services(active: str, **more: Any) -> dict[str, Any]:
    """Return the status of a blue-green rollout: its counts and its selector are those of the active ReplicaSet."""
    services = {"activeSelector": active, "previewSelector": NEWEST}
    selector = f"app=shop,rollouts-pod-template-hash={active}"
    return rollout_status(blueGreen=services, selector=selector, currentStepIndex=None, replicas=8, **more)


async def test_a_blue_green_rollout_waits_for_its_promotion(writer: Writer) -> None:
    pause = {"pauseConditions": [{"reason": "BlueGreenPause", "startTime": ago(seconds=9)}], "controllerPause": True}
    status = of_services(STABLE, phase="Paused", message="BlueGreenPause", updatedReplicas=4, **pause)
    uid = make(writer, status, rollout_spec(strategy=BLUE_GREEN))
    make_sets(writer, uid, {STABLE: 4, NEWEST: 4})
    rollout = await read(writer)
    assert (rollout["strategy"], rollout["weight"], "step" in rollout) == ("blueGreen", 0, False)
    assert [(row["replicas"], row["ready"]) for row in rollout["sets"]] == [("preview", 4), ("active", 4)]
    assert rollout["why"] == "paused: waits for its promotion"


async def test_the_old_pods_of_a_promoted_blue_green_rollout_do_not_make_its_status_stale(
    writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(staleness, "STALE_AFTER_S", 0.0)
    healthy = {"phase": "Healthy", "message": "", "stableRS": NEWEST, "updatedReplicas": 4}
    uid = make(writer, of_services(NEWEST, **healthy), rollout_spec(strategy=BLUE_GREEN))
    make_sets(writer, uid, {STABLE: 4, NEWEST: 4})
    async with opened("kubernetes", kubeconfig=str(writer.kubeconfig), namespace=writer.namespace) as source:
        asked = probe("kubernetes", source, "argo_rollout", {"name": "shop"})
        for rollout in (await value(asked), await value(asked)):
            assert (rollout["complete"], rollout["stale"], rollout["weight"]) == (True, "", 100)
            assert [row["replicas"] for row in rollout["sets"]] == ["active", "old"]


async def test_a_workload_of_a_deployment_counts_once_its_generation_was_seen(writer: Writer) -> None:
    labels = {"matchLabels": {"app": "shop"}}
    writer.make("deployment", "shop", spec={"replicas": 0, "selector": labels, "template": template(IMAGES[NEWEST])})
    spec = {**rollout_spec(), "workloadRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "shop"}}
    del spec["template"]
    make(writer, rollout_status(**PROMOTED, workloadObservedGeneration="1"), spec)
    assert [(await read(writer))[key] for key in ("complete", "image")] == [True, IMAGES[NEWEST]]
    writer.patch("deployment", "shop", {"spec": {"template": template("registry.test/shop:1.6.0")}})
    assert not (await read(writer))["complete"]


async def test_a_status_that_differs_from_its_pods_becomes_stale(
    writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(staleness, "STALE_AFTER_S", 0.2)
    uid = make(writer, rollout_status(**PROMOTED))
    make_sets(writer, uid, {NEWEST: 2})
    async with opened("kubernetes", kubeconfig=str(writer.kubeconfig), namespace=writer.namespace) as source:
        asked = probe("kubernetes", source, "argo_rollout", {"name": "shop"})
        rollout = (await poll_until(asked, lambda now: bool(now["stale"]))).value
    assert not rollout["complete"]
    assert "reports 4 ready pods, 2 are ready" in rollout["why"]


async def test_a_missing_rollout_is_a_reading_and_a_missing_product_a_fault(writer: Writer) -> None:
    assert [(await read(writer, of="other"))[key] for key in ("exists", "complete", "why")] == [
        False,
        False,
        f"not found in namespace {writer.namespace}",
    ]
    uninstall(writer, ROLLOUT)
    async with opened("kubernetes", kubeconfig=str(writer.kubeconfig), namespace=writer.namespace) as source:
        missing = await fault(probe("kubernetes", source, "argo_rollout", {"name": "shop"}))
        assert missing.kind is FaultKind.NOT_FOUND
        assert "the cluster has no Argo Rollouts (kind Rollout.argoproj.io)" in missing.message


async def test_a_user_without_rights_gets_a_fault(writer: Writer) -> None:
    make(writer, rollout_status())
    where = {"kubeconfig": str(writer.kubeconfig), "context": "stranger", "namespace": writer.namespace}
    async with opened("kubernetes", **where) as source:
        for name in ("argo_rollout", "argo_analysis"):
            refused = await fault(probe("kubernetes", source, name, {"name": "shop"}))
            assert refused.kind is FaultKind.FORBIDDEN, refused


@pytest.mark.parametrize(
    ("phase", "complete", "running", "why"),
    [
        ("Successful", True, False, ""),
        ("Running", False, True, "running"),
        ("Failed", False, False, "failed"),
        ("Error", False, False, "error"),
        ("Inconclusive", False, False, "inconclusive"),
    ],
)
async def test_the_newest_analysis_with_a_name_counts(
    writer: Writer, phase: str, complete: bool, running: bool, why: str
) -> None:
    make_run(writer, "smoke-1", "u", analysis_status(phase))
    make_run(writer, "smoked-2", "u", analysis_status("Pending"))
    analysis = await read(writer, "argo_analysis", "smoke")
    assert [analysis[key] for key in ("name", "complete", "running", "why")] == ["smoke-1", complete, running, why]
    (metric,) = analysis["metrics"]
    assert metric["message"] == ("1 failed" if phase not in ("Successful", "Running") else "")
    assert (await read(writer, "argo_analysis", "other"))["exists"] is False


@pytest.mark.parametrize(
    ("step", "text"),
    [
        ({"setWeight": 20}, "set weight 20%"),
        ({"pause": {"duration": "1h30m"}}, "pause 1h 30m"),
        ({"pause": {"duration": 90}}, "pause 1m 30s"),
        ({"pause": {"duration": "600"}}, "pause 10m"),
        ({"pause": {}}, "pause until promoted"),
        ({"analysis": {"templates": [{"templateName": "a"}, {"templateName": "b"}]}}, "analysis a, b"),
        ({"experiment": {"templates": [{"name": "baseline"}]}}, "experiment baseline"),
        ({"setCanaryScale": {"replicas": 1}}, "scale canary to 1 pod"),
        ({"setCanaryScale": {"weight": 50}}, "scale canary to 50%"),
        ({"setCanaryScale": {"matchTrafficWeight": True}}, "scale canary with its weight"),
        ({"setHeaderRoute": {"name": "beta"}}, "set header route beta"),
        ({"setMirrorRoute": {"name": "copy", "percentage": 35}}, "mirror 35% of route copy"),
        ({"plugin": {"name": "acme/step"}}, "plugin acme/step"),
        ({"somethingNew": {}}, "somethingNew"),
        ({}, "unknown step"),
    ],
)
def test_steps_are_shown_as_text(step: dict[str, Any], text: str) -> None:
    assert step_text(step) == text


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=2),
    max_leaves=4,
)


@given(st.dictionaries(st.sampled_from(KEYS), JSON, max_size=2))
def test_a_step_of_any_form_has_a_text(step: dict[str, Any]) -> None:
    assert step_text(step)


async def test_sets_that_may_not_be_read_are_a_remark(writer: Writer) -> None:
    uid = make(writer, rollout_status())
    make_sets(writer, uid, {STABLE: 3, NEWEST: 1})
    group = "rbac.authorization.k8s.io"
    rules = [{"apiGroups": ["argoproj.io"], "resources": ["rollouts"], "verbs": ["get"]}]
    writer.make("role", "reader", rules=rules)
    who = [{"kind": "User", "name": "stranger", "apiGroup": group}]
    writer.make("rolebinding", "reader", roleRef={"kind": "Role", "name": "reader", "apiGroup": group}, subjects=who)
    where = {"kubeconfig": str(writer.kubeconfig), "context": "stranger", "namespace": writer.namespace}
    async with opened("kubernetes", **where) as source:
        asked = probe("kubernetes", source, "argo_rollout", {"name": "shop"})
        # Until the authoriser knows the new Role, the Rollout itself is forbidden.
        seen = await poll_until(asked, lambda now: True)
    assert "list replicasets" in seen.remark
    assert (seen.value["weight"], "sets" in seen.value, "metrics" in seen.value) == (25, False, False)

"""The commands that are made for Rollouts and Deployments, run by the real kubectl against the real API server."""

from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest

from mmcockpit.config.delivery import delivery_procedures
from mmcockpit.core.model.cockpit import SourceSpec
from mmcockpit.core.model.signal import Signal
from mmcockpit.sources.kubernetes.api.kinds import KINDS
from tests.servers.kube_apiserver import KubeApiserver
from tests.servers.kubectl import Kubectl
from tests.sources.kubernetes.delivery_kinds import ROLLOUT, ensure_installed, rollout_spec, rollout_status, template
from tests.sources.kubernetes.kubernetes_writer import Writer

_numbers = count()
PAUSED = {"pauseConditions": [{"reason": "CanaryPauseStep"}], "controllerPause": True, "currentStepIndex": 2}


@pytest.fixture
def writer(kube_apiserver: KubeApiserver) -> Iterator[Writer]:
    with Writer(kube_apiserver.kubeconfig, f"delivery-actions-{next(_numbers)}") as writer:
        ensure_installed(writer, ROLLOUT)
        yield writer


def run(kubectl: Kubectl, probe: str, procedure: str) -> None:
    """Run the command of a procedure, with the words of the cluster left out, which `Kubectl` adds."""
    signal = Signal("rollout", "Rollout", "cluster", probe, {"name": "shop", "namespace": kubectl.namespace})
    made = delivery_procedures([signal], {"cluster": SourceSpec("cluster", "kubernetes")}, ())
    argv = next(one.steps[0].argv for one in made if one.id == procedure)
    kubectl(*(word for word in argv[1:] if not word.startswith(("--kubeconfig", "--context"))))


@pytest.mark.parametrize(
    ("procedure", "before", "changed"),
    [
        ("abort-shop", {}, {"abort": True}),
        ("retry-shop", {"abort": True}, {"abort": False}),
        ("promote-shop", PAUSED, {"pauseConditions": None}),
    ],
)
def test_an_action_on_the_status_changes_exactly_what_the_plugin_changes(
    kube_apiserver: KubeApiserver, writer: Writer, procedure: str, before: dict[str, Any], changed: dict[str, Any]
) -> None:
    writer.make(ROLLOUT, "shop", {**rollout_status(), **before}, spec=rollout_spec())
    kubectl = Kubectl(kube_apiserver, writer.namespace)
    old = kubectl.json("rollouts.argoproj.io", "shop")
    run(kubectl, "argo_rollout", procedure)
    new = kubectl.json("rollouts.argoproj.io", "shop")
    expected = {**old["status"], **changed}
    assert new["status"] == {key: value for key, value in expected.items() if value is not None}
    assert new["spec"] == old["spec"]


def test_a_rollout_is_paused_and_resumed_in_its_specification(kube_apiserver: KubeApiserver, writer: Writer) -> None:
    writer.make(ROLLOUT, "shop", rollout_status(), spec=rollout_spec())
    kubectl = Kubectl(kube_apiserver, writer.namespace)
    for procedure, paused in (("pause-shop", True), ("resume-shop", False)):
        run(kubectl, "argo_rollout", procedure)
        assert kubectl.json("rollouts.argoproj.io", "shop")["spec"]["paused"] is paused


def test_a_deployment_is_paused_and_resumed(kube_apiserver: KubeApiserver, writer: Writer) -> None:
    selector = {"matchLabels": {"app": "shop"}}
    writer.make(KINDS["deployment"], "shop", spec={"selector": selector, "template": template("shop:1")})
    kubectl = Kubectl(kube_apiserver, writer.namespace)
    for procedure, paused in (("pause-shop", True), ("resume-shop", None)):
        run(kubectl, "rollout", procedure)
        assert kubectl.json("deployments", "shop")["spec"].get("paused") is paused

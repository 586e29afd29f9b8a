"""The pack of a StatefulSet by keys on a real cluster, where a pod that never starts blocks the rollback."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e.procedures.production import pack_cockpit
from tests.e2e.procedures.steps import begun, confirmed, current, facts, of, see, time_passes
from tests.e2e.pty_session import Place
from tests.servers.control_plane import ControlPlane
from tests.servers.kubectl import KUBECTL, Kubectl
from tests.servers.needs import need
from tests.servers.wait import wait_until

OLD, MISSING = "example.test/store:1", "example.test/store:missing"
NAMESPACE, SET = "store-rollback", "statefulset/store"


def stateful_set(image: str) -> dict[str, Any]:
    labels = {"app": "store"}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "store", "image": image}]}}
    return {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": {"name": "store"},
        "spec": {"serviceName": "store", "replicas": 2, "selector": {"matchLabels": labels}, "template": template},
    }


@pytest.fixture
def store(control_plane: ControlPlane) -> Iterator[Kubectl]:
    """Give a StatefulSet whose second revision has an image that cannot be pulled."""
    need(KUBECTL.exists() or None, "no kubectl")
    kubectl = control_plane.create_namespace(NAMESPACE)
    kubectl.apply(stateful_set(OLD))
    kubectl("rollout", "status", SET, "--timeout=80s")
    kubectl.apply(stateful_set(MISSING))
    wait_until(lambda: images(kubectl) == [OLD, MISSING], "the last pod has the new image")
    yield kubectl
    kubectl("delete", "namespace", kubectl.namespace, "--wait=false")


def images(kubectl: Kubectl) -> list[str]:
    """Return the images of the pods, by their number."""
    pods = sorted(kubectl.json("pods")["items"], key=lambda pod: str(pod["metadata"]["name"]))
    return [pod["spec"]["containers"][0]["image"] for pod in pods]


def test_a_rollback_past_a_pod_that_never_starts(place: Place, store: Kubectl) -> None:
    with place.open("run", pack_cockpit(place, store, "rollback-statefulset", statefulset="store")) as program:
        begun(program, place, "Roll back (StatefulSet)", "Announced")
        confirmed(program, place)
        see(program, r"revision to choose from .*\(2 runs now\)")
        program.press("!")
        see(program, r"> Cancel +nothing is chosen")
        time_passes(program, place)
        program.press("k")
        see(program, r"> 1 .*store:1 ")
        time_passes(program, place)
        program.press("\r")
        see(program, r"revision 1 of \d, \d")
        confirmed(program, place)
        see(program, rf"image +{re.escape(OLD)}")
        current(program, "*", 3)
        assert images(store) == [OLD, MISSING], "nothing has been changed yet"
        confirmed(program, place, "store")
        current(program, "*", 4)
        confirmed(program, place)
        see(program, r"Waiting for|waiting for")
        assert images(store) == [OLD, MISSING], "the controller waits for the pod that never starts"
        store("delete", "pod", "store-1")
        current(program, "*", 5)
        assert images(store) == [OLD, OLD]
        program.kill()
    good = [body["step"] for body in of(facts(place), "StepChanged") if body["now"] == "ok"]
    assert len(good) == 4, good

"""A canary by the real controller of Argo Rollouts: what the probe shows of it, and what each action does."""

import os
import re
import shlex
import subprocess
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mmcockpit.config.delivery import delivery_procedures
from mmcockpit.core.model.cockpit import SourceSpec
from mmcockpit.core.model.reading import Probe
from mmcockpit.core.model.signal import Signal
from tests.config.packs.shipped import PACKS
from tests.servers.argo_rollouts import ArgoRollouts, argo_folder
from tests.servers.control_plane import ControlPlane
from tests.servers.http import Answer, HttpServer
from tests.servers.kubectl import KUBECTL, Kubectl
from tests.servers.needs import need
from tests.servers.wait import PATIENCE_S
from tests.sources.polling import opened, poll_until, probe

pytestmark = pytest.mark.anyio
FIRST, SECOND, THIRD = (f"example.test/shop:{n}" for n in (1, 2, 3))
STEPS: list[dict[str, Any]] = [
    {"setWeight": 25},
    {"pause": {}},
    {"analysis": {"templates": [{"templateName": "errors"}]}},
    {"setWeight": 50},
    {"pause": {}},
]


def rollout(image: str) -> dict[str, Any]:
    labels = {"app": "shop"}
    containers = [{"name": "shop", "image": image}]
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Rollout",
        "metadata": {"name": "shop"},
        "spec": {
            "replicas": 4,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": containers}},
            "strategy": {"canary": {"steps": STEPS}},
        },
    }


def analysis(url: str) -> dict[str, Any]:
    metric = {
        "name": "error-share",
        "interval": "1s",
        "count": 2,
        "failureLimit": 0,
        "successCondition": "result < 0.05",
        "provider": {"web": {"url": url, "jsonPath": "{$.share}"}},
    }
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "AnalysisTemplate",
        "metadata": {"name": "errors"},
        "spec": {"metrics": [metric]},
    }


@pytest.fixture
def shop(control_plane: ControlPlane, http_server: HttpServer, tmp_path: Path) -> Iterator[Kubectl]:
    """Give a namespace with a Rollout of four pods and its controller."""
    need(argo_folder(), "no controller of Argo Rollouts: run `make servers`")
    need(KUBECTL.exists() or None, "no kubectl")
    kubectl = control_plane.create_namespace("argo-controller")
    controller = ArgoRollouts(tmp_path / "argo", kubectl)
    controller.install()
    http_server.answers["/share"] = Answer(200, '{"share": 0.01}')
    with controller:
        kubectl.apply(analysis(f"{http_server.url}/share"))
        kubectl.apply(rollout(FIRST))
        yield kubectl
    kubectl("delete", "namespace", kubectl.namespace, "--wait=false")


class Canary:
    """The Rollout as the probe shows it, and the actions that the cockpit offers."""

    def __init__(self, kubectl: Kubectl, asked: Probe) -> None:
        self._kubectl, self._asked = kubectl, asked
        signal = Signal("canary", "canary", "cluster", "argo_rollout", {"name": "shop"})
        source = SourceSpec("cluster", "kubernetes", {"namespace": kubectl.namespace})
        self._actions = {one.id: one.steps[0].argv for one in delivery_procedures([signal], {"cluster": source}, ())}

    async def shows(self, **expected: Any) -> Any:
        """Wait until the probe shows all of this at once; an expected function judges the value of its field."""
        differing: dict[str, Any] = {}

        def reached(value: Any) -> bool:
            nonlocal differing
            differing = {name: value.get(name) for name, one in expected.items() if not _fits(one, value.get(name))}
            return not differing

        try:
            return (await poll_until(self._asked, reached, PATIENCE_S)).value
        except TimeoutError:
            raise AssertionError(f"never reached {expected}; the last value differs in {differing}") from None

    def act(self, name: str) -> None:
        """Run the command of an action, as the cockpit would."""
        self._run(self._actions[f"{name}-shop"])

    def follow(self, step: str, **values: str) -> None:
        """Run the command of a step of the pack's procedure `rollback-argo`, as the cockpit would."""
        (procedure,) = [one for one in PACKS["rollback-argo"]["procedures"] if one["id"] == "rollback-argo"]
        (found,) = [one for one in procedure["steps"] if one["title"] == step]
        self._run(found["command"], **{f"values.{name}": value for name, value in values.items()})

    def _run(self, words: Iterable[str], **values: str) -> None:
        known = {
            "cluster.kubeconfig": str(self._kubectl.api.kubeconfig),
            "cluster.context": "admin",
            "namespace": self._kubectl.namespace,
            "rollout": "shop",
            **values,
        }
        argv = [re.sub(r"\$\{([\w.]+)\}", lambda found: known[found[1]], word) for word in words]
        # kubectl finds its plugins on PATH.
        path = os.pathsep.join(
            [
                os.fspath(need(argo_folder(), "no plugin of Argo Rollouts")),
                os.fspath(KUBECTL.parent),
                os.environ["PATH"],
            ]
        )
        done = subprocess.run(
            argv, env={**os.environ, "PATH": path}, capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0, (shlex.join(argv), done.stderr)


AT_SECOND_STEP = {"paused": True, "step": 2, "weight": 25}
AT_FIFTH_STEP = {"paused": True, "step": 5, "weight": 50}


def _fits(expected: Any, found: Any) -> bool:
    return bool(expected(found)) if callable(expected) else bool(expected == found)


def phases(*expected: str) -> Callable[[Any], bool]:
    """Return whether metrics have these phases."""
    return lambda metrics: {one["phase"] for one in metrics} == set(expected)


async def test_a_canary_is_promoted_aborted_retried_paused_and_stopped_by_its_analysis(
    shop: Kubectl, http_server: HttpServer
) -> None:
    async with opened("kubernetes", kubeconfig=str(shop.api.kubeconfig), namespace=shop.namespace) as source:
        canary = Canary(shop, probe("kubernetes", source, "argo_rollout", {"name": "shop"}))
        await canary.shows(complete=True, phase="Healthy", promoted=True, weight=100, why="")

        shop.apply(rollout(SECOND))
        await canary.shows(
            **AT_SECOND_STEP,
            phase="Paused",
            pause_reason="pause step",
            image=SECOND,
            stable_image=FIRST,
            revision="2",
            stable_revision="1",
            why="paused at step 2 of 5: pause step",
        )

        canary.act("abort")
        await canary.shows(
            aborted=True,
            weight=0,
            phase="Degraded",
            complete=False,
            step=0,
            why=lambda why: why.startswith("aborted: RolloutAborted: "),
        )
        canary.act("retry")
        await canary.shows(**AT_SECOND_STEP)
        canary.act("promote")
        await canary.shows(**AT_FIFTH_STEP, metrics=phases("Successful"))
        canary.act("promote")
        await canary.shows(complete=True, stable_image=SECOND, weight=100)

        shop.apply(rollout(THIRD))
        await canary.shows(**AT_SECOND_STEP, image=THIRD)
        canary.act("pause")
        await canary.shows(why="paused at step 2 of 5: pause step, spec.paused is set")
        canary.act("resume")
        await canary.shows(**AT_SECOND_STEP, pause_reason="pause step", observed=True)
        http_server.answers["/share"] = Answer(200, '{"share": 0.2}')
        canary.act("promote")
        shown = await canary.shows(
            aborted=True,
            weight=0,
            why=lambda why: "error-share" in why,
            stable_image=SECOND,
            metrics=lambda metrics: any(one["phase"] == "Failed" for one in metrics),
        )
        (metric,) = [one for one in shown["metrics"] if one["phase"] == "Failed"]
        assert (metric["metric"], metric["value"], metric["failed"]) == ("error-share", "0.2", 1)

        canary.follow("Roll back", revision="2")
        await canary.shows(complete=True, image=SECOND)
        shop.apply(rollout(THIRD))
        await canary.shows(**AT_SECOND_STEP, image=THIRD)
        canary.follow("Skip the steps of the Rollout")
        await canary.shows(complete=True, image=THIRD)

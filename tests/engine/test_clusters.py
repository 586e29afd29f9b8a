"""Two clusters in one session, on two real API servers: each signal and each step uses the one that it names."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from mmcockpit.core.facts import event as facts
from mmcockpit.core.model.cockpit import Cockpit, SourceSpec
from mmcockpit.core.model.refusal import Code
from mmcockpit.core.model.signal import Rule, Signal
from mmcockpit.core.model.states import StepState
from mmcockpit.journal.reader import read
from tests.engine.engine_run import read_all, running
from tests.engine.step_run import begin, lines, rollback, step, until
from tests.servers.kube_apiserver import KubeApiserver
from tests.sources.kubernetes.kubeconfigs import kubeconfig as unreachable
from tests.sources.kubernetes.kubernetes_writer import Writer

KUBECTL = str(Path(sys.executable).with_name("kubectl"))
NAMESPACE = "two-clusters"


@pytest.fixture(scope="module")
def pair(
    kube_apiserver: KubeApiserver, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[KubeApiserver, KubeApiserver]]:
    """Give two API servers, each with a ConfigMap that names it."""
    with (
        KubeApiserver(tmp_path_factory.mktemp("second-kube-apiserver")) as second,
        Writer(kube_apiserver.kubeconfig, NAMESPACE) as eu,
        Writer(second.kubeconfig, NAMESPACE) as us,
    ):
        eu.make("configmap", "place", data={"name": "eu"})
        us.make("configmap", "place", data={"name": "us"})
        yield kube_apiserver, second


def look(name: str) -> Any:
    bound = (KUBECTL, f"--kubeconfig=${{{name}.kubeconfig}}", f"--context=${{{name}.context}}")
    return step(f"look-{name}", (*bound, "-n", NAMESPACE, "get", "configmap", "place", "-o", "jsonpath={.data.name}"))


def cockpit(eu: Path, us: Path) -> Cockpit:
    places = {"eu": eu, "us": us}
    sources = tuple(
        SourceSpec(name, "kubernetes", {"kubeconfig": str(path), "context": "admin", "namespace": NAMESPACE})
        for name, path in places.items()
    )
    args = {"kind": "configmap", "name": "place"}
    signals = tuple(
        Signal(f"place_{name}", name, name, "get", args, Rule(f"value.data.name == '{name}'"), every=0.2, timeout=9.0)
        for name in places
    )
    told = rollback(look("eu"), look("us"))
    return msgspec.structs.replace(told, sources=sources, signals=signals)


def test_signals_and_steps_use_the_cluster_that_they_name(
    pair: tuple[KubeApiserver, KubeApiserver], journal: Path
) -> None:
    eu, us = pair
    with running(cockpit(eu.kubeconfig, us.kubeconfig), journal) as (_, screen):
        screen.until(read_all, "both clusters are read")
        found = {name: state.value["data"]["name"] for name, state in screen.session.signals.items()}
        assert found == {"place_eu": "eu", "place_us": "us"}
        identities = screen.session.identities
        assert identities["eu"].unique != identities["us"].unique
        clusters = screen.session.cockpit.clusters
        assert {name: one.server for name, one in clusters.items()} == {"eu": eu.url, "us": us.url}
        for name, server in (("eu", eu), ("us", us)):
            begin(screen, f"look-{name}", where=server.url)
            assert lines(until(screen, f"look-{name}", StepState.OK)) == [name]
    recorded = [event.body for event in read(journal) if isinstance(event.body, facts.SourceIdentified)]
    assert {one.source for one in recorded} == {"eu", "us"}


def test_a_step_is_refused_where_the_cluster_that_it_names_is_another_one(
    pair: tuple[KubeApiserver, KubeApiserver], journal: Path, tmp_path: Path
) -> None:
    eu, us = pair
    moved = tmp_path / "config"
    moved.write_text(us.kubeconfig.read_text())
    with running(cockpit(eu.kubeconfig, moved), journal) as (_, screen):
        screen.until(read_all, "both clusters are read")
        begin(screen, "look-eu", where=us.url)
        screen.until(lambda _: refusals(screen) == [Code.OTHER_CLUSTER], "the server of the other cluster is refused")
        unreachable(moved, "admin", admin="https://moved")
        begin(screen, "look-eu", where=eu.url)
        assert lines(until(screen, "look-eu", StepState.OK)) == ["eu"]
        begin(screen, "look-us", where=us.url)
        screen.until(lambda _: refusals(screen) == [Code.OTHER_CLUSTER] * 2, "the moved cluster is refused")
        text = [event.body for event in screen.events if isinstance(event.body, facts.Refused)][-1].refusal.text
        assert "now points at admin at https://moved" in text


def refusals(screen: Any) -> list[Code]:
    return [event.body.refusal.code for event in screen.events if isinstance(event.body, facts.Refused)]

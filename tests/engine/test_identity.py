"""Which system answers: recorded at the first contact, and results of another one are faults until it is accepted."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from mmcockpit.core.decide.command import AcceptIdentity
from mmcockpit.core.facts import event as facts
from mmcockpit.core.facts.sources import Identity
from mmcockpit.core.model.checklist import Checklist, Phase
from mmcockpit.core.model.cockpit import Cockpit, SourceSpec
from mmcockpit.core.model.layout import Layout
from mmcockpit.core.model.reading import Fault, Reading
from mmcockpit.core.model.signal import Rule, Signal
from mmcockpit.journal.reader import read
from mmcockpit.journal.verify import verify
from mmcockpit.simulator.kubernetes.server import SimulatedKubernetes
from tests.engine.engine_run import Watcher, read_all, refused_all, running
from tests.servers.kube_apiserver import KubeApiserver

QUESTIONS: dict[str, dict[str, Any]] = {
    "get": {"kind": "namespace", "name": "kube-system"},
    "list": {"kind": "configmap", "namespace": "default"},
    "pods": {"namespace": "default"},
    "rollout": {"name": "app", "namespace": "default"},
    "can_i": {"verb": "list", "resource": "pods"},
    "events": {"namespace": "default"},
}
"""Probes of a cluster in which nothing runs, each with an answer."""


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[tuple[SimulatedKubernetes, SimulatedKubernetes]]:
    first, second = SimulatedKubernetes(tmp_path / "a", seed=1), SimulatedKubernetes(tmp_path / "b", seed=2)
    with first.in_thread() as a, second.in_thread() as b:
        yield a, b


def both(folder: Path, current: str, **files: Path) -> Path:
    """Write a kubeconfig with a context for each of these, as `kubectl config use-context` leaves it."""
    written = folder / "kubeconfig"
    told: dict[str, Any] = {"current-context": current, "clusters": [], "users": [], "contexts": []}
    for name, file in files.items():
        config = yaml.safe_load(file.read_text())
        told["clusters"].append({**config["clusters"][0], "name": name})
        told["users"].append({**config["users"][0], "name": name})
        told["contexts"].append({"name": name, "context": {"cluster": name, "user": name}})
    replaced(written, json.dumps(told))
    return written


def replaced(path: Path, text: str) -> None:
    """Write a file as kubectl does: whoever reads it has the former text, or this one."""
    path.with_suffix(".new").write_text(text)
    path.with_suffix(".new").replace(path)


def watching(kubeconfig: Path, **questions: dict[str, Any]) -> Cockpit:
    """Return a cockpit that asks every probe of one cluster, of the current context of a kubeconfig."""
    signals = tuple(
        Signal(probe, probe, "cluster", probe, args=args, every=0.1, timeout=30.0, rule=Rule("true"))
        for probe, args in (questions or QUESTIONS).items()
    )
    source = SourceSpec("cluster", "kubernetes", {"kubeconfig": str(kubeconfig)}, budget=500.0)
    return Cockpit("Test", "test", Checklist("c", "C", (Phase("p", "P", ()),)), signals, Layout("none", ()), (source,))


def uids(screen: Watcher) -> list[str]:
    """The UIDs of the namespace kube-system that were read, in order, without repetitions."""
    observed = [event.body for event in screen.events if isinstance(event.body, facts.Observed)]
    found = [
        body.answer.value["metadata"]["uid"]
        for body in observed
        if body.signal == "get" and isinstance(body.answer, Reading) and body.answer.value["exists"]
    ]
    return list(dict.fromkeys(found))


def test_another_cluster_after_a_401_is_a_fault_of_every_probe_until_it_is_accepted(
    pair: tuple[SimulatedKubernetes, SimulatedKubernetes], tmp_path: Path, journal: Path
) -> None:
    a, b = pair
    kubeconfig = both(tmp_path, "a", a=a.kubeconfig, b=b.kubeconfig)
    with running(watching(kubeconfig), journal) as (_, screen):
        screen.until(read_all, "all probes read the first cluster")
        known = screen.session.identities["cluster"]
        both(tmp_path, "b", a=a.kubeconfig, b=b.kubeconfig)
        a.rotate("another-token-of-the-first-cluster")
        screen.until(refused_all, "all probes refuse the other cluster")
        fault = screen.session.signals["pods"].fault
        assert fault is not None
        assert ":accept-identity cluster REASON" in fault.message
        assert uids(screen) == [known.unique]
        screen.do(AcceptIdentity("ana", "cluster", "moved on purpose", screen.session.strangers["cluster"]))
        screen.until(read_all, "all probes read the accepted cluster")
        assert uids(screen) == [known.unique, screen.session.identities["cluster"].unique]
    # The identity of the journal counts: what was left is another cluster by now.
    both(tmp_path, "a", a=a.kubeconfig, b=b.kubeconfig)
    a.rotate("simulated-admin-token")
    with running(journal) as (_, screen):
        screen.until(refused_all, "all probes refuse the first cluster")
        both(tmp_path, "b", a=a.kubeconfig, b=b.kubeconfig)
    assert verify(journal).ok
    kinds = [type(event.body) for event in read(journal)]
    assert kinds.count(facts.SourceIdentified) == 1
    assert kinds.count(facts.IdentityDiffered) == 2
    assert kinds.count(facts.IdentityAccepted) == 1


def test_use_context_elsewhere_alone_changes_nothing(
    pair: tuple[SimulatedKubernetes, SimulatedKubernetes], tmp_path: Path, journal: Path
) -> None:
    a, b = pair
    kubeconfig = both(tmp_path, "a", a=a.kubeconfig, b=b.kubeconfig)
    with running(watching(kubeconfig), journal) as (_, screen):
        screen.until(read_all, "all probes read the first cluster")
        both(tmp_path, "b", a=a.kubeconfig, b=b.kubeconfig)
        at = screen.batch.now.at
        screen.until(lambda _: screen.batch.now.at > at + 2.5, "the kubeconfig was looked at again")
        assert read_all(screen.session)
        assert not screen.session.strangers


def test_a_token_that_was_replaced_in_the_kubeconfig_is_used_before_the_former_one_is_refused(
    pair: tuple[SimulatedKubernetes, SimulatedKubernetes], tmp_path: Path, journal: Path
) -> None:
    a, _ = pair
    kubeconfig = both(tmp_path, "a", a=a.kubeconfig)
    with running(watching(kubeconfig), journal) as (_, screen):
        screen.until(read_all, "all probes read")

        async def replace_token() -> None:
            # In the loop of the server: it answers no request in between.
            a.rotate("the-second-token")
            replaced(kubeconfig, kubeconfig.read_text().replace("simulated-admin-token", "the-second-token"))

        a.call(replace_token())
        at = screen.batch.now.at
        screen.until(lambda _: screen.batch.now.at > at + 2.0, "the token was read again")
        assert read_all(screen.session)
    answers = [event.body.answer for event in read(journal) if isinstance(event.body, facts.Observed)]
    assert not [answer for answer in answers if isinstance(answer, Fault)]
    assert "the-second-token" not in journal.read_text()


def test_another_cluster_behind_the_same_address_is_noticed_without_a_certificate(
    tmp_path: Path, journal: Path
) -> None:
    with SimulatedKubernetes(tmp_path / "a", seed=1).in_thread() as a:
        config = yaml.safe_load(a.kubeconfig.read_text())
        config["clusters"][0]["cluster"] = {"server": a.url, "insecure-skip-tls-verify": True}
        kubeconfig = tmp_path / "kubeconfig"
        kubeconfig.write_text(yaml.safe_dump(config))
        port = int(a.url.rpartition(":")[2])
        with running(watching(kubeconfig), journal) as (_, screen):
            screen.until(read_all, "all probes read the first cluster")
            assert screen.session.unverified == {"cluster": "insecure-skip-tls-verify in the kubeconfig"}
            a.call(a.stop())
            with SimulatedKubernetes(tmp_path / "b", port=port, seed=2).in_thread() as b:
                screen.until(refused_all, "all probes refuse the other cluster")
                assert len(uids(screen)) == 1
                b.call(b.stop())
                a.call(a.start())
                screen.until(read_all, "the known cluster is read again")
                assert not screen.session.strangers
                a.call(a.stop())


def test_where_kube_system_is_not_readable_the_address_is_the_identity(
    pair: tuple[SimulatedKubernetes, SimulatedKubernetes], tmp_path: Path, journal: Path
) -> None:
    a, b = pair
    for api in pair:
        config = yaml.safe_load(api.kubeconfig.read_text())
        config["users"] = config["users"][1:]
        (tmp_path / f"{api.token}-{api is a}").write_text(yaml.safe_dump(config))
    files = {"a": tmp_path / f"{a.token}-True", "b": tmp_path / f"{b.token}-False"}
    kubeconfig = both(tmp_path, "a", **files)
    with running(watching(kubeconfig, can_i=QUESTIONS["can_i"]), journal) as (_, screen):
        screen.until(read_all, "the stranger may ask what it may")
        known = screen.session.identities["cluster"]
        assert (known.unique, known.address) == ("", a.url)
        assert "forbidden" in str(known)
    both(tmp_path, "b", **files)
    with running(journal) as (_, screen):
        screen.until(refused_all, "another address is another cluster")


def test_two_real_clusters_are_distinguished(kube_apiserver: KubeApiserver, tmp_path: Path, journal: Path) -> None:
    with KubeApiserver(tmp_path / "other") as other:
        files = {"a": kube_apiserver.kubeconfig, "b": other.kubeconfig}
        kubeconfig = both(tmp_path, "a", **files)
        with running(watching(kubeconfig), journal) as (_, screen):
            screen.until(read_all, "all probes read the first cluster")
            known = screen.session.identities["cluster"]
            assert known.unique
            assert known.authorities
        both(tmp_path, "b", **files)
        with running(journal) as (_, screen):
            screen.until(refused_all, "all probes refuse the other cluster")
            assert not uids(screen)
            screen.do(AcceptIdentity("ana", "cluster", "we moved"))
            screen.until(read_all, "all probes read the accepted cluster")


@pytest.mark.parametrize(
    ("other", "same"),
    [
        (Identity("https://b", "uid", ("ca",)), True),
        (Identity("https://a", "uid", ("ca", "next")), True),
        (Identity("https://a", "uid", ("next",)), False),
        (Identity("https://a", "other", ("ca",)), False),
        (Identity("https://a", "uid"), False),
        (Identity("https://a", "", ("ca",)), True),
        (Identity("https://b", "", ("ca",)), False),
    ],
)
def test_a_cluster_is_its_ca_and_its_uid_or_its_address(other: Identity, same: bool) -> None:
    assert Identity("https://a", "uid", ("ca",)).same(other) is same

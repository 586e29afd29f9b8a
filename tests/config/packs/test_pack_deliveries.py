"""The packs of rollbacks and of a cutover on a real API server and on real DNS messages."""

import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from mmcockpit.core.model.verdict import Level
from tests.config.files import loaded
from tests.config.packs.shipped import PATIENT, cockpit_file, levels
from tests.servers.dns import DnsServer
from tests.servers.kube_apiserver import KubeApiserver
from tests.sources.kubernetes.delivery_kinds import (
    ANALYSIS_RUN,
    NEWEST,
    ROLLOUT,
    STABLE,
    ensure_installed,
    make_sets,
    rollout_spec,
    rollout_status,
)
from tests.sources.kubernetes.kubernetes_writer import Writer

pytestmark = [pytest.mark.anyio, pytest.mark.server]
P, W, F, U = Level.PASS, Level.WARN, Level.FAIL, Level.UNKNOWN
_numbers = count()


@pytest.fixture
def writer(kube_apiserver: KubeApiserver) -> Iterator[Writer]:
    """A namespace of this test's own."""
    with Writer(kube_apiserver.kubeconfig, f"packs-{next(_numbers)}") as writer:
        yield writer


def release(writer: Writer, name: str, *statuses: str) -> None:
    """Store the revisions of a release as Helm labels them, the oldest first."""
    for revision, status in enumerate(statuses, start=1):
        labels = {"name": name, "owner": "helm", "status": status, "version": str(revision)}
        labels["modifiedAt"] = str(int(time.time()) - 60)
        stored = f"sh.helm.release.v1.{name}.v{revision}"
        writer.make("secret", stored, metadata={"labels": labels}, type="helm.sh/release.v1")


def cluster(writer: Writer) -> dict[str, dict[str, Any]]:
    """Return a cockpit's sources: this API server."""
    options = {"kind": "kubernetes", "kubeconfig": str(writer.kubeconfig), **PATIENT}
    return {"cluster": {**options, "namespace": writer.namespace}}


async def test_a_helm_release_in_each_state(writer: Writer, tmp_path: Path) -> None:
    release(writer, "upgraded", "superseded", "deployed")
    release(writer, "new", "deployed")
    release(writer, "broken", "superseded", "failed")
    release(writer, "running", "superseded", "deployed", "pending-upgrade")
    names = ("upgraded", "new", "broken", "running", "missing")
    entries = [
        {"pack": "rollback-helm", "prefix": name, "vars": {"namespace": writer.namespace, "helm_release": name}}
        for name in names
    ]
    found = await levels(loaded(cockpit_file(tmp_path, entries, cluster(writer))).cockpit)
    assert {name: (found[f"{name}_helm_release"], found[f"{name}_helm_history"]) for name in names} == {
        "upgraded": (P, P),
        "new": (P, F),
        "broken": (F, P),
        "running": (W, F),
        "missing": (F, F),
    }


async def test_a_rollout_of_argo_in_each_state(writer: Writer, tmp_path: Path) -> None:
    entries = [
        {"pack": "rollback-argo", "prefix": name, "vars": {"namespace": writer.namespace, "rollout": name}}
        for name in ("canary", "missing")
    ]
    cockpit = loaded(cockpit_file(tmp_path, entries, cluster(writer))).cockpit
    ensure_installed(writer, ROLLOUT, ANALYSIS_RUN)
    writer.make(ROLLOUT, "canary", rollout_status(), spec=rollout_spec())
    make_sets(writer, writer.uid(ROLLOUT, "canary"), {STABLE: 3, NEWEST: 1})
    during = await levels(cockpit)
    assert (during["canary_argo_rollout"], during["missing_argo_rollout"]) == (W, F)
    assert during["canary_argo_stable"] is P
    assert during["missing_argo_stable"] is F


async def test_a_name_before_while_and_after_it_moves(tmp_path: Path) -> None:
    name, old, new = "shop.test", "192.0.2.1", "192.0.2.2"
    with DnsServer() as one, DnsServer() as two:
        resolvers = {"resolver_1": one.address, "resolver_2": one.address, "resolver_3": two.address}
        entries = [{"pack": "dns-cutover", "vars": {"host": name, "target": new, "old_target": old, **resolvers}}]
        sources = {"dns": {"kind": "dns", "resolvers": [one.address], **PATIENT}}
        cockpit = loaded(cockpit_file(tmp_path, entries, sources)).cockpit

        async def found(first: str, second: str, ttl: int = 60) -> tuple[Level, ...]:
            one.records = {(f"{name}.", "A"): (ttl, [first])}
            two.records = {(f"{name}.", "A"): (ttl, [second])}
            polled = await levels(cockpit)
            return tuple(polled[signal] for signal in ("dns_ttl", "dns_moved", "dns_moved_back"))

        assert await found(old, old) == (P, W, P)
        assert await found(old, old, ttl=3600) == (W, W, P)
        assert await found(new, old) == (P, F, F)
        assert await found(new, new) == (P, P, W)
        one.records = two.records = {}
        gone = await levels(cockpit)
    assert set(gone.values()) <= {F, U}

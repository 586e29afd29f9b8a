"""Watches of API servers that are killed and restored, that forbid watching, or are replaced by another cluster.

The first test takes longer than others: it starts an API server of its own three times.
"""

import asyncio
import shutil
from pathlib import Path

import pytest

from mmcockpit.core.facts.sources import Identity
from mmcockpit.core.model.reading import Fault, FaultKind, ProbeError, Reading
from mmcockpit.simulator.kubernetes.server import SimulatedKubernetes
from mmcockpit.sources.common.contract import NoWitness, Reports
from tests.servers.go_programs import kubernetes_program
from tests.servers.kube_apiserver import KubeApiserver
from tests.servers.needs import need
from tests.sources.kubernetes.kubernetes_writer import Writer
from tests.sources.kubernetes.watch.api_proxy import ApiProxy
from tests.sources.kubernetes.watch.watching import NAMESPACE, PODS, SPEC, until, where
from tests.sources.polling import answer, answer_until, opened, poll_until, probe, value

pytestmark = pytest.mark.anyio


@pytest.mark.server
async def test_a_server_that_is_killed_and_restored_is_read_again(tmp_path: Path) -> None:
    need(kubernetes_program("kube-apiserver"), "no kube-apiserver: run `make kubernetes`")
    folder, backup = tmp_path / "api", tmp_path / "backup"
    with KubeApiserver(folder) as api, Writer(api.kubeconfig, "night") as writer:
        writer.make("configmap", "old", data={"a": "b"})
        async with opened("kubernetes", kubeconfig=str(api.kubeconfig), namespace="night") as source:
            maps = probe("kubernetes", source, "list", {"kind": "configmap"}, stale_after=4.0, timeout=10.0)
            assert [one["metadata"]["name"] for one in await value(maps)] == ["old"]
            assert len(await value(maps)) == 1
            assert sampled_from_cache(await answer(maps))
            await asyncio.to_thread(api.stop)
            shutil.copytree(folder / "etcd", backup)
            await answer_until(maps, lambda read: isinstance(read, Fault) and read.kind is FaultKind.REFUSED)
            await asyncio.to_thread(api.start)
            for number in range(3):
                writer.make("configmap", f"new-{number}", data={"a": "b"})
            await poll_until(maps, lambda read: len(read) == 4)
            await answer_until(maps, sampled_from_cache)
            await asyncio.to_thread(api.kill)
            shutil.rmtree(folder / "etcd")
            shutil.copytree(backup, folder / "etcd")
            await asyncio.to_thread(api.start)
            await poll_until(maps, lambda read: len(read) == 1)
            writer.make("configmap", "after", data={"a": "b"})
            await poll_until(maps, lambda read: [one["metadata"]["name"] for one in read] == ["after", "old"])
            await answer_until(maps, sampled_from_cache)


def sampled_from_cache(read: object) -> bool:
    return isinstance(read, Reading) and read.sampled is not None


async def test_an_account_that_may_list_but_not_watch_polls_with_a_remark(
    kube_apiserver: KubeApiserver, writer: Writer, tmp_path: Path
) -> None:
    rules = [{"apiGroups": [""], "resources": ["pods"], "verbs": ["list", "get"]}]
    writer.make("role", "lister", rules=rules)
    subject = {"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "stranger"}
    reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "lister"}
    writer.make("rolebinding", "lister", subjects=[subject], roleRef=reference)
    with ApiProxy(kube_apiserver.kubeconfig, tmp_path, "stranger") as proxy:
        async with opened("kubernetes", **where(proxy)) as source:
            pods = probe("kubernetes", source, "pods", {"selector": "app=x"})
            one = probe("kubernetes", source, "get", {"kind": "pod/stays"})
            await poll_until(pods, lambda counted: counted["total"] == 1)
            remark = f"polled, not watched: may not watch pods in {NAMESPACE}"
            await answer_until(pods, lambda read: getattr(read, "remark", "") == remark)
            await answer_until(one, lambda read: getattr(read, "remark", "") == remark)
            polled = proxy.lists(PODS)
            writer.make("pod", "soon", spec=SPEC, metadata={"labels": {"app": "x"}})
            assert (await value(pods))["total"] == 2
            writer.delete("pod", "soon")
            assert (await value(pods))["total"] == 1
            assert proxy.lists(PODS) == polled + 2
            assert sum(asked.path == PODS for asked in proxy.watches) == 2, "the list's and the object's, once each"


class FirstOnly(NoWitness):
    """Accepts the first cluster, as a session does."""

    known: Identity | None = None

    def identified(self, identity: Identity) -> None:
        self.known = self.known or identity
        if not self.known.same(identity):
            raise ProbeError(FaultKind.CONFIGURATION, "another cluster")


async def test_another_cluster_behind_the_same_address_drops_the_cache(
    proxy: ApiProxy, kube_apiserver: KubeApiserver, tmp_path: Path
) -> None:
    async with SimulatedKubernetes(tmp_path) as other, opened("kubernetes", **where(proxy)) as source:
        assert isinstance(source, Reports)
        source.witness = FirstOnly()
        pods = probe("kubernetes", source, "pods", {"selector": "app=x"}, stale_after=4.0)
        await value(pods)
        await value(pods)
        await until(lambda: bool(proxy.watches))
        proxy.lead_to(other.url, other.token)
        proxy.cut()
        refused = Fault(FaultKind.CONFIGURATION, "another cluster")
        await answer_until(pods, lambda read: read == refused)
        watches = len(proxy.watches)
        for _ in range(3):
            assert isinstance(await answer(pods), Fault)
        assert len(proxy.watches) == watches
        proxy.lead_to()
        proxy.cut()
        await poll_until(pods, lambda counted: counted["total"] == 1)

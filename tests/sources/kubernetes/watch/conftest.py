"""A namespace with one pod on the real API server, and a proxy in front of that."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers.kube_apiserver import KubeApiserver
from tests.sources.kubernetes.kubernetes_writer import Writer
from tests.sources.kubernetes.watch.api_proxy import ApiProxy
from tests.sources.kubernetes.watch.watching import NAMESPACE, SPEC


@pytest.fixture(scope="session")
def writer(kube_apiserver: KubeApiserver) -> Iterator[Writer]:
    with Writer(kube_apiserver.kubeconfig, NAMESPACE) as writer:
        writer.make("pod", "stays", spec=SPEC, metadata={"labels": {"app": "x"}})
        yield writer


@pytest.fixture
def proxy(kube_apiserver: KubeApiserver, tmp_path: Path, writer: Writer) -> Iterator[ApiProxy]:
    with ApiProxy(kube_apiserver.kubeconfig, tmp_path) as proxy:
        yield proxy

"""A namespace of the real API server behind a proxy, and waiting for its watches."""

import asyncio
from collections.abc import Callable
from typing import Any

from mmcockpit.core.model.reading import Reading
from tests.servers.wait import PATIENCE_S
from tests.sources.kubernetes.manifests import container
from tests.sources.kubernetes.watch.api_proxy import ApiProxy

NAMESPACE = "watched"
PODS = f"/api/v1/namespaces/{NAMESPACE}/pods"
SPEC = {"containers": [container()]}


def where(proxy: ApiProxy) -> dict[str, Any]:
    return {"kubeconfig": str(proxy.kubeconfig), "namespace": NAMESPACE}


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while True:
            if condition():
                return
            await asyncio.sleep(0.02)


def sampled(read: Any) -> float:
    assert isinstance(read, Reading), read
    assert read.sampled is not None
    return read.sampled

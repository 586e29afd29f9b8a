"""A namespace of the real API server behind a proxy, and waiting for its watches."""

import asyncio
from collections.abc import Callable
from typing import Any

from mmcockpit.core.model.reading import Answer, Probe, Reading
from tests.sources.kubernetes.manifests import container
from tests.sources.kubernetes.watch.api_proxy import ApiProxy
from tests.sources.polling import answer

NAMESPACE = "watched"
PODS = f"/api/v1/namespaces/{NAMESPACE}/pods"
SPEC = {"containers": [container()]}


def where(proxy: ApiProxy) -> dict[str, Any]:
    return {"kubeconfig": str(proxy.kubeconfig), "namespace": NAMESPACE}


async def until(condition: Callable[[], bool], within_s: float = 20.0) -> None:
    async with asyncio.timeout(within_s):
        while True:
            if condition():
                return
            await asyncio.sleep(0.02)


async def answer_until(asked: Probe, condition: Callable[[Answer], bool], within_s: float = 20.0) -> Answer:
    async with asyncio.timeout(within_s):
        while True:
            if condition(read := await answer(asked)):
                return read
            await asyncio.sleep(0.02)


def sampled(read: Any) -> float:
    assert isinstance(read, Reading), read
    assert read.sampled is not None
    return read.sampled

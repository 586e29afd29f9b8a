"""A cluster of stored objects, for what no controller of the tests writes."""

from collections.abc import AsyncIterator, Mapping
from typing import Any, TypeVar

import msgspec

from mmcockpit.core.model.reading import FaultKind, Probe
from mmcockpit.sources import kind
from mmcockpit.sources.common.contract import Question
from mmcockpit.sources.kubernetes.api.cluster import NotThere
from mmcockpit.sources.kubernetes.api.page import ListPage, Query, Reply
from mmcockpit.sources.kubernetes.api.zones import Zones

Item = TypeVar("Item")
NOW = 1_796_000_000.0


class StoredCluster:
    """Gives the object or the items that are stored at a path; without selectors, fields and pages."""

    host, namespace = "stored", "shop"

    def __init__(self, stored: Mapping[str, Any]) -> None:
        self.stored = dict(stored)
        self.zones = Zones()

    async def ready(self) -> None:
        return None

    async def get(self, path: str) -> Reply:
        if path not in self.stored:
            raise NotThere(FaultKind.NOT_FOUND, self.host)
        return Reply(msgspec.json.encode(self.stored[path]), NOW)

    async def items(self, path: str, query: Query, page: type[ListPage[Item]], most: int) -> list[Item]:
        return [item async for items, _ in self.pages(path, query, page, most) for item in items]

    async def pages(
        self, path: str, query: Query, page: type[ListPage[Item]], most: int
    ) -> AsyncIterator[tuple[list[Item], Reply]]:
        body = msgspec.json.encode({"metadata": {}, "items": self.stored.get(path, [])})
        yield msgspec.json.decode(body, type=page).items or [], Reply(body, NOW)

    def decode(self, decoder: Any, reply: Reply) -> Any:
        return decoder.decode(reply.body)


def stored_probe(name: str, args: Mapping[str, Any], stored: Mapping[str, Any]) -> Probe:
    """Return a probe of the Kubernetes source that polls stored objects."""
    described = kind("kubernetes").probes[name]
    question = Question(described.args.model_validate(dict(args)), 5.0, 60.0)
    return described.make(StoredCluster(stored), question)

"""What a probe computes from a long list: kept until the list changes, and computed in parts."""

from collections.abc import Callable
from contextlib import aclosing
from typing import Any, Generic, Protocol, TypeVar

from mmcockpit.sources.kubernetes.api.cluster import ClusterClient
from mmcockpit.sources.kubernetes.api.page import MAX_ITEMS, Item, ListPage, Query, Reply


class Summary(Protocol[Item]):
    """What is computed from the items of a list, part by part, so that a long list does not block the loop."""

    def add(self, items: list[Item]) -> None:
        """Take these items in as well."""
        ...


SummaryOfItems = TypeVar("SummaryOfItems", bound=Summary[Any])


class SummarisedList(Generic[Item, SummaryOfItems]):
    """The summary of a list that a probe polls; a watched list that did not change is not summarised again."""

    def __init__(self, page: type[ListPage[Item]]) -> None:
        self._page = page
        self._kept: tuple[str, Query, object, SummaryOfItems] | None = None

    async def read(
        self, cluster: ClusterClient, path: str, query: Query, begin: Callable[[], SummaryOfItems]
    ) -> tuple[SummaryOfItems, Reply]:
        """Return the summary and the last response; the summary does not change after that."""
        summary, reply = begin(), Reply(b"", None)
        async with aclosing(cluster.pages(path, query, self._page, MAX_ITEMS)) as pages:
            async for items, reply in pages:
                kept = self._kept
                if kept is not None and kept[:2] == (path, query) and kept[2] is reply.revision:
                    return kept[3], reply
                summary.add(items)
        self._kept = (path, query, reply.revision, summary) if reply.revision is not None else None
        return summary, reply

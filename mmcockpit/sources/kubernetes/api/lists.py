"""Complete lists from a Kubernetes API, page by page; signals polled at nearly the same time share one."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any, Protocol, get_args, get_origin

import msgspec

from mmcockpit.core.model.reading import FaultKind, ProbeError
from mmcockpit.core.text import plain
from mmcockpit.sources.kubernetes.api.page import MAX_BYTES, MAX_PAGE_BYTES, Item, ListPage, Query, Reply

PAGE = 500
"""Objects per page, as kubectl requests them; fewer if a page is larger than MAX_PAGE_BYTES."""
LEAST_PAGE = 20
CHUNK = 100
"""Objects yielded at once, so that even a large page blocks the loop only for a few ms."""
SHARED_FOR_S = 2.5
"""Age in seconds up to which a list is shared: two signals with an interval of 5 s then never need two."""
MAX_SHARED_BYTES = 32 * 1024 * 1024
"""A longer list is not shared: each signal reads it separately."""

_RAWS = msgspec.json.Decoder(ListPage[msgspec.Raw])
Part = tuple[ListPage[Any], Reply]


class _Getter(Protocol):
    """Reads one page of a list."""

    @property
    def host(self) -> str: ...

    async def get(self, path: str, query: Query = (), limit: int = MAX_PAGE_BYTES) -> Reply: ...

    def decode(self, decoder: "msgspec.json.Decoder[Any]", reply: Reply) -> Any: ...


class _Shared:
    """The latest complete result of one query, up to SHARED_FOR_S old."""

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.replies: list[Reply] = []
        self.readers: set[object] = set()

    def keep(self, replies: list[Reply], reader: object, age_s: float) -> None:
        """Share these pages until they are too old."""
        self.replies, self.readers = replies, {reader}
        left = max(0.0, SHARED_FOR_S - age_s)
        asyncio.get_running_loop().call_later(left, self._drop, replies)

    def _drop(self, replies: list[Reply]) -> None:
        if self.replies is replies:
            self.replies, self.readers = [], set()


class Lists:
    """Lists of one API server.

    A list is shared between signals, but a signal never gets the same list twice: its next reading is a new one,
    whatever the interval, so that agreeing readings are separate observations of the cluster.
    """

    def __init__(self, server: _Getter) -> None:
        self._server = server
        self._shared: dict[tuple[str, Query], _Shared] = {}

    def forget(self) -> None:
        """Stop sharing all lists read until now."""
        self._shared.clear()

    async def pages(
        self, path: str, query: Query, page: type[ListPage[Item]], most: int
    ) -> AsyncIterator[tuple[list[Item], Reply]]:
        """Yield a list in parts, each with the response it is from; ProbeError(too large) beyond `most` items.

        ProbeError(partial) if the list is incomplete, or changed between two pages.
        """
        (kind,) = get_args(page)
        # Objects of unknown shape take long: they are decoded part by part.
        item = msgspec.json.Decoder(kind) if get_origin(kind) is dict else None
        count = 0
        async for answer, reply in self._answers(path, query, _RAWS if item else msgspec.json.Decoder(page)):
            items = answer.items or []
            count += len(items)
            if count > most:
                raise ProbeError(FaultKind.TOO_LARGE, f"{self._server.host}: {path} has more than {most} items")
            for start in range(0, len(items) or 1, CHUNK):
                part = items[start : start + CHUNK]
                yield [self._item(item, raw) for raw in part] if item else part, reply
                await asyncio.sleep(0)

    def _item(self, decoder: "msgspec.json.Decoder[Item]", raw: msgspec.Raw) -> Item:
        item: Item = self._server.decode(decoder, Reply(bytes(raw), None))
        return item

    async def _answers(self, path: str, query: Query, decoder: "msgspec.json.Decoder[Any]") -> AsyncIterator[Part]:
        shared = self._shared.setdefault((path, query), _Shared())
        reader, rest = asyncio.current_task(), None
        async with shared.lock:
            if shared.replies and reader not in shared.readers:
                shared.readers.add(reader)
                replies, begun = shared.replies, list[Part]()
            else:
                replies, (begun, rest) = [], await self._begun(shared, reader, self.read(path, query, decoder))
        for reply in replies:
            yield self._server.decode(decoder, reply), reply
        # Each page is freed before the next one: to free all of them at once blocks the loop.
        begun.reverse()
        while begun:
            yield begun.pop()
        if rest is not None:
            async for part in rest:
                yield part

    async def _begun(
        self, shared: _Shared, reader: object, stream: AsyncIterator[Part]
    ) -> tuple[list[Part], AsyncIterator[Part] | None]:
        """Read pages up to MAX_SHARED_BYTES; return them, and the stream if there may be more."""
        began, parts, size = asyncio.get_running_loop().time(), list[Part](), 0
        async for part in stream:
            parts.append(part)
            size += len(part[1].body)
            if size > MAX_SHARED_BYTES:
                return parts, stream
        shared.keep([reply for _, reply in parts], reader, asyncio.get_running_loop().time() - began)
        return parts, None

    async def read(
        self, path: str, query: Query, decoder: "msgspec.json.Decoder[Any]", limit: int = PAGE
    ) -> AsyncIterator[Part]:
        """Yield a list page by page, never shared; with fewer than `limit` objects per page if one is too large."""
        left, token, version = MAX_BYTES, "", ""
        while True:
            paging = (("limit", str(limit)), *((("continue", token),) if token else ()))
            try:
                reply = await self._server.get(path, query + paging, min(left, MAX_PAGE_BYTES))
            except ProbeError as error:
                if error.kind is not FaultKind.TOO_LARGE or limit <= LEAST_PAGE or left < MAX_PAGE_BYTES:
                    raise
                limit //= 5
                continue
            left -= len(reply.body)
            # To join the parts of a long page takes as long as to decode it: each has a callback of its own.
            await asyncio.sleep(0)
            answer: ListPage[Any] = self._server.decode(decoder, reply)
            if flaw := answer.flaw(version, token):
                raise ProbeError(FaultKind.PARTIAL, f"{self._server.host}: {path}: {flaw}")
            if answer.kind and not answer.kind.endswith("List"):
                why = f"{self._server.host}: {path}: {plain(answer.kind, 60)} is not a list"
                raise ProbeError(FaultKind.MALFORMED, why)
            yield answer, reply
            token, version = answer.following, answer.metadata.resource_version
            if not token:
                return

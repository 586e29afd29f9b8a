"""The watches of one API server: which lists and objects are read from their caches."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any, get_args, get_origin

import msgspec

from mmcockpit.core.model.reading import FaultKind, ProbeError
from mmcockpit.sources.kubernetes.api.lists import CHUNK, Lists
from mmcockpit.sources.kubernetes.api.page import Item, ListPage, Query, Reply
from mmcockpit.sources.kubernetes.api.permissions import requested
from mmcockpit.sources.kubernetes.api.refusals import NotThere, RequestRefused
from mmcockpit.sources.kubernetes.api.watch.cache import Cache
from mmcockpit.sources.kubernetes.api.watch.poll import CURRENT, ClusterPoll
from mmcockpit.sources.kubernetes.api.watch.store import BY_NAME, WHOLE, Form, Labels
from mmcockpit.sources.kubernetes.api.watch.watched_list import WatchedList, WatchedServer
from mmcockpit.sources.kubernetes.selectors import parsed, selects

MAX_WATCHES = 60
"""Most watches of a source: each keeps a connection, and the client opens at most 100."""
SELECTED_AT_ONCE = 500
_POLLED = frozenset({"secrets"})
"""Resources that are never kept in memory."""

Found = tuple[Cache | None, str]
"""A cache, or why there can be none."""


class Watches:
    """Lists and objects, from caches where a watch is worth it: from a probe's second poll on."""

    def __init__(self, server: WatchedServer, lists: Lists) -> None:
        self._server, self._lists = server, lists
        self._streams: dict[tuple[str, Query], WatchedList] = {}
        self._names: dict[str, set[str]] = {}

    async def pages(
        self, path: str, query: Query, page: type[ListPage[Item]], most: int
    ) -> AsyncGenerator[tuple[list[Item], Reply], None]:
        """Yield a list in parts, from the cache or the server; ProbeError(too large) beyond `most` items."""
        (kind,) = get_args(page)
        form = WHOLE if get_origin(kind) is dict else kind
        selection = _selection(query)
        cache, poll, selector = None, CURRENT.get(), None
        if selection is not None and poll is not None:
            fields, selector = selection
            cache, why = await self._cache(path, fields, form, poll, poll.again((path, fields)))
            if why:
                poll.polled(why)
        if cache is None or poll is None:
            async for part in self._lists.pages(path, query, page, most):
                yield part
            return
        # Of the objects that the next line takes, because nothing is awaited before it has them.
        count, reply = 0, Reply(b"", cache.date, cache.stores[form].revision)
        async for rows in _selected(cache, form, selector, poll):
            count += len(rows)
            if count > most:
                raise ProbeError(FaultKind.TOO_LARGE, f"{self._server.host}: {path} has more than {most} items")
            for start in range(0, len(rows), CHUNK):
                some = rows[start : start + CHUNK]
                yield self._decoded(kind, some, cache.kinds_listed) if form is WHOLE else some, reply
                await asyncio.sleep(0)
        if not count:
            yield [], reply

    async def object(self, path: str) -> Reply | None:
        """Return an object from a cache, None to read it from the server; NotThere if it does not exist."""
        poll, where = CURRENT.get(), _object(path)
        if poll is None or where is None:
            return None
        collection, namespace, name = where
        names = self._names.setdefault(collection, set())
        names.add(name)
        again, cache, why = poll.again(path), None, ""
        whole = self._streams.get((collection, ()))
        if len(names) > 1 or (whole is not None and whole.live):
            cache, _ = await self._object_cache(collection, (), poll, again)
        if cache is None:
            cache, why = await self._object_cache(
                collection, (("fieldSelector", f"metadata.name={name}"),), poll, again
            )
        if why:
            poll.polled(why)
        return None if cache is None else self._held(cache, collection, namespace, name, poll)

    def forget(self) -> None:
        """Drop all caches: another server responds."""
        for stream in self._streams.values():
            stream.drop()

    async def close(self) -> None:
        """End all watches."""
        await asyncio.gather(*(stream.close() for stream in self._streams.values()))

    async def _cache(
        self, path: str, fields: Query, form: Form, poll: ClusterPoll, again: bool
    ) -> tuple[Cache | None, str]:
        """Return an up-to-date cache of a list, or why it cannot be watched; neither if it is only polled so far."""
        if path.rpartition("/")[2] in _POLLED:
            return None, ""
        stream = self._streams.setdefault((path, fields), WatchedList(self._server, self._lists, path, fields))
        if why := stream.refused(form):
            return None, why
        stream.want(form, poll)
        cache = stream.cache(form, poll)
        if cache is None and again:
            if not stream.live and sum(other.live for other in self._streams.values()) >= MAX_WATCHES:
                return None, f"more than {MAX_WATCHES} watches"
            async with stream.lock:
                cache = stream.cache(form, poll) or await stream.read(form)
        if cache is None:
            return None, stream.refused(form)
        poll.served(cache.alive_at)
        return cache, ""

    async def _object_cache(
        self, collection: str, fields: Query, poll: ClusterPoll, again: bool
    ) -> tuple[Cache | None, str]:
        try:
            return await self._cache(collection, fields, BY_NAME, poll, again)
        except RequestRefused as error:
            if error.status not in (400, 403, 404, 405):
                raise
            why = f"may not {requested('LIST', collection)}" if error.status == 403 else error.message
            self._streams[collection, fields].refuse(why, BY_NAME)
            return None, why

    def _held(self, cache: Cache, collection: str, namespace: str, name: str, poll: ClusterPoll) -> Reply:
        key = f"{namespace}/{name}" if namespace else name
        cache.listen(poll.reader, BY_NAME, lambda changed, labels: changed == key)
        known = cache.stores[BY_NAME].objects.get(key)
        if known is None:
            group = collection.split("/")[2] if collection.startswith("/apis/") else ""
            resource = ".".join(filter(None, [collection.rpartition("/")[2], group]))
            raise NotThere(FaultKind.NOT_FOUND, f'{self._server.host}: {resource} "{name}" not found')
        return Reply(known[1], cache.date)

    def _decoded(self, kind: Any, rows: list[bytes], kinds_listed: bool) -> list[Any]:
        decoder = msgspec.json.Decoder(kind)
        objects = [self._server.decode(decoder, Reply(raw, None)) for raw in rows]
        if not kinds_listed:
            for each in objects:
                each.pop("kind", None)
                each.pop("apiVersion", None)
        return objects


def _selection(query: Query) -> tuple[Query, Any] | None:
    """Return the part of a query that the server evaluates, and the label selector; None for any other query."""
    parameters = dict(query)
    selector = parsed(parameters.pop("labelSelector", ""))
    if selector is None or parameters.keys() - {"fieldSelector"}:
        return None
    return tuple(parameters.items()), selector


async def _selected(cache: Cache, form: Form, selector: Any, poll: ClusterPoll) -> AsyncIterator[list[Any]]:
    """Yield the objects that match a label selector, some at a time."""
    known: dict[int, bool] = {}

    def matches(labels: Labels) -> bool:
        # Objects with the same labels share them.
        matching = known.get(id(labels))
        if matching is None:
            matching = known[id(labels)] = selects(selector, labels)
        return matching

    cache.listen(poll.reader, form, lambda key, labels: selects(selector, labels))
    rows = cache.stores[form].snapshot()
    for start in range(0, len(rows), SELECTED_AT_ONCE):
        yield [item for labels, item in rows[start : start + SELECTED_AT_ONCE] if matches(labels)]
        await asyncio.sleep(0)


def _object(path: str) -> tuple[str, str, str] | None:
    """Return the list, the namespace and the name of an object's path; None for any other path."""
    parts = path.strip("/").split("/")
    depth = {"api": 2, "apis": 3}.get(parts[0], len(parts))
    rest = parts[depth:]
    if len(rest) == 4 and rest[0] == "namespaces":
        return path.rpartition("/")[0], rest[1], rest[3]
    if len(rest) == 2:
        return path.rpartition("/")[0], "", rest[1]
    return None

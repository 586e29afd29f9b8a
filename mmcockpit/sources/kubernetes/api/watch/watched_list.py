"""One list and its watch: polls read the list when there is no watch, the watch keeps it up to date between them."""

import asyncio
from contextlib import suppress
from contextvars import Context
from typing import Any, Protocol

import msgspec

from mmcockpit.core.model.reading import FaultKind, ProbeError
from mmcockpit.sources.kubernetes.api.exchange import Response
from mmcockpit.sources.kubernetes.api.lists import PAGE, Lists
from mmcockpit.sources.kubernetes.api.page import MAX_ITEMS, MAX_PAGE_BYTES, ListPage, Query, Reply
from mmcockpit.sources.kubernetes.api.permissions import requested
from mmcockpit.sources.kubernetes.api.refusals import RequestRefused
from mmcockpit.sources.kubernetes.api.watch.cache import MAX_WHOLE_BYTES, Cache, NotAWatch, WatchFailed
from mmcockpit.sources.kubernetes.api.watch.event_lines import FULL_PART, GATHERED_S, EventLines
from mmcockpit.sources.kubernetes.api.watch.poll import ClusterPoll, uptime
from mmcockpit.sources.kubernetes.api.watch.store import BY_NAME, Form, ObjectEnvelope

LONGEST_S = 50.0
"""Longest time until a watch is renewed: load balancers close connections that are idle for a minute."""
OPEN_WITHIN_S = 10.0
UNUSED_S = 180.0
"""Seconds without a poll after which a watch ends."""
RETRY_S = 300.0
"""Seconds until a list that could not be watched is tried again."""
FAILURES = 3
"""Watches in a row that showed no sign of life before the list is polled instead."""
FEW = 200
"""Most objects of a list that is watched for polls of single objects."""
EVENTS_AT_ONCE = 50
HELD_BACK, HELD_BACK_S = 2, 0.5
"""Watches in a row whose events all came within so many seconds of their end, before the list is polled instead."""
_CROWDED = f"more than {FEW} objects"

_ENVELOPES = msgspec.json.Decoder(ListPage[ObjectEnvelope])
_NOT_OFFERED = frozenset({400, 403, 404, 405, 406, 415, 501})


class WatchedServer(Protocol):
    """The API server."""

    @property
    def host(self) -> str: ...

    async def get(self, path: str, query: Query = (), limit: int = MAX_PAGE_BYTES) -> Reply: ...

    def decode(self, decoder: "msgspec.json.Decoder[Any]", reply: Reply) -> Any: ...

    def stream(self, path: str, query: Query) -> Any: ...


class WatchedList:
    """The list at a path, with `fields` as the query that selects its objects on the server."""

    def __init__(self, server: WatchedServer, lists: Lists, path: str, fields: Query) -> None:
        self._server, self._lists = server, lists
        self.path, self.fields = path, fields
        self.lock = asyncio.Lock()
        self._cache: Cache | None = None
        self._task: asyncio.Task[None] | None = None
        self._wanted: dict[Form, float] = {}
        self._patience: dict[float, float] = {}
        self._refused: dict[Form | None, tuple[str, float]] = {}
        self._lasts = LONGEST_S
        self._failures = self._held_back = 0
        self._bug: BaseException | None = None

    @property
    def live(self) -> bool:
        """Whether a watch is running."""
        return self._cache is not None

    def want(self, form: Form, poll: ClusterPoll) -> None:
        """Note that a poll reads this form."""
        now = asyncio.get_running_loop().time()
        self._wanted[form] = self._patience[poll.reader.stale_after] = now
        if self.live and self._duration() < self._lasts:
            self._start()

    def cache(self, form: Form, poll: ClusterPoll) -> Cache | None:
        """Return the cache if it has objects in this form, and a sign of life that is recent enough for the poll."""
        cache = self._cache
        if cache is None or uptime() - cache.alive_at > poll.reader.stale_after:
            return None
        store = cache.stores.get(form)
        return cache if store is not None and store.fault is None else None

    def refused(self, form: Form) -> str:
        """Return why this form is polled instead; empty if it may be watched."""
        now = asyncio.get_running_loop().time()
        for key in (None, form):
            why, until = self._refused.get(key, ("", 0.0))
            if now < until:
                return why
        return ""

    def refuse(self, why: str, form: Form | None = None) -> None:
        """Poll instead of watching, for the next RETRY_S; all forms, or one."""
        self._refused[form] = why, asyncio.get_running_loop().time() + RETRY_S

    async def read(self, form: Form) -> Cache | None:
        """Read the list and start its watch; None if it cannot be watched. Called by a poll that holds the lock."""
        if self._bug is not None:
            # The next poll reports it, and the one after that reads the list again.
            bug, self._bug = self._bug, None
            raise bug
        if form is BY_NAME and self._cache is not None and self._cache.count > FEW:
            self.refuse(_CROWDED, form)
            return None
        try:
            cache = await self._listed(form)
        except NotAWatch as error:
            self.refuse(str(error))
            return None
        if not cache.stores:
            return None
        if self._cache is not None:
            cache.listeners = self._cache.listeners
        self._cache = cache
        self._start()
        store = cache.stores.get(form)
        if store is not None and store.fault is not None:
            raise store.fault
        return cache if store is not None else None

    async def close(self) -> None:
        """End the watch."""
        task = self._task
        self.drop()
        if task is not None:
            await asyncio.gather(task, return_exceptions=True)

    def drop(self) -> None:
        """Forget everything that was read, and end the watch."""
        task, self._task, self._cache = self._task, None, None
        if task is not None and task is not asyncio.current_task():
            task.cancel()

    async def _listed(self, form: Form) -> Cache:
        """Read the list into a new cache; without a store for a form that would be too large."""
        cache, few = Cache(self._recent(self._wanted)), form is BY_NAME
        cache.kinds_listed = _custom(self.path)
        async for page, reply in self._lists.read(self.path, self.fields, _ENVELOPES, FEW if few else PAGE):
            marks: list[ObjectEnvelope] = page.items or []
            if not all(each.metadata.name for each in marks):
                raise NotAWatch("its objects have no names")
            if few and page.following:
                # Polls of single objects must not read a long list.
                self.refuse(_CROWDED, form)
                return Cache(())
            for store in list(cache.stores.values()):
                # Each decodes the page again, so each gets a callback of its own.
                await asyncio.sleep(0)
                cache.add_page(store, page, reply.body, self._server.host)
            self._bound(cache)
            cache.version = page.metadata.resource_version
            cache.alive(reply.date)
            if cache.count > MAX_ITEMS:
                raise NotAWatch(f"more than {MAX_ITEMS} objects")
            if not cache.stores:
                return cache
        if not cache.version:
            raise NotAWatch("its lists have no resourceVersion")
        return cache

    def _bound(self, cache: Cache) -> None:
        """Give up the stores of whole objects that are too large."""
        for form, store in list(cache.stores.items()):
            if form is BY_NAME and cache.count > FEW:
                self.refuse(_CROWDED, form)
            elif store.size > MAX_WHOLE_BYTES:
                self.refuse(f"more than {MAX_WHOLE_BYTES >> 20} MiB of objects", form)
            else:
                continue
            del cache.stores[form]

    def _recent(self, noted: dict[Any, float]) -> list[Any]:
        now = asyncio.get_running_loop().time()
        since = now - UNUSED_S
        return [
            each for each, at in noted.items() if at >= since and not (each in self._refused and self.refused(each))
        ]

    def _start(self) -> None:
        if self._task is not None:
            self._task.cancel()
        assert self._cache is not None
        self._lasts = self._duration()
        # Without the poll's context: the watch belongs to no poll.
        self._task = asyncio.create_task(self._run(self._cache), name=f"watch {self.path}", context=Context())
        self._task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (bug := task.exception()) is not None:
            self._bug = bug

    async def _run(self, cache: Cache) -> None:
        """Watch until the watch fails or no poll needs it; polls read the list again after that."""
        renewed = False
        try:
            while forms := self._recent(self._wanted):
                for form in set(cache.stores) - set(forms):
                    del cache.stores[form]
                await self._watch(cache, renewed)
                renewed = True
        except (ProbeError, WatchFailed) as error:
            self._failed(error)
        except NotAWatch as error:
            self.refuse(str(error))
        finally:
            if self._cache is cache and self._task is asyncio.current_task():
                self._cache = self._task = None

    async def _watch(self, cache: Cache, renewed: bool) -> None:
        """Watch for some time."""
        loop, host = asyncio.get_running_loop(), self._server.host
        lasts = self._lasts = self._duration()
        query = (
            *self.fields,
            ("watch", "1"),
            ("allowWatchBookmarks", "true"),
            ("resourceVersion", cache.version),
            ("timeoutSeconds", f"{lasts:.0f}"),
        )
        try:
            async with (
                asyncio.timeout(min(OPEN_WITHIN_S, lasts)) as limit,
                self._server.stream(self.path, query) as response,
            ):
                began = loop.time()
                limit.reschedule(began + lasts * 1.1 + 0.5)
                if self._cache is not cache:
                    raise WatchFailed(f"{host}: another cluster responds")
                if renewed and response.new_connection:
                    await self._confirm(cache)
                cache.alive(response.date)
                first_at = await self._apply(cache, response)
        except TimeoutError:
            raise WatchFailed(f"{host}: the watch of {self.path} did not end in time") from None
        if loop.time() - began < lasts - 1:
            raise WatchFailed(f"{host}: the watch of {self.path} ended early")
        cache.alive()
        # A server sends the last bookmark about two seconds before the end.
        self._held_back = self._held_back + 1 if first_at is not None and loop.time() - first_at < HELD_BACK_S else 0
        if self._held_back >= HELD_BACK:
            raise NotAWatch("a proxy holds back the events of a watch until it ends")
        self._failures = 0

    async def _apply(self, cache: Cache, response: Response) -> float | None:
        """Apply the events of a response until it ends; return when the first came, if a bookmark came too."""
        whole, first_at, bookmarked, count, host = EventLines(), 0.0, False, 0, self._server.host
        async for part in response.parts:
            cache.alive()
            first_at = first_at or asyncio.get_running_loop().time()
            bookmarked = bookmarked or b'"BOOKMARK"' in part
            lines = whole.add(part)
            count += len(lines)
            for number, line in enumerate(lines, 1):
                cache.apply(line, host)
                self._failures = 0
                if not number % EVENTS_AT_ONCE:
                    await asyncio.sleep(0)
            if lines:
                self._bound(cache)
            if len(part) < FULL_PART:
                await asyncio.sleep(GATHERED_S)
        if whole.rest.strip():
            raise NotAWatch("the response is not a watch")
        return first_at if bookmarked and count > 1 else None

    async def _confirm(self, cache: Cache) -> None:
        """Check behind a new connection that the server's history continues: a restored one has lower versions."""
        reply = await self._server.get(self.path, (*self.fields, ("limit", "1")))
        version = self._server.decode(_ENVELOPES, reply).metadata.resource_version
        with suppress(ValueError):
            if int(version) >= int(cache.version):
                return
        raise WatchFailed(f"{self._server.host}: {self.path} is at version {version}, before {cache.version}")

    def _duration(self) -> float:
        """Return for how long to watch: half the least `stale_after`, so that the end is a sign of life in time."""
        return max(1.0, min(LONGEST_S, min(self._recent(self._patience), default=LONGEST_S) // 2))

    def _failed(self, error: Exception) -> None:
        if isinstance(error, RequestRefused) and error.status in _NOT_OFFERED:
            may_not = error.kind is FaultKind.FORBIDDEN
            self.refuse(f"may not {requested('WATCH', self.path)}" if may_not else error.message)
            return
        self._failures += 1
        if self._failures >= FAILURES:
            self._failures = 0
            self.refuse(str(error))


def _custom(path: str) -> bool:
    """Return whether a path is of custom resources, as far as its group shows: only their empty lists need it."""
    group = path.split("/")[2] if path.startswith("/apis/") else ""
    return "." in group and not group.endswith(".k8s.io")

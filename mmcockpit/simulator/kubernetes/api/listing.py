"""List and watch: one query, returned once in pages, or streamed until the client disconnects."""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import msgspec
from aiohttp import web

from mmcockpit.simulator.kubernetes.api.errors import ApiError, bad_request, expired, too_large
from mmcockpit.simulator.kubernetes.api.registry import ObjectPath
from mmcockpit.simulator.kubernetes.api.resources import Resource
from mmcockpit.simulator.kubernetes.api.selectors import selection
from mmcockpit.simulator.kubernetes.api.store import ObjectChange, Store
from mmcockpit.simulator.kubernetes.api.table import Form
from mmcockpit.simulator.kubernetes.objects import Object, name_of, namespace_of

BOOKMARK_S, BEFORE_END_S = 60.0, 2.0
"""When an API server sends bookmarks: about once a minute, and so many seconds before a watch ends."""
WATCH_S = 1800.0


@dataclass(frozen=True, slots=True)
class ListQuery:
    """The query of a list or watch request."""

    resource: Resource
    namespace: str
    matches: Callable[[Object], bool]
    selective: bool
    form: Form
    parameters: Mapping[str, str]

    def number(self, name: str) -> int:
        """Return a numeric parameter, 0 if missing; ApiError 400."""
        text = self.parameters.get(name) or "0"
        if not text.isdigit():
            raise bad_request(f'invalid value for {name}: "{text}" is not a number')
        return int(text)

    def yes(self, name: str) -> bool:
        """Return a boolean parameter."""
        return self.parameters.get(name, "").lower() in ("1", "true")


def query_of(target: ObjectPath, form: Form, parameters: Mapping[str, str]) -> ListQuery:
    """Return the query for a path and its parameters; ApiError 400."""
    labels, fields = parameters.get("labelSelector", ""), parameters.get("fieldSelector", "")
    if target.name:
        fields = ",".join(filter(None, (fields, f"metadata.name={target.name}")))
    matches = selection(target.resource, labels, fields)
    return ListQuery(target.resource, target.namespace, matches, bool(labels or fields), form, parameters)


def page(store: Store, query: ListQuery) -> Object:
    """Return one page: all pages of a list show the revision of the first; ApiError 410 if that was compacted."""
    revision, start = store.revision, ("", "")
    asked = query.number("resourceVersion")
    if asked > store.revision:
        raise too_large(asked, store.revision)
    if token := query.parameters.get("continue"):
        revision, start = _read_token(token)
    elif query.parameters.get("resourceVersionMatch") == "Exact":
        revision = asked
    try:
        objects = store.items(query.resource, query.namespace, at=revision, after=start)
    except ApiError as error:
        if not token:
            raise
        message = "The provided continue parameter is too old to display a consistent list result."
        raise expired(f"{message} You can start a new list without the continue parameter.") from error
    values = [value for value in objects if query.matches(value)] if query.selective else objects
    limit = query.number("limit")
    metadata: Object = {"resourceVersion": str(revision)}
    if 0 < limit < len(values):
        metadata["continue"] = _token(revision, _key(values[limit - 1]))
        if not query.selective:
            metadata["remainingItemCount"] = len(values) - limit
        values = values[:limit]
    return query.form.many(query.resource, values, metadata)


def _key(value: Object) -> tuple[str, str]:
    return namespace_of(value), name_of(value)


def _token(revision: int, start: tuple[str, str]) -> str:
    encoded = msgspec.json.encode({"v": "meta.k8s.io/v1", "rv": revision, "start": start})
    return base64.urlsafe_b64encode(encoded).decode()


def _read_token(token: str) -> tuple[int, tuple[str, str]]:
    try:
        read = msgspec.json.decode(base64.urlsafe_b64decode(token))
        namespace, name = read["start"]
        return int(read["rv"]), (str(namespace), str(name))
    except (binascii.Error, msgspec.DecodeError, KeyError, TypeError, ValueError) as error:
        raise bad_request("continue key is not valid") from error


class Watch:
    """One open watch: writes events to its response until the time is up or the client disconnects."""

    def __init__(self, store: Store, query: ListQuery) -> None:
        self._store = store
        self._query = query
        self._first = True
        self._bookmarks = query.yes("allowWatchBookmarks")

    async def run(self, request: web.Request) -> web.StreamResponse:
        """Respond to the request; a compacted revision ends it with an ERROR event."""
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        revision, events = self._start()
        await response.prepare(request)
        loop = asyncio.get_running_loop()
        end = loop.time() + (self._query.number("timeoutSeconds") or WATCH_S)
        bookmark_at = _bookmark_after(loop.time(), end)
        try:
            await self._send(response, events)
            while (now := loop.time()) < end:
                if now >= bookmark_at:
                    bookmark_at = _bookmark_after(now, end)
                    if self._bookmarks:
                        await self._send(response, [self._bookmark(self._store.revision)])
                try:
                    changes = await asyncio.wait_for(self._store.changes(revision), min(bookmark_at, end) - now)
                except TimeoutError:
                    continue
                revision = changes[-1].revision
                events = [event for change in changes for event in self._events(change)]
                await self._send(response, events)
        except ApiError as error:
            await self._send(response, [{"type": "ERROR", "object": error.status()}])
        except ConnectionResetError:
            return response
        await response.write_eof()
        return response

    def _start(self) -> tuple[int, list[Object]]:
        asked = self._query.number("resourceVersion")
        streaming = self._query.yes("sendInitialEvents")
        if asked and not streaming:
            return asked, []
        query, revision = self._query, self._store.revision
        present = [value for value in self._store.items(query.resource, query.namespace) if query.matches(value)]
        events = [self._event("ADDED", value) for value in present]
        if streaming:
            events.append(self._bookmark(revision, initial_end=True))
        return revision, events

    def _events(self, change: ObjectChange) -> list[Object]:
        """Return the change as seen through the selectors: ADDED for a new match, DELETED for one that is lost."""
        query = self._query
        touched = change.after or change.before or {}
        if change.resource is not query.resource or query.namespace not in ("", namespace_of(touched)):
            return []
        before = change.before is not None and query.matches(change.before)
        after = change.after is not None and query.matches(change.after)
        match before, after:
            case False, True:
                return [self._event("ADDED", touched)]
            case True, True:
                return [self._event("MODIFIED", touched)]
            case True, False:
                return [self._event("DELETED", change.gone)]
        return []

    def _event(self, kind: str, value: Object) -> Object:
        shown = self._query.form.watched(self._query.resource, value, self._first)
        self._first = False
        return {"type": kind, "object": shown}

    def _bookmark(self, revision: int, *, initial_end: bool = False) -> Object:
        shown = self._query.form.bookmark(self._query.resource, revision, initial_end=initial_end)
        return {"type": "BOOKMARK", "object": shown}

    async def _send(self, response: web.StreamResponse, events: list[Object]) -> None:
        if events:
            await response.write(b"".join(msgspec.json.encode(event) + b"\n" for event in events))


def _bookmark_after(now: float, end: float) -> float:
    """Return when the next bookmark of a watch is due."""
    last = end - BEFORE_END_S
    return min(now + BOOKMARK_S, last) if now < last else now + BOOKMARK_S

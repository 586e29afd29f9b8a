"""Logs of containers: a bounded number of lines per pod, read and followed like `kubectl logs`."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from aiohttp import web

from mmcockpit.simulator.kubernetes.api.errors import ApiError, bad_request
from mmcockpit.simulator.kubernetes.api.registry import ObjectPath
from mmcockpit.simulator.kubernetes.api.resources import PODS
from mmcockpit.simulator.kubernetes.api.store import Store
from mmcockpit.simulator.kubernetes.objects import Object, moment_of, name_of, namespace_of

LINES = 5_000
"""Maximum number of lines per pod; a follower that is further behind misses some."""

Line = tuple[datetime, str]


class PodLogs:
    """The lines of all pods, by namespace and name. Belongs to the event loop of the server."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lines: dict[tuple[str, str], deque[Line]] = {}
        self._written: dict[tuple[str, str], int] = {}
        self._wake = asyncio.Event()

    def write(self, namespace: str, pod: str, text: str, at: datetime | None = None) -> None:
        """Appends one line."""
        key = (namespace, pod)
        self._lines.setdefault(key, deque(maxlen=LINES)).append((at or datetime.now(UTC), text))
        self._written[key] = self._written.get(key, 0) + 1
        self._wake.set()
        self._wake = asyncio.Event()

    def forget(self, namespace: str, pod: str) -> None:
        """Drops the lines of a removed pod."""
        self._lines.pop((namespace, pod), None)
        self._written.pop((namespace, pod), None)

    async def answer(self, request: web.Request, target: ObjectPath) -> web.StreamResponse:
        """GET pods/NAME/log with tailLines, sinceSeconds, sinceTime, limitBytes, timestamps, follow, previous."""
        pod = self._store.get(PODS, target.namespace, target.name)
        _check(pod, request.query)
        key = (namespace_of(pod), name_of(pod))
        stamped = request.query.get("timestamps") == "true"
        text = _render(_chosen(list(self._lines.get(key, ())), request.query), stamped)
        limit = int(request.query.get("limitBytes", 0))
        response = web.StreamResponse(headers={"Content-Type": "text/plain"})
        await response.prepare(request)
        await response.write(text[:limit] if limit else text)
        if request.query.get("follow") == "true":
            await self._follow(response, key, stamped)
        await response.write_eof()
        return response

    async def _follow(self, response: web.StreamResponse, key: tuple[str, str], stamped: bool) -> None:
        seen = self._written.get(key, 0)
        while self._store.find(PODS, *key):
            wake = self._wake
            if fresh := self._written.get(key, 0) - seen:
                seen += fresh
                await response.write(_render(list(self._lines[key])[-fresh:], stamped))
                continue
            try:
                await asyncio.wait_for(wake.wait(), 1.0)
            except TimeoutError:
                continue


def _check(pod: Object, query: Mapping[str, str]) -> None:
    names = [container["name"] for container in pod["spec"]["containers"]]
    name = query.get("container") or names[0]
    if name not in names:
        raise bad_request(f"container {name} is not valid for pod {name_of(pod)}")
    if len(names) > 1 and not query.get("container"):
        choice = f"a container name must be specified for pod {name_of(pod)}, choose one of: [{' '.join(names)}]"
        raise bad_request(choice)
    states = {state["name"]: state for state in pod["status"].get("containerStatuses") or ()}
    waiting = states.get(name, {}).get("state", {}).get("waiting")
    restarted = states.get(name, {}).get("restartCount", 0)
    if query.get("previous") == "true" and not restarted:
        raise bad_request(f'previous terminated container "{name}" in pod "{name_of(pod)}" not found')
    if waiting and not restarted:
        trouble = f"is waiting to start: {waiting['reason']}"
        raise bad_request(f'container "{name}" in pod "{name_of(pod)}" {trouble}')


def _chosen(lines: list[Line], query: Mapping[str, str]) -> list[Line]:
    try:
        if since := query.get("sinceSeconds"):
            start = datetime.now(UTC) - timedelta(seconds=int(since))
            lines = [line for line in lines if line[0] >= start]
        if since := query.get("sinceTime"):
            lines = [line for line in lines if line[0] >= moment_of(since)]
        if (tail := query.get("tailLines")) is not None:
            lines = lines[max(0, len(lines) - int(tail)) :]
    except ValueError as error:
        raise ApiError(400, "BadRequest", f"invalid log options: {error}") from error
    return lines


def _render(lines: list[Line], stamped: bool) -> bytes:
    def line(at: datetime, text: str) -> str:
        return f"{at:%Y-%m-%dT%H:%M:%S.%f}000Z {text}\n" if stamped else f"{text}\n"

    return "".join(line(at, text) for at, text in lines).encode()

"""Finds what a web server has to watch: its status, its certificate, and the health paths that respond."""

import asyncio
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from mmcockpit.core.model.reading import FaultKind, ProbeError
from mmcockpit.discovery.budget import Budget
from mmcockpit.discovery.connection import Connection
from mmcockpit.discovery.draft import FindingsDraft
from mmcockpit.discovery.findings import BEFORE, VERIFY, Findings
from mmcockpit.discovery.polls import poll, why_not

if TYPE_CHECKING:
    from mmcockpit.sources.common.contract import Source
    from mmcockpit.sources.http.source import HttpSource

SECTION = "HTTP"
HOME = "/"
HEALTH_PATHS = ("/healthz", "/readyz", "/livez", "/health", "/ready", "/status", "/actuator/health")
NOWHERE = "/mmcockpit-looks-for-a-path-that-does-not-exist"
"""A path that no service has: one that responds to it in the same way as to a health path has no such path."""
SLOW_MS = 1000.0
_EXPIRES = "value.verified && value.days_left > 14.0"


async def discover(connection: Connection, budget: Budget) -> Findings:
    """Query the certificate, the base URL and the usual health paths, at most ten requests."""
    draft = FindingsDraft(connection.spec)
    url = str(connection.spec.options.get("url", ""))
    await add_server(draft, connection.name, connection.source, url, budget, HEALTH_PATHS)
    return draft.findings()


async def add_server(
    draft: FindingsDraft, name: str, source: "Source", url: str, budget: Budget, paths: tuple[str, ...] = ()
) -> None:
    """Add the signals of a base URL; ProbeError if it does not respond. `name` is that of its source."""
    trusted = await _certificate(draft, name, source, url, budget) if url.startswith("https://") else True
    if not trusted:
        return
    home = await poll("http", source, "get", {"path": HOME}, budget)
    if isinstance(home, ProbeError):
        raise home
    if not home["status"]:
        raise ProbeError(FaultKind.REFUSED, f"{url}: {home['error']}")
    _home(draft, name, url, home["status"])
    if paths:
        await _health(draft, name, source, url, budget, paths)


async def _certificate(draft: FindingsDraft, name: str, source: "Source", url: str, budget: Budget) -> bool:
    """Add the signal of the certificate; return whether it is trusted, so that the server can be queried.

    Nothing is added behind a proxy, and if the server refuses the handshake: the query that follows has the reason.
    """
    if cast("HttpSource", source).endpoint.proxy:
        return True
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or 443
    seen = await poll("http", source, "tls", {"host": host, "port": port}, budget)
    if isinstance(seen, ProbeError):
        raise seen
    if "days_left" not in seen:
        return True
    draft.watch(
        (name, "certificate"),
        f"{host} certificate",
        SECTION,
        "tls",
        f"{host}:{port}",
        _EXPIRES,
        source=name,
        comment="Trusted, and valid for more than 14 days.",
        more={"every": "1h", "stale_after": "3h"},
        item=(BEFORE, "Certificates", f"Certificate of {host} is valid for more than 14 days"),
    )
    if not seen["verified"]:
        draft.leave_out(SECTION, f"paths of {url}", f"the certificate is not trusted: {seen['error']}")
    return bool(seen["verified"])


def _home(draft: FindingsDraft, name: str, url: str, status: int) -> None:
    if status == 404:
        draft.leave_out(SECTION, f"{url}{HOME}", "404 Not Found")
        return
    _watch(draft, name, url, HOME, 200 if status >= 500 else status)


async def _health(
    draft: FindingsDraft, name: str, source: "Source", url: str, budget: Budget, paths: tuple[str, ...]
) -> None:
    """Add a signal for each health path that responds in another way than a path that does not exist."""
    polls = (poll("http", source, "get", {"path": path}, budget) for path in (NOWHERE, *paths))
    nowhere, *answers = await asyncio.gather(*polls)
    found: dict[str, list[str]] = {}
    for path, answer in zip(paths, answers, strict=True):
        if why := _no_health(answer, nowhere):
            found.setdefault(why, []).append(path)
        else:
            _watch(draft, name, url, path, 200 if answer["status"] >= 500 else answer["status"])
    for why, missing in found.items():
        draft.leave_out(SECTION, f"{url} {', '.join(missing)}", why)


def _no_health(answer: Any, nowhere: Any) -> str:
    """Return why a path reports no health; a status 5xx is one."""
    if isinstance(answer, ProbeError):
        return why_not(answer)
    if not answer["status"]:
        return str(answer["error"])
    if not isinstance(nowhere, ProbeError) and _same(answer, nowhere):
        return f"status {answer['status']}, as for any path that does not exist"
    return "" if 200 <= answer["status"] < 300 or answer["status"] >= 500 else f"status {answer['status']}"


def _same(one: Any, other: Any) -> bool:
    """Return whether two responses are the same, apart from the path that an error page repeats."""
    return bool(one["status"] == other["status"] and (one["status"] >= 300 or one["text"] == other["text"]))


def _watch(draft: FindingsDraft, name: str, url: str, path: str, status: int) -> None:
    what = path.strip("/") or "status"
    where = urlsplit(url).netloc + urlsplit(url).path + (path if path != HOME else "")
    draft.watch(
        (name, what),
        where,
        SECTION,
        "get",
        path,
        f"value.status == {status} && value.ms < {SLOW_MS}",
        warn=f"value.status == {status}",
        persist=3,
        source=name,
        tags=("headline",) if path == HOME else (),
        comment="Responds as a healthy server does; slower than 1 s only warns.",
        item=(VERIFY, "Health", f"{where} responds with {status}"),
        hold="2m",
    )

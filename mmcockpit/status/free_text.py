"""Texts of cockpit files as the page may show them: without names of hosts, addresses and URLs."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from mmcockpit.core.state.session import Session
from mmcockpit.core.text import plain

HIDDEN = "…"
"""What replaces a host or an address."""

LONGEST = 600
"""Most characters of one text."""

_ADDRESS = re.compile(
    r"""[a-z][a-z0-9+.-]*://\S+                # URLs
    | (?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?::\d+)?(?![\w.])   # IPv4
    | (?<![\w:])(?:[0-9a-f]{1,4}:){2,7}(?::|[0-9a-f]{1,4})(?:%\w+)?   # IPv6
    """,
    re.VERBOSE | re.IGNORECASE,
)
_HOST = re.compile(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)*", re.IGNORECASE)


class FreeText:
    """Shortens texts that people wrote into files, and hides the hosts that the session connects to in them."""

    def __init__(self, session: Session) -> None:
        hosts = sorted({host for host in _hosts(session) if len(host) > 2}, key=len, reverse=True)
        known = "|".join(map(re.escape, hosts))
        self._known = re.compile(rf"(?<![\w-])(?:{known})(?![\w-])", re.IGNORECASE) if known else None

    def __call__(self, text: str) -> str:
        """Return a text in one line, as readers may see it."""
        shown = _ADDRESS.sub(HIDDEN, plain(text, 2 * LONGEST))
        if self._known is not None:
            shown = self._known.sub(HIDDEN, shown)
        return plain(shown, LONGEST)


def _hosts(session: Session) -> Iterator[str]:
    """Yield the hosts of the driver, of the sources and of the clusters."""
    opened = session.opened
    if opened is None:
        return
    yield opened.host
    for seat in session.seats.values():
        yield seat.host
    for source in opened.cockpit.sources:
        for text in _texts(source.options):
            yield from _host_of(text)
    for cluster in (opened.cockpit.cluster, *opened.cockpit.clusters.values()):
        yield from _host_of(cluster.server)


def _texts(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case dict():
            for part in value.values():
                yield from _texts(part)
        case list() | tuple():
            for part in value:
                yield from _texts(part)


def _host_of(text: str) -> Iterator[str]:
    """Yield the host of a URL or of `host:port`; nothing for words that are none."""
    try:
        host = urlsplit(text if "://" in text else f"//{text}").hostname or ""
    except ValueError:
        return
    if _HOST.fullmatch(host) and ("://" in text or "." in host or ":" in text):
        yield host

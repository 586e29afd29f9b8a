"""Responses of the Kubernetes API: bytes, and lists in pages."""

from typing import Generic, Protocol, TypeVar

import msgspec

Item = TypeVar("Item")
Query = tuple[tuple[str, str], ...]

MAX_ITEMS = 20_000
MAX_PAGE_BYTES = 16 * 1024 * 1024
MAX_BYTES = 256 * 1024 * 1024
"""Most bytes of a list, all pages together."""


class Reply(msgspec.Struct, frozen=True):
    """The bytes of one response, and the server's time in Unix seconds if it has a Date header.

    `revision` is the same object for two replies from a cache if and only if the cache did not change between them;
    None for a response of the server.
    """

    body: bytes
    date: float | None
    revision: object = None


class _ListMeta(msgspec.Struct, frozen=True, gc=False):
    continue_: str = msgspec.field(name="continue", default="")
    remaining: int | None = msgspec.field(name="remainingItemCount", default=None)
    resource_version: str = msgspec.field(name="resourceVersion", default="")


class ListPage(msgspec.Struct, Generic[Item], frozen=True, gc=False):
    """One page of a list; `following` is the token of the next one, empty on the last."""

    metadata: _ListMeta
    items: list[Item] | None
    kind: str = ""
    api_version: str = msgspec.field(name="apiVersion", default="")

    @property
    def following(self) -> str:
        """The `continue` token for the next page."""
        return self.metadata.continue_

    def flaw(self, version: str, token: str) -> str:
        """Return why the list is incomplete; `version` is that of the page before, `token` requested this page."""
        if self.metadata.remaining and not self.following:
            return f"partial list: {self.metadata.remaining} more items without a continue token"
        if self.following and self.following == token:
            return "partial list: the server returned the same page again"
        if token and version and self.metadata.resource_version not in ("", version):
            return "partial list: it changed between two pages"
        return ""


class Lister(Protocol):
    """Reads complete lists."""

    async def items(self, path: str, query: Query, page: type[ListPage[Item]], most: int) -> list[Item]:
        """Return all items of a list."""
        ...

"""A client shared by several polls: closed once it is replaced and its last poll has ended."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Generic, TypeVar

Client = TypeVar("Client")


class Lease(Generic[Client]):
    """One client and the number of polls that use it."""

    def __init__(self, client: Client, close: Callable[[], Awaitable[None]]) -> None:
        self.client = client
        self._close = close
        self._users = 0
        self._retired = False

    @asynccontextmanager
    async def used(self) -> AsyncIterator[Client]:
        """Lend the client; the last user after it was retired closes it."""
        self._users += 1
        try:
            yield self.client
        finally:
            self._users -= 1
            if self._retired and not self._users:
                await self._close()

    async def retire(self) -> None:
        """Close the client, at once if it is not in use."""
        if self._retired:
            return
        self._retired = True
        if not self._users:
            await self._close()

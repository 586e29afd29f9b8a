"""A client that several questions use at once: it is closed when it was replaced and the last of them is over."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Generic, TypeVar

Client = TypeVar("Client")


class Lease(Generic[Client]):
    """One client and how many questions are using it."""

    def __init__(self, client: Client, close: Callable[[], Awaitable[None]]) -> None:
        self.client = client
        self._close = close
        self._users = 0
        self._retired = False

    @asynccontextmanager
    async def used(self) -> AsyncIterator[Client]:
        """Lend the client; whoever comes last after it was retired closes it."""
        self._users += 1
        try:
            yield self.client
        finally:
            self._users -= 1
            if self._retired and not self._users:
                await self._close()

    async def retire(self) -> None:
        """Close the client, at once where nobody uses it."""
        if self._retired:
            return
        self._retired = True
        if not self._users:
            await self._close()

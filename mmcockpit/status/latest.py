"""The latest body of the page, which readers wait for."""

import asyncio


class LatestBody:
    """One text that is replaced; readers take the newest one and skip those between."""

    def __init__(self, text: str) -> None:
        self.number = 1
        self.text = text
        self._changed = asyncio.Event()

    def publish(self, text: str) -> None:
        """Replace the text, and wake the readers if it differs."""
        if text == self.text:
            return
        self.number, self.text = self.number + 1, text
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    async def after(self, seen: int) -> None:
        """Wait until there is a text with a higher number than `seen`."""
        while self.number <= seen:
            await self._changed.wait()

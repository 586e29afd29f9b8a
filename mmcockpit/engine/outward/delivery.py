"""Delivers the messages of one channel, one after the other, each once."""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import NamedTuple

from mmcockpit.core.words.messages.channels import LEFT_TOO_EARLY, queue_full
from mmcockpit.engine.outward.outgoing import MessageSender, Outgoing

MOST_WAITING = 20
"""Messages of one channel that wait at most; further ones are dropped."""

Ended = Callable[[str], None]
"""Takes why a message did not arrive; empty if it did."""


class _Waiting(NamedTuple):
    message: Outgoing
    ended: Ended


class Delivery:
    """The bounded queue of a channel; a task empties it while there is anything to send."""

    def __init__(self, sender: MessageSender) -> None:
        self._sender = sender
        self._waiting: deque[_Waiting] = deque()
        self._task: asyncio.Task[None] | None = None

    def put(self, message: Outgoing, ended: Ended) -> None:
        """Send a message when its turn comes; `ended` is called once for each."""
        if len(self._waiting) >= MOST_WAITING:
            ended(queue_full(MOST_WAITING))
            return
        self._waiting.append(_Waiting(message, ended))
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._empty())

    @property
    def running(self) -> "asyncio.Task[None] | None":
        """The task that sends; None while there is nothing to send."""
        return None if self._task is None or self._task.done() else self._task

    def give_up(self) -> None:
        """End every message that did not arrive: the cockpit ends."""
        while self._waiting:
            self._waiting.popleft().ended(LEFT_TOO_EARLY)

    async def _empty(self) -> None:
        while self._waiting:
            sending = asyncio.ensure_future(self._sender.send(self._waiting[0].message))
            try:
                await asyncio.wait({sending})
            finally:
                sending.cancel()
            # A bug in a library is a failed message: its text may quote the address, so only its kind is reported.
            error = sending.exception()
            failed = sending.result() if error is None else f"internal error: {type(error).__name__}"
            self._waiting.popleft().ended(failed)

"""Statements that can be abandoned, because their server does not respond or their poll was cancelled."""

import asyncio
import os
import socket
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, TypeVar

import psycopg

Result = TypeVar("Result")
END_S = 1.0
"""Longest wait, in seconds, for the end of abandoned statements."""


class Statements:
    """Runs each statement in a task of its own, whose error is seen also if the task is not awaited any more.

    `abandoned` are those that have not ended yet. One of them may still end well, if the response has arrived: its
    connection must not be used again.
    """

    def __init__(self) -> None:
        self.abandoned: set[asyncio.Task[Any]] = set()

    def begin(self, statement: Coroutine[Any, Any, Result]) -> asyncio.Task[Result]:
        """Start a statement."""
        task = asyncio.create_task(statement)
        # Whoever waits may be cancelled at the moment it fails.
        task.add_done_callback(self._ended)
        return task

    def abandon(self, task: asyncio.Task[Any], connection: "psycopg.AsyncConnection[Any] | None") -> None:
        """End a statement; with a connection by shutting that down: a cancelled psycopg would wait for the server."""
        self.abandoned.add(task)
        if connection is None:
            task.cancel()
            return
        with suppress(OSError, psycopg.Error), socket.socket(fileno=os.dup(connection.pgconn.socket)) as line:
            line.shutdown(socket.SHUT_RDWR)

    async def ended(self) -> set[asyncio.Task[Any]]:
        """Wait for the end of the abandoned statements; return those that have not ended within END_S."""
        if not self.abandoned:
            return set()
        return (await asyncio.wait(self.abandoned, timeout=END_S))[1]

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self.abandoned.discard(task)
        if not task.cancelled():
            task.exception()

"""A limit on the requests of all sources together; without one, requests are not counted."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol


class RequestLimit(Protocol):
    """Counts requests."""

    def take(self) -> None:
        """Count one request that is about to be sent; ProbeError if it may not be sent."""
        ...


_LIMIT: ContextVar[RequestLimit | None] = ContextVar("request limit", default=None)


@contextmanager
def limited(limit: RequestLimit) -> Iterator[None]:
    """Count the requests of this context and of the tasks that it starts."""
    token = _LIMIT.set(limit)
    try:
        yield
    finally:
        _LIMIT.reset(token)


def request_limit() -> RequestLimit | None:
    """Return the limit of this context, for requests that are sent in another thread."""
    return _LIMIT.get()


def take_request() -> None:
    """Count a request that is about to be sent; ProbeError if it may not be sent."""
    limit = _LIMIT.get()
    if limit is not None:
        limit.take()

"""Loads intervals of PostgreSQL; psycopg reads the infinite ones of PostgreSQL 17 as zero."""

from math import inf
from typing import Any

from psycopg.abc import Buffer
from psycopg.types.datetime import IntervalLoader

_INFINITE = {b"infinity": inf, b"-infinity": -inf}


class InfiniteIntervalLoader(IntervalLoader):
    """Returns a timedelta, or an infinite number: the time since a date of -infinity is not zero."""

    def load(self, data: Buffer) -> Any:
        infinite = _INFINITE.get(bytes(data))
        return super().load(data) if infinite is None else infinite
